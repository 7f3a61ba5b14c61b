#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stock XMPP client on our listener: slixmpp, two accounts, what an agent does on a bus.

usage: slixmpp-client.py PORT DOMAIN plain|starttls|direct, with accounts ada and bob, password "secret".
"""

import asyncio
import datetime
import ssl
import sys

import slixmpp

PORT, DOMAIN, MODE = int(sys.argv[1]), sys.argv[2], sys.argv[3]
PATIENCE = 20


class Client(slixmpp.ClientXMPP):
    def __init__(self, name, password="secret"):
        super().__init__(f"{name}@{DOMAIN}/test", password)
        for plugin in ("xep_0012", "xep_0030", "xep_0054", "xep_0092", "xep_0115", "xep_0191", "xep_0198", "xep_0199", "xep_0202",
                       "xep_0359"):
            self.register_plugin(plugin)
        self.ssl_context = ssl.create_default_context()
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE  # the switch's certificate is its own, and not what is tried
        self.inbox = asyncio.Queue()
        self.started, self.refused = asyncio.Event(), asyncio.Event()
        self.add_event_handler("message", self.inbox.put_nowait)
        self.add_event_handler("message_error", self.inbox.put_nowait)
        self.add_event_handler("session_start", lambda _: self.started.set())
        self.add_event_handler("failed_all_auth", lambda _: self.refused.set())

    def begin(self):
        self.connect(("127.0.0.1", PORT), use_ssl=MODE == "direct", force_starttls=MODE == "starttls",
                     disable_starttls=MODE == "plain")


async def test_wrong_password():
    stranger = Client("ada", "wrong")
    stranger.begin()
    await stranger.refused.wait()
    assert not stranger.started.is_set()
    stranger.abort()


async def test_messages(ada, bob):
    bob.send_presence()
    ada.send_message(f"bob@{DOMAIN}/test", "to a resource")
    got = await bob.inbox.get()
    assert got["body"] == "to a resource" and got["from"] == ada.boundjid, got
    got.reply("and back").send()
    assert (await ada.inbox.get())["body"] == "and back"
    await bob["xep_0199"].send_ping(bob.boundjid.host)  # his presence has been heard of by now
    ada.send_message(f"bob@{DOMAIN}", "ünïcödé <&> 'to' \"whoever\" is there")
    assert (await bob.inbox.get())["body"] == "ünïcödé <&> 'to' \"whoever\" is there"
    ada.send_message(f"nobody@{DOMAIN}", "hello?")
    error = await ada.inbox.get()
    assert error["type"] == "error" and error["error"]["condition"] == "service-unavailable", error


async def test_services(ada, bob):
    assert ada["xep_0198"].enabled_in and ada["xep_0198"].enabled_out and ada["xep_0198"].allow_resume
    assert await ada["xep_0199"].ping(DOMAIN) >= 0
    assert await ada["xep_0199"].ping(bob.boundjid) >= 0
    info = await ada["xep_0030"].get_info(jid=DOMAIN, local=False)
    assert ("server", "im", None, "ISMB") in info["disco_info"]["identities"], info
    assert "urn:xmpp:ping" in info["disco_info"]["features"]
    version = await ada["xep_0092"].get_version(DOMAIN)
    assert version["software_version"]["name"] == "ISMB"


async def test_roster(ada, bob):
    await ada.get_roster()
    subscribed = asyncio.Event()
    ada.add_event_handler("changed_status", lambda p: p["from"].bare == f"bob@{DOMAIN}" and subscribed.set())
    ada.send_presence()
    ada.send_presence_subscription(pto=f"bob@{DOMAIN}")  # slixmpp's bob agrees by himself, and asks back
    await subscribed.wait()
    await ada.update_roster(f"bob@{DOMAIN}", name="Bob", groups=["spines"])
    item = ada.client_roster[f"bob@{DOMAIN}"]
    assert item["name"] == "Bob" and item["groups"] == ["spines"] and item["to"], dict(item._state)
    ada.del_roster_item(f"bob@{DOMAIN}")


async def test_profile(ada, bob):
    card = ada["xep_0054"].make_vcard()
    card["FN"] = "Ada of the tests"
    await ada["xep_0054"].publish_vcard(card)
    got = await bob["xep_0054"].get_vcard(jid=f"ada@{DOMAIN}", cached=False)
    assert got["vcard_temp"]["FN"] == "Ada of the tests", got
    time = await ada["xep_0202"].get_entity_time(DOMAIN)
    utc = time["entity_time"].xml.find("{urn:xmpp:time}utc").text    # slixmpp's own reading of it fails up to 1.8
    assert abs(datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(utc)).total_seconds() < 60, utc
    uptime = await ada["xep_0012"].get_last_activity(DOMAIN)
    assert 0 <= uptime["last_activity"]["seconds"] < 3600, uptime


async def test_blocking(ada, bob):
    await bob["xep_0191"].block([f"ada@{DOMAIN}"])
    blocked = await bob["xep_0191"].get_blocked()
    assert {str(jid) for jid in blocked["blocklist"]["items"]} == {f"ada@{DOMAIN}"}, blocked
    ada.send_message(bob.boundjid, "not for him")
    error = await ada.inbox.get()
    assert error["type"] == "error" and error["error"]["condition"] == "service-unavailable", error
    await bob["xep_0191"].unblock([f"ada@{DOMAIN}"])
    ada.send_message(bob.boundjid, "for him again")
    assert (await bob.inbox.get())["body"] == "for him again"


async def test_presence(ada, bob):
    """Bob's session goes down without a word, and Ada, who is subscribed, hears of it."""
    gone = asyncio.Event()
    ada.add_event_handler("got_offline", lambda p: p["from"] == bob.boundjid and gone.set())
    online = asyncio.Event()
    ada.add_event_handler("changed_status", lambda p: p["from"] == bob.boundjid and p["show"] == "dnd" and online.set())
    ada.send_presence_subscription(pto=f"bob@{DOMAIN}")
    bob.send_presence(pshow="dnd", pstatus="busy")
    await online.wait()
    assert ada.client_roster.presence(f"bob@{DOMAIN}")["test"]["status"] == "busy"
    if bob["xep_0198"].enabled_out:    # then a stream that is cut is waited for
        bob.send_presence(ptype="unavailable")
    else:
        bob.abort()
    await gone.wait()


async def main():
    ada, bob = Client("ada"), Client("bob")
    try:
        for client in (ada, bob):
            client.begin()
            await client.started.wait()
        if MODE == "plain":  # once is enough: three refusals end a stream
            await test_wrong_password()
        for test in (test_messages, test_services, test_roster, test_profile, test_blocking, test_presence):
            await test(ada, bob)
            print(f"{MODE}: {test.__name__} fine", flush=True)
    finally:
        for client in (ada, bob):
            await client.disconnect()


asyncio.get_event_loop().run_until_complete(asyncio.wait_for(main(), PATIENCE))
