# SPDX-License-Identifier: LGPL-2.1-or-later
"""The switches of a play: real daemons. One alone is on loopback, in a folder of its own; two are in network
namespaces, and members of one fabric."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile

import fabric
import papers

CONFIG = """[daemon]
domain={domain}
state-dir={folder}/state
runtime-dir={folder}/run
[switch-control]
enabled=false
files-root={folder}
[vr VR-Mgmt]
"""
ALONE = "listen=127.0.0.1\nc2s-port=0\ns2s-port=0\ndiscovery=off\n"
CLONE_NEWNET = 0x40000000
CLONE_NEWNS = 0x00020000


def write_config(folder, domain, more, own):
    """What the play says comes last, and counts."""
    os.makedirs(f"{folder}/switchctld.conf.d", exist_ok=True)
    with open(f"{folder}/switchctld.conf", "w") as file:
        file.write(CONFIG.format(domain=domain, folder=folder) + more)
    with open(f"{folder}/switchctld.conf.d/play.conf", "w") as file:
        file.write(own)


class Disk:
    """A small one for the store, in a mount namespace of the player's."""

    apart = False

    def __init__(self, folder):
        if not Disk.apart:
            if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
                raise OSError(ctypes.get_errno(), "unshare")
            fabric.run("mount", "--make-rprivate", "/")
            Disk.apart = True
        self.folder = folder
        self.filler = os.path.join(folder, "filler")
        os.makedirs(folder, mode=0o700)
        fabric.run("mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "none", folder)

    def fill(self):
        with open(self.filler, "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)) > 0:
                    pass
            except OSError:
                pass

    def make_room(self):
        os.remove(self.filler)

    def remount(self, how):
        fabric.run("mount", "-o", f"remount,{how}", self.folder)

    def close(self):
        fabric.run("umount", self.folder)


class Solo:
    """One daemon on loopback, at ports that the kernel chose."""

    def __init__(self, config, small_disk=False, domain="here"):
        self.domain = domain
        self.address = "127.0.0.1"
        self.process = None
        self.folder = tempfile.mkdtemp(prefix="ismb-play-")
        self.notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notes.bind(self.path("notes"))
        self.notes.settimeout(0.1)
        write_config(self.folder, domain, ALONE, config)
        self.disk = Disk(self.path("state", "VR-Mgmt")) if small_disk else None

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def start(self):
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen([fabric.SWITCHCTLD, "--config", self.path("switchctld.conf")], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, "NOTIFY_SOCKET": self.path("notes")})
        fabric.wait_for("the daemon to come up", self.is_ready)
        vr = next(vr for vr in json.loads(self.ctl("--json", "status").stdout)["vrs"] if vr["name"] == "VR-Mgmt")
        self.ports = {"c2s": vr["c2s_port"], "s2s": vr["s2s_port"]}

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the daemon ended with {self.process.returncode}:\n{self.log()}")
        try:
            return self.notes.recv(64) == b"READY=1"
        except TimeoutError:
            return False

    def stop(self, number=signal.SIGTERM):
        """Its exit code."""
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(timeout=60)

    def ctl(self, *words, check=True, **keywords):
        return fabric.run(*self.ctl_argv(*words), check=check, **keywords)

    def ctl_argv(self, *words):
        return [fabric.SWITCHCTL, "--runtime-dir", self.path("run"), *words]

    def make_socket(self):
        return socket.socket()

    def log(self):
        with open(self.path("log"), errors="replace") as file:
            return file.read()


class Seated(fabric.Switch):
    """One of two: the same to actors as one that is alone."""

    ports = {"c2s": 5222, "s2s": 5269}

    def ctl_argv(self, *words):
        return ["ip", "netns", "exec", self.netns, fabric.SWITCHCTL, "--runtime-dir", self.path("run"), *words]

    def make_socket(self):
        """In the switch's namespace: from there its address is loopback, and in reach."""
        libc = ctypes.CDLL(None, use_errno=True)
        own, theirs = (os.open(path, os.O_RDONLY) for path in ("/proc/self/ns/net", f"/run/netns/{self.netns}"))
        try:
            if libc.setns(theirs, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                return socket.socket()
            finally:
                libc.setns(own, CLONE_NEWNET)
        finally:
            os.close(own)
            os.close(theirs)


class Stage:
    """`switches`, by name. Whatever is put up is taken down again."""

    def __init__(self, script):
        self.fabric = None
        self.authority = None
        if any(part.switch == "there" for part in script.parts) or script.config["there"] != script.config["here"]:
            self.put_up_two(script)
        else:
            small_disk = any(line.text.startswith("here's disk") for line in script.lines)
            self.switches = {"here": Solo(script.config["here"], small_disk)}

    def put_up_two(self, script):
        self.fabric = fabric.Fabric(0, "play")
        self.fabric.switches = [Seated(self.fabric, number) for number in (1, 2)]
        self.switches = dict(zip(("here", "there"), self.fabric.switches))
        self.fabric.__enter__()
        for name, switch in self.switches.items():
            switch.domain, switch.address = name, "127.0.0.1"
            write_config(switch.folder, name, "", script.config[name])

    def start(self):
        try:
            if self.fabric is None:
                self.switches["here"].start()
            else:
                self.fabric.start()
                self.fabric.certify()
                self.fabric.meet()
        except BaseException:
            self.close()
            raise

    def log(self):
        return "\n".join(switch.log() for switch in self.switches.values())

    def make_papers(self, domain):
        """A certificate of the fabric's CA, for one who plays a switch."""
        here = self.switches["here"]
        if self.authority is None:
            if self.fabric is None:
                here.ctl("fabric", "init", "stage")
            self.authority = papers.Authority.of(here)
        return self.authority.issue(domain)

    def close(self):
        """A daemon that does not leave in order (a sanitizer reports at a process's end) is a failure."""
        if self.fabric is not None:
            self.fabric.close()
            return
        here = self.switches["here"]
        code = here.stop()
        here.notes.close()
        if here.disk is not None:
            here.disk.close()
        log = here.log() if os.path.exists(here.path("log")) else ""
        shutil.rmtree(here.folder, ignore_errors=True)
        if code != 0:
            raise AssertionError(f"the daemon ended with {code}:\n{log[-8000:]}")
