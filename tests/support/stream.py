# SPDX-License-Identifier: LGPL-2.1-or-later
"""An XMPP stream of which every byte may be chosen, and of which everything is kept that was heard."""

import base64
import os
import pwd
import re
import select
import socket
import time

from OpenSSL import SSL, crypto

STREAM = "http://etherx.jabber.org/streams"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
STANZA = re.compile(rb"<(message|presence|iq)\b")


def header(to=None, sender=None, ns="jabber:server"):
    words = [("to", to), ("from", sender)]
    said = "".join(f" {name}='{value}'" for name, value in words if value is not None)
    return (f"<?xml version='1.0'?><stream:stream xmlns='{ns}' xmlns:stream='{STREAM}' version='1.0'{said}>").encode()


def auth(identity=None, mechanism="EXTERNAL"):
    text = "=" if identity is None else base64.b64encode(identity.encode()).decode()
    return f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{text}</auth>".encode()


def make_context(papers, server, alpn):
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    if papers is not None:
        first, *rest = [crypto.X509.from_cryptography(certificate) for certificate in papers.chain]
        context.use_certificate(first)
        context.use_privatekey(crypto.PKey.from_cryptography_key(papers.key))
        for certificate in rest:
            context.add_extra_chain_cert(certificate)
    if server:
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        context.set_alpn_select_callback(lambda _, offered: alpn if alpn in offered else SSL.NO_OVERLAPPING_PROTOCOLS)
    else:
        context.set_alpn_protos([alpn])
    return context


class Stream:
    def __init__(self, sock):
        self.socket = sock
        self.tls = None
        self.clear = b""     # heard outside TLS, raw; inside it stands what GnuTLS said until then
        self.inside = b""    # heard inside
        self.seen = 0        # of it, by expect ()
        self.sent = b""      # as it went over the wire
        self.member = False  # its login was good: it may hear what members hear
        self.ended = False

    def heard(self):
        return self.inside if self.tls else self.clear

    def send(self, data):
        """A stream that the other side has ended already takes it and loses it."""
        data = data.encode() if isinstance(data, str) else data
        try:
            if self.tls is None:
                self.put(data)
            else:
                self.tls.send(data)
                self.flush()
        except OSError:
            self.ended = True

    def flush(self):
        while True:
            try:
                self.put(self.tls.bio_read(65536))
            except SSL.WantReadError:
                return

    def put(self, data):
        self.sent += data
        self.socket.sendall(data)

    def read_socket(self, seconds):
        """Some bytes, b"" at the end, None where none came."""
        poll = select.poll()    # select () knows no descriptor above 1023
        poll.register(self.socket, select.POLLIN)
        if not poll.poll(max(0, seconds) * 1000):
            return None
        try:
            return self.socket.recv(65536)
        except OSError:
            return b""

    def receive(self, seconds):
        data = self.read_socket(seconds)
        if data == b"":
            self.ended = True
        elif data is not None and self.tls is None:
            self.clear += data
        elif data is not None:
            self.tls.bio_write(data)
            self.decrypt()

    def decrypt(self):
        try:
            while True:
                self.inside += self.tls.recv(65536)
        except SSL.WantReadError:
            self.flush()
        except (SSL.Error, SSL.ZeroReturnError):
            self.ended = True

    def expect(self, *patterns, seconds=20):
        """Waits until one of them (bytes, regular expressions) was heard behind what the last call found."""
        deadline = time.monotonic() + seconds
        while True:
            new = self.heard()[self.seen:]
            found = [match for match in (re.search(pattern, new, re.DOTALL) for pattern in patterns) if match]
            if found:
                first = min(found, key=lambda match: match.end())
                self.seen += first.end()
                return first
            if self.ended or time.monotonic() > deadline:
                raise AssertionError(f"{'the stream ended' if self.ended else 'nothing'} instead of {patterns}: "
                                     f"{new[-500:]}")
            self.receive(deadline - time.monotonic())

    def until_end(self, seconds=25):
        """Everything that was heard until the other side has closed: it shall."""
        deadline = time.monotonic() + seconds
        polite = False
        while not self.ended:
            if time.monotonic() > deadline:
                raise AssertionError(f"the stream was not closed: {self.heard()}")
            if b"</stream:stream>" in self.heard() and not polite:
                polite = True
                self.say_good_bye()
            self.receive(deadline - time.monotonic())
        return self.heard()

    def say_good_bye(self):
        """The other side has ended the stream, and waits for our end of it for a while."""
        self.send("</stream:stream>")
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.ended = True

    def secure(self, papers=None, server=False, alpn=b"xmpp-server", seconds=20):
        """The handshake. FALSE: the other side broke it off."""
        tls = SSL.Connection(make_context(papers, server, alpn), None)
        tls.set_accept_state() if server else tls.set_connect_state()
        self.tls = tls
        deadline = time.monotonic() + seconds
        while True:
            try:
                tls.do_handshake()
                self.flush()
                self.seen = 0
                self.decrypt()    # what came in one segment with the handshake's end
                return True
            except SSL.WantReadError:
                self.flush()
            except SSL.Error:
                self.flush()
                return False
            data = self.read_socket(deadline - time.monotonic())
            if not data:
                self.ended = data == b""
                assert self.ended, "no TLS handshake within time"
                return False
            tls.bio_write(data)

    def exporter(self):
        """RFC 9266: what both ends of this TLS session alone know."""
        return self.tls.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")

    def close(self):
        self.socket.close()
        self.ended = True

    def holds_no_stanza(self):
        return self.member or not (STANZA.search(self.clear) or STANZA.search(self.inside))


class Resident:
    """An honest client on a switch, signed in on its unix socket as the user who runs the tests. It shares presence
    with whom it is told, which keeps the links up, and has commands run elsewhere."""

    name, password = pwd.getpwuid(os.geteuid()).pw_name, "pencil"

    def __init__(self, switch):
        switch.ctl("account", "add", self.name, "--password", self.password)
        self.switch = switch
        self.asked = 0
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(switch.path("run", "VR-Mgmt", "c2s"))
        self.stream = Stream(sock)
        self.sign_in()

    def sign_in(self):
        stream, domain = self.stream, self.switch.domain
        stream.send(header(domain, ns="jabber:client"))
        stream.expect(rb"<mechanism>EXTERNAL</mechanism>.*</stream:features>")
        stream.send(auth())
        stream.expect(rb"<success")
        stream.send(header(domain, ns="jabber:client"))
        stream.expect(rb"</stream:features>")
        stream.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        stream.expect(rb"</jid>")
        stream.send("<presence/>")

    def share(self, domain):
        self.stream.send(f"<presence to='switch@{domain}' type='subscribe'/>")

    def command(self, domain, command="ip -br link show lo", seconds=30):
        """What a command on another switch says."""
        self.asked += 1
        name = f"q{self.asked}"
        self.stream.send(f"<message to='switch@{domain}' id='{name}'><subject>command</subject><thread>{name}</thread>"
                         f"<body>['{command}']</body></message>")
        answer = rb"<message[^>]*\bid='%s'[^>]*>.*?</message>" % name.encode()
        return self.stream.expect(answer, seconds=seconds).group().decode()
