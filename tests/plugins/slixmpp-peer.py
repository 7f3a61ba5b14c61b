#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stock XMPP client, slixmpp, as the counterpart of our plugins: it does what messages tell it, and answers `fine` or what was wrong.

usage: slixmpp-peer.py PORT DOMAIN NAME MASTER; the account's password is its name. The body of a message is the name of a check below.
"""

import asyncio
import datetime
import sys
import traceback

import slixmpp

PORT, DOMAIN, NAME, MASTER = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
PLUGINS = ("xep_0004", "xep_0030", "xep_0050", "xep_0059", "xep_0092", "xep_0115", "xep_0128", "xep_0199", "xep_0202")


class Peer(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(f"{NAME}@{DOMAIN}/stock", NAME)
        for plugin in PLUGINS:
            self.register_plugin(plugin)
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
        if message["type"] == "error":
            return
        try:
            await globals()["check_" + message["body"]](self, MASTER)
            answer = "fine"
        except Exception:  # whatever it was, the test that asked is told
            answer = traceback.format_exc()
        self.send_message(message["from"], answer, mtype="chat")


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


if __name__ == "__main__":
    Peer()
    asyncio.get_event_loop().run_forever()
