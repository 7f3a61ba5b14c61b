# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who says and hears what in a play: one stream, a client's, a played switch's or a stranger's."""

import base64
import collections
import functools
import hashlib
import hmac
import itertools
import os
import socket
import struct
import time

import markup
import stream

BIND = "urn:ietf:params:xml:ns:xmpp-bind"
BIDI = "urn:xmpp:bidi"
SASL, TLS = stream.SASL, stream.TLS
# What members ask each other of the fabric itself; who only plays one does not answer.
HOUSEKEEPING = "<iq type='get' from='*' to='*' id='*'><revocations xmlns='urn:ismb:fabric:1' _=''/></iq>"
PATIENCE = 30
PASSWORD = "pencil"
numbers = itertools.count(1)


class Surprise(AssertionError):
    """Something else came, or nothing."""

    def __init__(self, expected, got, reason):
        super().__init__(reason)
        self.expected, self.got, self.reason = expected, got, reason


@functools.lru_cache(maxsize=256)
def salt_password(digest, password, salt, iterations):
    return hashlib.pbkdf2_hmac(digest, password, salt, iterations)


class Scram:
    """The client's half of RFC 5802. `binding` is what both ends of the TLS session know, for -PLUS."""

    def __init__(self, mechanism, user, password, binding):
        plus = mechanism.endswith("-PLUS")
        self.digest = "sha256" if "SHA-256" in mechanism else "sha1"
        self.password = password.encode()
        self.head = b"p=tls-exporter,," if plus else b"n,,"
        self.binding = binding() if plus else b""
        name = user.replace("=", "=3D").replace(",", "=2C")
        self.first = f"n={name},r={base64.b64encode(os.urandom(18)).decode()}".encode()

    def begin(self):
        return self.head + self.first

    def mac(self, key, data):
        return hmac.new(key, data, self.digest).digest()

    def answer(self, challenge):
        said = dict(word.split(b"=", 1) for word in challenge.split(b","))
        salted = salt_password(self.digest, self.password, base64.b64decode(said[b"s"]), int(said[b"i"]))
        final = b"c=" + base64.b64encode(self.head + self.binding) + b",r=" + said[b"r"]
        message = self.first + b"," + challenge + b"," + final
        key = self.mac(salted, b"Client Key")
        signature = self.mac(hashlib.new(self.digest, key).digest(), message)
        self.expected = self.mac(self.mac(salted, b"Server Key"), message)
        return final + b",p=" + base64.b64encode(bytes(a ^ b for a, b in zip(key, signature)))

    def check(self, final):
        if final != b"v=" + base64.b64encode(self.expected):
            raise AssertionError("the server does not know the password either: its signature is wrong")


