#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The plugins from Python, by introspection alone: two clients of one listener, in one process."""

import os
import sys

SOURCE, BUILD = os.environ["ISMB_SOURCE"], os.environ["ISMB_BUILD"]
sys.path.insert(0, os.path.join(SOURCE, "tests/support"))
import tap  # noqa: E402

import gi  # noqa: E402

gi.require_version("Ismb", "1")
from gi.repository import GLib, Ismb  # noqa: E402

PATIENCE = 30


class Stage:
    def __init__(self):
        self.loop = GLib.MainLoop()
        self.listener = Ismb.Listener.new("VR-Default")
        for name in ("ann", "bob"):
            self.listener.create_account(name, "pencil")
        self.port = self.listener.start(0)
        self.ann, self.bob = self.open("ann"), self.open("bob")

    def wait(self, begin, *arguments):
        """Begins what ends with a callback, and returns its source and result."""
        got = []
        deadline = GLib.timeout_add_seconds(PATIENCE, self.loop.quit)
        begin(*arguments, None, lambda source, result, *_: (got.append((source, result)), self.loop.quit()))
        if not got:
            self.loop.run()
        assert got, "waited too long"
        GLib.source_remove(deadline)
        return got[0]

    def open(self, name):
        client = Ismb.Client.new_for_jid(f"{name}@localhost", "pencil")
        client.props.server_host, client.props.server_port = "127.0.0.1", self.port
        client.props.require_tls = False    # this listener has no certificate
        source, result = self.wait(client.open_async)
        source.open_finish(result)
        return client


def variants(**values):
    return GLib.Variant("a{sv}", {key: GLib.Variant("s", value) for key, value in values.items()})


def test_forms(stage):
    form = Ismb.Form.new("form")
    field = form.add_field("port", "list-single", "Port", None)
    field.add_option("1", "uplink")
    field.set_required(True)
    assert form.submit(variants(port="1")).get_values().unpack() == {"port": "1"}
    try:
        form.submit(variants(port="2"))
    except GLib.Error as error:
        assert error.matches(Ismb.stanza_error_quark(), Ismb.StanzaError.NOT_ACCEPTABLE), error
    else:
        raise AssertionError("a port that is not offered was taken")


def test_disco_and_extended_info(stage):
    form = Ismb.Form.new("result")
    form.set_form_type("urn:example:chassis")
    form.set_value("model", "leaf 48")
    stage.bob.enable_plugin("xep_0128", None).set_extended_info(None, form)
    disco = stage.bob.get_plugin("xep_0030")
    disco.connect("info-requested", lambda _, node, request, info: node == "who" and (info.add_feature("urn:told"), True)[1])
    ask = stage.ann.get_plugin("xep_0030")
    info = ask.get_info_finish(stage.wait(ask.get_info_async, stage.bob.props.bound_jid, None, False)[1])
    assert info.has_identity("client", "bot") and "urn:xmpp:ping" in info.list_features()
    assert info.get_form("urn:example:chassis").get_value("model") == "leaf 48"
    info = ask.get_info_finish(stage.wait(ask.get_info_async, stage.bob.props.bound_jid, "who", False)[1])
    assert info.list_features() == ["urn:told"], info.list_features()
    assert ask.supports_finish(stage.wait(ask.supports_async, stage.bob.props.bound_jid, "urn:xmpp:ping")[1])


def test_capabilities(stage):
    caps = stage.bob.enable_plugin("xep_0115", None)
    before = caps.get_ver()
    stage.bob.add_feature("urn:example:lights")
    assert before and caps.get_ver() != before


def test_version_ping_and_time(stage):
    stage.bob.enable_plugin("xep_0092", variants(software_name="lights"))
    version = stage.ann.get_plugin("xep_0092")
    told = version.get_version_finish(stage.wait(version.get_version_async, stage.bob.props.bound_jid)[1])
    assert told[1] == "lights" and told[3] is None, told
    ping = stage.ann.enable_plugin("xep_0199", GLib.Variant("a{sv}", {"keepalive": GLib.Variant("b", True), "interval": GLib.Variant("i", 60)}))
    assert ping.props.keepalive and ping.props.interval == 60
    assert ping.ping_finish(stage.wait(ping.ping_async, stage.bob.props.bound_jid, 0)[1]) > 0
    stage.bob.enable_plugin("xep_0202", None)
    time = stage.ann.enable_plugin("xep_0202", None)
    there = time.get_entity_time_finish(stage.wait(time.get_entity_time_async, stage.bob.props.bound_jid)[1])
    assert abs(there.difference(GLib.DateTime.new_now_utc())) < 60 * 1000000


def test_commands(stage):
    def end(session):
        session.add_note("info", "Hello " + session.get_answer().get_value("name"))
        return True

    def begin(session):
        form = Ismb.Form.new("form")
        form.add_field("name", "text-single", None, None).set_required(True)
        session.set_form(form)
        session.set_next(end)
        return True

    commands = stage.bob.enable_plugin("xep_0050", None)
    commands.add_command("greet", "Greet", begin)
    commands.set_access_func(lambda _, who, node: who.get_local() == "ann")
    user = stage.ann.enable_plugin("xep_0050", None)
    items = user.get_commands_finish(stage.wait(user.get_commands_async, stage.bob.props.bound_jid)[1])
    assert [item.get_node() for item in items.list_items()] == ["greet"]
    run = user.start_finish(stage.wait(user.start_async, stage.bob.props.bound_jid, "greet")[1])
    answer = run.get_form().submit(variants(name="Ada"))
    assert run.act_finish(stage.wait(run.act_async, None, answer)[1])
    assert run.get_status() == "completed"
    assert run.get_command().list_notes().unpack() == [("info", "Hello Ada")]


def test_result_sets(stage):
    query = Ismb.Iq.new(stage.bob.props.bound_jid, "get")
    query.get_element().add_child("query", "http://jabber.org/protocol/disco#items")
    pager = stage.ann.enable_plugin("xep_0059", None).iterate(query, 10, False)
    assert pager.next_finish(stage.wait(pager.next_async)[1]) is not None
    assert pager.next_finish(stage.wait(pager.next_async)[1]) is None


if __name__ == "__main__":
    sys.exit(1 if tap.main(sys.modules[__name__], Stage()) else 0)
