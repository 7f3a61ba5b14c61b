#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two slixmpp clients in one process and one loop, as bench-clients has two IsmbClients: a message goes from the first
to the second and back, one at a time. Prints the median of a round trip, and the CPU time of this process for each
message, in microseconds. Usage: slixmpp-clients.py PORT DOMAIN PASSWORD ROUNDS [CA-FILE]"""

import asyncio
import statistics
import sys
import time

import slixmpp

PORT, DOMAIN, PASSWORD, ROUNDS = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
CA_FILE = sys.argv[5] if len(sys.argv) > 5 else None


class Client(slixmpp.ClientXMPP):
    def __init__(self, name, on_message):
        super().__init__(f"{name}@{DOMAIN}", PASSWORD)
        self.started = asyncio.get_event_loop().create_future()
        self.add_event_handler("session_start", lambda _: self.started.set_result(None))
        self.add_event_handler("message", on_message)
        self.add_event_handler("failed_all_auth", lambda _: sys.exit("not signed in"))
        self.ca_certs = CA_FILE
        self.connect(("127.0.0.1", PORT), disable_starttls=CA_FILE is None)


class Bench:
    def __init__(self):
        self.times, self.done, self.cpu = [], 0, 0
        self.over = asyncio.get_event_loop().create_future()

    async def run(self):
        self.ping, self.pong = Client("b0", self.on_back), Client("b1", self.on_there)
        await asyncio.gather(self.ping.started, self.pong.started)
        self.send_one()
        await self.over

    def send_one(self):
        self.sent = time.monotonic()
        self.ping.send_message(mto=self.pong.boundjid, mbody="ping")

    def on_there(self, message):
        self.pong.send_message(mto=message["from"], mbody="pong")

    def on_back(self, _message):
        self.done += 1
        if self.done > ROUNDS:  # as many before warm everything up
            self.times.append(time.monotonic() - self.sent)
        elif self.done == ROUNDS:
            self.cpu = time.process_time()
        if self.done < 2 * ROUNDS:
            self.send_one()
        else:
            self.cpu = time.process_time() - self.cpu
            self.over.set_result(None)


bench = Bench()
asyncio.get_event_loop().run_until_complete(bench.run())
print(f"{statistics.median(bench.times) * 1e6:.0f} {bench.cpu * 1e6 / (2 * ROUNDS):.1f}")
