#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bus in a program of its own: any XMPP client on this host signs in as ann or bob, with the password "pencil", and
they exchange messages. Prints its port, then who comes and goes."""

import gi

gi.require_version("Ismb", "1")
from gi.repository import GLib, Ismb  # noqa: E402

listener = Ismb.Listener.new("VR-Default")
listener.connect("session-started", lambda _, jid: print(jid.get_full(), "is here", flush=True))
listener.connect("session-ended", lambda _, jid: print(jid.get_full(), "has left", flush=True))
for name in ("ann", "bob"):
    listener.create_account(name, "pencil")
print("localhost, port", listener.start(0), flush=True)
GLib.MainLoop().run()
