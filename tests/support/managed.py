# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client that loses nothing: XEP-0198 with resumption, and what was not acknowledged is sent again, with the
same XEP-0359 id. Over the unix socket of a virtual router, since the daemon behind it is killed all the time."""

import base64
import collections
import os
import select
import socket
import sys
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import quoteattr

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "plays"))
import actor  # noqa: E402

CLIENT, STREAM = "{jabber:client}", "{http://etherx.jabber.org/streams}"
SASL = "{urn:ietf:params:xml:ns:xmpp-sasl}"
SM = "{urn:xmpp:sm:3}"
ASK_EVERY = 5  # messages
ENDS = "system-shutdown", "conflict"  # stream errors that are nobody's fault


class Lost(Exception):
    """The stream is gone."""


class ManagedClient:
    def __init__(self, path, domain, name, password, resource="managed"):
        self.path, self.domain, self.name, self.password = path, domain, name, password
        self.resource = resource
        self.socket = None
        self.token = None                      # for resumption
        self.unacked = collections.deque()     # (key, XML), in the order in which they went out
        self.sent = self.handled = 0           # XEP-0198's counters
        self.acked = []                        # keys
        self.errors = collections.deque()      # (key, condition)
        self.messages = collections.deque()    # (key, body)
        self.resumptions = 0

    # the stream

    def open(self):
        """Until it is signed in and everything that waits has gone out again; Lost where nobody answers."""
        self.drop()
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.connect(self.path)
        except OSError as error:
            self.drop()
            raise Lost(str(error)) from error
        self.restart()
        self.await_(STREAM + "features")
        self.sign_in()
        self.restart()
        self.await_(STREAM + "features")
        if not self.resume():
            self.begin()

    def restart(self):
        self.parser = ElementTree.XMLPullParser(("start", "end"))
        self.depth = 0
        self.elements = collections.deque()
        self.write(f"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
                   f" to='{self.domain}' version='1.0'>")

    def drop(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None

    def write(self, text):
        try:
            self.socket.sendall(text.encode())
        except OSError as error:
            self.drop()
            raise Lost(str(error)) from error

    def read(self, seconds):
        """Whatever comes in that time, as whole elements in `elements`."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return
        try:
            data = self.socket.recv(65536)
        except OSError as error:
            data = b""
        if not data:
            self.drop()
            raise Lost("the other side hung up")
        self.parser.feed(data)
        for event, element in self.parser.read_events():
            self.depth += 1 if event == "start" else -1
            if event == "end" and self.depth == 1:
                self.elements.append(element)

    def await_(self, *names, seconds=10):
        while True:
            while self.elements:
                element = self.elements.popleft()
                if element.tag in names:
                    return element
                self.take(element)
            before = len(self.elements)
            self.read(seconds)
            if len(self.elements) == before and not select.select([self.socket], [], [], seconds)[0]:
                self.drop()
                raise Lost(f"waited {seconds} s for {names}")

    def sign_in(self):
        scram = actor.Scram("SCRAM-SHA-256", self.name, self.password, None)
        self.write("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>"
                   + base64.b64encode(scram.begin()).decode() + "</auth>")
        challenge = self.await_(SASL + "challenge", SASL + "failure")
        assert challenge.tag == SASL + "challenge", ElementTree.tostring(challenge)
        self.write("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                   + base64.b64encode(scram.answer(base64.b64decode(challenge.text))).decode() + "</response>")
        success = self.await_(SASL + "success", SASL + "failure")
        assert success.tag == SASL + "success", ElementTree.tostring(success)
        scram.check(base64.b64decode(success.text))

    # XEP-0198

    def resume(self):
        if self.token is None:
            return False
        self.write(f"<resume xmlns='urn:xmpp:sm:3' previd={quoteattr(self.token)} h='{self.handled}'/>")
        answer = self.await_(SM + "resumed", SM + "failed")
        self.token = self.token if answer.tag == SM + "resumed" else None
        if answer.get("h") is not None:
            self.acknowledge(int(answer.get("h")))
        if self.token is None:
            return False
        self.resumptions += 1
        for _, xml in list(self.unacked):
            self.write(xml)
        self.ask()
        return True

    def begin(self):
        """A new session: all that nobody answered for goes out once more."""
        self.write(f"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                   f"<resource>{self.resource}</resource></bind></iq>")
        self.await_(CLIENT + "iq")
        self.write("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        enabled = self.await_(SM + "enabled", SM + "failed")
        assert enabled.tag == SM + "enabled", ElementTree.tostring(enabled)
        self.token = enabled.get("id")
        self.sent = self.handled = 0
        for _, xml in list(self.unacked):
            self.write(xml)
        self.sent = len(self.unacked)
        self.write("<presence/>")
        self.unacked.append((None, "<presence/>"))
        self.sent += 1
        self.ask()

    def ask(self):
        self.write("<r xmlns='urn:xmpp:sm:3'/>")

    def acknowledge(self, h):
        """`h` is of what was sent in this session; the unacknowledged are the last of these."""
        known = self.sent - len(self.unacked)
        assert known <= h <= self.sent, f"{h} acknowledged, of {self.sent} sent and {known} known"
        for _ in range(h - known):
            key, _ = self.unacked.popleft()
            if key is not None:
                self.acked.append(key)

    def take(self, element):
        if element.tag == SM + "r":
            self.write(f"<a xmlns='urn:xmpp:sm:3' h='{self.handled}'/>")
        elif element.tag == SM + "a":
            self.acknowledge(int(element.get("h")))
        elif element.tag == STREAM + "error":
            assert element[0].tag.split("}")[1] in ENDS, ElementTree.tostring(element)
            self.drop()
            raise Lost("the other side ends the stream")
        elif element.tag.startswith(CLIENT):
            self.handled += 1
            if element.tag == CLIENT + "message":
                self.take_message(element)

    def take_message(self, message):
        if message.get("type") == "error":
            condition = next((child.tag.split("}")[1] for child in message.find(CLIENT + "error")), None)
            self.errors.append((message.get("id"), condition))
        else:
            self.messages.append((message.get("id"), message.findtext(CLIENT + "body")))

    # what it is for

    def send(self, key, to, body):
        """A message with `key` as its id. It goes out now, or with the next stream."""
        xml = (f"<message to={quoteattr(to)} type='chat' id={quoteattr(key)}><body>{body}</body>"
               f"<origin-id xmlns='urn:xmpp:sid:0' id={quoteattr(key)}/></message>")
        self.unacked.append((key, xml))
        self.sent += 1
        try:
            if self.socket is not None:
                self.write(xml)
            if self.socket is not None and self.sent % ASK_EVERY == 0:
                self.ask()
        except Lost:
            self.drop()

    def ask_soon(self):
        """What went out since it asked last is asked for too, if there is a stream."""
        try:
            if self.socket is not None:
                self.ask()
        except Lost:
            self.drop()

    def vanish(self, resume):
        """As a client does that lost its network; it comes back with the next turn."""
        self.drop()
        if not resume:
            self.token = None

    def turn(self, seconds=0.02):
        """Hears what there is; a stream that was lost is opened again, if somebody answers."""
        try:
            if self.socket is None:
                self.open()
            self.read(seconds)
            while self.elements:
                self.take(self.elements.popleft())
        except Lost:
            self.drop()
