# SPDX-License-Identifier: LGPL-2.1-or-later
"""Switches with more than one virtual router: `blue` is a namespace of its own on a link of its own, with the same
addresses as VR-Mgmt has on its."""

import os
import socket

from fabric import Fabric, run, wait_for
from stream import STREAM, Resident, Stream  # noqa: F401

BLUE = "\n[vr blue]\nenabled=true\nnetns={0}\nc2s-port=5222\ns2s-port=5269\n"


class TwoRouters(Fabric):
    def __init__(self, count, prefix):
        super().__init__(count, prefix)
        self.blue_link = f"{self.prefix}-blue"

    def __enter__(self):
        super().__enter__()
        run("ip", "netns", "add", self.blue_link)
        run("ip", "-n", self.blue_link, "link", "add", "name", "br0", "type", "bridge", "mcast_snooping", "0")
        run("ip", "-n", self.blue_link, "link", "set", "br0", "up")
        for switch in self.switches:
            switch.blue = f"{switch.netns}-blue"
            self.plug_in_blue(switch)
            switch.extra = BLUE.format(switch.blue)
            switch.configure()
        return self

    def plug_in_blue(self, switch):
        """A namespace that was just deleted gives its end of the link back once its last socket is closed."""
        ns, link = switch.blue, self.blue_link
        run("ip", "netns", "add", ns)
        for key in ("default", "all"):
            run("ip", "netns", "exec", ns, "sysctl", "-qw", f"net.ipv6.conf.{key}.accept_dad=0")
        wait_for("the link to be free", lambda: run(
            "ip", "link", "add", "eth0", "netns", ns, "address", f"02:00:00:00:22:{switch.number:02x}",
            "type", "veth", "peer", "name", switch.name, "netns", link, check=False).returncode == 0)
        run("ip", "-n", link, "link", "set", switch.name, "master", "br0", "up")
        run("ip", "-n", ns, "address", "add", f"{switch.address}/24", "dev", "eth0")
        run("ip", "-n", ns, "link", "set", "lo", "up")
        run("ip", "-n", ns, "link", "set", "eth0", "up")

    def unplug_blue(self, switch):
        run("ip", "netns", "delete", switch.blue)

    def close(self):
        for switch in self.switches:
            run("ip", "netns", "delete", f"{switch.netns}-blue", check=False)
        run("ip", "netns", "delete", self.blue_link, check=False)
        super().close()


def router(switch, name="blue"):
    return switch.ctl_json("vr", "show", name)


def wait_for_state(switch, state, name="blue"):
    return wait_for(f"{name} of {switch.name} to be {state}",
                    lambda: (lambda it: it if it["state"] == state else None)(router(switch, name)))


def members(switch, name="blue"):
    return {peer["domain"] for peer in switch.ctl_json("--vr", name, "peers") if peer["trust"] == "member"}


def wait_for_members(switches, name="blue"):
    everybody = {switch.domain for switch in switches}
    for switch in switches:
        wait_for(f"{switch.name} to know all of {name}", lambda: members(switch, name) == everybody)


class Local(Resident):
    """A client on the unix socket of a virtual router, signed in as the user who runs the tests."""

    def __init__(self, switch, router_name="blue"):
        switch.ctl("--vr", router_name, "account", "add", self.name, "--password", self.password)
        self.switch = switch
        self.asked = 0
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(switch.path("run", router_name, "c2s"))
        self.stream = Stream(sock)
        self.sign_in()
        self.jid = f"{self.name}@{switch.domain}"

    def ask(self, xml):
        """An iq, and its answer."""
        self.asked += 1
        name = f"i{self.asked}"
        self.stream.send(xml.replace("<iq ", f"<iq id='{name}' ", 1))
        return self.stream.expect(rb"<iq[^>]*\bid='%s'.*?(?:</iq>|/>)" % name.encode()).group().decode()

    def settle(self):
        """All that was sent to this client up to now has come."""
        start = self.stream.seen
        self.ask(f"<iq type='get' to='{self.switch.domain}'><ping xmlns='urn:xmpp:ping'/></iq>")
        return self.stream.heard()[start:self.stream.seen].decode()


def process_of(switch):
    return f"/proc/{switch.process.pid}"


def descriptors(switch):
    return len(os.listdir(f"{process_of(switch)}/fd"))


def threads(switch):
    return len(os.listdir(f"{process_of(switch)}/task"))


def memory(switch):
    with open(f"{process_of(switch)}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))
