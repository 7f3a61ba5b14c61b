#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody on the link tries to come in by the door that is open to strangers: joining; and what becomes of one who did."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import papers  # noqa: E402
import tap  # noqa: E402
from attacker import Attacker  # noqa: E402
from fabric import Fabric, wait_for  # noqa: E402
from joining import Applicant, join, make_request, Token  # noqa: E402
from papers import Papers  # noqa: E402
from stream import auth, header  # noqa: E402
from vigil import gather, told, Vigil  # noqa: E402


class Scene:
    """sw1 is the registrar, sw2 a member; sw3 and sw4 are fresh."""

    def __init__(self, fabric, mallory):
        self.fabric = fabric
        self.mallory = mallory
        self.one, self.two, self.three, self.four = fabric.switches
        self.ca = self.one.ctl_json("fabric", "status")["ca_hash"]
        self.residents = gather(fabric.switches[:2])

    def vigil(self, **wishes):
        self.mallory.move()
        return Vigil(self.fabric, self.mallory, self.residents, **wishes)

    def invite(self, *words):
        return Token(self.one.ctl("fabric", "invite", *words).stdout.strip())

    def used(self, token):
        return next(line["used"] for line in self.one.ctl_json("fabric", "invite", "--list") if line["id"] == token.id)

    def come(self, domain, shown=None, switch=None, **wishes):
        return Applicant(self.mallory, switch or self.one, domain, shown, **wishes)


def expect_refusal(answer, *reasons):
    assert answer.word == "refused" and answer.reason in reasons, (answer.word, answer.reason)


def test_a_join_that_is_said_again(scene):
    """A proof is good in its own TLS session, for its own request and key; what does not hold counts as no use."""
    token = scene.invite()
    with scene.vigil(joined=["sw70.001170"], says=[told("join", "sw70.001170", kind="fabric", rule="token " + token.id)]):
        true = scene.come("sw70.001170")
        element = true.element(token)
        # In a session of his own, with a key of his own; and, had he stolen it, with the very key.
        expect_refusal(scene.come("sw70.001170").say(element), "wrong-proof", "bad-request")
        expect_refusal(scene.come("sw70.001170", shown=true.papers).say(element), "wrong-proof")
        # The proof with another request, in the session it was made for.
        other = scene.come("sw71.001171")
        mixed = join(other.request, token.id, token.prove(other.stream.exporter(), true.request))
        expect_refusal(other.say(mixed), "wrong-proof")
        assert scene.used(token) == 0, "a refused try was counted"
        said = true.say(element)
        assert said.word == "joined" and scene.used(token) == 1, (said.word, said.reason)
        expect_refusal(scene.come("sw72.001172").say(element), "wrong-proof", "bad-request")
        assert scene.used(token) == 1


def test_bytes_of_a_session_again(scene):
    """Somebody between the two records what he cannot read, and sends it once more."""
    token = scene.invite()
    with scene.vigil(joined=["sw73.001173"]):
        true = scene.come("sw73.001173")
        assert true.say(true.element(token)).word == "joined"
        again = scene.mallory.dial(scene.one)
        again.send(true.stream.sent)
        assert b"joined" not in again.until_end()
        assert scene.used(token) == 1


def test_a_token_that_is_used_up(scene):
    token = scene.invite()
    with scene.vigil(joined=["sw74.001174"], says=[told("join", "sw75.001175", kind="fabric")]):
        first = scene.come("sw74.001174")
        assert first.say(first.element(token)).word == "joined"
        second = scene.come("sw75.001175")
        expect_refusal(second.say(second.element(token)), "used-up")


def test_names_that_are_not_his(scene):
    """With a token that is good: another's name, a name for the stream and one for the request, and a registrar's rank."""
    token = scene.invite("--uses", "9")
    with scene.vigil(joined=["sw76.001176"]):
        thief = scene.come(scene.two.domain)
        expect_refusal(thief.say(thief.element(token)), "name-taken")
        liar = scene.come("sw77.001177")
        liar.request = make_request("sw78.001178", liar.papers.key)
        expect_refusal(liar.say(liar.element(token)), "bad-request")
        stranger = scene.come("sw77.001177")
        stranger.request = make_request("sw77.001177", papers.self_signed("x").key)
        expect_refusal(stranger.say(stranger.element(token)), "bad-request")
        climber = scene.come("sw76.001176", registrar=True)
        said = climber.say(climber.element(token))
        assert said.word == "refused" or b"ismb:registrar" not in said.chain[0].public_bytes(
            papers.serialization.Encoding.DER), "who asked for it became a registrar"


