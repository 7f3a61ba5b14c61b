#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stock XMPP client, slixmpp, as the counterpart of our plugins: it does what messages tell it, and answers `fine` or what was wrong.

usage: slixmpp-peer.py PORT DOMAIN NAME MASTER; the account's password is its name. The body of a message is the name of a check below.
"""

import asyncio
import base64
import datetime
import hashlib
import sys
import traceback

import slixmpp
from slixmpp.plugins.xep_0300 import Hash
from slixmpp.xmlstream import register_stanza_plugin

PORT, DOMAIN, NAME, MASTER = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
PLUGINS = ("xep_0004", "xep_0030", "xep_0050", "xep_0054", "xep_0059", "xep_0066", "xep_0085", "xep_0092", "xep_0115", "xep_0128", "xep_0184",
           "xep_0191", "xep_0199", "xep_0202", "xep_0203", "xep_0300")
STREAMED = bytes((i * 7 + i // 251) & 255 for i in range(50003))


class Peer(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(f"{NAME}@{DOMAIN}/stock", NAME)
        for plugin in PLUGINS:
            self.register_plugin(plugin)
        self.register_plugin("xep_0047", {"auto_accept": True})
        register_stanza_plugin(slixmpp.Message, Hash)
        self.last, self.urls = None, []
        self.streams, self.receipts, self.blocks, self.states = (asyncio.Queue() for _ in range(4))
        self["xep_0066"].register_url_handler(handler=self.on_url)
        self.add_event_handler("ibb_stream_start", self.on_stream)
        self.add_event_handler("receipt_received", lambda message: self.receipts.put_nowait(message["receipt"]))
        self.add_event_handler("chatstate", lambda message: self.states.put_nowait(message["chat_state"]))
        self.add_event_handler("blocked", lambda iq: self.blocks.put_nowait(("block", iq["block"]["items"])))
        self.add_event_handler("unblocked", lambda iq: self.blocks.put_nowait(("unblock", iq["unblock"]["items"])))
        self["xep_0092"].software_name = "Stock"
        self.offer()
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("message", self.on_message)
        self.connect(("127.0.0.1", PORT), disable_starttls=True)

    def offer(self):
        disco = self["xep_0030"]
        disco.add_identity(category="automation", itype="switch", name="Stock", node="ports")
        disco.add_item(jid=f"{NAME}@{DOMAIN}/stock", node="ports", subnode="port/1", name="Port 1")

        self["xep_0050"].add_command(node="greet", name="Greet", handler=self.on_greet)

    def on_greet(self, _, session):
        form = self["xep_0004"].make_form("form", "Who are you?")
        form.add_field(var="name", ftype="text-single", required=True)
        session["payload"], session["next"], session["has_next"] = form, self.on_named, False
        return session

    def on_named(self, payload, session):
        form = self["xep_0004"].make_form("result")
        form.add_field(var="said", value="Hello " + payload["values"]["name"])
        session["payload"], session["next"] = form, None
        return session

    def on_start(self, _):
        self.send_presence()
        self.send_message(MASTER, str(self.boundjid), mtype="chat")

    async def on_message(self, message):
        """A check may return what puts something of its own into the answer."""
        if message["type"] == "error" or not message["body"]:
            return
        self.last = message
        answer = self.make_message(message["from"], "fine", mtype="chat")
        try:
            put = await globals()["check_" + message["body"]](self, MASTER)
            if put is not None:
                put(answer)
        except Exception:  # whatever it was, the test that asked is told
            answer["body"] = traceback.format_exc()
        answer.send()

    async def on_stream(self, stream):
        self.streams.put_nowait((stream.sid, await stream.gather(timeout=30)))

    def on_url(self, iq):
        self.urls.append((iq["oob_transfer"]["url"], iq["oob_transfer"]["desc"]))
        if self.urls[-1][0].endswith("missing"):
            raise slixmpp.exceptions.XMPPError("item-not-found")


async def check_disco(peer, master):
    disco = peer["xep_0030"]
    info = (await disco.get_info(jid=master, cached=False))["disco_info"]
    assert ("automation", "switch", None, "leaf 4") in info["identities"], info
    assert {"http://jabber.org/protocol/disco#info", "urn:example:lights"} <= info["features"], info
    items = (await disco.get_items(jid=master))["disco_items"]["items"]
    assert [(str(jid), node, name) for jid, node, name in items] == [("switch.test", "door", "The door")], items
    info = (await disco.get_info(jid=master, node="who", cached=False))["disco_info"]
    assert ("automation", "told", None, str(peer.boundjid)) in info["identities"], info
    try:
        await disco.get_info(jid=master, node="nowhere", cached=False)
    except slixmpp.exceptions.IqError as error:
        assert error.condition == "item-not-found", error.condition
    else:
        raise AssertionError("a node that is not there was told of")


async def check_services(peer, master):
    assert await peer["xep_0199"].ping(master) >= 0
    assert (await peer["xep_0092"].get_version(master))["software_version"]["name"] == "ISMB"
    time = (await peer["xep_0202"].get_entity_time(master))["entity_time"].xml
    there = datetime.datetime.fromisoformat(time.find("{urn:xmpp:time}utc").text)    # slixmpp's own reading of it fails up to 1.8
    assert abs((datetime.datetime.now(datetime.timezone.utc) - there).total_seconds()) < 60, there
    info = (await peer["xep_0030"].get_info(jid=master, cached=False))["disco_info"]
    assert info["form"]["values"]["model"] == "leaf 48", info


async def check_capabilities(peer, master):
    """What stands behind its string, slixmpp has asked us when our presence came, and believes it only if the hash is that."""
    for _ in range(100):
        info = await peer["xep_0115"].get_caps(jid=slixmpp.JID(master))
        if info is not None:
            break
        await asyncio.sleep(0.1)
    assert "urn:example:lights" in info["features"], info
    await peer["xep_0115"].update_caps(broadcast=False)
    peer.send_presence(pto=master)


async def check_commands(peer, master):
    commands = peer["xep_0050"]
    items = (await commands.get_commands(master))["disco_items"]["items"]
    assert [(node, name) for _, node, name in items] == [("blink", "Blink a light")], items
    answer = await commands.send_command(master, "blink", action="execute")
    session = answer["command"]["sessionid"]
    assert "port" in answer["command"]["form"].get_fields(), answer
    for action, var, value in (("next", "port", "7"), ("complete", "colour", "red")):
        form = peer["xep_0004"].make_form("submit")
        form.add_field(var=var, value=value)
        answer = await commands.send_command(master, "blink", action=action, payload=form, sessionid=session)
    assert answer["command"]["status"] == "completed", answer
    try:
        await commands.send_command(master, "blink", action="next", sessionid=session)
    except slixmpp.exceptions.IqError as error:
        assert error.iq.xml.find(".//{http://jabber.org/protocol/commands}bad-sessionid") is not None, error.iq
    else:
        raise AssertionError("a session that is over went on")


async def refused(asking):
    """The condition of the error."""
    try:
        await asking
    except slixmpp.exceptions.IqError as error:
        return error.condition
    raise AssertionError("that was not refused")


async def soon(queue):
    return await asyncio.wait_for(queue.get(), 10)


async def check_streaming(peer, master):
    stream = await peer["xep_0047"].open_stream(slixmpp.JID(master), sid="theirs")
    await stream.sendall(STREAMED)
    await stream.close()
    assert await refused(peer["xep_0047"].open_stream(slixmpp.JID(master), sid="large", block_size=8193)) == "resource-constraint"
    assert await refused(peer["xep_0047"].open_stream(slixmpp.JID(master), use_messages=True)) == "not-acceptable"


async def check_streamed(peer, _):
    sid, came = await soon(peer.streams)
    while sid != "ours":
        sid, came = await soon(peer.streams)
    assert came == STREAMED, len(came)


async def check_unexpected_stream(peer, master):
    assert await refused(peer["xep_0047"].open_stream(slixmpp.JID(master))) == "not-acceptable"


async def check_vcard(peer, master):
    card = peer["xep_0054"].make_vcard()
    card["FN"] = "Stock & <Co>"
    card["N"]["FAMILY"] = "Stock"
    await peer["xep_0054"].publish_vcard(card)
    got = (await peer["xep_0054"].get_vcard(jid=slixmpp.JID(slixmpp.JID(master).bare), cached=False))["vcard_temp"]
    assert got["FN"] == "Alice <of> Switch 1" and got["N"]["FAMILY"] == "Switch", got


async def check_urls(peer, master):
    assert peer.urls == [("http://switch.test/table", "a table"), ("http://switch.test/missing", "")], peer.urls
    assert peer.last["oob"]["url"] == "http://switch.test/here" and peer.last["oob"]["desc"] == "here", peer.last
    await peer["xep_0066"].send_oob(master, "http://stock.test/table", desc="a table")
    assert await refused(peer["xep_0066"].send_oob(master, "http://stock.test/missing")) == "item-not-found"

    def put(answer):
        answer["oob"]["url"] = "http://stock.test/there"
    return put


async def check_state(peer, _):
    assert [await soon(peer.states), await soon(peer.states)] == ["composing", "paused"]
    assert peer.last["chat_state"] == "paused", peer.last

    def put(answer):
        answer["chat_state"] = "gone"
    return put


async def check_receipt(peer, _):
    def put(answer):
        answer["id"] = "r1"
        answer["request_receipt"] = True
    return put


async def check_received(peer, _):
    assert await soon(peer.receipts) == "r1"


async def check_delay(peer, _):
    delay = peer.last["delay"]
    assert delay["stamp"] == datetime.datetime(2026, 7, 1, 12, 30, 5, tzinfo=datetime.timezone.utc), delay
    assert delay["from"] == "relay.test" and delay["text"] == "kept", delay

    def put(answer):
        answer["delay"]["stamp"] = datetime.datetime(2025, 12, 24, 18, 0, 0, 250000, tzinfo=datetime.timezone.utc)
        answer["delay"]["from"] = slixmpp.JID("room@relay.test/carol")
    return put


async def check_hash(peer, _):
    assert peer.last["hash"]["algo"] == "sha-512", peer.last
    assert peer.last["hash"]["value"] == base64.b64encode(hashlib.sha512(b"a table").digest()).decode(), peer.last

    def put(answer):
        answer["hash"]["algo"] = "sha-256"
        answer["hash"]["value"] = base64.b64encode(hashlib.sha256(b"another").digest()).decode()
    return put


async def check_post(peer, _):
    peer.send_message("bob@switch.test", "while you were away", mtype="chat")


async def check_list(peer, _):
    blocked = (await peer["xep_0191"].get_blocked())["blocklist"]["items"]
    assert {str(jid) for jid in blocked} == {"erin@switch.test"}, blocked


async def check_blocking(peer, _):
    what, jids = await soon(peer.blocks)
    assert what == "block" and {str(jid) for jid in jids} == {"mallory@switch.test"}, (what, jids)
    await peer["xep_0191"].block({"dave@switch.test"})


async def check_unblocking(peer, _):
    what, jids = await soon(peer.blocks)
    while what != "unblock":    # our own block is told as well
        what, jids = await soon(peer.blocks)
    assert {str(jid) for jid in jids} == {"mallory@switch.test"}, jids
    await peer["xep_0191"].unblock([])  # all


if __name__ == "__main__":
    Peer()
    asyncio.get_event_loop().run_forever()
