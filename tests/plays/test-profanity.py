#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person's client, Debian's profanity, on a terminal of its own: signs in inside TLS, sends, receives, and finds what came
while it was away."""

import contextlib
import fcntl
import glob
import json
import os
import pty
import shutil
import sqlite3
import struct
import subprocess
import sys
import termios
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../support")]
import tap
from actor import Actor
from fabric import wait_for
from script import PART, Part
from stage import Solo, Stage

PROGRAM = "profanity"
ROWS, COLUMNS = 40, 120


class Terminal:
    """What runs the program, types for it, and takes what it draws. What it was told stands in its chat logs."""

    def __init__(self, home):
        self.home = home
        self.log = os.path.join(home, "profanity.log")
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        folders = {name: os.path.join(home, "profanity-home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        os.makedirs(folders["HOME"], exist_ok=True)
        ours = ("G_DEBUG", "MALLOC_PERTURB_")    # it is another's program, with criticals of its own
        surroundings = {name: value for name, value in os.environ.items() if name not in ours}
        self.process = subprocess.Popen([PROGRAM, "-l", "DEBUG", "-f", self.log], stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True, env={**surroundings, **folders, "TERM": "xterm"})
        os.close(slave)
        self.drain = threading.Thread(target=self.read)
        self.drain.start()

    def read(self):
        try:
            while os.read(self.master, 4096):
                pass
        except OSError:     # the other end is closed
            pass

    def type(self, line):
        os.write(self.master, line.encode() + b"\r")

    def logged(self):
        try:
            with open(self.log, errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def wait_for_start(self):
        wait_for("it to start", lambda: "Starting main event loop" in self.logged())

    def sign_in(self, jid, port, password):
        self.wait_for_start()
        self.type(f"/connect {jid} server 127.0.0.1 port {port} tls trust")
        self.type(password)
        wait_for("it to sign in", lambda: "Presence available handler fired" in self.logged())

    def has_shown(self, text):
        """Asks a copy of its log: it does not wait for who reads the file itself, and leaves out what it cannot write then."""
        copy = os.path.join(self.home, "copy.db")
        for path in glob.glob(f"{self.home}/profanity-home/profanity/database/*/chatlog.db"):
            shutil.copyfile(path, copy)
            with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(copy)) as database:
                rows = database.execute("SELECT count(*) FROM ChatLogs WHERE message = ?", (text,))
                return rows.fetchone()[0] == 1
        return False

    def close(self):
        self.process.kill()
        self.process.wait()
        self.drain.join()
        os.close(self.master)


class Scene:
    def __init__(self, config="", domain="here"):
        if shutil.which(PROGRAM) is None:
            raise tap.Skip(f"{PROGRAM} is not installed")
        self.switch = Solo(config, domain=domain)
        self.switches, self.fabric, self.terminal = {"here": self.switch}, None, None

    def __enter__(self):
        self.switch.start()
        try:
            for name in ("ann", "bob"):
                self.switch.ctl("account", "add", name, "--password", "pencil")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.terminal is not None:
            self.terminal.close()
        Stage.close(self)

    def start_program(self):
        self.terminal = Terminal(self.switch.folder)
        return self.terminal

    def sign_in(self):
        self.start_program()
        self.terminal.sign_in("ann@here", self.switch.ports["c2s"], "pencil")
        return self.terminal

    def bob(self):
        actor = Actor(self, Part(0, PART.fullmatch("Bob bob/desk")), {})
        actor.sign_in()
        actor.send("<presence/>")
        actor.expect("<presence _=''>...</presence>")
        return actor


def test_talks():
    with Scene() as scene:
        bob, terminal = scene.bob(), scene.sign_in()
        terminal.type("/msg bob@here are-you-there?")
        bob.expect("<message from='ann@here/*' to='bob@here' type='chat' _=''>...<body>are-you-there?</body>...</message>")
        bob.send("<message to='ann@here' type='chat'><body>i-am-here</body></message>")
        wait_for("the answer to be shown", lambda: terminal.has_shown("i-am-here"))


def test_finds_what_came_meanwhile():
    with Scene() as scene:
        bob = scene.bob()
        bob.send("<message to='ann@here' type='chat'><body>for-later</body></message>")
        bob.ping("here")
        bob.wait_for(lambda: not bob.pongs, "its answer")
        terminal = scene.sign_in()
        wait_for("it to be shown", lambda: terminal.has_shown("for-later"))


def test_registers():
    """It looks for the server by its domain, so that has to be one that every host has."""
    with Scene("[vr VR-Mgmt]\nregistration=open", "localhost") as scene:
        terminal = scene.start_program()
        terminal.wait_for_start()
        terminal.type(f"/register zoe localhost port {scene.switch.ports['c2s']} tls trust")
        terminal.type("pencil")
        terminal.type("pencil")
        wait_for("it to be told of the account", lambda: "Registration successful" in terminal.logged())
        accounts = {account["name"]: account["role"] for account in json.loads(
            scene.switch.ctl("--json", "account", "list").stdout)}
        assert accounts["zoe"] == "client", accounts


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
