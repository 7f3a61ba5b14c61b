#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws the include arrows between the folders of ismb/ and switchctl/ and fails (TAP) on a step upwards or a
circle between files. `--draw` prints the arrows. The tower below is the one place that says who may know whom."""

import os
import re
import sys

MAY_INCLUDE = {
    "ismb/core": set(),
    "ismb/net": {"ismb/core"},
    "ismb/trust": {"ismb/core"},
    "ismb/store": {"ismb/core"},
    "ismb/local": {"ismb/core"},
    "ismb/discovery": {"ismb/core"},
    "ismb/stream": {"ismb/net", "ismb/core"},
    "ismb/client": {"ismb/stream", "ismb/local", "ismb/net", "ismb/core"},
    "ismb/listener": {"ismb/stream", "ismb/net", "ismb/store", "ismb/trust", "ismb/core"},
    "ismb/plugins": {"ismb/client", "ismb/net", "ismb/core"},
    "ismb/transfer": {"ismb/plugins", "ismb/client", "ismb/net", "ismb/core"},
}
LIBRARY = set(MAY_INCLUDE)
MAY_INCLUDE["switchctl/control"] = {"ismb/core", "ismb/client", "ismb/plugins", "ismb/transfer", "ismb/store", "ismb/trust", "ismb/local"}
MAY_INCLUDE["switchctl/tool"] = {"ismb/core", "ismb/client", "ismb/plugins", "ismb/transfer", "ismb/trust", "ismb/local", "switchctl/control"}
MAY_INCLUDE["switchctl/daemon"] = LIBRARY | {"switchctl/control"}

# A library that only one file may name, so that its ways stay behind that file.
ONLY_IN = {"strophe.h": {"ismb/stream/ismb-strophe.c"},
           "expat.h": {"ismb/core/ismb-tree-reader.c", "ismb/stream/ismb-desk.h", "ismb/stream/ismb-frame.c"}}

# GLib's generator tells its state by its outputs; ismb-random.c is there instead. What is only spread in time may use it.
GUESSABLE = re.compile(r"\b(g_random_\w+|g_rand_\w+|g_uuid_string_random|rand|random)\s*\(")
MAY_BE_GUESSED = {"ismb/listener/ismb-candidate.c", "switchctl/daemon/domain-part.c", "switchctl/daemon/keeper.c"}

INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)


def sources(root):
    for top in ("ismb", "switchctl"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def find_circle(arrows):
    """A list of files that include each other in a ring, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for target in sorted(arrows.get(node, ())):
            ring = visit(target)
            if ring:
                return ring
        done.add(path.pop())
        return None

    for start in sorted(arrows):
        ring = visit(start)
        if ring:
            return ring
    return None


def folder_of(path):
    return os.path.dirname(path)


def main():
    root = sys.argv[1]
    arrows, wrong, behind, guessable = {}, [], [], []
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        if path not in MAY_BE_GUESSED:
            guessable += [f"{path} calls {name} ()" for name in GUESSABLE.findall(text)]
        arrows[path] = set()
        here = folder_of(path)
        for name in INCLUDE.findall(text):
            if name in ONLY_IN and path not in ONLY_IN[name]:
                behind.append(f"{path} includes {name}")
            if not name.startswith(("ismb/", "switchctl/")):
                continue
            if name == "ismb/ismb.h":
                wrong.append(f"{path} includes the umbrella, which is for users")
                continue
            arrows[path].add(name)
            there = folder_of(name)
            if here != "ismb" and there != here and there not in MAY_INCLUDE.get(here, set()):
                wrong.append(f"{path} -> {name}: {here} may not know {there}")

    if "--draw" in sys.argv:
        drawn = {(folder_of(a), folder_of(b)) for a in arrows for b in arrows[a] if folder_of(a) != folder_of(b)}
        for here, there in sorted(drawn):
            print(f"{here} -> {there}")
        return 0

    # One noun: a unit is its .c and .h, so that a ring through a pair of files shows.
    units = {}
    for path, targets in arrows.items():
        unit = re.sub(r"(-private)?\.[ch]$", "", path)
        units.setdefault(unit, set()).update(re.sub(r"(-private)?\.h$", "", target) for target in targets)
        units[unit].discard(unit)
    circle = find_circle(units)

    checks = [
        ("there are sources to look at", [] if len(arrows) > 20 else [f"only {len(arrows)} files under {root}"]),
        ("no include leads upwards", wrong),
        ("no two nouns need each other", [" -> ".join(circle)] if circle else []),
        ("libraries stay behind their file", behind),
        ("nothing that must not be guessed comes from GLib", guessable),
    ]
    print(f"1..{len(checks)}")
    for number, (name, problems) in enumerate(checks, 1):
        print(f"{'not ok' if problems else 'ok'} {number} - {name}")
        for problem in problems:
            print(f"# {problem}")
    return 0


sys.exit(main())
