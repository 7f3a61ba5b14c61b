#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody on the link who does not belong to the fabric tries to get in by what he shows and says. docs/threat-model.md
tells what is promised; here it is held."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import multicast  # noqa: E402
import papers  # noqa: E402
import tap  # noqa: E402
from attacker import Attacker  # noqa: E402
from fabric import Fabric, wait_for  # noqa: E402
from papers import Authority, dns, self_signed, uri, xmpp  # noqa: E402
from stream import Resident, SASL, TLS, auth, header  # noqa: E402
from vigil import gather, told, Vigil  # noqa: E402

INJECTED = ("<message to='switch@{0}' from='switch@{1}'><subject>command</subject>"
            "<body>['ip link add mallory type bridge']</body></message>"
            "<presence to='switch@{0}' from='switch@{1}' type='subscribe'/>"
            "<iq type='get' id='x' to='{0}' from='{1}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>")


class Scene:
    def __init__(self, fabric, mallory):
        self.fabric = fabric
        self.mallory = mallory
        self.one, self.two = fabric.switches[:2]
        self.residents = gather(fabric.switches)
        self.authority = Authority.of(self.one)

    def vigil(self, **wishes):
        self.mallory.move()
        return Vigil(self.fabric, self.mallory, self.residents, **wishes)

    def injected(self, sender="sw2.001102"):
        return INJECTED.format(self.one.domain, sender)


def expect_refusal(stream):
    """No login is offered, and who tries one is put out; at most he is offered to join."""
    stream.send(auth())
    heard = stream.until_end()
    assert b"EXTERNAL" not in heard and b"<mechanisms" not in heard and b"<success" not in heard, heard
    assert heard == b"" or b"not-authorized" in heard, heard


def test_a_certificate_of_the_fabric_is_let_in(scene):
    """What the other tests are refused, this one gets: they fail for no other reason than the one they name."""
    ours = scene.authority.issue("sw60.001160")
    with scene.vigil(joined=["sw60.001160"]):
        stream = scene.mallory.present(scene.one, ours, "sw60.001160")
        stream.expect(rb"EXTERNAL</mechanism>.*</stream:features>")
        stream.send(auth())
        stream.expect(rb"<success")
        stream.send(header(scene.one.domain, "sw60.001160"))
        stream.expect(rb"urn:xmpp:sm:3.*</stream:features>")
        stream.close()


def wrong_papers(scene):
    """Certificates that are no member's, and the name that is claimed with each."""
    ca, two = scene.authority, scene.two.domain
    name = "sw61.001161"
    device, stolen = papers.device_id, papers.of_switch(scene.two)
    return {
        "self-signed": (self_signed(two), two),
        "self-signed in a name of his own": (self_signed(name), name),
        "another fabric's": (Authority.made_up().issue(two), two),
        "another fabric's of the same name": (Authority.made_up("lab").issue(name), name),
        "expired": (ca.issue(two, since=-7200, until=-3600), two),
        "not yet valid": (ca.issue(two, since=3600, until=7200), two),
        "another name's": (ca.issue(name), two),
        "another virtual router's": (ca.issue(two, vrs=["VR-Data"]), two),
        "of no virtual router": (ca.issue(two, vrs=[]), two),
        "without client purpose": (ca.issue(two, purposes=[papers.SERVER]), two),
        "without any purpose": (ca.issue(two, purposes=[]), two),
        "with the name in CN only": (ca.issue(two, names=lambda key: []), two),
        "with the name in CN and no DNS name": (ca.issue(two, names=lambda key: [uri("ismb:id:" + device(key)),
                                                                                 uri("ismb:vr:VR-Mgmt")]), two),
        "with a NUL in the name": (ca.issue(name, names=lambda key: papers.names_of(two + "\0.evil", key)), two),
        "with a NUL before the name": (ca.issue(name, names=lambda key: papers.names_of("\0" + two, key)), two),
        "with a wildcard": (ca.issue(name, names=lambda key: papers.names_of("*.001102", key)), two),
        "with two names": (ca.issue(name, names=lambda key: papers.names_of(name, key) + [dns(two), xmpp(two)]), two),
        "with two kinds of name that differ": (ca.issue(name, names=lambda key: [
            dns(name), xmpp(two), uri("ismb:id:" + device(key)), uri("ismb:vr:VR-Mgmt")]), two),
        "with another's device id": (ca.issue(two, names=lambda key: papers.names_of(two, stolen.key)), two),
        "signed by a member's key": (Authority(stolen.key, stolen.chain[0]).issue(name), name),
    }


