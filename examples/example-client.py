#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of the bus, as an author of an on-switch agent would write it: it subscribes to every switch's Switch
Control, prints what arrives, asks its counterpart elsewhere something, or answers one that asks."""

import argparse
import sys

import gi

gi.require_version("Ismb", "1")
from gi.repository import GLib, Ismb  # noqa: E402


class ExampleClient(Ismb.Client):
    def __init__(self, name, password, vr):
        super().__init__(name=name, password=password, vr=vr)
        self.answer = False
        self.question = None
        self.finished = None
        # Makes the account on this switch's listener, and with it the address.
        self.create_account_sync(None)
        self.add_event_handler("session_start", 0, self.start)
        self.add_event_handler("message", 0, self.receive)
        self.add_event_handler("message_error", 0, self.bounced)
        self.add_event_handler("presence_available", 0, self.presence)

    def start(self, client, event, payload):
        print("session started as", self.props.bound_jid.get_full(), flush=True)
        self.send_presence(None, None)
        for domain in self.get_peer_domains(False):
            self.send_presence_subscription("switch@" + domain, "subscribe")
        if self.question:
            to, subject, body = self.question
            self.send_message(to, body, subject, None)

    def receive(self, client, event, message):
        print(f"{message.get_from_jid().get_full()} ({message.get_stanza_type()}): {message.get_body()}", flush=True)
        if self.answer and not message.is_error():
            self.send(message.reply("All is well. You wrote: " + message.get_body()))
        if self.question and self.finished:
            self.finished()

    def bounced(self, client, event, message):
        if message.get_body() is None:  # one with a body was told as a message already
            print(f"{message.get_from_jid().get_full()} was not reached: {message.get_error_condition()}", flush=True)
            if self.question and self.finished:
                self.finished()

    def presence(self, client, event, presence):
        print("present:", presence.get_from_jid().get_full(), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("password")
    parser.add_argument("--vr", default="VR-Mgmt")
    parser.add_argument("--answer", action="store_true", help="stay, and answer every message")
    parser.add_argument("--ask", metavar="JID", help="send a message, print what comes back, and leave")
    parser.add_argument("--subject")
    parser.add_argument("--body", default="Hello")
    options = parser.parse_args()

    loop = GLib.MainLoop()
    result = []

    def opened(client, answer):
        try:
            client.open_finish(answer)
        except GLib.Error as error:
            result.append(error.message)
            loop.quit()

    def too_late():
        result.append("no answer within 15 seconds")
        loop.quit()

    try:
        client = ExampleClient(options.name, options.password, options.vr)
    except GLib.Error as error:
        sys.exit(f"example-client: {error.message}")
    client.answer = options.answer
    if options.ask:
        client.question = (options.ask, options.subject, options.body)
        client.finished = loop.quit
        GLib.timeout_add_seconds(15, too_late)
    client.open_async(None, opened)
    try:
        loop.run()
    except KeyboardInterrupt:
        pass
    client.close()
    if result:
        sys.exit(f"example-client: {result[0]}")


if __name__ == "__main__":
    main()
