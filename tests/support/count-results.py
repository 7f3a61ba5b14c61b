#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the results that Meson's runner wrote for each build folder given, test case by test case, and
closes with `N passed, N failed, N skipped`. Exits with 1 if any failed or if there was nothing to count."""

import glob
import json
import re
import sys

# The log has what each program said, and how it ended. The runner's other one, for JUnit, has the cases only: there
# a program that crashes, hangs or leaks after its first `ok` has passed.
CASE = re.compile(r"(?P<failed>not )?ok\b(?P<title>[^#]*)(#\s*(?P<word>(?i:skip|todo))\w*:?(?P<why>.*))?")
GOOD = ("OK", "EXPECTEDFAIL")

# How many lines are shown of a failed test: those before its result, those behind, and the program's last. The whole
# is further up, where it ran.
BEFORE, BEHIND, LAST = 6, 14, 12


def shorten(line):
    """What a command answered stands at the end of its line."""
    return line if len(line) <= 300 else f"{line[:140]} … {line[-150:]}"


class Program:
    def __init__(self, folder, record):
        self.name = f"{folder}: {record['name']}"
        self.result = record["result"]
        self.said = record.get("stdout", "").splitlines()
        self.complained = record.get("stderr", "").splitlines()
        self.cases = [(at, case) for at, case in enumerate(map(CASE.match, self.said)) if case]


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def fail(self, name, *passages):
        self.failed += 1
        print(f"FAILED  {name}")
        for line in (line for passage in passages for line in passage):
            print(f"    {shorten(line)}")

    def skip(self, name, why):
        self.skipped += 1
        print(f"skipped {name}: {why.strip()}")

    def take_case(self, program, at, case, start, end):
        """`start` and `end` are where the cases before and behind have their results."""
        name = f"{program.name} {case['title'].strip()}"
        word = (case["word"] or "").lower()
        if word == "skip":
            self.skip(name, case["why"])
        elif bool(case["failed"]) != (word == "todo"):
            self.fail(name, program.said[max(start + 1, at - BEFORE):min(end, at + 1 + BEHIND)])
        else:
            self.passed += 1

    def take_program(self, program):
        places = [-1, *(at for at, _ in program.cases), len(program.said)]
        failed = self.failed
        for (at, case), start, end in zip(program.cases, places, places[2:]):
            self.take_case(program, at, case, start, end)
        if program.result == "SKIP" and not program.cases:
            self.skip(program.name, " ".join(program.said[-1:]))
        elif program.result in GOOD and not program.cases:
            self.passed += 1
        elif program.result not in (*GOOD, "SKIP") and self.failed == failed:
            self.fail(f"{program.name} as a whole: {program.result}", program.said[-LAST:], program.complained[-LAST:])
        elif self.failed > failed:
            for line in program.complained[-LAST:]:
                print(f"    (stderr) {shorten(line)}")


def count(folders):
    all = Count()
    for folder in folders:
        logs = glob.glob(folder + "/meson-logs/testlog*.json")
        if not logs:
            all.fail(f"{folder}: the runner left no results")
        for log in logs:
            with open(log, encoding="utf-8", errors="replace") as file:
                for line in file:
                    all.take_program(Program(folder, json.loads(line)))
    return all


if __name__ == "__main__":
    all = count(sys.argv[1:])
    print(f"{all.passed} passed, {all.failed} failed" + (f", {all.skipped} skipped" if all.skipped else ""))
    sys.exit(1 if all.failed or not all.passed else 0)
