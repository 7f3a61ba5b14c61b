# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two switches with two virtual routers each, in one fabric: nothing crosses from one to the other, and a namespace or
an interface may go and come while the daemons run."""

import json
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))

import tap  # noqa: E402
from fabric import SWITCHCTL, run, wait_for  # noqa: E402
from routers import (BLUE, Local, TwoRouters, descriptors, memory, members, router, threads,  # noqa: E402
                     wait_for_members, wait_for_state)

LONG = "long" in sys.argv[1:]


def restart(switch, extra):
    switch.stop()
    switch.extra = extra
    switch.configure()
    switch.start()


def listen(switch, name, account, count=1):
    process = switch.popen(SWITCHCTL, "--runtime-dir", switch.path("run"), "--vr", name, "--json", "listen", "--as", account,
                           "--count", str(count))
    assert f"{account}@" in process.stdout.readline()
    return process


def send(switch, name, to, body, check=True):
    return switch.ctl("--vr", name, "send", to, body, "--type", "chat", check=check)


def send_until(sender, account, receiver, body, process):
    """Until the one who listens has got all that it waited for."""
    def deed():
        send(sender, "blue", f"{account}@{receiver.domain}", body, check=False)
        return process.poll() is not None
    wait_for(f"{body} to arrive", deed)
    assert process.returncode == 0


def test_both_routers_have_their_own_peers(fabric):
    one, two = fabric.switches
    for name in ("VR-Mgmt", "blue"):
        wait_for_members(fabric.switches, name)
    listed = {vr["name"]: vr for vr in one.ctl_json("vr", "list")}
    assert set(listed) == {"VR-Mgmt", "blue"}, listed
    blue = listed["blue"]
    assert blue["enabled"] and blue["state"] == "up" and blue["reason"] == "" and blue["place"] == f"netns {one.blue}", blue
    assert blue["c2s_port"] == 5222 and blue["s2s_port"] == 5269 and blue["peers"] == 1, blue
    assert listed["VR-Mgmt"]["place"] == "host", listed
    shown = router(one)
    assert shown["addresses"][0] == one.address and shown["netns"] == one.blue and shown["bind_device"] == "", shown
    assert shown["c2s_path"] == one.path("run", "blue", "c2s") and shown["listen"] == ["0.0.0.0", "::"], shown
    text = one.ctl("vr", "list").stdout + one.ctl("vr", "show", "blue").stdout
    assert f"netns {one.blue}" in text and "blue is up" in text, text
    assert json.loads(one.ctl("vr", "list", "--json").stdout) == one.ctl_json("vr", "list")   # people write it behind, too
    assert one.ctl("peers", "--vr", "blue").stdout == one.ctl("--vr", "blue", "peers").stdout
    bare = one.ctl("send", "ann", "hello", check=False)
    assert bare.returncode == 1 and "write NAME@DOMAIN" in bare.stderr, bare
    whole = one.ctl("account", "add", f"ann@{one.domain}", "--password", "pencil", check=False)
    assert whole.returncode == 1 and f"what stands before the @{one.domain}" in whole.stderr, whole
    assert [vr["name"] for vr in one.ctl_json("--vr", "blue", "status")["vrs"]] == ["blue"]
    for words in ("vr", "show", "green"), ("--vr", "green", "status"):
        missing = one.ctl(*words, check=False)
        assert missing.returncode == 1 and "VR-Mgmt" in missing.stderr and "blue" in missing.stderr, missing


def test_a_name_on_two_routers_is_two_clients(fabric):
    one, two = fabric.switches
    for name, password in (("VR-Mgmt", "pencil"), ("blue", "other")):
        two.ctl("--vr", name, "account", "add", "ann", "--password", password)
    there = {name: two.popen(SWITCHCTL, "--runtime-dir", two.path("run"), "--vr", name, "--json", "listen", "--count", "1")
             for name in ("VR-Mgmt", "blue")}
    names = {name: process.stdout.readline().split()[-1] for name, process in there.items()}
    accounts = {name: {account["name"] for account in two.ctl_json("--vr", name, "account", "list")} for name in there}
    assert "ann" in accounts["blue"] and "ann" in accounts["VR-Mgmt"], accounts
    assert "switch" in accounts["VR-Mgmt"] and "switch" not in accounts["blue"], accounts
    for name, process in there.items():
        jid = re.search(r"[^ ]+@[^/ ]+", names[name]).group()
        other = "blue" if name == "VR-Mgmt" else "VR-Mgmt"
        wrong = send(one, other, jid, "from elsewhere", check=False)
        assert wrong.returncode == 1 and "service-unavailable" in wrong.stderr, (name, wrong)
        send(one, name, jid, f"for {name}")
        message = json.loads(process.stdout.readline())
        assert message["body"] == f"for {name}", (name, message)
        assert process.wait(timeout=30) == 0
    two.ctl("--vr", "blue", "account", "remove", "ann")
    assert "ann" in {account["name"] for account in two.ctl_json("account", "list")}
    two.ctl("account", "remove", "ann")


def test_nothing_crosses(fabric):
    """Neither a message nor presence, a roster, disco or the command of an operator."""
    one, two = fabric.switches
    mgmt, blue = Local(one, "VR-Mgmt"), Local(one, "blue")
    far_mgmt, far_blue = Local(two, "VR-Mgmt"), Local(two, "blue")
    assert mgmt.jid == blue.jid
    blue.stream.send(f"<presence type='subscribe' to='{far_blue.jid}'/>")
    far_blue.stream.expect(rb"<presence[^>]*type='subscribe'")
    far_blue.stream.send(f"<presence type='subscribed' to='{blue.jid}'/>")
    blue.stream.expect(rb"<presence from='%s/" % far_blue.jid.encode())
    blue.stream.send(f"<message type='chat' to='{far_blue.jid}'><body>blue alone</body></message>")
    far_blue.stream.expect(rb"blue alone")
    roster = "<iq type='get'><query xmlns='jabber:iq:roster'/></iq>"
    assert far_blue.jid in blue.ask(roster)
    for quiet in (mgmt, far_mgmt):
        assert "jid=" not in quiet.ask(roster)
        heard = quiet.settle()
        assert "blue alone" not in heard and "subscribe" not in heard, heard
    # The commands of Switch Control are VR-Mgmt's: in the other one there is nobody who runs any.
    blue.stream.send(f"<message to='switch@{two.domain}' id='c1'><subject>command</subject><body>['ip link']</body></message>")
    answer = blue.stream.expect(rb"<message[^>]*id='c1'.*?</message>").group().decode()
    assert "type='error'" in answer and "service-unavailable" in answer, answer
    assert "LOOPBACK" in mgmt.command(two.domain)
    elsewhere = one.ctl("--vr", "blue", "run", "--on", "sw2", "ip link", check=False)
    assert elsewhere.returncode == 1 and "on VR-Mgmt alone" in elsewhere.stderr, elsewhere
    # Who leaves one of them is there in the other.
    blue.stream.close()
    assert "unavailable" not in far_mgmt.settle()
    for client in (mgmt, far_mgmt, far_blue):
        client.stream.close()


def certify(one, two):
    """By hand, for the virtual routers that it has now."""
    request, certificate = two.path("request.pem"), two.path("certificate.pem")
    with open(request, "w") as file:
        file.write(two.ctl("fabric", "request").stdout)
    with open(certificate, "w") as file:
        file.write(one.ctl("fabric", "sign", request, "--replace").stdout)
    two.ctl("fabric", "install", certificate, "--ca-hash", one.ctl_json("fabric", "status")["ca_hash"])


def test_a_certificate_for_one_router_only(fabric):
    """The fabric is one. Who is certified for VR-Mgmt alone is a stranger in the other one."""
    one, two = fabric.switches
    two.ctl("fabric", "leave", "--yes")
    restart(two, "")
    certify(one, two)
    restart(two, BLUE.format(two.blue))
    wait_for_members(fabric.switches, "VR-Mgmt")
    wait_for("a stranger in blue", lambda: any(
        peer["domain"] == two.domain and peer["trust"] == "pending" for peer in one.ctl_json("--vr", "blue", "peers")))
    result = send(one, "blue", f"ann@{two.domain}", "hello", check=False)
    assert result.returncode == 1 and "remote-server" in result.stderr, result
    assert two.domain not in members(one) and one.domain not in members(two)
    certify(one, two)
    wait_for_members(fabric.switches, "blue")


def test_disabled_is_said(fabric):
    one = fabric.switches[0]
    one.ctl("vr", "disable", "blue")
    shown = router(one)
    assert not shown["enabled"] and shown["state"] == "down" and "`switchctl vr enable blue`" in shown["reason"], shown
    assert shown["c2s_port"] == 0 and shown["addresses"] == [] and shown["sessions"] == 0, shown
    assert not os.path.exists(shown["c2s_path"])
    for words in (["send", f"ann@{one.domain}", "hello"], ["peers"], ["account", "list"], ["run", "--on", "sw2", "ip link"]):
        result = one.ctl("--vr", "blue", *words, check=False)
        assert result.returncode == 1 and "disabled" in result.stderr and "switchctl vr enable blue" in result.stderr, result
    one.stop()
    one.start()
    assert not router(one)["enabled"], "it is remembered"
    one.ctl("vr", "enable", "blue")
    assert router(one)["state"] == "up"
    one.stop()
    one.start()
    assert router(one)["state"] == "up", "this too"
    wait_for_members(fabric.switches)


def test_a_namespace_goes_and_comes_under_traffic(fabric):
    one, two = fabric.switches
    local, friend = Local(one), Local(two)
    there = listen(one, "blue", "patient", count=2)
    send(two, "blue", f"patient@{one.domain}", "before")
    assert json.loads(there.stdout.readline())["body"] == "before"
    for _ in range(50):
        friend.stream.send(f"<message type='chat' to='{local.jid}'><body>traffic</body></message>")
    fabric.unplug_blue(one)
    waiting = wait_for_state(one, "waiting")
    assert waiting["enabled"] and f"`ip netns add {one.blue}`" in waiting["reason"], waiting
    assert waiting["c2s_port"] == 0 and waiting["addresses"] == [], waiting
    wait_for("no link to be up", lambda: not any(
        peer["link"] == "up" and not peer["local"] for peer in one.ctl_json("--vr", "blue", "peers")))
    assert one.blue not in run("ip", "netns", "list").stdout
    # Those on this host go on, and newcomers come in; who wants to go elsewhere hears why not.
    local.settle()
    second = Local(one)
    second.stream.send(f"<message type='chat' to='patient@elsewhere.example' id='x'><body>far</body></message>")
    answer = second.stream.expect(rb"<message[^>]*id='x'.*?</message>").group().decode()
    assert "remote-server-not-found" in answer and "waits for the network namespace" in answer, answer
    peers = one.ctl("--vr", "blue", "peers")
    assert "waits for the network namespace" in peers.stderr, peers
    wait_for_members(fabric.switches, "VR-Mgmt")
    answer = one.ctl("--json", "run", "--on", "sw2", "ip link", check=False)
    assert answer.returncode == 0, f"VR-Mgmt is as it was: {answer}"
    fabric.plug_in_blue(one)
    wait_for_state(one, "up")
    wait_for_members(fabric.switches)
    send_until(two, "patient", one, "after", there)
    assert json.loads(there.stdout.readline())["body"] == "after", "the same session"
    assert not local.stream.ended
    for client in (local, second, friend):
        client.stream.close()


def test_it_goes_and_comes_often(fabric):
    """Without a descriptor or a thread more."""
    one, _ = fabric.switches
    before = None
    for turn in range(1, (100 if LONG else 8) + 1):
        fabric.unplug_blue(one)
        wait_for_state(one, "waiting")
        fabric.plug_in_blue(one)
        wait_for_state(one, "up")
        if turn == 2:
            wait_for_members(fabric.switches)
            before = descriptors(one), threads(one)
    wait_for_members(fabric.switches)
    wait_for(f"{before} descriptors and threads", lambda: descriptors(one) <= before[0] + 2 and threads(one) <= before[1] + 1)


def test_a_namespace_is_replaced_at_once(fabric):
    one, _ = fabric.switches
    run("ip", "netns", "delete", one.blue)
    fabric.plug_in_blue(one)
    wait_for("the daemon to listen in the new one",
             lambda: ":5222" in run("ip", "netns", "exec", one.blue, "ss", "-ltn").stdout)
    wait_for_members(fabric.switches)


def flap(namespace, device, times):
    lines = f"link set {device} down\nlink set {device} up\n" * times
    run("ip", "-n", namespace, "-batch", "-", input=lines)


def test_a_link_flaps(fabric):
    """The daemon follows, and is as big as before; what is gathered costs little."""
    one, two = fabric.switches
    friend, local = Local(two), Local(one)
    flap(one.blue, "eth0", 50)
    wait_for_members(fabric.switches)
    before = descriptors(one), threads(one), memory(one)
    flap(one.blue, "eth0", 9950 if LONG else 250)
    wait_for_members(fabric.switches)
    friend.stream.send(f"<message type='chat' to='{local.jid}'><body>still there</body></message>")
    local.stream.expect(rb"still there", seconds=60)
    wait_for(f"{before} descriptors and threads", lambda: descriptors(one) <= before[0] + 3 and threads(one) <= before[1] + 1)
    assert memory(one) < before[2] + 4096, (before, memory(one))
    for client in (friend, local):
        client.stream.close()


def test_more_happens_than_can_be_followed(fabric):
    """A daemon that does not get to read for a while misses notices: here it last hears that the link is down."""
    one, _ = fabric.switches
    os.kill(one.process.pid, signal.SIGSTOP)
    try:
        run("ip", "-n", one.blue, "link", "set", "eth0", "down")
        run("ip", "-n", one.blue, "-batch", "-", input="link set lo mtu 60000\nlink set lo mtu 65536\n" * 2000)
        run("ip", "-n", one.blue, "link", "set", "eth0", "up")
        wait_for("the addresses of eth0", lambda: "tentative" not in run("ip", "-n", one.blue, "address", "show", "eth0").stdout
                 and "state UP" in run("ip", "-n", one.blue, "link", "show", "eth0").stdout)
    finally:
        os.kill(one.process.pid, signal.SIGCONT)
    wait_for("discovery to start anew", lambda: "discovery starts anew" in one.log())
    wait_for_members(fabric.switches)


def readdress(switch, former, new):
    run("ip", "-n", switch.blue, "address", "delete", f"{former}/24", "dev", "eth0")
    run("ip", "-n", switch.blue, "address", "add", f"{new}/24", "dev", "eth0")


def test_an_address_changes(fabric):
    one, two = fabric.switches
    readdress(one, one.address, "192.0.2.77")
    wait_for("the new address", lambda: "192.0.2.77" in router(one)["addresses"] and one.address not in router(one)["addresses"])
    wait_for("the other switch to hear of it", lambda: any(
        "192.0.2.77" in peer["addresses"] for peer in two.ctl_json("--vr", "blue", "peers") if peer["domain"] == one.domain))
    there = listen(one, "blue", "mover")
    send_until(two, "mover", one, "moved", there)
    assert json.loads(there.stdout.readline())["body"] == "moved"
    readdress(one, "192.0.2.77", one.address)


GREEN = "\n[vr green]\nenabled=true\nbind-device=green0\nc2s-port=6222\ns2s-port=6269\nlisten=0.0.0.0\ndiscovery=off\n"
LATE = "\n[vr late]\nenabled=true\nlisten=198.51.100.7\nc2s-port=7222\ns2s-port=7269\ndiscovery=off\n"


def add_green(switch):
    run("ip", "-n", switch.netns, "link", "add", "green0", "type", "veth", "peer", "name", "green1")
    run("ip", "-n", switch.netns, "address", "add", "198.51.100.1/24", "dev", "green0")
    for device in ("green0", "green1"):
        run("ip", "-n", switch.netns, "link", "set", device, "up")


def reaches(switch, address, port):
    return switch.exec("timeout", "2", "bash", "-c", f"exec 3<>/dev/tcp/{address}/{port}", check=False).returncode == 0


def test_an_interface_goes_and_comes(fabric):
    one = fabric.switches[0]
    restart(one, BLUE.format(one.blue) + GREEN)
    waiting = wait_for_state(one, "waiting", "green")
    assert "the interface green0" in waiting["reason"] and waiting["place"] == "device green0", waiting
    for _ in range(20 if LONG else 3):
        add_green(one)
        wait_for_state(one, "up", "green")
        listening = one.exec("ss", "-ltn").stdout
        assert re.search(r"0\.0\.0\.0%green0:6222", listening), listening
        assert not reaches(one, one.address, 6222), "bound to its interface alone"
        run("ip", "-n", one.netns, "link", "delete", "green0")
        wait_for_state(one, "waiting", "green")
        assert "6222" not in one.exec("ss", "-ltn").stdout


def test_an_address_comes_late(fabric):
    one = fabric.switches[0]
    restart(one, BLUE.format(one.blue) + LATE)
    waiting = wait_for_state(one, "waiting", "late")
    assert "198.51.100.7:7222" in waiting["reason"], waiting
    run("ip", "-n", one.netns, "address", "add", "198.51.100.7/24", "dev", "eth0")
    wait_for_state(one, "up", "late")
    assert reaches(one, "198.51.100.7", 7222)
    run("ip", "-n", one.netns, "address", "delete", "198.51.100.7/24", "dev", "eth0")


def test_vr_mgmt_waits_for_its_namespace(fabric):
    """Programs on the switch reach Switch Control meanwhile."""
    one = fabric.switches[0]
    home = f"{one.netns}-home"
    restart(one, f"\n[vr VR-Mgmt]\nnetns={home}\ndiscovery=off\n")
    waiting = wait_for_state(one, "waiting", "VR-Mgmt")
    assert home in waiting["reason"], waiting
    wait_for("commands on the switch itself", lambda: one.ctl("run", "--on", "local", "ip link", check=False).returncode == 0)
    run("ip", "netns", "add", home)
    try:
        wait_for_state(one, "up", "VR-Mgmt")
    finally:
        run("ip", "netns", "delete", home)
    wait_for_state(one, "waiting", "VR-Mgmt")
    restart(one, BLUE.format(one.blue))
    wait_for_members(fabric.switches, "VR-Mgmt")


def test_a_vrf(fabric):
    one = fabric.switches[0]
    made = run("ip", "-n", one.netns, "link", "add", "green0", "type", "vrf", "table", "10", check=False)
    if made.returncode != 0:
        raise tap.Skip(f"this kernel has no VRF: {made.stderr.strip()}")
    run("ip", "-n", one.netns, "link", "set", "green0", "up")
    restart(one, BLUE.format(one.blue) + GREEN)
    wait_for_state(one, "up", "green")
    assert not reaches(one, one.address, 6222)
    run("ip", "-n", one.netns, "link", "delete", "green0")
    wait_for_state(one, "waiting", "green")


if __name__ == "__main__":
    with TwoRouters(2, "vr") as fabric:
        fabric.start()
        fabric.certify()
        failures = tap.main(sys.modules[__name__], fabric)
        if failures:
            for switch in fabric.switches:
                print("\n".join(f"# {switch.name}: {line}" for line in switch.log().splitlines()[-80:]))
