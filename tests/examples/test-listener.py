#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples/listener, in C and in Python: stock clients sign in, and two of them exchange a message."""

import asyncio
import contextlib
import os
import subprocess
import sys

import slixmpp

SOURCE, BUILD = os.environ["ISMB_SOURCE"], os.environ["ISMB_BUILD"]
sys.path.insert(0, os.path.join(SOURCE, "tests/support"))
import tap  # noqa: E402

LIBRARY = os.path.join(BUILD, "ismb")
PYTHON = sys.executable
COUNTS = """
import gi
gi.require_version("Ismb", "1")
from gi.repository import GLib, Ismb
listener = Ismb.Listener.new("VR-Default")
for name in ("ann", "bob"):
    listener.create_account(name, "pencil")
told = []
listener.connect("notify::session-count", lambda *_: (told.append(listener.props.session_count), print(told, flush=True)))
print("localhost, port", listener.start(0), flush=True)
assert listener.props.waiting_for is None and listener.props.peer_count == 0
listener.add_peer("sw2.001122", ["192.0.2.2"], 5269, None)
assert listener.props.peer_count == 1 and [peer.get_local() for peer in listener.list_peers()] == [True, False]
GLib.MainLoop().run()
"""


@contextlib.contextmanager
def hosting(*argv):
    """The program, and its port."""
    environment = {**os.environ, "LD_LIBRARY_PATH": LIBRARY, "GI_TYPELIB_PATH": LIBRARY}
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        first = process.stdout.readline().split()
        assert first[:2] == ["localhost,", "port"], first
        yield process, int(first[2])
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class Client(slixmpp.ClientXMPP):
    def __init__(self, name, port):
        super().__init__(f"{name}@localhost/test", "pencil")
        self.inbox, self.started = asyncio.Queue(), asyncio.Event()
        self.add_event_handler("message", self.inbox.put_nowait)
        self.add_event_handler("session_start", lambda _: self.started.set())
        self.connect(("127.0.0.1", port), disable_starttls=True)


async def converse(port):
    ann, bob = Client("ann", port), Client("bob", port)
    try:
        await ann.started.wait()
        await bob.started.wait()
        ann.send_message("bob@localhost/test", "how are you?")
        question = await bob.inbox.get()
        assert question["body"] == "how are you?" and question["from"] == ann.boundjid, question
        question.reply("well").send()
        assert (await ann.inbox.get())["body"] == "well"
    finally:
        for client in (ann, bob):
            await client.disconnect()


def talk(port):
    asyncio.get_event_loop().run_until_complete(asyncio.wait_for(converse(port), 30))


def host_and_talk(*argv):
    with hosting(*argv) as (process, port):
        talk(port)
        told = sorted(process.stdout.readline().strip() for _ in range(4))
        assert told == [f"{name}@localhost/test {deed}" for name in ("ann", "bob") for deed in ("has left", "is here")], told


def need_bindings():
    if not os.path.exists(os.path.join(LIBRARY, "Ismb-1.typelib")):
        raise tap.Skip("this build has no introspection")


def test_in_C():
    host_and_talk(os.path.join(BUILD, "examples/listener"))


def test_in_Python():
    need_bindings()
    host_and_talk(PYTHON, os.path.join(SOURCE, "examples/listener.py"))


def test_counts_by_introspection():
    need_bindings()
    with hosting(PYTHON, "-c", COUNTS) as (process, port):
        talk(port)
        while True:
            told = eval(process.stdout.readline())  # noqa: S307 - our own program's
            if told[-1] == 0:
                break
        assert set(told) == {0, 1, 2} or set(told) == {0, 2}, told


if __name__ == "__main__":
    sys.exit(1 if tap.main(sys.modules[__name__]) else 0)
