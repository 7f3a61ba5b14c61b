#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody on the link who wants nobody to get through: names without end, connections without end. Members talk on, who
signs in is served, and memory stays what it was. ISMB_FLOOD, a number of percent, makes the floods smaller."""

import contextlib
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import multicast  # noqa: E402
import tap  # noqa: E402
from attacker import Attacker, inside  # noqa: E402
from fabric import Fabric, wait_for  # noqa: E402
from papers import self_signed  # noqa: E402
from stream import auth, header, Resident, Stream, TLS  # noqa: E402
from vigil import gather, settle_descriptors, told, Vigil  # noqa: E402

PERCENT = int(os.environ.get("ISMB_FLOOD", "100"))
NAMES, CONNECTIONS = 100 * PERCENT, 100 * PERCENT
HELLO = bytes.fromhex("16030100c8010000c40303")    # half a ClientHello


class Scene:
    def __init__(self, fabric, mallory):
        self.fabric = fabric
        self.mallory = mallory
        self.one, self.two, self.late = fabric.switches
        self.residents = gather(fabric.switches[:2])

    def vigil(self, **wishes):
        return Vigil(self.fabric, self.mallory, self.residents, **wishes)


def names(first, last):
    """Ten in a packet, each a switch of its own at an address where nobody is."""
    packets = []
    for start in range(first, last, 10):
        records = []
        for number in range(start, start + 10):
            records += multicast.announcing(f"flood{number}.0f{number:05x}"[:40], f"192.0.2.{100 + number % 100}", 5269,
                                            host=f"f{number}")
        packets.append(multicast.response(*records))
    return packets


def forged(switch):
    return [peer for domain, peer in switch.peers().items() if domain.startswith("flood")]


def test_names_without_end(scene):
    """10,000 switches are announced, again and again, while a true one comes up: it joins, and those who know each other
    stay together."""
    token = scene.one.ctl("fabric", "invite").stdout
    with scene.vigil(grows=80) as vigil, scene.mallory.shouting(*names(0, NAMES), pause=0.002):
        for switch in (scene.one, scene.two):
            wait_for("the flood to be heard", lambda: len(forged(switch)) > 500, seconds=60)
        scene.late.start()
        vigil.joined.add(scene.late.domain)
        scene.late.ctl("fabric", "join", "--timeout", "60s", "-", input=token)
        for switch in (scene.one, scene.two):
            wait_for(f"{switch.name} to know the new one", lambda: scene.late.domain in switch.members(), seconds=60)
        vigil.exchange.go_on(20)
        for switch in (scene.one, scene.two):
            assert {peer["trust"] for peer in forged(switch)} == {"pending"}


def sign_in(scene, there):
    """A healthy client of another host: STARTTLS, its password, a resource, a message to itself."""
    with inside(scene.late.netns):
        sock = socket.create_connection((there.address, 5222), timeout=20)
    stream = Stream(sock)
    stream.send(header(there.domain, ns="jabber:client"))
    stream.expect(rb"</stream:features>")
    stream.send(f"<starttls xmlns='{TLS}'/>")
    stream.expect(rb"<proceed[^>]*>")
    assert stream.secure(alpn=b"xmpp-client")
    stream.send(header(there.domain, ns="jabber:client"))
    stream.expect(rb"<mechanism>PLAIN</mechanism>.*</stream:features>")
    stream.send(auth(f"\0{Resident.name}\0{Resident.password}", "PLAIN"))
    stream.expect(rb"<success")
    stream.send(header(there.domain, ns="jabber:client"))
    stream.expect(rb"</stream:features>")
    stream.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
    address = stream.expect(rb"<jid>(.*?)</jid>")[1].decode()
    stream.send(f"<message to='{address}'><body>all is well</body></message>")
    stream.expect(rb"<body>all is well</body>")
    stream.close()


def silence(sock, switch):
    pass


def garbage(sock, switch):
    sock.sendall(os.urandom(64).replace(b"\x16", b"\x17"))


def half_a_handshake(sock, switch):
    sock.sendall(HELLO)


def half_a_header(sock, switch):
    sock.sendall(header(switch.domain)[:60])


@contextlib.contextmanager
def crowd(scene, port, ways):
    """CONNECTIONS one after the other, from several addresses, none of which is closed by us while they come."""
    sources = [scene.mallory.add_address(70 + number) for number in range(8)]
    held = []

    def come():
        for number in range(CONNECTIONS):
            try:
                sock = scene.mallory.connect(scene.one, port, sources[number % len(sources)])
                held.append(sock)
                ways[number % len(ways)](sock, scene.one)
            except OSError:
                pass    # hung up on already

    thread = threading.Thread(target=come)
    thread.start()
    try:
        yield thread
    finally:
        thread.join()
        for sock in held:
            sock.close()


def flood_port(scene, port, **wishes):
    with scene.vigil(**wishes) as vigil:
        with crowd(scene, port, [silence, garbage, half_a_handshake, half_a_header]) as thread:
            while thread.is_alive():
                sign_in(scene, scene.one)
                assert "LOOPBACK" in scene.two.ctl("run", "--on", scene.one.domain, "ip -br link show lo").stdout
            vigil.exchange.go_on()
        settle_descriptors(vigil.before)


def test_connections_to_the_switches_port(scene):
    flood_port(scene, 5269, says=[told("connections", None, rule="limit")])


def test_connections_to_the_clients_port(scene):
    flood_port(scene, 5222)


def test_handshakes_of_strangers(scene):
    """Whole ones, which cost the switch a signature each, and a stream's header; one after the other."""
    stranger = self_signed(scene.two.domain)
    scene.mallory.move()
    with scene.vigil(says=[told("stream", scene.two.domain)]) as vigil:
        for number in range(CONNECTIONS // 50):
            stream = scene.mallory.present(scene.one, stranger, scene.two.domain)
            stream.close()
        vigil.exchange.go_on()
        settle_descriptors(vigil.before)


def main():
    with Fabric(3, "fl") as fabric, Attacker(fabric) as mallory:
        for switch in fabric.switches:
            switch.daemon_extra = "log-level=info"
            switch.configure()
        one, two = fabric.switches[:2]
        one.start()
        two.start()
        one.ctl("fabric", "init", "lab")
        two.ctl("fabric", "join", one.ctl("fabric", "invite").stdout.strip())
        failures = tap.main(sys.modules[__name__], Scene(fabric, mallory))
        if failures:
            for switch in filter(lambda switch: switch.domain, fabric.switches):
                lines = [line for line in switch.log().splitlines() if ' ran "' not in line]
                print("\n".join(f"# {switch.name}: {line}" for line in lines[-60:]))


if __name__ == "__main__":
    main()
