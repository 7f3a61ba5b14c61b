#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What counts as a failure, and what is shown of it."""

import json
import os
import subprocess
import sys
import tempfile

import tap

COUNT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "count-results.py")
LOGS = [f"# sw{number}: it goes on and on" for number in range(100)]


def record(name, result, *said, stderr=""):
    return {"name": name, "result": result, "stdout": "\n".join(said), "stderr": stderr}


def count(*records):
    """What is printed, and the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "meson-logs"))
        if records:
            with open(os.path.join(folder, "meson-logs/testlog.json"), "w") as file:
                file.writelines(json.dumps(each) + "\n" for each in records)
        done = subprocess.run([sys.executable, COUNT, folder], stdout=subprocess.PIPE, text=True)
        return done.stdout.replace(folder, "build").splitlines(), done.returncode


def test_case_by_case():
    said, code = count(record("core/a", "OK", "1..3", "ok 1 /a", "ok 2 /b # SKIP no server", "not ok 3 /c # TODO"),
                       record("layers", "OK"), record("core/b", "SKIP", "not today"))
    assert said == ["skipped build: core/a 2 /b: no server", "skipped build: core/b: not today",
                    "3 passed, 0 failed, 2 skipped"] and code == 0, said


def test_the_reason_stands_first():
    said, code = count(record("fabric/a", "FAIL", "1..3", "ok 1 - meet", "# joined", "not ok 2 - talk", "# AssertionError",
                              "ok 3 - part", *LOGS, stderr="the end"))
    assert said == ["FAILED  build: fabric/a 2 - talk", "    # joined", "    not ok 2 - talk", "    # AssertionError",
                    "    (stderr) the end", "2 passed, 1 failed"] and code == 1, said


def test_a_reason_before_many_logs():
    said, _ = count(record("fabric/a", "FAIL", "1..1", "# " + "x" * 500 + "why", "not ok 1 - talk", "# waited 30 s", *LOGS))
    _, long, _, reason, *_ = said[1:]
    assert long.endswith("why") and len(long) < 310 and reason == "    # waited 30 s" and len(said) < 25, said


def test_a_program_that_ends_badly():
    """A crash, a hang, a leak or a test too few behind the last result."""
    for result in ("ERROR", "FAIL", "TIMEOUT"):
        said, code = count(record("core/a", result, "1..2", "ok 1 /a", stderr="\n".join([*LOGS, "SUMMARY: AddressSanitizer"])))
        assert said[0] == f"FAILED  build: core/a as a whole: {result}" and "    SUMMARY: AddressSanitizer" in said, said
        assert said[-1] == "1 passed, 1 failed" and code == 1, said


def test_no_results():
    said, code = count()
    assert said[-1] == "0 passed, 1 failed" and code == 1, said


if __name__ == "__main__":
    sys.exit(1 if tap.main(sys.modules[__name__]) else 0)
