# SPDX-License-Identifier: LGPL-2.1-or-later
"""Foreign XMPP servers, real ones, on the link of fabric.py's switches: each in a network namespace with a name server
of its own, which alone knows where the switches are. All they write is in the test's temporary folder."""

import base64
import glob
import os
import re
import shutil
import socket
import struct
import subprocess
import threading

from cryptography.hazmat.primitives import serialization

import papers
import tap
from attacker import inside
from fabric import Switch, run, wait_for
from stream import SASL, Stream, header

A, SRV = 1, 33
CODE = "/usr/lib/*/ejabberd-*/ebin"


class NameServer:
    """Answers for _xmpp-server._tcp.NAME and NAME; of anything else it says that there is none."""

    def __init__(self, netns, places):
        self.places = places
        with inside(netns):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                query, client = self.socket.recvfrom(512)
                self.socket.sendto(self.answer(query), client)
            except OSError:
                return

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        question, kind = query[12:at + 5], query[at + 2]
        data = self.find(labels, kind)
        flags = 0x8580 if data else 0x8583
        answer = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 5, len(data)) + data if data else b""
        return query[:2] + struct.pack(">HHHHH", flags, 1, 1 if data else 0, 0, 0) + question + answer

    def find(self, labels, kind):
        name = ".".join(labels)
        if kind == A and name in self.places:
            return socket.inet_aton(self.places[name])
        if kind == SRV and name.startswith("_xmpp-server._tcp."):
            target = labels[2:]
            if ".".join(target) in self.places:
                return struct.pack(">HHH", 0, 0, 5269) + b"".join(bytes([len(part)]) + part.encode() for part in target) + b"\0"
        return None

    def close(self):
        self.socket.close()


class Hub(Switch):
    """`hub = Prosody(fabric, "hub.test", 101)` inside the fabric's own block; `with hub:`, once its switches run, and as
    often as wanted; `hub.unplug()`."""

    def __init__(self, fabric, domain, number):
        super().__init__(fabric, number)
        self.hub_domain = domain
        self.authority = papers.Authority.made_up(f"{domain} CA")
        self.external = False     # it goes by certificates, where it can
        self.fabric_ca = None     # a PEM file of who vouches for switches
        self.bidi = False
        self.names = None
        self.clients = []
        self.write_papers()

    def write_papers(self, names_domain=None):
        name = names_domain or self.hub_domain
        mine = self.authority.issue(name, names=lambda _: [papers.dns(name), papers.xmpp(name)])
        pem = serialization.Encoding.PEM
        with open(self.path("certificate.pem"), "wb") as file:
            file.write(b"".join(each.public_bytes(pem) for each in mine.chain))
        with open(self.path("key.pem"), "wb") as file:
            file.write(mine.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        with open(self.path("both.pem"), "wb") as file:
            for name in ("certificate.pem", "key.pem"):
                with open(self.path(name), "rb") as part:
                    file.write(part.read())
        with open(self.path("ca.pem"), "wb") as file:
            file.write(self.authority.certificate.public_bytes(pem))

    def __enter__(self):
        if not self.is_here():
            raise tap.Skip(f"there is no {type(self).__name__.lower()} here")
        if self.names is None:
            self.plug_in()
            self.start_names()
        self.start_hub()
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.stream.close()
        self.clients = []
        self.stop_hub()

    def start_names(self):
        places = {switch.domain: switch.address for switch in self.fabric.switches}
        self.names = NameServer(self.netns, {**places, self.hub_domain: self.address})
        with open(self.path("resolv.conf"), "w") as file:
            file.write("nameserver 127.0.0.1\noptions timeout:1\n")

    def unplug(self):
        self.stop_hub()
        if self.names is not None:
            self.names.close()
            run("ip", "netns", "delete", self.netns, check=False)

    def launch(self, *argv, **environment):
        """`unshare` becomes the program itself, so that what is ended by its id is the server."""
        shell = f"mount --bind {self.path('resolv.conf')} /etc/resolv.conf && exec \"$@\""
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.netns, "unshare", "--mount", "sh", "-c", shell, "sh", *argv],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={**os.environ, "HOME": self.folder, **environment})
        wait_for(f"{self.hub_domain} to listen", self.listens)

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.hub_domain} ended with {self.process.returncode}:\n{self.log()}")
        for port in (5222, 5269):
            try:
                with inside(self.netns):
                    probe = socket.socket()
                    probe.connect(("127.0.0.1", port))
                probe.close()
            except OSError:
                return False
        return True

    def stop_hub(self):
        """As a power failure would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)
        self.process = None

    def sign_in(self, name):
        client = Guest(self, name)
        self.clients.append(client)
        return client


class Prosody(Hub):
    def is_here(self):
        return shutil.which("prosody") is not None

    def start_hub(self):
        for name in ("alice", "bob"):
            folder = self.path("data", re.sub(r"[^a-z0-9]", lambda match: f"%{ord(match.group()):02x}", self.hub_domain), "accounts")
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, f"{name}.dat"), "w") as file:
                file.write(f'return {{ ["password"] = "{name}"; }};\n')
        with open(self.path("prosody.cfg.lua"), "w") as file:
            file.write(self.write_config())
        self.launch("prosody", "--config", self.path("prosody.cfg.lua"), "-F")

    def write_config(self):
        modules = ["roster", "saslauth", "tls", "disco", "ping", "offline", "smacks", *(["s2s_bidi"] if self.bidi else [])]
        if not self.external:
            modules.append("dialback")
        return f"""run_as_root = true
