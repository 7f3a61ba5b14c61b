#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's slixmpp signs in over STARTTLS, the listener's certificate checked against the fabric's CA, sends a
message, and answers one. Usage: slixmpp-client.py ADDRESS JID PASSWORD TO STATE-DIR"""

import asyncio
import os
import sys

import slixmpp

address, jid, password, to, state = sys.argv[1:]
outcome = []


class Client(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(jid, password)
        self.ca_certs = os.path.join(state, "fabric.pem")
        self.add_event_handler("session_start", self.start)
        self.add_event_handler("failed_auth", self.refused)
        self.add_event_handler("ssl_invalid_chain", self.untrusted)
        self.add_event_handler("message", self.answer)

    async def start(self, event):
        await self.get_roster()
        self.send_presence()
        self.send_message(mto=to, mbody="from slixmpp", mtype="chat")
        outcome.append("sent inside " + self.transport.get_extra_info("ssl_object").version())

    async def answer(self, message):
        message.reply("slixmpp heard: " + message["body"]).send()
        await self.disconnect(wait=2)

    def refused(self, event):
        outcome.append("refused")  # a mechanism; the next is tried, and the listener ends it when it is enough

    def untrusted(self, event):
        outcome.append("untrusted certificate")
        self.disconnect()


client = Client()
client.connect((address, 5222))
client.loop.run_until_complete(asyncio.wait_for(client.disconnected, 30))
print(*outcome)
sys.exit(0 if outcome and outcome[-1].startswith("sent inside TLS") else 1)
