#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Foreign domains (federate=): a real Prosody and a real ejabberd beside a switch, known to each other by dialback or by
certificates. Messages and presence go both ways, links come back after the hub was gone, and strangers stay strangers."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import tap  # noqa: E402
from fabric import Fabric, wait_for  # noqa: E402
from hubs import Ejabberd, Prosody  # noqa: E402
from stream import Resident  # noqa: E402

HUBS = {"prosody": (Prosody, "prosody.test", 101), "ejabberd": (Ejabberd, "ejabberd.test", 102)}


class Place:
    """A switch that federates with both."""

    def __init__(self, fabric):
        self.switch = fabric.switches[0]
        self.hubs = {name: make(fabric, domain, number) for name, (make, domain, number) in HUBS.items()}
        self.resident = None

    def restart(self, certified):
        """Each hub's CA vouches where certificates are asked for: one file holds all of them."""
        self.switch.stop()
        lines = ";".join(f"{hub.hub_domain}={hub.address}:5269" for hub in self.hubs.values())
        self.switch.extra = f"[vr VR-Mgmt]\nfederate={lines}\n"
        if certified:
            with open(self.switch.path("hubs.pem"), "w") as all_of_them:
                for hub in self.hubs.values():
                    with open(hub.path("ca.pem")) as file:
                        all_of_them.write(file.read())
            self.switch.extra += f"federate-ca={self.switch.path('hubs.pem')}\n"
        self.switch.configure()
        self.switch.start()
        self.resident = Resident(self.switch)

    def account(self):
        return f"{self.resident.name}@{self.switch.domain}"

    def said_since(self, mark):
        return self.switch.log()[mark:]


def talk(place, guest, word):
    here, there = place.resident.stream, guest.stream
    here.send(f"<message to='{guest.jid}' type='chat' id='{word}1'><body>to {word}</body></message>")
    there.expect(rb"<message[^>]*from=.%s/.*?to %s<" % (place.account().encode(), word.encode()), seconds=40)
    there.send(f"<message to='{place.account()}' type='chat' id='{word}2'><body>from {word}</body></message>")
    here.expect(rb"<message[^>]*from='%s/desk'.*?from %s<" % (guest.jid.encode(), word.encode()), seconds=40)


def befriend(place, guest):
    """Each asks to see the other, and does."""
    here, there, us, them = place.resident.stream, guest.stream, place.account(), guest.jid
    here.send(f"<presence to='{them}' type='subscribe'/>")
    there.expect(rb"<presence[^>]*type=.subscribe\b")
    there.send(f"<presence to='{us}' type='subscribed'/><presence to='{us}' type='subscribe'/>")
    here.expect(rb"<presence[^>]*from='%s/desk'[^>]*>" % them.encode())
    here.send(f"<presence to='{them}' type='subscribed'/>")
    there.expect(rb"<presence[^>]*from=.%s/[^>]*>" % us.encode())


def part(place, guest):
    place.resident.stream.send(f"<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='{guest.jid}' "
                               "subscription='remove'/></query></iq>")
    place.resident.stream.expect(rb"<iq[^>]*id='r'")
    guest.stream.expect(rb"<presence[^>]*type=.unsubscribed?\b")


def converse(place, name, word, certified=False, bidi=False):
    hub = place.hubs[name]
    hub.external, hub.bidi = certified, bidi
    hub.fabric_ca = place.switch.path("state", "ca.pem") if certified else None
    mark = len(place.switch.log())
    with hub:
        guest = hub.sign_in("alice")
        talk(place, guest, word)
        befriend(place, guest)
        reconnect(place, hub, word)
    return place.said_since(mark)


def reconnect(place, hub, word):
    """Gone, it is missed; and when it is there again, presence says so without anybody doing anything."""
    here = place.resident.stream
    hub.stop_hub()
    here.expect(rb"<presence[^>]*from='alice@[^>]*type='unavailable'", rb"<presence[^>]*type='unavailable'[^>]*from='alice@")
    hub.start_hub()
    guest = hub.sign_in("alice")
    here.expect(rb"<presence[^>]*from='%s/desk'" % guest.jid.encode(), seconds=60)
    talk(place, guest, word + "again")
    part(place, guest)


def test_prosody_by_dialback(place):
    place.restart(certified=False)
    said = converse(place, "prosody", "pd")
    assert "prosody.test knows us by dialback" in said and "proven by dialback" in said, said


