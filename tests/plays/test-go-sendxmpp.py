#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stock client on a switch, Debian's go-sendxmpp: signs in inside TLS with the fabric's CA for its trust, sends, listens."""

import contextlib
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../support")]
import tap
from actor import Actor
from script import PART, Part
from stage import Solo, Stage

PROGRAM = "go-sendxmpp"


class Scene:
    """A switch with a CA of its own, and on it Bob, who is one of ours and sees what comes."""

    def __init__(self):
        self.switch = Solo("")
        self.switches, self.fabric = {"here": self.switch}, None    # what an actor wants to know of a stage

    def __enter__(self):
        if shutil.which(PROGRAM) is None:
            raise tap.Skip(f"{PROGRAM} is not installed")
        self.switch.start()
        try:
            for name in ("ann", "bob"):
                self.switch.ctl("account", "add", name, "--password", "pencil")
            self.switch.ctl("fabric", "init", "lab")
            self.bob = self.join("Bob bob/desk", "<presence/>")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def join(self, part, presence):
        actor = Actor(self, Part(0, PART.fullmatch(part)), {})
        actor.sign_in()
        actor.send(presence)
        actor.expect("<presence _=''>...</presence>")
        return actor

    def close(self):
        Stage.close(self)

    def environment(self, trusting=True):
        """Go looks for its CAs where this says."""
        ca = self.switch.path("state/ca.pem") if trusting else os.devnull
        return {**os.environ, "SSL_CERT_FILE": ca, "SSL_CERT_DIR": self.switch.path("none"), "HOME": self.switch.folder}

    def argv(self, *words, password="pencil"):
        return [PROGRAM, "-u", "ann@here", "-p", password, "-j", f"127.0.0.1:{self.switch.ports['c2s']}", *words]

    def send(self, text, *words, trusting=True, **keywords):
        return subprocess.run(self.argv(*words, "bob@here", **keywords), env=self.environment(trusting), input=text, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)

    @contextlib.contextmanager
    def listening(self, *words):
        process = subprocess.Popen(self.argv("--listen", *words), env=self.environment(), text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def send_one(scene, text, *words):
    result = scene.send(text, *words)
    assert result.returncode == 0, result.stdout
    scene.bob.expect(f"<message from='ann@here/*' to='bob@here' type='chat' _=''><body>{text}</body></message>")


def test_sends_by_starttls():
    with Scene() as scene:
        send_one(scene, "by STARTTLS: ünïcödé")


def test_sends_inside_tls():
    with Scene() as scene:
        send_one(scene, "inside TLS", "--tls")


def test_trusts_the_ca_alone():
    with Scene() as scene:
        assert scene.send("no", trusting=False).returncode != 0
        assert scene.send("no", password="pen").returncode != 0
        send_one(scene, "yes")    # and nothing came before


def test_listens():
    with Scene() as scene:
        watch = scene.join("Watch ann/watch", "<presence><priority>-1</priority></presence>")
        with scene.listening() as process:
            watch.expect("<presence from='ann@here/go-sendxmpp*' to='ann@here' _=''>...</presence>")
            scene.bob.send("<message to='ann@here' type='chat'><body>are you there?</body></message>")
            while "are you there?" not in (line := process.stdout.readline()):
                assert line, "it ended"
        watch.expect("<presence from='ann@here/go-sendxmpp*' to='ann@here' type='unavailable'/>")


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
