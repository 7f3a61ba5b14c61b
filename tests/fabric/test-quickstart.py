#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The README's first command does what it says, and leaves nothing behind: at its end, and when interrupted."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import tap  # noqa: E402
from fabric import SOURCE, run  # noqa: E402

QUICKSTART = os.path.join(SOURCE, "examples/quickstart")


def processes_of(folder):
    """The command lines of those that were started with it, but us."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            with open(f"/proc/{pid}/environ", "rb") as environ, open(f"/proc/{pid}/cmdline", "rb") as words:
                if f"TMPDIR={folder}\0".encode() in environ.read():
                    found.append(words.read())
    return found


def nothing_is_left(folder):
    assert "ismb-sw" not in run("ip", "netns", "list").stdout
    assert os.listdir(folder) == [], os.listdir(folder)
    assert processes_of(folder) == []


def test_all_of_it(folder):
    result = run(QUICKSTART, check=False, env={**os.environ, "TMPDIR": folder})
    assert result.returncode == 0, result.stdout + result.stderr
    for sign in (
        r"sw3\.001103 +member +up .* 192\.0\.2\.3",
        r"All is well\. You wrote: Hello, sw2",
        r"sw2\.001102: ok\n",
        r"sw3\.001103: ok\n",
        r"<PythonSyntaxError></PythonSyntaxError>",
        r"<CLICommandError>.*nowhere.*</CLICommandError>",
        r"sw2\.001102: stored\n",
        r"sw3\.001103: stored\n",
        r"sw3\.001103 +member +lost ",
    ):
        assert re.search(sign, result.stdout), f"{sign} is not in\n{result.stdout}"
    sums = re.findall(r"^ +([0-9a-f]{64})  image\.bin$", result.stdout, re.MULTILINE)
    assert len(sums) == 3 and len(set(sums)) == 1, sums
    nothing_is_left(folder)


def test_interrupted(folder):
    process = subprocess.Popen([QUICKSTART], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               start_new_session=True, env={**os.environ, "TMPDIR": folder})
    for line in process.stdout:
        if "makes a fabric" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130, process.returncode
    nothing_is_left(folder)


def test_wrong_words(folder):
    result = run(QUICKSTART, "--wrong", check=False)
    assert result.returncode == 2 and "--wrong" in result.stderr, result


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        tap.main(sys.modules[__name__], folder)