def test_guesses(scene):
    """Five, then one in ten seconds, whatever he knows then; an honest switch gets in meanwhile."""
    token = scene.invite("--uses", "2")
    with scene.vigil(joined=[scene.three.domain],
                     says=[told("join", "sw79.001179", kind="fabric"), told("join", scene.three.domain, "allowed", kind="fabric")]):
        for number in range(5):
            guess = scene.come("sw79.001179")
            unknown = number % 2 == 0
            proof = token.prove(guess.stream.exporter(), guess.request + "x")
            expect_refusal(guess.say(join(guess.request, f"{number:016x}" if unknown else token.id, proof)),
                           "unknown-token" if unknown else "wrong-proof")
        knowing = scene.come("sw79.001179")
        expect_refusal(knowing.say(knowing.element(token)), "too-many-tries")
        scene.three.ctl("fabric", "join", "-", input=token.text)
        assert scene.three.ctl_json("fabric", "status")["member"] is True
        assert scene.used(token) == 1


def test_everything_but_a_join(scene):
    """He who is offered <join/> alone says something else."""
    name, one = "sw80.001180", scene.one.domain
    with scene.vigil(says=[told("stream", name)]):
        for what in (f"<message to='switch@{one}' from='switch@{name}'><subject>command</subject>"
                     "<body>['ip link add mallory type bridge']</body></message>",
                     f"<presence to='switch@{one}' from='switch@{name}' type='subscribe'/>",
                     f"<iq type='get' id='i' to='{one}' from='{name}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
                     f"<iq type='set' id='r' to='{one}' from='{name}'><renew xmlns='urn:ismb:fabric:1'><request/></renew></iq>",
                     auth().decode(), auth(one).decode(), "<bidi xmlns='urn:xmpp:bidi'/>",
                     "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<join xmlns='urn:ismb:join:2'/>",
                     "<joined xmlns='urn:ismb:join:1'/>"):
            stream = scene.come(name).stream
            stream.send(what)
            heard = stream.until_end()
            assert b"<not-authorized" in heard and b"<success" not in heard and b"<joined" not in heard, (what, heard)


