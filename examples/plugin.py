#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The sensor of plugin.c, in Python: answers who asks for its temperature, until it is interrupted."""

import argparse

import gi

gi.require_version("Ismb", "1")
from gi.repository import GLib, GObject, Ismb  # noqa: E402

NAMESPACE = "urn:example:temperature"


class Sensor(Ismb.Plugin):
    celsius = GObject.Property(type=int, default=17)  # a plugin's settings are its properties

    def do_enabled(self):
        matcher = Ismb.Matcher.new_path(f"iq@type=get/{{{NAMESPACE}}}temperature")
        self.add_stanza_handler(matcher, self.answer)
        self.add_feature(NAMESPACE)

    def answer(self, client, question, *_):
        question.reply()  # in its place
        temperature = question.get_element().add_child("temperature", NAMESPACE)
        temperature.set_attribute("celsius", str(self.celsius))
        return client.send(question)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("password")
    parser.add_argument("--celsius", type=int, default=17)
    options = parser.parse_args()
    Ismb.Plugin.register("example_sensor", "Temperatures", Sensor, None)
    client = Ismb.Client(name=options.name, password=options.password)
    client.enable_plugin("example_sensor", GLib.Variant("a{sv}", {"celsius": GLib.Variant("i", options.celsius)}))
    client.connect("session-start", lambda _: print("here as", client.props.bound_jid.get_full(), flush=True))
    client.open_async(None, None)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
