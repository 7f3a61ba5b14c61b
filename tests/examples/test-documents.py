#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/sleekxmpp.md names only what there is: functions and constants of C by the headers, and what Python calls by
introspection; docs/first-client.md shows a program that is compiled."""

import glob
import os
import re
import sys

SOURCE, BUILD = os.environ["ISMB_SOURCE"], os.environ["ISMB_BUILD"]
sys.path.insert(0, os.path.join(SOURCE, "tests/support"))
import tap  # noqa: E402

import gi  # noqa: E402

gi.require_version("Ismb", "1")
from gi.repository import GObject, Ismb  # noqa: E402

# Which class a variable of the page stands for.
CLASSES = {"c": Ismb.Client, "msg": Ismb.Message, "iq": Ismb.Iq, "pres": Ismb.Presence, "jid": Ismb.Jid,
           "roster": Ismb.Roster, "item": Ismb.RosterItem, "ping": Ismb.Ping, "disco": Ismb.Disco,
           "streams": Ismb.Bytestreams, "stream": Ismb.Bytestream}


def read_page():
    """The right columns, and the rest of the page."""
    with open(os.path.join(SOURCE, "docs/sleekxmpp.md"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    cells = [re.split(r"(?<!\\)\|", line)[2] for line in lines if line.startswith("| ") and "---" not in line]
    assert len(cells) > 80
    return "\n".join(cells), "\n".join(line for line in lines if not line.startswith("|"))


def read_headers():
    text = ""
    for path in glob.glob(os.path.join(SOURCE, "ismb/*/*.h")):
        with open(path, encoding="utf-8") as file:
            text += file.read()
    return text


def test_what_c_calls():
    known = set(re.findall(r"\b(?:ismb_[a-z0-9_]+|ISMB_[A-Z0-9_]+)\b", read_headers()))
    named = set(re.findall(r"\b(?:ismb_[a-z0-9_]+|ISMB_[A-Z0-9_]+)\b", "".join(read_page())))
    assert len(named) > 70, len(named)
    assert named - known == {"ISMB_STANZA"}, sorted(named - known)  # a cast, which G_DECLARE makes


def test_what_python_calls():
    cells, _ = read_page()
    called = set(re.findall(r"\b(\w+)\.([a-z_]+)\(", cells))
    missing = [f"{name}.{method}" for name, method in called
               if name in CLASSES and not hasattr(CLASSES[name], method)]
    assert len(called) > 50, len(called)
    assert not missing, missing
    for path in set(re.findall(r"\bIsmb((?:\.\w+)+)", cells)):
        there = Ismb
        for step in path[1:].split("."):
            there = getattr(there, step)


def test_properties():
    names = {spec.name for spec in GObject.list_properties(Ismb.Client)}
    cells, _ = read_page()
    said = set(re.findall(r"propert(?:y|ies) ((?:`[a-z-]+`(?: \(\w+\))?(?:, )?)+)", cells))
    named = {name for group in said for name in re.findall(r"`([a-z-]+)`", group)}
    named |= {name.replace("_", "-") for name in re.findall(r"c\.props\.(\w+)", cells)}
    assert len(named) > 12, named
    assert not named - names, named - names


def test_first_client():
    """What is read there is what is compiled."""
    with open(os.path.join(SOURCE, "docs/first-client.md"), encoding="utf-8") as file:
        shown = re.search(r"^```c\n(.*?)^```$", file.read(), re.M | re.S).group(1)
    with open(os.path.join(SOURCE, "examples/first-client.c"), encoding="utf-8") as file:
        compiled = file.read()
    assert compiled.split("*/\n")[-1] == shown


if __name__ == "__main__":
    tap.main(sys.modules[__name__])
