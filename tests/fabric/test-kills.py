# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two switches whose daemons are killed (-9) at random moments while messages go from a client of the one to clients
of the other. What a sender was told to have been acknowledged arrives; an IsmbClient sees nothing twice, a stock
client sees repeats under the same id only; what was refused, the sender was told; the stores open clean.

Usage: test-kills.py [KILLS]; ISMB_SEED repeats the moments of a run."""

import collections
import os
import queue
import random
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import tap  # noqa: E402
from fabric import BUILD, Fabric, wait_for  # noqa: E402
from managed import ManagedClient  # noqa: E402

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 9
SEED = int(os.environ.get("ISMB_SEED", str(random.SystemRandom().randrange(1 << 32))))
PASSWORD = "loopback only"
WINDOW = 40   # messages that wait for their acknowledgement
SETTLE = 180  # seconds until a message that was acknowledged is called lost


class Witness:
    """An IsmbClient in a process of its own, which outlives the daemons."""

    def __init__(self, switch, name):
        self.lines = queue.Queue()
        self.got = []
        self.process = switch.popen(os.path.join(BUILD, "tests/fabric/witness"), name, PASSWORD)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def turn(self):
        while not self.lines.empty():
            word, _, rest = self.lines.get().partition(" ")
            if word == "message":
                self.got.append(rest)
        assert self.process.poll() is None, "the witness died"


class Scene:
    def __init__(self, fabric):
        self.first, self.second = fabric.switches
        self.random = random.Random(SEED)
        fabric.start()
        fabric.certify()
        fabric.meet()
        for switch in fabric.switches:
            for name in "alice", "bob", "stock":
                switch.ctl("account", "add", name, "--password", PASSWORD)
        self.sender = self.client(self.first, "alice")
        self.stock = self.client(self.second, "stock")
        self.witness = Witness(self.second, "bob")
        self.count = 0
        self.wanted = {}     # key of a message: its body
        self.sent_again = collections.Counter()   # by the error that came back
        self.down = {}       # switch: when it is started again

    def client(self, switch, name):
        return ManagedClient(switch.path("run", "VR-Mgmt", "c2s"), switch.domain, name, PASSWORD)

    def send_more(self):
        """To the two in turn; a message that came back as an error goes out once more, as it was."""
        while self.sender.errors:
            key, condition = self.sender.errors.popleft()
            assert condition in ("remote-server-timeout", "remote-server-not-found", "resource-constraint"), condition
            self.sent_again[condition] += 1
            self.send(key)
        while len(self.sender.unacked) < WINDOW and self.count < self.limit:
            key = f"m{self.count}"
            self.wanted[key] = f"{'stock' if self.count % 2 else 'bob'} {self.count}"
            self.count += 1
            self.send(key)

    def send(self, key):
        body = self.wanted[key]
        self.sender.send(key, f"{body.split()[0]}@{self.second.domain}", body)

    def turn(self):
        self.sender.turn(0.01)
        self.stock.turn(0.01)
        self.witness.turn()
        self.send_more()
        for switch, due in list(self.down.items()):
            if time.monotonic() >= due:
                del self.down[switch]
                switch.start()

    def kill(self):
        victims = self.random.choice(((self.first,), (self.second,), (self.first, self.second)))
        for switch in victims:
            # `ip netns exec` and the shell have become the daemon: it is the process itself.
            switch.process.kill()
            switch.process.wait()
            switch.process = None
        for switch in victims:
            self.down[switch] = time.monotonic() + self.random.uniform(0, 0.5)

    def run_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end or self.down:
            self.turn()

    def missing(self):
        seen = {body for _, body in self.stock.messages} | set(self.witness.got)
        return [key for key, body in self.wanted.items() if body not in seen]


def test_nothing_acknowledged_is_lost(scene):
    print(f"# ISMB_SEED={SEED}, {KILLS} kills", flush=True)
    scene.limit = 1 << 60
    scene.run_for(1)
    for _ in range(KILLS):
        scene.kill()
        scene.run_for(scene.random.uniform(0.05, 3))
    scene.limit = 0
    end = time.monotonic() + SETTLE
    while (scene.sender.unacked or scene.sender.errors or scene.missing()) and time.monotonic() < end:
        scene.turn()
    missing = scene.missing()
    print(f"# {scene.count} messages, sent again after errors: {dict(scene.sent_again)},"
          f" {scene.sender.resumptions} sessions resumed", flush=True)
    lost = [key for key in missing if key in set(scene.sender.acked)]
    assert not lost, f"acknowledged and lost: {lost[:20]}, {len(lost)} in all"
    assert not missing, f"never acknowledged: {missing[:20]}, {len(missing)} in all"


def test_an_ismb_client_sees_nothing_twice(scene):
    got = scene.witness.got
    repeats = {body for body in got if got.count(body) > 1} if len(set(got)) != len(got) else set()
    assert not repeats, f"seen twice: {sorted(repeats)[:20]}"


def test_a_repeat_has_the_same_id(scene):
    keys = {}
    for key, body in scene.stock.messages:
        keys.setdefault(body, set()).add(key)
    assert all(len(ids) == 1 for ids in keys.values())
    print(f"# {len(scene.stock.messages) - len(keys)} repeats of {len(keys)}", flush=True)


def test_the_stores_open_clean(scene):
    for switch in scene.first, scene.second:
        switch.process.kill()
        switch.process.wait()
        with sqlite3.connect(switch.path("state", "VR-Mgmt", "bus.db")) as store:
            assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        switch.process = None
        switch.start()
        wait_for(f"{switch.name} to have its accounts", lambda switch=switch: "bob" in switch.ctl("account", "list").stdout)


def main():
    with Fabric(2, "kills") as fabric:
        return tap.main(sys.modules[__name__], Scene(fabric))


if __name__ == "__main__":
    sys.exit(main())
