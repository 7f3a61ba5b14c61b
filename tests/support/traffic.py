# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages from a client of one switch to clients of another, while something goes wrong between them: what is asked
of what arrives. ISMB_SEED repeats the moments of a run."""

import collections
import os
import queue
import random
import threading
import time

from fabric import BUILD
from managed import ManagedClient

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


class Traffic:
    def __init__(self, fabric):
        self.first, self.second = fabric.switches
        self.random = random.Random(SEED)
        self.limit = 0
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

    def run_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end or self.down:
            self.turn()

    def missing(self):
        seen = {body for _, body in self.stock.messages} | set(self.witness.got)
        return [key for key, body in self.wanted.items() if body not in seen]

    def settle(self):
        """Until everything has arrived, or never will."""
        self.limit = 0
        end = time.monotonic() + SETTLE
        while (self.sender.unacked or self.sender.errors or self.missing()) and time.monotonic() < end:
            self.sender.ask_soon()
            self.run_for(0.2)
        print(f"# {self.count} messages, sent again after errors: {dict(self.sent_again)},"
              f" {self.sender.resumptions} sessions resumed", flush=True)

    def check_nothing_is_lost(self):
        missing = self.missing()
        lost = [key for key in missing if key in set(self.sender.acked)]
        assert not lost, f"acknowledged and lost: {lost[:20]}, {len(lost)} in all"
        assert not missing, f"never acknowledged: {missing[:20]}, {len(missing)} in all"

    def check_the_witness_saw_nothing_twice(self):
        repeats = [body for body, times in collections.Counter(self.witness.got).items() if times > 1]
        assert not repeats, f"seen twice: {repeats[:20]}"
