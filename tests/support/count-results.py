#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the results that Meson's runner wrote for each build folder given, test case by test case, and
closes with `N passed, N failed, N skipped`. Exits with 1 if any failed or if there was nothing to count."""

import glob
import re
import sys
import xml.etree.ElementTree as ElementTree

# A test's output stands in the log as it came, also what XML cannot carry.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


TOLD = 12  # lines of what a failed test said last; the whole is further up, where it ran


def cases(log):
    """Each with the element that holds what was said: the case, or the program that it is one of."""
    with open(log, encoding="utf-8", errors="replace") as file:
        root = ElementTree.fromstring(FORBIDDEN.sub("\ufffd", file.read()).encode())
    for suite in root.iter("testsuite"):
        for case in suite.iter("testcase"):
            yield case, case if case.find("system-out") is not None else suite


def tell_last(who):
    for said in who.findall("system-out") + who.findall("system-err"):
        for line in (said.text or "").splitlines()[-TOLD:]:
            print(f"    {line[:200]}")


passed = failed = skipped = 0
for folder in sys.argv[1:]:
    logs = glob.glob(folder + "/meson-logs/testlog*.junit.xml")
    if not logs:
        print(f"{folder}: the runner left no results")
        failed += 1
    for log in logs:
        for case, who in cases(log):
            name = f"{folder}: {case.get('classname')} {case.get('name')}"
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
                print(f"FAILED  {name}")
                tell_last(who)
            elif case.find("skipped") is not None:
                skipped += 1
                print(f"skipped {name}: {case.find('skipped').get('message') or ''}")
            else:
                passed += 1

print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(1 if failed or not passed else 0)
