#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""trust=open, the laboratory: whoever is on the link is believed and may talk, a name stays with the device first seen
with it, and Switch Control does nothing."""

import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import tap  # noqa: E402
from fabric import Fabric, SWITCHCTL, wait_for  # noqa: E402


def trust_of(switch, other):
    return switch.peers().get(other.domain, {}).get("trust")


def test_it_says_so_loudly(fabric):
    for switch in fabric.switches:
        loud = [line for line in switch.log().splitlines() if line.startswith("warning") and "trust=open" in line]
        assert loud, switch.log()
        assert "open" in switch.ctl("fabric", "status").stdout


def test_peers_are_open(fabric):
    one, two = fabric.switches
    wait_for("sw1 to believe sw2", lambda: trust_of(one, two) == "open")
    wait_for("sw2 to believe sw1", lambda: trust_of(two, one) == "open")


def test_messages_pass(fabric):
    one, two = fabric.switches
    there = two.popen(SWITCHCTL, "--runtime-dir", two.path("run"), "--json", "listen", "--as", "lab", "--count", "1")
    assert "lab@" in there.stdout.readline()
    one.ctl("send", f"lab@{two.domain}", "hello")
    assert json.loads(there.stdout.readline())["body"] == "hello"


def test_no_command_runs(fabric):
    one, two = fabric.switches
    for target in ("sw2", "local"):
        result = one.ctl("--json", "run", "--on", target, "ip link add never type bridge", check=False)
        line = json.loads(result.stdout)
        assert result.returncode == 1 and line["outcome"] == "refused", line
    for switch in fabric.switches:
        assert switch.exec("ip", "link", "show", "never", check=False).returncode != 0


def test_no_file_is_stored(fabric):
    one, two = fabric.switches
    with open(one.path("local", "file"), "w") as file:
        file.write("content")
    result = one.ctl("--json", "push", "--on", "sw2", one.path("local", "file"), check=False)
    assert result.returncode == 1 and json.loads(result.stdout)["outcome"] == "refused", result
    assert os.listdir(two.path("local")) == []


def test_a_name_stays_with_its_device(fabric):
    one, two = fabric.switches
    first = two.status()["id"]
    two.stop()
    shutil.rmtree(two.path("state"))
    os.makedirs(two.path("state"), mode=0o700)
    two.start()
    assert two.status()["id"] != first and two.domain == "sw2.001102"
    bounced = one.ctl("send", f"lab@{two.domain}", "hello", check=False)
    assert bounced.returncode == 1, bounced
    wait_for("sw1 to name both devices", lambda: first in one.log() and two.status()["id"] in one.log())


if __name__ == "__main__":
    with Fabric(2, "op") as fabric:
        for switch in fabric.switches:
            switch.extra = "[fabric]\ntrust=open"
            switch.configure()
        fabric.start()
        if tap.main(sys.modules[__name__], fabric):
            for switch in fabric.switches:
                print("\n".join(f"# {switch.name}: {line}" for line in switch.log().splitlines()[-60:]))
