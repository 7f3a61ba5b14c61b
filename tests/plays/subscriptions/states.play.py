#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints a play: every state of RFC 6121, appendix A, and the three with an approval ahead (3.4), meets every
subscription stanza, sent and received; and what each causes for the account's client and for the contact.

The contacts are of a member that is played, so that each stanza is seen which leaves the switch."""

ORDER = ["none", "out", "in", "out in", "to", "to in", "from", "from out", "to from", "yes", "out yes", "to yes"]
VERBS = ["subscribe", "unsubscribe", "subscribed", "unsubscribed"]


def after_sent(state, verb):
    """The state then, and whether the stanza goes on."""
    if verb == "subscribe":
        return state if "to" in state else state | {"out"}, True
    if verb == "unsubscribe":
        return state - {"to", "out"}, True
    if verb == "subscribed":
        if "in" in state:
            return state - {"in"} | {"from"}, True
        return state if "from" in state else state | {"yes"}, False
    return state - {"from", "in", "yes"}, bool(state & {"from", "in"})


def after_received(state, verb):
    """The state then, whether the client sees the stanza, and whether the switch says yes by itself."""
    if verb == "subscribe":
        if state & {"from", "yes"}:
            return state - {"yes"} | {"from"}, False, True
        return state | {"in"}, "in" not in state, False
    if verb == "unsubscribe":
        return state - {"from", "in"}, bool(state & {"from", "in"}), False
    if verb == "subscribed":
        return (state - {"out"} | {"to"}, True, False) if "out" in state else (state, False, False)
    return state - {"to", "out"}, bool(state & {"to", "out"}), False


def item(contact, state):
    """What a roster shows of it; None: no item."""
    if not state & {"to", "from", "out", "yes"}:
        return None
    both = {"to", "from"} <= state
    said = "both" if both else "to" if "to" in state else "from" if "from" in state else "none"
    return (f"<item jid='{contact}' subscription='{said}'" + " ask='subscribe'" * ("out" in state)
            + " approved='true'" * ("yes" in state) + "/>")


def presence(verb, sender, to):
    return f"<presence type='{verb}' from='{sender}' to='{to}'/>" if verb else f"<presence from='{sender}' to='{to}'/>"


class Scene:
    """One contact's story."""

    def __init__(self, contact):
        self.contact, self.state = contact, frozenset()

    def client(self, before):
        """The push that a change causes. An item stays when all else is gone."""
        old, new = (item(self.contact, state) for state in (before, self.state))
        if old == new:
            return []
        new = new or f"<item jid='{self.contact}' subscription='none'/>"
        return [f"<iq type='set' id='*' to='$Ann'><query xmlns='jabber:iq:roster' ver='*'>{new}</query></iq>"]

    def send(self, verb):
        before = self.state
        self.state, goes = after_sent(before, verb)
        out = [presence(verb, "ann@here", self.contact)] if goes else []
        if "from" in before - self.state:
            out.insert(0, presence("unavailable", "$Ann", self.contact))
        if "from" in self.state - before:
            out.append(presence(None, "$Ann", self.contact))
        print(f"Ann sends <presence type='{verb}' to='{self.contact}'/>")
        self.hear(self.client(before), out)

    def receive(self, verb):
        before = self.state
        self.state, seen, granted = after_received(before, verb)
        out = [presence("subscribed", "ann@here", self.contact), presence(None, "$Ann", self.contact)] if granted else []
        if "from" in before - self.state:
            out.append(presence("unavailable", "$Ann", self.contact))
        print(f"Mia sends <presence type='{verb}' from='{self.contact}' to='ann@here'/>")
        self.hear(self.client(before) + ([presence(verb, self.contact, "ann@here")] if seen else []), out)

    def hear(self, client, out):
        for name, verb, stanzas in (("Ann", "gets in any order", client), ("Mia", "gets", out)):
            if stanzas:
                print(f"{name} {verb}", *stanzas, sep="\n  ")
        print("Ann and Mia get nothing")

    def reach(self, state):
        """Brings it into that state by the stanzas of the other rows."""
        for bit in ("to", "from", "out", "in", "yes"):
            if bit in state:
                for step, verb in {"to": ((self.send, "subscribe"), (self.receive, "subscribed")),
                                   "from": ((self.receive, "subscribe"), (self.send, "subscribed")),
                                   "out": ((self.send, "subscribe"),), "in": ((self.receive, "subscribe"),),
                                   "yes": ((self.send, "subscribed"),)}[bit]:
                    step(verb)
        assert self.state == state


print("""# RFC 6121, appendix A and 3.4: every state meets every subscription stanza, sent and received.

cast
  Ann  ann/desk
  Mia  member far.example

Ann sends
  <iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>
  <presence/>
Ann gets in any order
  <iq type='result' id='r' to='$Ann' from='?'><query xmlns='jabber:iq:roster'/></iq>
  <presence from='$Ann' to='ann@here'/>
""")
number = 0
for words in ORDER:
    for deed in ("sent", "received"):
        for verb in VERBS:
            number += 1
            state = frozenset(words.split()) - {"none"}
            print(f"\n# In the state “{words}”, {verb} is {deed}")
            scene = Scene(f"c{number}@far.example")
            scene.reach(state)
            (scene.send if deed == "sent" else scene.receive)(verb)