def test_prosody_by_dialback_on_one_stream(place):
    """Whoever has something to say first opens it, and the other side needs none."""
    place.restart(certified=False)
    said = converse(place, "prosody", "pb", bidi=True)
    assert "prosody.test knows us by dialback" in said or "proven by dialback" in said, said


def test_ejabberd_by_dialback(place):
    said = converse(place, "ejabberd", "ed")
    assert "ejabberd.test knows us by dialback" in said and "proven by dialback" in said, said


def test_who_is_foreign_commands_nothing(place):
    """Policy refuses, and it is written down who wanted what."""
    place.hubs["prosody"].external = place.hubs["prosody"].bidi = False
    with place.hubs["prosody"] as hub:
        guest = hub.sign_in("bob")
        guest.stream.send(f"<message to='switch@{place.switch.domain}' id='c1'><subject>command</subject>"
                          "<body>['ip link add never type bridge']</body></message>")
        answer = guest.stream.expect(rb"<message[^>]*id=.c1.[^>]*>.*?</message>").group()
        assert b"forbidden" in answer and b"type='error'" in answer, answer
        assert place.switch.exec("ip", "link", "show", "never", check=False).returncode != 0
        audit = place.switch.ctl("audit").stdout
        assert re.search(r"bob@prosody.test.*refused|refused.*bob@prosody.test", audit), audit


def test_who_is_foreign_is_no_peer(place):
    """Neither the operator's list nor a client's has them, and they see none of ours, nor what our accounts may."""
    switch = place.switch
    assert list(switch.peers()) == [switch.domain]
    with place.hubs["prosody"] as hub:
        guest = hub.sign_in("bob")
        for number, (ns, attributes) in enumerate([("http://jabber.org/protocol/disco#items", ""),
                                                   ("urn:ismb:role:1", f"jid='{place.account()}'"),
                                                   ("urn:ismb:fabric:1", "digest=''")]):
            name = ("query", "role", "revocations")[number]
            guest.stream.send(f"<iq type='get' to='{switch.domain}' id='i{number}'><{name} xmlns='{ns}' {attributes}/></iq>")
            answer = guest.stream.expect(rb"<iq[^>]*id=.i%d.[^>]*?(/>|>.*?</iq>)" % number).group()
            assert b"<item " not in answer and b"role='" not in answer, answer
            assert number == 0 or b"type='error'" in answer, answer


def test_prosody_by_certificates(place):
    """After this login there are features, and with them XEP-0198, each way."""
    place.restart(certified=True)
    said = converse(place, "prosody", "pc", certified=True)
    assert "Received[s2sin]: <enable " in place.hubs["prosody"].log(), place.hubs["prosody"].log()
    assert "Sending[s2sout]: <enable " in place.hubs["prosody"].log(), place.hubs["prosody"].log()
    assert "prosody.test knows us by our certificate" in said and "proven by its certificate" in said, said


def test_prosody_by_certificates_on_one_stream(place):
    place.restart(certified=True)
    said = converse(place, "prosody", "po", certified=True, bidi=True)
    assert "prosody.test knows us by our certificate" in said or "proven by its certificate" in said, said
    assert "dialback" not in said, said


def test_ejabberd_by_certificate(place):
    said = converse(place, "ejabberd", "ec", certified=True)
    assert "ejabberd.test comes from 192.0.2.102, proven by its certificate" in said, said


def test_another_ca_is_no_way_in(place):
    """Where somebody is to vouch, whoever answers at the right address is not enough."""
    place.restart(certified=True)
    hub = place.hubs["prosody"]
    hub.external, hub.authority = False, place.hubs["ejabberd"].authority
    hub.write_papers(names_domain="elsewhere.test")
    with hub:
        place.resident.stream.send("<message to='alice@prosody.test' id='w1' type='chat'><body>x</body></message>")
        answer = place.resident.stream.expect(rb"<message[^>]*id='w1'[^>]*>.*?</message>").group()
        assert b"remote-server-not-found" in answer, answer
        wait_for("the log to say why", lambda: "who answers for prosody.test" in place.switch.log())


if __name__ == "__main__":
    with Fabric(1, "hu") as fabric:
        there = Place(fabric)
        fabric.start()
        fabric.certify()
        try:
            if tap.main(sys.modules[__name__], there):
                for line in fabric.switches[0].log().splitlines()[-80:]:
                    print(f"# {line}")
        finally:
            for hub in there.hubs.values():
                hub.unplug()
