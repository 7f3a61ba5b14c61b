# SPDX-License-Identifier: LGPL-2.1-or-later
"""The servers that are measured, each in a folder of its own, with the accounts b0, b1, ..."""

import base64
import glob
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PASSWORD = "loopback only"
ITERATIONS = 4096
PATIENCE = 30  # seconds, until a server is ready


class Failure(Exception):
    """What keeps us from measuring; its text is for the reader."""


def find_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One process that is started and stopped."""

    words = ()  # that bench-load needs for it

    def __init__(self, folder, domain="bench.test"):
        self.folder = folder
        self.domain = domain
        self.process = None
        self.port = 0
        os.makedirs(folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def configure(self, name):
        """The configuration of that name beside this file, with what is known now."""
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            text = file.read()
        return self.write(name, text.replace("DOMAIN", self.domain).replace("FOLDER", self.folder)
                          .replace("PORT", str(self.port)))

    def launch(self, *command, **more):
        with open(os.path.join(self.folder, "output"), "ab") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **more)
        deadline = time.monotonic() + PATIENCE
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failure(f"{command[0]} does not start:\n" + self.read_output())
            time.sleep(0.05)

    def read_output(self):
        with open(os.path.join(self.folder, "output"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def is_ready(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def restart(self):
        self.stop()
        self.start()

    def make_certificate(self):
        """Of the same kind as a switch's own: ECDSA, P-256."""
        key, certificate = os.path.join(self.folder, "key.pem"), os.path.join(self.folder, "certificate.pem")
        template = self.write("template", f'cn = "{self.domain}"\ndns_name = "{self.domain}"\nexpiration_days = 2\n')
        for command in (["--generate-privkey", "--key-type", "ecdsa", "--curve", "secp256r1", "--outfile", key],
                        ["--generate-self-signed", "--load-privkey", key, "--template", template,
                         "--outfile", certificate]):
            subprocess.run(["certtool", *command], check=True, capture_output=True)
        with open(certificate, encoding="utf-8") as first, open(key, encoding="utf-8") as second:
            self.write("both.pem", first.read() + second.read())


class Listener(Server):
    """Ours: switchctld with one virtual router."""

    name = "ours"

    def __init__(self, folder, build, accounts, domain="bench.test"):
        super().__init__(folder, domain)
        self.daemon = os.path.join(build, "switchctl/daemon/switchctld")
        self.tool = os.path.join(build, "switchctl/tool/switchctl")
        self.start()
        for i in range(accounts):
            self.switchctl("account", "add", f"b{i}", "--role", "client", "--password", PASSWORD)

    def switchctl(self, *words):
        command = [self.tool, "--runtime-dir", os.path.join(self.folder, "run"), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def start(self):
        self.launch(self.daemon, "--config", self.configure("switchctld.conf"))

    def is_ready(self):
        try:
            status = json.loads(self.switchctl("--json", "status"))
        except subprocess.CalledProcessError:
            return False
        self.port, self.s2s_port = status["vrs"][0]["c2s_port"], status["vrs"][0]["s2s_port"]
        return self.port > 0


class Alone(Server):
    """Ours, in a network namespace of its own with one link."""

    INSIDE = ("ip link set lo up; ip link add one type veth peer name two; ip address add 192.0.2.1/24 dev one;"
              " ip link set one up; ip link set two up; exec \"$0\" \"$@\"")

    def __init__(self, folder, build):
        super().__init__(folder, "alone.test")
        daemon = os.path.join(build, "switchctl/daemon/switchctld")
        configuration = self.write("switchctld.conf", f"[daemon]\ndomain={self.domain}\nstate-dir={folder}/state\n"
                                   f"runtime-dir={folder}/run\nlog-level=warning\n")
        self.launch("unshare", "--net", "sh", "-c", self.INSIDE, daemon, "--config", configuration)

    def is_ready(self):
        return os.path.exists(os.path.join(self.folder, "run/control"))

    def read_resident(self):
        """MB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024

    def count_wake_ups(self):
        """Of all its threads, since it started."""
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/status"):
            with open(path, encoding="ascii") as file:
                total += int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", file.read()).group(1))
        return total


class Prosody(Server):
    """Debian's, of one process as well."""

    name = "Prosody"

    def __init__(self, folder, accounts):
        super().__init__(folder)
        if shutil.which("prosody") is None:
            raise Failure("there is no prosody to compare with: apt-get install prosody")
        self.make_certificate()
        for i in range(accounts):
            self.make_account(f"b{i}")
        self.start()

    def make_account(self, name):
        """What its internal_hashed writes: it has the keys, as our own store does, not the password."""
        salt = base64.b64encode(os.urandom(16))
        salted = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt, ITERATIONS)
        client, server = (hmac.digest(salted, text, "sha1") for text in (b"Client Key", b"Server Key"))
        self.write(f"data/{self.domain.replace('.', '%2e')}/accounts/{name}.dat",
                   f'return {{ ["salt"] = "{salt.decode()}"; ["iteration_count"] = {ITERATIONS};'
                   f' ["stored_key"] = "{hashlib.sha1(client).hexdigest()}"; ["server_key"] = "{server.hex()}"; }};\n')

    def start(self):
        self.port = find_port()
        self.launch("prosody", "--config", self.configure("prosody.cfg.lua"), "-F")


