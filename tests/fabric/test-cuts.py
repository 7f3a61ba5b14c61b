# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two switches whose network is cut and comes back at random moments, whose daemons stop for a while or are stopped
in order, and whose clients vanish, while messages go from a client of the one to clients of the other.

While only the network fails, everything arrives exactly once, even at a stock client, in the order in which it was
sent. Whatever else happens, what was acknowledged arrives, and an IsmbClient sees nothing twice.

Usage: test-cuts.py [CUTS [TROUBLES]]; ISMB_SEED repeats the moments of a run."""

import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import tap  # noqa: E402
from fabric import Fabric, run  # noqa: E402
from traffic import SEED, Traffic  # noqa: E402

CUTS = int(sys.argv[1]) if len(sys.argv) > 1 else 4
TROUBLES = int(sys.argv[2]) if len(sys.argv) > 2 else 6
LONG = 12  # seconds: by then a peer is known to be lost


def numbers(bodies):
    return [int(body.split()[1]) for body in bodies]


def is_rising(values):
    return all(one < other for one, other in zip(values, values[1:]))


class Cuts(Traffic):
    def set_wire(self, switch, state, quiet):
        """`quiet`: in the bridge, where neither end sees it."""
        if quiet:
            run("ip", "-n", switch.fabric.link, "link", "set", switch.name, state)
        else:
            run("ip", "-n", switch.netns, "link", "set", "eth0", state)

    def cut(self):
        switch, quiet = self.random.choice((self.first, self.second)), self.random.random() < 0.5
        long = self.random.random() < 0.2
        self.set_wire(switch, "down", quiet)
        self.run_for(LONG if long else self.random.uniform(0.02, 1.5))
        self.set_wire(switch, "up", quiet)

    def freeze(self):
        switch = self.random.choice((self.first, self.second))
        switch.process.send_signal(signal.SIGSTOP)
        time.sleep(self.random.uniform(0.1, 2))
        switch.process.send_signal(signal.SIGCONT)

    def restart(self):
        switch = self.random.choice((self.first, self.second))
        switch.stop()
        self.run_for(self.random.uniform(0, 0.5))
        switch.start()

    def vanish(self):
        client = self.random.choice((self.sender, self.stock))
        client.vanish(resume=self.random.random() < 0.5)

    def restart_vr(self):
        switch = self.random.choice((self.first, self.second))
        switch.ctl("vr", "disable", "VR-Mgmt")
        self.run_for(self.random.uniform(0, 0.5))
        switch.ctl("vr", "enable", "VR-Mgmt")

    def make_trouble(self):
        self.random.choice((self.cut, self.freeze, self.restart, self.vanish, self.vanish, self.restart_vr))()


def test_cuts_are_not_seen(scene):
    print(f"# ISMB_SEED={SEED}, {CUTS} cuts, {TROUBLES} troubles", flush=True)
    scene.limit = 1 << 60
    scene.run_for(1)
    for _ in range(CUTS):
        scene.cut()
        scene.run_for(scene.random.uniform(0.05, 3))
    scene.settle()
    scene.check_nothing_is_lost()
    scene.check_the_witness_saw_nothing_twice()
    seen = [body for _, body in scene.stock.messages]
    assert not scene.sent_again, f"refused, although the network came back: {dict(scene.sent_again)}"
    assert len(set(seen)) == len(seen), "a stock client saw repeats"
    assert is_rising(numbers(seen)) and is_rising(numbers(scene.witness.got)), "not in the order in which it was sent"


def test_troubles_lose_nothing(scene):
    scene.limit = 1 << 60
    for _ in range(TROUBLES):
        scene.make_trouble()
        scene.run_for(scene.random.uniform(0.05, 3))
    scene.settle()
    scene.check_nothing_is_lost()
    scene.check_the_witness_saw_nothing_twice()


def main():
    with Fabric(2, "cuts") as fabric:
        return tap.main(sys.modules[__name__], Cuts(fabric))


if __name__ == "__main__":
    sys.exit(main())
