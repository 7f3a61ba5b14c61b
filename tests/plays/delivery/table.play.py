#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints a play: the delivery rules of RFC 6121, 8.5, case by case: who is there, which kind of address, which stanza.

Where the RFC leaves a choice: what cannot be kept is answered rather than ignored, so that no sender believes in a
delivery; several resources of the highest priority all get the message. In one case it leaves none and is not followed:
a message of type normal for a resource that is not there waits as a chat would, while nobody is there."""

TYPES = ["", "normal", "chat", "groupchat", "headline", "error", "made-up"]
# Accounts, their resources, which are available and with which priority (None: connected, no presence).
HOUSES = {
    "nobody": {},                                                            # no such account
    "empty": {},                                                             # an account, nobody signed in
    "silent": {"a": None},                                                   # signed in, without presence
    "shy": {"a": -1},                                                        # none but negative
    "single": {"a": 0},
    "crowd": {"a": 5, "b": 5, "c": 0, "d": -1, "e": None},
}
kept = {house: [] for house in HOUSES}


def name(house, resource):
    return house.capitalize() + resource.upper()


class Case:
    def __init__(self, house, resource, kind, words):
        self.house, self.resource = house, resource
        self.to = f"{house}@here" + (f"/{resource}" if resource else "")
        self.kind, self.words = kind, words
        self.payload = {"message": "<body>hello</body>", "presence": "<status>hello</status>",
                        "iq": "<x xmlns='urn:x'/>"}[kind]

    def stanza(self, more=""):
        return f"<{self.kind}{self.words}{more} to='{self.to}'>{self.payload}</{self.kind}>"

    def play(self, hearers, condition=None):
        """Who gets it, and which error its sender gets."""
        print(f"\n# {self.kind}{self.words} to {self.to}\nAnn sends {self.stanza()}")
        for hearer in hearers:
            sender = " from='$Ann'"
            print(f"{name(self.house, hearer)} gets {self.stanza(sender)}")
        if condition:
            identity = " id='1'" if "id=" in self.words else ""
            print(f"Ann gets <{self.kind} type='error' from='{self.to}' to='$Ann'{identity}>"
                  f"<error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></{self.kind}>")
        print("everybody gets nothing")


def available(house, least=-128):
    return [resource for resource, priority in HOUSES[house].items() if priority is not None and priority >= least]


def best(house):
    priorities = [priority for priority in HOUSES[house].values() if priority is not None and priority >= 0]
    return [resource for resource in HOUSES[house] if priorities and HOUSES[house][resource] == max(priorities)]


def message(house, resource, kind):
    """RFC 6121, table 1."""
    if resource in HOUSES[house]:
        return [resource], None
    if kind == "error":
        return [], None
    if kind == "groupchat":
        return [], "service-unavailable"
    if kind == "headline":
        return ([], None) if resource else (available(house, 0), None)
    if best(house):
        return ([], "service-unavailable") if resource and kind != "chat" else (best(house), None)
    if house != "nobody":
        kept[house].append((resource, kind))
    return [], None if house != "nobody" else "service-unavailable"


def iq(house, resource, kind):
    if resource in HOUSES[house]:
        return [resource], None
    return [], "service-unavailable" if kind in ("get", "set") else None


def presence(house, resource, kind):
    if resource:
        return [resource] if resource in HOUSES[house] else [], None
    return available(house), None


print("""# RFC 6121, 8.5: who gets what, by who is there, by the address and by the stanza.

cast
  Ann  ann/desk""")
for house, resources in HOUSES.items():
    if house == "empty":
        print("  Empty empty")
    for resource in resources:
        print(f"  {name(house, resource)} {house}/{resource}")
print()
for house, resources in HOUSES.items():
    for resource, priority in resources.items():
        if priority is not None:
            print(f"{name(house, resource)} ignores <presence from='{house}@here/*' _=''>...</presence>")
            print(f"{name(house, resource)} sends <presence><priority>{priority}</priority></presence>")

for house, resources in HOUSES.items():
    for resource in ["", *resources, "elsewhere"]:
        for kind in TYPES:
            words = f" type='{kind}'" if kind else ""
            Case(house, resource, "message", words).play(*message(house, resource, kind))
        for kind in ("get", "set", "result", "error"):
            Case(house, resource, "iq", f" type='{kind}' id='1'").play(*iq(house, resource, kind))
        for kind in ("", "unavailable", "error"):
            words = f" type='{kind}'" if kind else ""
            Case(house, resource, "presence", words).play(*presence(house, resource, kind))

print("\n# What was kept comes when somebody is there.")
for house, messages in kept.items():
    if messages:
        hearer = name(house, "a") if "a" in HOUSES[house] else house.capitalize()
        if not HOUSES[house]:
            print(f"{hearer} signs in as {house}/a")
        print(f"{hearer} ignores <presence _=''>...</presence>\n{hearer} sends <presence/>\n{hearer} gets")
        for resource, kind in messages:
            words = (f" type='{kind}'" if kind else "") + f" to='{house}@here" + (f"/{resource}'" if resource else "'")
            print(f"  <message from='$Ann'{words}>...<body>hello</body><delay xmlns='urn:xmpp:delay' from='here' stamp='*'/></message>")
print("everybody gets nothing")
