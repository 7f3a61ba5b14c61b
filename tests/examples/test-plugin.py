#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""examples/plugin: one answers, one asks, both on a real daemon; and the same in Python."""

import os
import subprocess
import sys
import tempfile

SOURCE, BUILD = os.environ["ISMB_SOURCE"], os.environ["ISMB_BUILD"]
sys.path[:0] = [os.path.join(SOURCE, "tests/support"), os.path.join(SOURCE, "tests/bench")]
import tap  # noqa: E402
from servers import Listener  # noqa: E402

LIBRARY = os.path.join(BUILD, "ismb")


class Scene:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ismb-plugin-")
        self.daemon = Listener(os.path.join(self.folder.name, "switch"), BUILD, 0)
        self.processes = []
        self.environment = {**os.environ, "LD_LIBRARY_PATH": LIBRARY, "GI_TYPELIB_PATH": LIBRARY,
                            "ISMB_RUNTIME_DIR": os.path.join(self.daemon.folder, "run")}
        return self

    def start(self, *argv):
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=self.environment)
        self.processes.append(process)
        return process

    def answering(self, *argv):
        """Its full address, once it is there."""
        line = self.start(*argv).stdout.readline()
        assert line.startswith("here as "), line
        return line.split()[-1]

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
            process.wait()
            process.stdout.close()
        self.daemon.stop()
        self.folder.cleanup()


def ask(scene, whom):
    asking = scene.start(os.path.join(BUILD, "examples/plugin"), "operator", "pencil", whom)
    return asking.communicate(timeout=60)[0].splitlines()[1:]


def test_one_asks_another():
    with Scene() as scene:
        whom = scene.answering(os.path.join(BUILD, "examples/plugin"), "sensor", "pencil")
        assert ask(scene, whom) == ["it has 41 degrees"]


def test_who_is_not_there_is_told():
    with Scene() as scene:
        scene.answering(os.path.join(BUILD, "examples/plugin"), "sensor", "pencil")
        answer, = ask(scene, f"sensor@{scene.daemon.domain}/elsewhere")
        assert answer.startswith("it does not say: "), answer


def test_in_python():
    if not os.path.exists(os.path.join(LIBRARY, "Ismb-1.typelib")):
        raise tap.Skip("this build has no introspection")
    with Scene() as scene:
        program = os.path.join(SOURCE, "examples/plugin.py")
        whom = scene.answering(sys.executable, program, "sensor", "pencil", "--celsius", "-4")
        assert ask(scene, whom) == ["it has -4 degrees"]


def test_a_wrong_password_is_told():
    with Scene() as scene:
        scene.answering(os.path.join(BUILD, "examples/plugin"), "sensor", "pencil")
        wrong = subprocess.run([os.path.join(BUILD, "examples/plugin"), "sensor", "pen"], capture_output=True, text=True,
                               env=scene.environment, timeout=60)
        assert "another password" in wrong.stderr, wrong.stderr


if __name__ == "__main__":
    tap.main(sys.modules[__name__])