def test_more_than_one_join(scene):
    """One question, one answer; and not without end."""
    name = "sw81.001181"
    with scene.vigil():
        first = scene.come(name)
        assert first.say(join(first.request) * 3 + scene.two.domain).word == "wait"
        second = scene.come(name)
        second.stream.send(join("A" * 20000))
        assert b"<policy-violation" in second.stream.until_end()
        for request in ("", "no PEM", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"):
            third = scene.come(name)
            expect_refusal(third.say(join(request)), "bad-request")


def test_at_a_member_that_is_no_registrar(scene):
    """It tells the way and no more, whatever is said to it."""
    token = scene.invite()
    with scene.vigil(victim=scene.two):
        visitor = scene.come("sw82.001182", switch=scene.two)
        assert visitor.say(visitor.element(token)).word == "refer"
        assert scene.used(token) == 0


def test_a_fabric_that_was_not_accepted(scene):
    """He has a fabric of his own, even of the same name, and approves a fresh switch in it; it stays out, and goes where
    its own people sent it."""
    evil, fresh = scene.mallory, scene.four
    evil.configure()
    evil.start()
    evil.ctl("fabric", "init", "lab")
    with scene.vigil(joined=[fresh.domain]):
        wait_for("him to hear of the fresh switch", lambda: fresh.domain in evil.peers())
        evil.ctl("fabric", "approve", fresh.status()["id"])
        fresh.ctl("fabric", "accept", scene.ca)
        wait_for("it to wait at the true registrar", lambda: fresh.ctl_json("fabric", "status")["state"] == "waiting")
        assert fresh.domain not in evil.members() and not fresh.ctl_json("fabric", "status")["member"]
        scene.one.ctl("fabric", "approve", fresh.status()["id"])
        wait_for("it to join", lambda: fresh.ctl_json("fabric", "status")["member"])
        assert fresh.ctl_json("fabric", "status")["ca_hash"] == scene.ca
        assert fresh.domain not in evil.members()
    evil.stop()


def become_member(scene, name):
    token = scene.invite()
    applicant = scene.come(name)
    return Papers(applicant.papers.key, applicant.say(applicant.element(token)).chain)


def log_in(scene, shown, name, switch):
    stream = scene.mallory.present(switch, shown, name)
    stream.expect(rb"EXTERNAL</mechanism>.*</stream:features>")
    stream.send(b"<bidi xmlns='urn:xmpp:bidi'/>" + auth())
    stream.expect(rb"<success")
    stream.send(header(switch.domain, name))
    stream.expect(rb"urn:xmpp:sm:3.*</stream:features>")
    return stream


def test_one_that_was_revoked(scene):
    """Everywhere, at once, and for good; even with a token."""
    name = "sw83.001183"
    with scene.vigil(joined=[name]):
        stolen = become_member(scene, name)
        open_streams = [log_in(scene, stolen, name, switch) for switch in (scene.one, scene.two)]
        for stream in open_streams:
            stream.member = True    # until now; the fabric may tell it what members are told
        scene.one.ctl("fabric", "revoke", stolen.id)
        for stream in open_streams:
            stream.until_end()
        for switch in (scene.one, scene.two):
            again = scene.mallory.present(switch, stolen, name)
            again.send(auth())
            heard = again.until_end()
            assert b"EXTERNAL" not in heard, heard
        back = scene.come(name, shown=stolen)
        expect_refusal(back.say(back.element(scene.invite())), "revoked")


FABRIC = "urn:ismb:fabric:1"


def ask(stream, name, to, kind, payload):
    stream.member = True
    stream.send(f"<iq type='{kind}' id='x' to='{to}' from='{name}'>{payload}</iq>")
    return stream.expect(rb"<iq[^>]*\bid='x'[^>]*(/>|>.*</iq>)").group()


def test_a_member_that_lies_about_others(scene):
    """Of its own it may say what it likes; not who is out, who another is, nor have another's certificate renewed."""
    name, victim = "sw84.001184", scene.two.status()["id"].replace("-", "")
    with scene.vigil(joined=[name]):
        mine = become_member(scene, name)
        stream = log_in(scene, mine, name, scene.one)
        forged = f"<revocation device='{victim}' time='1700000000' ca='{scene.ca}'>MEUCIQDB</revocation>"
        ask(stream, name, scene.one.domain, "set", f"<revocations xmlns='{FABRIC}'>{forged}</revocations>")
        with open(scene.two.path("state", "fabric.pem")) as file:
            others = file.read()
        answer = ask(stream, name, scene.one.domain, "set", f"<certificate xmlns='{FABRIC}'>{others}</certificate>")
        assert b"type='error'" in answer, answer
        for request in (make_request(scene.two.domain, mine.key), make_request(name, papers.self_signed(name).key),
                        make_request(scene.two.domain, papers.of_switch(scene.two).key)):
            answer = ask(stream, name, scene.one.domain, "set", f"<renew xmlns='{FABRIC}'><request>{request}</request></renew>")
            assert b"type='error'" in answer and b"<bundle>" not in answer, answer
        stream.close()
        assert {line["domain"]: line["state"] for line in scene.one.ctl_json("fabric", "list")}[scene.two.domain] == "member"


def main():
    with Fabric(4, "jo") as fabric, Attacker(fabric) as mallory:
        for switch in fabric.switches:
            switch.daemon_extra = "log-level=info"
            switch.configure()
        fabric.start()
        one, two = fabric.switches[:2]
        one.ctl("fabric", "init", "lab")
        two.ctl("fabric", "join", one.ctl("fabric", "invite").stdout.strip())
        failures = tap.main(sys.modules[__name__], Scene(fabric, mallory))
        if failures:
            for switch in fabric.switches:
                lines = [line for line in switch.log().splitlines() if ' ran "' not in line]
                print("\n".join(f"# {switch.name}: {line}" for line in lines[-60:]))


if __name__ == "__main__":
    main()
