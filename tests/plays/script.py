# SPDX-License-Identifier: LGPL-2.1-or-later
"""A play's text: remarks, the cast, configuration, and who does what, line by line. README.md has the language."""

import re
import subprocess
import sys

PART = re.compile(r"(?P<name>[A-Z]\w*) +(?:(?P<raw>stranger)|member +(?P<domain>\S+)|(?P<local>[^\s/]+)(?:/(?P<resource>\S+))?)"
                  r"(?: +at +(?P<switch>here|there))?(?: +over +(?P<way>tcp|unix|tls|starttls))?(?: +to +(?P<service>c2s|s2s))?"
                  r"(?P<later> +later)?")
FRIENDS = re.compile(r"(?P<one>\w+) (?:(?P<sees>sees) (?P<seen>\w+)|and (?P<other>\w+) see each other)")


class ScriptError(Exception):
    """The play is no play: which line, and what is wrong with it."""


class Line:
    """`Ann gets` and what stands indented below it, or behind it from the first < on."""

    def __init__(self, number, text, body):
        self.number = number
        self.text = text
        self.body = body


class Part:
    def __init__(self, number, words):
        self.number = number
        self.name = words["name"]
        self.local, self.resource, self.domain = words["local"], words["resource"], words["domain"]
        self.switch = words["switch"] or "here"
        self.stranger = bool(words["raw"])
        self.service = words["service"] or ("s2s" if self.domain else "c2s")
        self.way = words["way"] or ("tls" if self.domain else "tcp")
        self.later = bool(words["later"]) or (self.resource is None and self.local is not None)


class Script:
    def __init__(self, path):
        self.path = path
        self.title = ""
        self.config = {"here": "", "there": ""}
        self.parts = []
        self.friends = []    # (line, who sees, who is seen)
        self.lines = []
        self.scenes = []    # (line, the remark there)
        self.read(text_of(path).split("\n"))
        self.names = {part.name for part in self.parts}

    def scene_of(self, number):
        """The last remark above a line."""
        return ([""] + [text for line, text in self.scenes if line < number])[-1]

    def read(self, lines):
        number = 0
        while number < len(lines):
            text = lines[number]
            number += 1
            if text.startswith("#"):
                self.title = self.title or text.lstrip("# ").strip()
                self.scenes.append((number, text.lstrip("# ").strip()))
            elif text.strip():
                number = self.read_block(lines, number)

    def read_block(self, lines, number):
        """The line before `number`, and what is indented under it."""
        if lines[number - 1][0].isspace():
            raise ScriptError(f"{number}: indented, and belongs to nothing")
        first, text = number, lines[number - 1].rstrip()
        body = []
        while number < len(lines) and (not lines[number].strip() or lines[number][0].isspace()):
            body.append(lines[number])
            number += 1
        self.take(first, text, dedent(body))
        return number

    def take(self, number, text, body):
        if text == "cast":
            self.read_cast(number, body)
        elif text in ("config", "config of here", "config of there"):
            for name in ["here", "there"] if text == "config" else [text.split()[2]]:
                self.config[name] += body + "\n"
        else:
            said, mark, behind = text.partition("<")
            if behind and body:
                raise ScriptError(f"{number}: XML behind the words or below them, not both")
            self.lines.append(Line(number, " ".join(said.split()), mark + behind if behind else body))

    def read_cast(self, number, body):
        for offset, text in enumerate(body.split("\n"), 1):
            text = text.split(" #")[0].strip()
            if not text or text.startswith("#"):
                continue
            friends, part = FRIENDS.fullmatch(text), PART.fullmatch(text)
            if friends:
                one, other = friends["one"], friends["seen"] or friends["other"]
                self.friends.append((number + offset, one, other))
                if friends["other"]:
                    self.friends.append((number + offset, other, one))
            elif part:
                self.parts.append(Part(number + offset, part))
            else:
                raise ScriptError(f"{number + offset}: expected NAME ACCOUNT/RESOURCE [at SWITCH] [over WAY] [later], "
                                  "NAME stranger, NAME member DOMAIN, A sees B, or A and B see each other")


def text_of(path):
    """A play that follows from a table is printed by a script."""
    if not path.endswith(".py"):
        with open(path, encoding="utf-8") as file:
            return file.read()
    return subprocess.run([sys.executable, path], check=True, stdout=subprocess.PIPE, text=True).stdout


def dedent(lines):
    while lines and not lines[-1].strip():
        lines.pop()
    pad = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[pad:].rstrip() for line in lines)