class Ejabberd(Server):
    """Debian's. Without a node name: no other Erlang is spoken to, and none is needed beside it."""

    name = "ejabberd"

    def __init__(self, folder, accounts):
        super().__init__(folder)
        code = sorted(glob.glob("/usr/lib/*/ejabberd-*/ebin"))
        if not code:
            raise Failure("there is no ejabberd to compare with: apt-get install ejabberd")
        self.code = code[0]
        self.make_certificate()
        os.makedirs(os.path.join(folder, "spool"))
        self.start()
        for i in range(accounts):
            self.register(f"b{i}")

    def start(self):
        self.port = find_port()
        environment = dict(os.environ, HOME=self.folder, ERL_LIBS=os.path.dirname(os.path.dirname(self.code)),
                           EJABBERD_CONFIG_PATH=self.configure("ejabberd.yml"),
                           EJABBERD_LOG_PATH=os.path.join(self.folder, "log"),
                           ERL_CRASH_DUMP=os.path.join(self.folder, "dump"))
        self.launch("erl", "+K", "true", "+P", "250000", "+Q", "32000", "-noinput", "-pa", self.code, "-mnesia",
                    "dir", f'"{self.folder}/spool"', "-s", "ejabberd", env=environment)

    def register(self, name):
        """XEP-0077, before the login: the tool that makes accounts otherwise takes a second for each."""
        with socket.create_connection(("127.0.0.1", self.port)) as stream:
            stream.settimeout(PATIENCE)
            stream.sendall(f"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
                           f" to='{self.domain}' version='1.0'><iq type='set' id='r'><query xmlns='jabber:iq:register'>"
                           f"<username>{name}</username><password>{PASSWORD}</password></query></iq>".encode())
            said = b""
            while b"</iq>" not in said and b"id='r'/>" not in said and b'id="r"/>' not in said:
                piece = stream.recv(4096)
                said += piece
                if not piece or b"<error" in said:
                    raise Failure(f"ejabberd makes no account: {said.decode()}")


class Pair(Server):
    """Two of ours with a link between them, in one process."""

    name = "two of ours"

    def __init__(self, folder, build, accounts):
        super().__init__(folder)
        self.process = subprocess.Popen([os.path.join(build, "tests/bench/bench-pair"), str(accounts), PASSWORD],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL,
                                        env=dict(os.environ, TMPDIR=folder))
        ports = [int(word) for word in self.process.stdout.readline().split()]
        if len(ports) != 2:
            raise Failure("the two switches do not find each other")
        self.port = ports[0]
        self.words = ("--port", str(ports[1]), "--domain", "other.test")

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
        self.process = None


class Relay(Server):
    """The floor: bytes, or stanzas parsed and written anew, from one to the other."""

    words = ("--bare",)

    def __init__(self, folder, build, *arguments):
        super().__init__(folder)
        self.name = "relay " + " ".join(arguments)
        self.command = [os.path.join(build, "tests/bench/bench-relay"), *arguments]

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
        self.process = None