def test_wrong_certificates_towards_a_switch(scene):
    says = [told("stream", name, rule="certificate") for name in (scene.two.domain, "sw61.001161")]
    with scene.vigil(says=says):
        for what, (shown, claimed) in wrong_papers(scene).items():
            stream = scene.mallory.present(scene.one, shown, claimed)
            stream.send(auth() + header(scene.one.domain, claimed) + scene.injected(claimed).encode())
            try:
                expect_refusal(stream)
            except AssertionError as error:
                raise AssertionError(f"a certificate {what}: {error}") from error


def test_no_certificate_at_all(scene):
    with scene.vigil():
        stream = scene.mallory.present(scene.one, None, scene.two.domain)
        stream.send(auth())
        assert stream.until_end() == b""


def announced(scene, name, server, **txt):
    return multicast.announcement(name, server.address, server.port, host=name.replace(".", "-"), **txt)


def test_wrong_certificates_of_whom_a_switch_dials(scene):
    """It shows its own certificate, and says nothing before it has seen a good one."""
    ca = scene.authority
    servers = {}
    for number, (what, make) in enumerate({
        "self-signed": lambda name: self_signed(name),
        "another fabric's": lambda name: Authority.made_up().issue(name),
        "expired": lambda name: ca.issue(name, since=-7200, until=-3600),
        "another name's": lambda name: ca.issue("sw61.001161"),
        "another virtual router's": lambda name: ca.issue(name, vrs=["VR-Data"]),
        "without server purpose": lambda name: ca.issue(name, purposes=[papers.CLIENT]),
        "with the name in CN only": lambda name: ca.issue(name, names=lambda key: []),
        "with a wildcard": lambda name: ca.issue(name, names=lambda key: papers.names_of("*.0011", key)),
    }.items()):
        name = f"bad{number}.0011ff"
        servers[name] = (what, scene.mallory.serve(make(name)))
    good = scene.mallory.serve(ca.issue("good.0011ff"))
    packets = [announced(scene, name, server) for name, (_, server) in servers.items()]
    says = [told("dial", name) for name in servers]
    with scene.vigil(says=says), scene.mallory.shouting(*packets, announced(scene, "good.0011ff", good), pause=0.2):
        wait_for("the switches to try the good one", lambda: len(good.streams) >= 2)
        for name, (what, server) in servers.items():
            wait_for(f"the switches to try {name}", lambda: len(server.streams) + server.refusals >= 2)
            assert all(stream.inside == b"" for stream in server.streams), (what, [stream.inside for stream in server.streams])
            assert scene.one.peers()[name]["trust"] == "pending", (what, scene.one.peers()[name])
        assert all(b"<stream:stream" in stream.inside for stream in good.streams)
    for name, (_, server) in [*servers.items(), ("good.0011ff", ("", good))]:
        server.close()
    for name in [*servers, "good.0011ff"]:
        scene.mallory.speak(multicast.announcement(name, scene.mallory.address, 1, ttl=0))


def test_a_member_that_is_announced_elsewhere(scene):
    """The links that are there stay; whoever is dialled instead learns nothing."""
    server = scene.mallory.serve(self_signed(scene.two.domain))
    fake = multicast.announcement(scene.two.domain, server.address, server.port)
    with scene.vigil() as vigil:
        true = scene.mallory.overhear(scene.two)
        with scene.mallory.shouting(fake, multicast.farewell(true), fake):
            wait_for("sw1 to hear the false address",
                     lambda: server.address in scene.one.peers()[scene.two.domain]["addresses"])
            vigil.exchange.go_on(20)
    assert all(stream.inside == b"" for stream in server.streams), [stream.inside for stream in server.streams]
    server.close()


def test_a_member_that_is_announced_elsewhere_before_it_comes(scene):
    """The name is the attacker's on the link until the switch starts; it gets known all the same."""
    three = scene.fabric.switches[2]
    three.stop()
    server = scene.mallory.serve(self_signed(three.domain))
    fake = multicast.announcement(three.domain, server.address, server.port)
    scene.residents[2].stream.close()
    for switch in (scene.one, scene.two):
        wait_for("sw3 to be lost", lambda: switch.peers()[three.domain]["link"] == "lost")
    quiet = Vigil(scene.fabric, scene.mallory, scene.residents[:2])
    with quiet, scene.mallory.shouting(fake, pause=0.1):
        wait_for("a switch to fall for it", lambda: server.streams or server.refusals)
        three.start()
        for switch in (scene.one, scene.two):
            wait_for(f"{switch.name} to know sw3", lambda: switch.peers()[three.domain]["link"] == "up", seconds=60)
        assert three.members() >= {scene.one.domain, scene.two.domain}
    assert all(stream.inside == b"" for stream in server.streams), [stream.inside for stream in server.streams]
    server.close()
    scene.residents[:] = gather_again(scene)