class Actor:
    def __init__(self, stage, part, values):
        self.stage, self.part, self.values = stage, part, values
        self.name, self.switch = part.name, stage.switches[part.switch]
        self.inbox = collections.deque()
        self.ignored = markup.parse(HOUSEKEEPING, "jabber:server") if part.domain else []
        self.generous = False    # what is left unheard at the end does not count
        self.reset()

    def reset(self):
        self.stream = None
        self.bound = False
        self.counting = False    # XEP-0198: a ping of ours would count
        self.dirty = self.far = False
        self.unread_features = False
        self.pongs = set()       # that are still to come
        self.pings = set()       # all: a link that breaks may answer one a second time

    # The connection

    @property
    def live(self):
        return self.stream is not None and not self.stream.ended

    @property
    def namespace(self):
        return "jabber:server" if self.part.service == "s2s" else "jabber:client"

    def connect(self):
        if self.stream is not None:
            self.stream.close()
        self.reset()
        self.inbox.clear()
        self.stream = stream.Stream(self.dial())
        self.reader, self.read = markup.Reader(self.take), 0
        if self.part.way == "tls":
            self.secure()

    def dial(self):
        if self.part.way == "unix":
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(self.switch.path("run", "VR-Mgmt", "c2s"))
            return sock
        sock = self.switch.make_socket()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((self.switch.address, self.switch.ports[self.part.service]))
        return sock

    def secure(self):
        papers = self.stage.make_papers(self.part.domain) if self.part.domain else None
        alpn = b"xmpp-server" if self.part.service == "s2s" else b"xmpp-client"
        if not self.stream.secure(papers=papers, alpn=alpn):
            raise Surprise("a TLS handshake", "none", "the other side broke it off")
        self.reader.restart()
        self.read = 0
        self.digest_bytes()

    def disconnect(self, reset=False):
        if reset:
            self.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()

    # Hearing

    def take(self, item):
        """From the reader: into the inbox, or aside."""
        if isinstance(item, markup.End):
            self.inbox.append(item)
            return
        if item.tag.endswith("}iq") and item.get("id") in self.pings and item.get("type") in ("result", "error"):
            self.pongs.discard(item.get("id"))
            return
        if item.tag in ("{urn:xmpp:sm:3}enabled", "{urn:xmpp:sm:3}resumed"):
            self.counting = True
        if not any(self.fits(pattern, item) for pattern in self.ignored):
            self.inbox.append(item)

    def fits(self, pattern, item):
        try:
            markup.compare(pattern, item, self.values)
            return True
        except markup.Difference:
            return False

    def digest_bytes(self):
        heard = self.stream.heard()
        new, self.read = heard[self.read:], len(heard)
        if new:
            self.reader.feed(new)

    def receive(self, seconds):
        self.stream.receive(seconds)
        self.digest_bytes()
        if self.stream.ended:
            self.inbox.append(markup.End("cut"))

    def wait_for(self, condition, expected, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while not condition():
            if self.stream is None:
                raise Surprise(expected, "nothing", f"{self.name} is not connected")
            if self.stream.ended:
                raise Surprise(expected, "the end of the connection", "there is no more to come")
            if time.monotonic() > deadline:
                raise Surprise(expected, "nothing", f"it did not come within {seconds} s")
            self.receive(deadline - time.monotonic())

    def next(self, expected="more", seconds=PATIENCE):
        self.wait_for(lambda: self.inbox, expected, seconds)
        item = self.inbox.popleft()
        if not isinstance(item, markup.End) and item.tag == markup.FEATURES:
            self.unread_features = False
        return item

    def expect(self, text, seconds=PATIENCE):
        """The next element, which has to fit."""
        for pattern in markup.parse(text, self.namespace):
            item = self.next(text, seconds)
            try:
                self.values.update(markup.compare(pattern, item, self.values))
            except markup.Difference as reason:
                raise Surprise(markup.fill_known(markup.show(pattern), self.values), markup.show(item), str(reason)) from None

    def read_all(self):
        """What is here already."""
        while self.live:
            before = self.read, len(self.inbox)
            self.receive(0)
            if (self.read, len(self.inbox)) == before:
                return

    # Saying

    def send(self, data):
        if self.stream is None:
            raise Surprise("a connection", "none", f"{self.name} is not connected")
        text = data if isinstance(data, str) else ""
        self.dirty = True
        self.far = self.far or "here" in text or "there" in text or "<presence" in text
        self.stream.send(data)

    def open(self):
        self.reader.restart()
        self.send(stream.header(self.part.switch, self.part.domain, self.namespace))
        header = self.next("<stream:stream>")
        if isinstance(header, markup.End) or header.tag != markup.HEADER:
            raise Surprise("<stream:stream>", markup.show(header), "no header came")
        self.values[self.name + ".stream"] = header.get("id", "")
        self.unread_features = True

    def pass_features(self):
        if self.unread_features:
            self.expect("<stream:features _=''>...</stream:features>")

    def start_tls(self):
        self.pass_features()
        self.send(f"<starttls xmlns='{TLS}'/>")
        self.expect(f"<proceed xmlns='{TLS}'/>")
        self.secure()

    def authenticate(self, user=None, mechanism=None, password=PASSWORD):
        self.pass_features()
        if self.part.domain:
            mechanism = mechanism or "EXTERNAL"
        mechanism = mechanism or ("SCRAM-SHA-256-PLUS" if self.stream.tls else "SCRAM-SHA-256")
        user = user or self.part.local
        if mechanism == "EXTERNAL":
            self.send(f"<auth xmlns='{SASL}' mechanism='EXTERNAL'>=</auth>")
        elif mechanism == "PLAIN":
            text = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
            self.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{text}</auth>")
        else:
            self.exchange(mechanism, user, password)
            return
        self.expect(f"<success xmlns='{SASL}'/>")

    def exchange(self, mechanism, user, password):
        scram = Scram(mechanism, user, password, lambda: self.stream.exporter())
        text = base64.b64encode(scram.begin()).decode()
        self.send(f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{text}</auth>")
        answer = scram.answer(self.take_sasl("challenge"))
        self.send(f"<response xmlns='{SASL}'>{base64.b64encode(answer).decode()}</response>")
        scram.check(self.take_sasl("success"))

    def take_sasl(self, name):
        item = self.next(f"<{name}/>")
        if isinstance(item, markup.End) or item.tag != "{%s}%s" % (SASL, name):
            raise Surprise(f"<{name} xmlns='{SASL}'/>", markup.show(item), "it could not sign in")
        return base64.b64decode(item.text or "")

    def bind(self, resource=None):
        self.pass_features()
        wish = f"<resource>{markup.escape(resource)}</resource>" if resource else ""
        self.send(f"<iq type='set' id='play-bind'><bind xmlns='{BIND}'>{wish}</bind></iq>")
        item = self.next("the answer to <bind/>")
        jid = None if isinstance(item, markup.End) else item.find(f"{{{BIND}}}bind/{{{BIND}}}jid")
        if jid is None:
            raise Surprise("<iq type='result'> with a <bind/>", markup.show(item), "it could not bind a resource")
        self.values[self.name], self.values[self.name + ".bare"] = jid.text, jid.text.split("/")[0]
        self.bound = True

    def sign_in(self, words=(), resource=None, bind=True):
        self.connect()
        self.open()
        if self.part.way == "starttls":
            self.start_tls()
            self.open()
        if self.part.domain:
            self.pass_features()
            self.send(f"<bidi xmlns='{BIDI}'/>")    # so that answers come on this stream
        self.authenticate(*words)
        self.open()
        if bind and not self.part.domain:
            self.bind(resource or self.part.resource)
        elif self.part.domain:
            self.pass_features()
            self.bound = True

    # Round trips

    def ping(self, domain):
        """Until all that was said before is handled, and all that is to be heard of it was heard."""
        name = f"play-{next(numbers)}"
        self.pongs.add(name)
        self.pings.add(name)
        sender = f" from='{self.part.domain}'" if self.part.domain else ""
        self.stream.send(f"<iq type='get' id='{name}' to='{domain}'{sender}><ping xmlns='urn:xmpp:ping'/></iq>")
        self.wait_for(lambda: name not in self.pongs, f"the answer to a ping of {domain}")
