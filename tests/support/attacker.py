# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody on the same link as the switches of fabric.py: a network namespace on their bridge, any number of addresses,
sockets, a TLS server and a switchctld of his own. He keeps whatever he hears."""

import contextlib
import ctypes
import select
import shutil
import socket
import threading
import time

import multicast
from fabric import Switch, run
from stream import Stream, header

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def enter(namespace):
    if LIBC.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"setns {namespace.name}")


@contextlib.contextmanager
def inside(netns):
    """A socket stays in the namespace it was made in; the thread comes back."""
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{netns}") as there:
        enter(there)
        try:
            yield
        finally:
            enter(home)


class Attacker(Switch):
    """`with Attacker(fabric) as mallory:` inside the fabric's own block."""

    def __init__(self, fabric, number=66):
        super().__init__(fabric, number)
        self.streams = []
        self.servers = []
        self.source = None
        self.moves = 0

    def __enter__(self):
        self.plug_in()
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stop()
        self.hang_up()
        for server in self.servers:
            server.close()
        run("ip", "netns", "delete", self.netns, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def hang_up(self):
        for stream in self.streams:
            stream.close()

    def add_address(self, number):
        address = f"192.0.2.{number}"
        run("ip", "-n", self.netns, "address", "replace", f"{address}/24", "dev", "eth0")
        return address

    def move(self):
        """From now on he comes from an address that nobody has seen yet."""
        self.moves += 1
        self.source = self.add_address(150 + self.moves)

    def connect(self, switch, port=5269, source=None):
        """A bare socket."""
        source = source or self.source
        with inside(self.netns):
            sock = socket.socket()
        sock.settimeout(20)
        if source is not None:
            sock.bind((source, 0))
        sock.connect((switch.address, port))
        return sock

    def dial(self, switch, port=5269, source=None):
        stream = Stream(self.connect(switch, port, source))
        self.streams.append(stream)
        return stream

    def present(self, switch, papers, claims, to=None):
        """Dials a switch with these papers and opens a stream in this name. The stream, at what the switch said to it;
        `heard ()` is empty where TLS was broken off."""
        stream = self.dial(switch)
        if stream.secure(papers):
            stream.send(header(to or switch.domain, claims))
        return stream

    def serve(self, papers, address=None, port=0):
        server = Server(self, papers, address or self.address, port)
        self.servers.append(server)
        return server

    def speak(self, *packets):
        """By multicast DNS, once each."""
        with inside(self.netns), multicast.open_socket() as sock:
            for packet in packets:
                sock.sendto(packet, (multicast.GROUP, multicast.PORT))

    @contextlib.contextmanager
    def shouting(self, *packets, pause=0.01):
        """One after the other, again and again, for as long as the block lasts; a pause behind each."""
        over = threading.Event()
        with inside(self.netns):
            sock = multicast.open_socket()

        def shout():
            while not over.is_set():
                for packet in packets:
                    sock.sendto(packet, (multicast.GROUP, multicast.PORT))
                    if over.wait(pause):
                        break

        thread = threading.Thread(target=shout)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            sock.close()

    def overhear(self, switch, seconds=20):
        """What that switch answers to the question who is there: a packet of its records."""
        deadline = time.monotonic() + seconds
        with inside(self.netns), multicast.open_socket() as sock:
            while time.monotonic() < deadline:
                sock.sendto(multicast.question(), (multicast.GROUP, multicast.PORT))
                while select.select([sock], [], [], 1)[0]:
                    packet, source = sock.recvfrom(9000)
                    if source[0] == switch.address and multicast.is_response_of(packet, switch.domain):
                        return packet
        raise AssertionError(f"{switch.name} announced nothing in {seconds} s")


class Server:
    """His TLS server: whoever dials it gets these papers shown, and may say what he likes."""

    def __init__(self, attacker, papers, address, port):
        self.papers = papers
        self.streams = []    # of those who went through with the handshake
        self.refusals = 0    # those who did not
        with inside(attacker.netns):
            self.socket = socket.create_server((address, port), backlog=512)
        self.address, self.port = self.socket.getsockname()
        self.attacker = attacker
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            stream = Stream(sock)
            self.attacker.streams.append(stream)
            self.listen(stream)

    def listen(self, stream):
        """Hears one caller out: to the end, or to a stream's header."""
        try:
            if not stream.secure(self.papers, server=True):
                self.refusals += 1
                return
            stream.expect(rb"<stream:stream[^>]*>", seconds=20)
        except AssertionError:
            pass
        except OSError:
            stream.ended = True
        self.streams.append(stream)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        self.thread.join()