pidfile = '{self.path("prosody.pid")}'
data_path = '{self.path("data")}'
modules_enabled = {{ {", ".join(f"'{name}'" for name in modules)} }}
authentication = 'internal_plain'
allow_unencrypted_plain_auth = true
c2s_require_encryption = false
s2s_require_encryption = true
s2s_secure_auth = {"true" if self.external else "false"}
use_ipv6 = false
log = {{ {{ levels = {{ min = 'debug' }}, to = 'console' }} }}
ssl = {{ certificate = '{self.path("certificate.pem")}', key = '{self.path("key.pem")}', cafile = '{self.fabric_ca or self.path("ca.pem")}' }}
VirtualHost '{self.hub_domain}'
"""


class Ejabberd(Hub):
    """Without a node name: no other Erlang is spoken to, and none is needed beside it. Debian's breaks off where a
    certificate has an xmppAddr of a domain, as switches' have: so dialback stays."""

    def is_here(self):
        return bool(glob.glob(CODE))

    def start_hub(self):
        code = sorted(glob.glob(CODE))[0]
        os.makedirs(self.path("spool"), exist_ok=True)
        with open(self.path("ejabberd.yml"), "w") as file:
            file.write(self.write_config())
        self.launch("erl", "-noinput", "-pa", code, "-mnesia", "dir", f'"{self.path("spool")}"', "-s", "ejabberd",
                    ERL_LIBS=os.path.dirname(os.path.dirname(code)), EJABBERD_CONFIG_PATH=self.path("ejabberd.yml"),
                    EJABBERD_LOG_PATH=self.path("ejabberd.log"), ERL_CRASH_DUMP=self.path("dump"))
        for name in ("alice", "bob"):
            self.register(name)

    def stop_hub(self):
        """In order: killed, it forgets the rosters of the last minutes."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
        super().stop_hub()

    def log(self):
        log = ""
        if os.path.exists(self.path("ejabberd.log")):
            with open(self.path("ejabberd.log"), errors="replace") as file:
                log = file.read()
        return super().log() + log

    def write_config(self):
        modules = ["mod_stream_mgmt", "mod_ping", "mod_disco", "mod_roster", "mod_offline", "mod_s2s_dialback"]
        listed = "\n".join(f"  {name}: {{}}" for name in modules)
        return f"""hosts: [ "{self.hub_domain}" ]
loglevel: debug
certfiles: [ "{self.path("both.pem")}" ]
{f'ca_file: "{self.fabric_ca}"' if self.fabric_ca else ""}
auth_method: internal
auth_password_format: plain
registration_timeout: infinity
s2s_use_starttls: required
access_rules:
  register:
    allow: all
listen:
  - port: 5222
    ip: "127.0.0.1"
    module: ejabberd_c2s
  - port: 5269
    ip: "0.0.0.0"
    module: ejabberd_s2s_in
modules:
{listed}
  mod_register:
    access: register
    ip_access: all
    password_strength: 0
"""

    def register(self, name):
        with inside(self.netns):
            stream = Stream(socket.create_connection(("127.0.0.1", 5222)))
        stream.send(header(self.hub_domain, ns="jabber:client"))
        stream.send(f"<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>{name}</username>"
                    f"<password>{name}</password></query></iq>")
        stream.expect(rb"<iq[^>]*id=.r.[^>]*>")
        stream.close()


class Guest:
    """A client of a hub, signed in, whose password is its name."""

    def __init__(self, hub, name):
        self.jid = f"{name}@{hub.hub_domain}"
        with inside(hub.netns):
            self.stream = Stream(socket.create_connection(("127.0.0.1", 5222)))
        stream = self.stream
        secret = base64.b64encode(f"\0{name}\0{name}".encode()).decode()
        stream.send(header(hub.hub_domain, ns="jabber:client"))
        stream.expect(rb"</stream:features>")
        stream.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{secret}</auth>")
        stream.expect(rb"<success")
        stream.send(header(hub.hub_domain, ns="jabber:client"))
        stream.expect(rb"</stream:features>")
        stream.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>desk</resource></bind></iq>")
        stream.expect(rb"</jid>.*?</iq>")
        stream.send("<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"
                    "<iq type='get' id='t'><query xmlns='jabber:iq:roster'/></iq><presence/>")
        stream.expect(rb"<presence[^>]*>")
