#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The roster as a Python program sees it, by introspection: a listener and two clients in one loop."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import tap  # noqa: E402

import gi  # noqa: E402

gi.require_version("Ismb", "1")
from gi.repository import Gio, GLib, Ismb  # noqa: E402

loop = GLib.MainContext.default()
listener = Ismb.Listener.new("VR-Default")
for account in ("ann", "bob"):
    listener.create_account(account, "pencil")
port = listener.start(0)


def wait(condition):
    while not condition():
        loop.iteration(True)


def call(function, *arguments):
    """What an asynchronous function ends with."""
    results = []
    function(*arguments, None, lambda _, result: results.append(result))
    wait(lambda: results)
    return results[0]


class Client(Ismb.Client):
    def __init__(self, name):
        super().__init__(server_jid=f"{name}@localhost", password="pencil", server_host="127.0.0.1", server_port=port,
                         require_tls=False, auto_authorize=Ismb.Authorize.ASK)
        self.open_finish(call(self.open_async))
        self.fetch_roster_finish(call(self.fetch_roster_async))
        self.send_presence(None, None)


def end(*clients):
    for client in clients:
        client.close()
    wait(lambda: all(client.props.bound_jid is None for client in clients))


def test_entries():
    ann = Client("ann")
    roster = ann.get_roster()
    ann.update_roster_item_finish(call(ann.update_roster_item_async, "bob@localhost", "Bob", ["friends", "work"]))
    wait(lambda: roster.lookup("bob@localhost") is not None)  # an empty list is false
    item = roster.lookup("bob@localhost/anywhere")
    assert isinstance(roster, Gio.ListModel) and roster.get_item_type() == Ismb.RosterItem.__gtype__
    assert item in [roster.get_item(i) for i in range(roster.get_n_items())]
    assert item.props.name == "Bob" and sorted(item.props.groups) == ["friends", "work"] and item.props.listed
    assert roster.list_groups() == ["friends", "work"] and roster.list_group_jids("work") == ["bob@localhost"]
    changes = []
    item.connect("notify", lambda _, property: changes.append(property.name))
    ann.update_roster_item_finish(call(ann.update_roster_item_async, "bob@localhost", None, []))
    wait(lambda: not item.props.groups)
    assert item.props.name == "Bob" and changes == ["groups"], changes
    assert roster.props.version
    ann.remove_roster_item_finish(call(ann.remove_roster_item_async, "bob@localhost"))
    wait(lambda: roster.lookup("bob@localhost") is None)
    assert not item.props.listed
    try:
        ann.remove_roster_item_finish(call(ann.remove_roster_item_async, "bob@localhost"))
        raise AssertionError("removed twice")
    except GLib.Error as error:
        assert error.matches(Ismb.stanza_error_quark(), Ismb.StanzaError.ITEM_NOT_FOUND), error
    end(ann)


def test_presence():
    ann, bob = Client("ann"), Client("bob")
    asked, seen = [], []
    bob.add_event_handler("roster_subscription_request", 0, lambda _, event, presence: asked.append(presence))
    ann.connect("got-online", lambda _, presence: seen.append(presence.get_from_jid().get_bare()))
    ann.get_roster().add("bob@localhost").subscribe()
    wait(lambda: asked)
    item = bob.get_roster().lookup("ann@localhost")
    assert item.props.pending_in and not item.props.subscription_from
    bob.send_presence_full("dnd", "busy", 5, None, None)
    item.authorize()
    wait(lambda: "bob@localhost" in seen)
    resource = ann.get_roster().lookup("bob@localhost").props.best_resource
    wait(lambda: resource.props.show == "dnd")
    assert (resource.props.status, resource.props.priority) == ("busy", 5)
    assert resource.props.jid.get_full() == bob.props.bound_jid.get_full()
    bob.unauthorize("ann@localhost")
    wait(lambda: not ann.get_roster().lookup("bob@localhost").props.online)
    end(ann, bob)
    assert item.props.jid.get_bare() == "ann@localhost" and not item.props.online


if __name__ == "__main__":
    sys.exit(1 if tap.main(sys.modules[__name__]) else 0)
