# SPDX-License-Identifier: LGPL-2.1-or-later
"""Switches for tests: each a network namespace on a bridge, with a real switchctld. All of it lies in namespaces
and in one temporary folder, and is removed again whatever happens."""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BUILD = os.environ["ISMB_BUILD"]
SOURCE = os.environ["ISMB_SOURCE"]
SWITCHCTLD = os.path.join(BUILD, "switchctl/daemon/switchctld")
# The sanitizers' build has no introspection; its daemons are tried with the scripts of the plain one beside it.
BINDINGS = next((folder for folder in (os.path.join(BUILD, "ismb"), os.path.join(SOURCE, "build/ismb"))
                 if os.path.exists(os.path.join(folder, "Ismb-1.typelib"))), None)
if BINDINGS:
    os.environ["GI_TYPELIB_PATH"] = os.environ["LD_LIBRARY_PATH"] = BINDINGS
SWITCHCTL = os.path.join(BUILD, "switchctl/tool/switchctl")


def run(*argv, check=True, **keywords):
    result = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, **keywords)
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(argv)}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result


def wait_for(what, condition, seconds=30):
    """Waits for an event; the time is only how long until we call it a failure."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.05)


class Switch:
    def __init__(self, fabric, number):
        self.fabric = fabric
        self.number = number
        self.name = f"sw{number}"
        self.netns = f"{fabric.prefix}-{self.name}"
        self.address = f"192.0.2.{number}"
        self.folder = os.path.join(fabric.folder, self.name)
        self.process = None
        self.domain = None
        self.extra = ""          # lines behind [switch-control]
        self.daemon_extra = ""   # lines behind [daemon]
        self.fabric_extra = ""   # lines behind [fabric]
        for name in ("state", "run", "local"):
            os.makedirs(os.path.join(self.folder, name))
        os.chmod(self.path("state"), 0o700)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def plug_in(self):
        ns, link = self.netns, self.fabric.link
        run("ip", "netns", "add", ns)
        run("ip", "netns", "exec", ns, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0")
        run("ip", "link", "add", "eth0", "netns", ns, "address", f"02:00:00:00:11:{self.number:02x}",
            "type", "veth", "peer", "name", self.name, "netns", link)
        run("ip", "-n", link, "link", "set", self.name, "master", "br0", "up")
        run("ip", "-n", ns, "address", "add", f"{self.address}/24", "dev", "eth0")
        run("ip", "-n", ns, "link", "set", "lo", "up")
        run("ip", "-n", ns, "link", "set", "eth0", "up")

    def configure(self, text=None):
        if text is None:
            text = f"""[daemon]
state-dir={self.path("state")}
runtime-dir={self.path("run")}
{self.daemon_extra}

[fabric]
{self.fabric_extra}

[switch-control]
engine=exec
exec-allow={shutil.which("ip")};{shutil.which("bridge") or "/usr/sbin/bridge"}
files-root={self.path("local")}
{self.extra}
"""
        with open(self.path("switchctld.conf"), "w") as file:
            file.write(text)

    def start(self, **environment):
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.netns, "unshare", "--uts", "sh", "-c",
                 f"hostname {self.name}; exec {SWITCHCTLD} --config {self.path('switchctld.conf')}"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **environment})
        wait_for(f"{self.name}'s daemon to answer", self.answers)
        self.domain = self.status()["domain"]

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name}'s daemon ended with {self.process.returncode}:\n{self.log()}")
        return self.ctl("status", check=False).returncode == 0

    def stop(self, number=signal.SIGTERM):
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        self.process = None
        return code

    def log(self):
        with open(self.path("log"), errors="replace") as file:
            return file.read()

    def exec(self, *argv, check=True, **keywords):
        return run("ip", "netns", "exec", self.netns, *argv, check=check, **keywords)

    def popen(self, *argv, env=None, **keywords):
        process = subprocess.Popen(["ip", "netns", "exec", self.netns, *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, env={**os.environ, "ISMB_RUNTIME_DIR": self.path("run"), **(env or {})}, **keywords)
        self.fabric.processes.append(process)
        return process

    def ctl(self, *words, check=True, **keywords):
        return self.exec(SWITCHCTL, "--runtime-dir", self.path("run"), *words, check=check, **keywords)

    def ctl_json(self, *words, check=True):
        """The JSON a verb prints; of verbs that print an object a line, a list of them."""
        return json.loads(self.ctl("--json", *words, check=check).stdout)

    def ctl_lines(self, *words, check=True):
        return [json.loads(line) for line in self.ctl("--json", *words, check=check).stdout.splitlines()]

    def status(self):
        return self.ctl_json("status")

    def peers(self):
        return {peer["domain"]: peer for peer in self.ctl_json("peers")}

    def members(self):
        return {domain for domain, peer in self.peers().items() if peer["trust"] == "member"}


class Fabric:
    """`with Fabric(3) as fabric:`; fabric.switches are up and configured, and belong to no fabric yet."""

    def __init__(self, count, prefix):
        self.prefix = f"{prefix}{os.getpid()}"
        self.link = f"{self.prefix}-link"
        self.folder = tempfile.mkdtemp(prefix="ismb-fabric-")
        self.processes = []
        self.switches = [Switch(self, number) for number in range(1, count + 1)]

    def __enter__(self):
        atexit.register(self.close)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        run("ip", "netns", "add", self.link)
        run("ip", "-n", self.link, "link", "add", "name", "br0", "type", "bridge", "mcast_snooping", "0")
        run("ip", "-n", self.link, "link", "set", "br0", "up")
        for switch in self.switches:
            switch.plug_in()
            switch.configure()
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        for switch in self.switches:
            switch.start()

    def certify(self, name="lab"):
        first, *others = self.switches
        ca = first.ctl("fabric", "init", name).stdout.strip()
        for switch in others:
            request, certificate = switch.path("request.pem"), switch.path("certificate.pem")
            with open(request, "w") as file:
                file.write(switch.ctl("fabric", "request").stdout)
            with open(certificate, "w") as file:
                file.write(first.ctl("fabric", "sign", request).stdout)
            switch.ctl("fabric", "install", certificate, "--ca-hash", ca)
        return ca

    def meet(self):
        """Waits until everybody knows everybody as a member."""
        everybody = {switch.domain for switch in self.switches}
        for switch in self.switches:
            wait_for(f"{switch.name} to know all members", lambda: switch.members() == everybody)

    def close(self):
        atexit.unregister(self.close)
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
            process.wait()
            process.stdout.close()
        codes = []
        for switch in self.switches:
            try:
                codes.append((switch, switch.stop()))
            finally:
                run("ip", "netns", "delete", switch.netns, check=False)
        run("ip", "netns", "delete", self.link, check=False)
        logs = [(switch, code, switch.log()) for switch, code in codes if code != 0]
        shutil.rmtree(self.folder, ignore_errors=True)
        # Sanitizers report at the end of a process: a daemon that does not leave in order fails the test.
        for switch, code, log in logs:
            raise AssertionError(f"{switch.name}'s daemon ended with {code}:\n{log}")
