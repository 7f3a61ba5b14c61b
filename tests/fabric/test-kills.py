# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two switches whose daemons are killed (-9) at random moments while messages go from a client of the one to clients
of the other. What a sender was told to have been acknowledged arrives; an IsmbClient sees nothing twice, a stock
client sees repeats under the same id only; what was refused, the sender was told; the stores open clean.

Usage: test-kills.py [KILLS]; ISMB_SEED repeats the moments of a run."""

import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import tap  # noqa: E402
from fabric import Fabric, wait_for  # noqa: E402
from traffic import SEED, Traffic  # noqa: E402

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 9


class Kills(Traffic):
    def kill(self):
        victims = self.random.choice(((self.first,), (self.second,), (self.first, self.second)))
        for switch in victims:
            # `ip netns exec` and the shell have become the daemon: it is the process itself.
            switch.process.kill()
            switch.process.wait()
            switch.process = None
        for switch in victims:
            self.down[switch] = time.monotonic() + self.random.uniform(0, 0.5)


def test_nothing_acknowledged_is_lost(scene):
    print(f"# ISMB_SEED={SEED}, {KILLS} kills", flush=True)
    scene.limit = 1 << 60
    scene.run_for(1)
    for _ in range(KILLS):
        scene.kill()
        scene.run_for(scene.random.uniform(0.05, 3))
    scene.settle()
    scene.check_nothing_is_lost()


def test_an_ismb_client_sees_nothing_twice(scene):
    scene.check_the_witness_saw_nothing_twice()


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
        return tap.main(sys.modules[__name__], Kills(fabric))


if __name__ == "__main__":
    sys.exit(main())