def gather_again(scene):
    for resident in scene.residents:
        resident.stream.close()
    return gather(scene.fabric.switches)


def test_plain_xmpp_between_switches(scene):
    """Without TLS there is nothing but the offer of it."""
    claimed = scene.two.domain
    with scene.vigil(says=[told("stream", claimed, rule="stream")]):
        for what, said in {
            "stanzas instead of it": scene.injected(claimed),
            "a login instead of it": auth(claimed).decode(),
            "stanzas behind its start": f"<starttls xmlns='{TLS}'/>" + scene.injected(claimed),
            "a login behind its start": f"<starttls xmlns='{TLS}'/>" + auth().decode(),
            "a second stream": header(scene.one.domain, claimed).decode(),
        }.items():
            stream = scene.mallory.dial(scene.one)
            stream.send(header(scene.one.domain, claimed))
            features = stream.expect(rb"<stream:features>.*</stream:features>").group()
            assert b"<starttls" in features and b"<required/>" in features and b"mechanism" not in features, features
            stream.send(said)
            heard = stream.until_end()
            assert SASL.encode() not in heard, (what, heard)


def test_all_in_one_segment(scene):
    """Everything at once, before the switch has said anything."""
    with scene.vigil():
        stream = scene.mallory.dial(scene.one)
        stream.send(header(scene.one.domain, scene.two.domain) + f"<starttls xmlns='{TLS}'/>".encode() + auth()
                    + header(scene.one.domain, scene.two.domain) + scene.injected().encode())
        assert SASL.encode() not in stream.until_end()


def test_bytes_in_front_of_a_members_tls(scene):
    """Somebody in the middle puts a login before the handshake of a true member: it is not taken for said inside."""
    name = "sw64.001164"
    with scene.vigil(says=[told("stream", name, rule="stream")]):
        stream = scene.mallory.dial(scene.one)
        stream.send(header(scene.one.domain, name))
        stream.expect(rb"</stream:features>")
        stream.send(f"<starttls xmlns='{TLS}'/>".encode() + header(scene.one.domain, name) + auth())
        try:
            stream.expect(rb"<proceed[^>]*>")
            stream.secure(scene.authority.issue(name))
        except AssertionError:
            assert stream.ended, stream.clear    # hung up at once: so much the better
        heard = stream.until_end()
        assert b"mechanism" not in heard and b"<success" not in heard, heard


def test_starttls_with_a_strangers_certificate(scene):
    with scene.vigil(says=[told("stream", scene.two.domain, rule="certificate")]):
        stream = scene.mallory.dial(scene.one)
        stream.send(header(scene.one.domain, scene.two.domain))
        stream.expect(rb"</stream:features>")
        stream.send(f"<starttls xmlns='{TLS}'/>")
        stream.expect(rb"<proceed[^>]*>")
        assert stream.secure(self_signed(scene.two.domain))
        stream.send(header(scene.one.domain, scene.two.domain) + auth() + scene.injected().encode())
        expect_refusal(stream)


def test_plain_xmpp_of_a_client_elsewhere(scene):
    """From another host no mechanism is offered, or taken, in the clear."""
    login = f"\0{Resident.name}\0{Resident.password}"
    with scene.vigil():
        for what, said in {
            "a login": auth(login, "PLAIN").decode(),
            "stanzas": scene.injected(),
            "a login behind the start of TLS": f"<starttls xmlns='{TLS}'/>" + auth(login, "PLAIN").decode(),
            "stanzas behind the start of TLS": f"<starttls xmlns='{TLS}'/>" + scene.injected(),
        }.items():
            stream = scene.mallory.dial(scene.one, 5222)
            stream.send(header(scene.one.domain, ns="jabber:client"))
            features = stream.expect(rb"<stream:features>.*</stream:features>").group()
            assert b"<required/>" in features and b"mechanism" not in features, features
            stream.send(said)
            heard = stream.until_end()
            assert b"<success" not in heard, (what, heard)


def become_member(scene, name, **wishes):
    """A compromised member: its certificate is good, and what it says is not."""
    stream = scene.mallory.present(scene.one, scene.authority.issue(name), name, **wishes)
    stream.expect(rb"EXTERNAL</mechanism>.*</stream:features>")
    return stream


