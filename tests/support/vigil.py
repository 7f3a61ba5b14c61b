# SPDX-License-Identifier: LGPL-2.1-or-later
"""What must hold of a fabric while somebody attacks it: nothing gets in, its members go on as if nothing were, and the
audit table tells of it."""

import os
import threading

from fabric import SWITCHCTLD, wait_for
from stream import Resident

MEGABYTE = 1 << 20
with open(SWITCHCTLD, "rb") as program:
    SANITIZED = b"__asan_init" in program.read()    # which keeps what was freed, to look at it again


def memory_of(switch):
    with open(f"/proc/{switch.process.pid}/status") as file:
        line = next(line for line in file if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def descriptors_of(switch):
    return len(os.listdir(f"/proc/{switch.process.pid}/fd"))


class Exchange:
    """Two members have each other run commands, one after the other, as long as this lasts."""

    def __init__(self, one, two):
        self.pairs = [(one, two), (two, one)]
        self.over = threading.Event()
        self.answered = 0
        self.problem = None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def once(self):
        for asking, answering in self.pairs:
            answer = asking.command(answering.switch.domain)
            assert "LOOPBACK" in answer, answer
            self.answered += 1

    def run(self):
        try:
            while not self.over.wait(0.05):
                self.once()
        except Exception as problem:  # told by end (), in the thread that tests
            self.problem = problem

    def go_on(self, times=4):
        """Waits until they did it so many times more."""
        goal = self.answered + times
        wait_for("two members to talk on", lambda: self.answered >= goal or self.problem)

    def end(self):
        self.over.set()
        self.thread.join()
        assert self.problem is None, f"two members could not talk any more: {self.problem}"
        self.once()


class Snapshot:
    def __init__(self, switch):
        self.switch = switch
        self.pid = switch.process.pid
        self.memory = memory_of(switch)
        self.descriptors = descriptors_of(switch)
        self.log = len(switch.log())
        self.members = switch.members()
        self.files = os.listdir(switch.path("local"))
        self.accounts = {account["name"] for account in switch.ctl_json("account", "list")}
        self.row = max((row["id"] for row in switch.ctl_lines("audit")), default=0)

    def new_log(self):
        return self.switch.log()[self.log:]

    def new_rows(self):
        return [row for row in self.switch.ctl_lines("audit") if row["id"] > self.row]


class Vigil:
    """`with Vigil(fabric, mallory, residents, says=...):` around an attack. `says`: functions of an audit row; for each of
    them one of the attacked switch's new rows must be as it wants. `joined`: domains that may have become members."""

    def __init__(self, fabric, attacker, residents, victim=None, says=(), joined=(), grows=48, rows=62):
        self.fabric = fabric
        self.attacker = attacker
        self.residents = residents
        self.victim = victim or fabric.switches[0]
        self.says = says
        self.joined = set(joined)
        self.grows = grows * MEGABYTE
        self.rows = rows

    def __enter__(self):
        self.before = {resident.switch: Snapshot(resident.switch) for resident in self.residents}
        self.first_stream = len(self.attacker.streams)
        self.exchange = Exchange(*self.residents[:2])
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.exchange.over.set()
            self.exchange.thread.join()
            return
        self.exchange.end()
        for before in self.before.values():
            self.check_nothing_got_in(before)
            self.check_health(before)
        self.check_audit(self.before[self.victim])
        self.check_what_was_heard()

    def check_nothing_got_in(self, before):
        switch = before.switch
        members = switch.members()
        assert before.members <= members <= before.members | self.joined, (switch.name, members)
        assert os.listdir(switch.path("local")) == before.files, os.listdir(switch.path("local"))
        assert switch.exec("ip", "link", "show", "mallory", check=False).returncode != 0, "a command ran"
        accounts = {account["name"] for account in switch.ctl_json("account", "list")}
        assert accounts == before.accounts, (switch.name, accounts)

    def check_health(self, before):
        switch = before.switch
        assert switch.process.poll() is None and switch.process.pid == before.pid, switch.log()
        others = {resident.switch.domain for resident in self.residents} - {switch.domain}
        for domain in others:
            assert switch.peers()[domain]["link"] == "up", switch.peers()[domain]
            for state in ("lost", "idle"):
                assert f"the link to {domain} is {state}" not in before.new_log(), before.new_log()[-4000:]
        grown = memory_of(switch) - before.memory
        print(f"# {switch.name} has {grown >> 10} kB more")
        assert SANITIZED or grown < self.grows, (switch.name, before.memory, grown)

    def check_audit(self, before):
        wait_for(f"the audit to tell of {[wanted.__doc__ for wanted in self.says]}", lambda: self.tells(before) == [])
        for snapshot in self.before.values():
            strangers = [row for row in snapshot.new_rows() if row["kind"] in ("stranger", "fabric")]
            assert len(strangers) <= self.rows, (len(strangers), strangers[-3:])
            assert snapshot.switch.ctl_json("audit", "verify")["intact"] is True

    def tells(self, before):
        """What is missing of what the audit shall say."""
        rows = before.new_rows()
        return [wanted for wanted in self.says if not any(wanted(row) for row in rows)]

    def check_what_was_heard(self):
        for stream in self.attacker.streams[self.first_stream:]:
            assert stream.holds_no_stanza(), (stream.clear, stream.inside)


def told(what, who, verdict="refused", kind="stranger", rule=None):
    """An audit row of that."""
    def matches(row):
        return (row["kind"] == kind and row["what"] == what and row.get("who") == who and row["verdict"] == verdict
                and rule in (None, row["rule"]))

    matches.__doc__ = f"{kind} {what} of {who}, {verdict}"
    return matches


def settle_descriptors(before, more=8):
    """Nothing of a flood stays open."""
    for snapshot in before.values():
        wait_for(f"{snapshot.switch.name} to close what is dead",
                 lambda: descriptors_of(snapshot.switch) <= snapshot.descriptors + more)


def gather(switches):
    """Residents on all of them, who share presence with one another; their links are up from then on."""
    residents = [Resident(switch) for switch in switches]
    for resident in residents:
        for other in switches:
            if other is not resident.switch:
                resident.share(other.domain)
    for switch in switches:
        others = {other.domain for other in switches} - {switch.domain}
        wait_for(f"{switch.name}'s links", lambda: all(switch.peers()[domain]["link"] == "up" for domain in others))
    return residents