def log_in(scene, stream, name):
    stream.send(auth())
    stream.expect(rb"<success")
    stream.send(header(scene.one.domain, name))
    stream.expect(rb"urn:xmpp:sm:3.*</stream:features>")


def test_a_member_that_claims_anothers_name(scene):
    """In the stream's header, for the login, in the header after it, and in stanzas."""
    name, other = "sw62.001162", scene.two.domain
    mine = scene.authority.issue(name)
    with scene.vigil(joined=[name]):
        expect_refusal(scene.mallory.present(scene.one, mine, other))
        expect_refusal(scene.mallory.present(scene.one, mine, None))
        stream = become_member(scene, name)
        stream.send(auth(other))
        assert b"invalid-authzid" in stream.until_end()
        stream = become_member(scene, name)
        stream.send(auth())
        stream.expect(rb"<success")
        stream.send(header(scene.one.domain, other))
        assert b"invalid-from" in stream.until_end()


def test_a_member_that_is_revoked_while_it_logs_in(scene):
    """It has shown its certificate, keeps still until it is out, and only then goes on."""
    name = "sw63.001163"
    mine = scene.authority.issue(name)
    with scene.vigil():
        stream = scene.mallory.present(scene.one, mine, name)
        stream.expect(rb"EXTERNAL</mechanism>.*</stream:features>")
        scene.one.ctl("fabric", "revoke", mine.id)
        stream.send(auth())
        stream.expect(rb"<success")
        stream.send(header(scene.one.domain, name) + scene.injected(name).encode())
        heard = stream.until_end()
        assert b"not-authorized" in heard and b"urn:xmpp:sm:3" not in heard, heard
        assert name not in scene.one.members()


def test_a_member_that_is_revoked_while_it_is_dialled(scene):
    """The same where the switch has dialled: it announces no id by which it could be known before."""
    name = "sw64.001164"
    mine = scene.authority.issue(name)
    server = scene.mallory.serve(mine)
    with scene.vigil(), scene.mallory.shouting(announced(scene, name, server), pause=0.2):
        stream = wait_for("sw1 to dial", lambda: next(
            (each for each in server.streams if scene.one.domain.encode() in each.inside), None))
        stream.send(header(scene.one.domain, name) + f"<stream:features><mechanisms xmlns='{SASL}'>"
                    "<mechanism>EXTERNAL</mechanism></mechanisms></stream:features>".encode())
        stream.expect(rb"<auth ")
        scene.one.ctl("fabric", "revoke", mine.id)
        stream.send(f"<success xmlns='{SASL}'/>")
        stream.expect(rb"<stream:stream[^>]*>")
        stream.send(header(scene.one.domain, name) + b"<stream:features/>" + scene.injected(name).encode())
        stream.until_end()
        assert name not in scene.one.members()
    server.close()
    scene.mallory.speak(multicast.announcement(name, scene.mallory.address, 1, ttl=0))


def test_a_member_that_speaks_for_others(scene):
    """In stanzas, when its login is done."""
    name, one, other = "sw62.001162", scene.one.domain, scene.two.domain
    with scene.vigil(joined=[name]):
        for stanza, condition in {
            f"<message to='switch@{one}' from='switch@{other}'><subject>command</subject>"
            "<body>['ip link add mallory type bridge']</body></message>": b"invalid-from",
            f"<presence to='switch@{one}' from='switch@{other}'/>": b"invalid-from",
            f"<iq type='get' id='i' to='{one}' from='switch@{one}'><ping xmlns='urn:xmpp:ping'/></iq>": b"invalid-from",
            f"<message to='switch@{one}'><body>x</body></message>": b"improper-addressing",
            f"<message to='switch@{other}' from='switch@{name}'><body>x</body></message>": b"improper-addressing",
        }.items():
            stream = become_member(scene, name)
            log_in(scene, stream, name)
            stream.send(stanza)
            assert condition in stream.until_end(), stanza


def main():
    with Fabric(3, "at") as fabric, Attacker(fabric) as mallory:
        for switch in fabric.switches:
            switch.daemon_extra = "log-level=info"
            switch.configure()
        fabric.start()
        fabric.certify()
        fabric.meet()
        failures = tap.main(sys.modules[__name__], Scene(fabric, mallory))
        if failures:
            for switch in fabric.switches:
                lines = [line for line in switch.log().splitlines() if ' ran "' not in line]
                print("\n".join(f"# {switch.name}: {line}" for line in lines[-60:]))


if __name__ == "__main__":
    main()
