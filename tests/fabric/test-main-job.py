#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The main job, end to end: three switches find each other, talk, run commands and take a file; and what a person
would do wrong on the way."""

import hashlib
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import tap  # noqa: E402
from fabric import BINDINGS, Fabric, SOURCE, SWITCHCTL, SWITCHCTLD, run, wait_for  # noqa: E402

PYTHON = "/usr/bin/python3"
EXAMPLE = os.path.join(SOURCE, "examples/example-client.py")
EXAMPLE_IN_LUA = os.path.join(SOURCE, "examples/example-client.lua")


def need_bindings():
    if BINDINGS is None:
        raise tap.Skip("neither this build nor build/ has introspection")


def test_strangers_are_pending_and_get_nothing(fabric):
    one, two, three = fabric.switches
    one.ctl("fabric", "init", "lab")
    wait_for("sw1 to hear of the others", lambda: {two.domain, three.domain} <= set(one.peers()))
    assert one.peers()[two.domain]["trust"] == "pending", one.peers()
    refused = one.ctl("run", "--on", two.domain, "ip link", check=False)
    assert refused.returncode == 1 and "no member" in refused.stderr, refused
    bounced = one.ctl("send", f"switch@{two.domain}", "['ip link']", "--subject", "command", check=False)
    assert bounced.returncode == 1 and "not reached" in bounced.stderr, bounced


def test_join_by_hand(fabric):
    one, two, three = fabric.switches
    ca = one.ctl_json("fabric", "status")["ca_hash"]
    for switch in (two, three):
        with open(switch.path("csr"), "w") as file:
            file.write(switch.ctl("fabric", "request").stdout)
        with open(switch.path("cert"), "w") as file:
            signed = one.ctl("fabric", "sign", switch.path("csr"))
            file.write(signed.stdout)
        assert f"certified {switch.domain}, device " in signed.stderr, signed
        wrong = switch.ctl("fabric", "install", switch.path("cert"), "--ca-hash", "0" * 64, check=False)
        assert wrong.returncode == 1 and ca in wrong.stderr, wrong
        assert not switch.ctl_json("fabric", "status")["member"]
        switch.ctl("fabric", "install", switch.path("cert"), "--ca-hash", ca)
        assert switch.ctl_json("fabric", "status")["member"]
    foreign = three.ctl("fabric", "install", two.path("cert"), "--ca-hash", ca, check=False)
    assert foreign.returncode == 1, "a certificate of another switch was taken"


def test_everybody_sees_everybody(fabric):
    fabric.meet()
    for switch in fabric.switches:
        for domain, peer in switch.peers().items():
            assert set(peer) == {"domain", "addresses", "vr", "id", "trust", "link", "local",
                                 "round_trip"}, peer
            assert peer["local"] == (domain == switch.domain)
        for other in fabric.switches:
            wait_for(f"{other.name}'s address on {switch.name}",
                     lambda: other.address in switch.peers()[other.domain]["addresses"])
    status = fabric.switches[0].status()
    assert set(status) == {"domain", "id", "trust", "vrs"} and status["trust"] == "fabric", status
    assert status["vrs"][0]["name"] == "VR-Mgmt" and status["vrs"][0]["peers"] == 2, status


def test_domains_are_derived_and_kept(fabric):
    one = fabric.switches[0]
    assert one.domain == "sw1.001101", one.domain
    with open(one.path("state", "domain")) as file:
        assert file.read().strip() == one.domain


def test_message_and_answer(fabric):
    need_bindings()
    one, two, _ = fabric.switches
    answering = two.popen(PYTHON, EXAMPLE, "example", "secret", "--answer")
    assert "session started" in answering.stdout.readline()
    asking = one.popen(PYTHON, EXAMPLE, "example", "secret", "--ask", f"example@{two.domain}", "--body", "Is all well?")
    output, _ = asking.communicate(timeout=60)
    assert asking.returncode == 0 and "All is well. You wrote: Is all well?" in output, output
    answering.terminate()


def test_the_same_in_lua(fabric):
    need_bindings()
    one, two, three = fabric.switches
    answering = two.popen("lua5.3", EXAMPLE_IN_LUA, "lua", "secret", "--answer")
    assert "session started" in answering.stdout.readline()
    asking = one.popen("lua5.3", EXAMPLE_IN_LUA, "lua", "secret", f"lua@{two.domain}", "Is all well?")
    output, _ = asking.communicate(timeout=60)
    assert asking.returncode == 0 and "All is well. You wrote: Is all well?" in output, output
    for switch in fabric.switches:
        wait_for_line(answering, f"present: switch@{switch.domain}/")
    answering.terminate()


def wait_for_line(process, text):
    """From here on, or before: presence of several comes in any order."""
    lines = getattr(process, "seen", [])
    process.seen = lines
    while not any(text in line for line in lines):
        line = process.stdout.readline()
        assert line, f"{text} did not come: {lines}"
        lines.append(line)


def message_and_answer_by_tool(fabric):
    one, two, _ = fabric.switches
    there = two.popen(SWITCHCTL, "--runtime-dir", two.path("run"), "--json", "listen", "--as", "listener", "--count", "1")
    assert f"listener@{two.domain}" in there.stdout.readline()
    one.ctl("send", f"listener@{two.domain}", "Is all well?", "--subject", "question", "--type", "chat")
    message = json.loads(there.stdout.readline())
    assert message["body"] == "Is all well?" and message["subject"] == "question" and message["type"] == "chat", message
    assert message["from"].partition("@")[2].startswith(one.domain + "/"), message
    assert there.wait(timeout=30) == 0


def test_message_by_the_tool(fabric):
    message_and_answer_by_tool(fabric)


def test_message_to_nobody_comes_back(fabric):
    one, two, _ = fabric.switches
    for address in (f"nobody@{two.domain}", f"nobody@{one.domain}", "example@elsewhere.example"):
        result = one.ctl("send", address, "hello", check=False)
        assert result.returncode == 1 and address in result.stderr, (address, result)


def test_commands_change_the_others(fabric):
    one, two, three = fabric.switches
    lines = one.ctl_lines("run", "--on", "sw2,sw3", "ip link add test type bridge", "ip link set test up",
                          "ip -br link show test")
    assert {line["domain"] for line in lines} == {two.domain, three.domain}, lines
    for line in lines:
        assert line["outcome"] == "ok" and "test" in line["text"], line
        assert [result["status"] for result in line["results"]] == [0, 0, 0], line
        assert line["results"][2]["command"] == "ip -br link show test", line
    for switch in (two, three):
        assert "test" in switch.exec("ip", "-br", "link", "show", "test").stdout
        switch.exec("ip", "link", "delete", "test")


def test_a_list_stops_at_the_first_failure(fabric):
    one, two, _ = fabric.switches
    result = one.ctl("--json", "run", "--on", two.domain, "ip link show dev nowhere", "ip link add never type bridge", check=False)
    line = json.loads(result.stdout)
    assert result.returncode == 1 and line["outcome"] == "failed", line
    assert line["text"].startswith("<CLICommandError>") and "nowhere" in line["text"], line
    assert two.exec("ip", "link", "show", "never", check=False).returncode != 0


def test_commands_that_are_not_allowed(fabric):
    one, two, _ = fabric.switches
    for command in ("reboot", "/bin/sh -c id", "ip link; reboot", "../../bin/ip link"):
        result = one.ctl("--json", "run", "--on", two.domain, command, check=False)
        line = json.loads(result.stdout)
        assert result.returncode == 1 and line["outcome"] == "failed" and "CLICommandError" in line["text"], (command, line)


def test_a_body_that_is_no_list(fabric):
    one, two, _ = fabric.switches
    for body in ("no list at all", "['ip link'", "__import__('os').system('reboot')", "[1]", "[b'ip']"):
        result = one.ctl("--json", "send", f"switch@{two.domain}", body, "--subject", "command", "--answer", check=False)
        answer = json.loads(result.stdout)
        assert result.returncode == 1 and answer["type"] == "error", (body, answer)
        assert answer["body"] == "<PythonSyntaxError></PythonSyntaxError>", (body, answer)


def test_a_client_may_not_command(fabric):
    one, two, _ = fabric.switches
    need_bindings()
    one.ctl("account", "add", "observer", "--password", "secret", "--role", "client")
    asking = one.popen(PYTHON, "-c", CLIENT_ASKS, f"switch@{two.domain}")
    output, _ = asking.communicate(timeout=60)
    assert "forbidden" in output, output
    one.ctl("account", "remove", "observer")


CLIENT_ASKS = """
import sys, gi
gi.require_version("Ismb", "1")
from gi.repository import GLib, Ismb
loop = GLib.MainLoop()
client = Ismb.Client.new("observer", "secret", "VR-Mgmt")
def start(client, event, payload):
    client.send_message(sys.argv[1], "['ip link']", "command", None)
def receive(client, event, message):
    print(message.get_error_condition(), message.get_body(), flush=True)
    loop.quit()
client.add_event_handler("session_start", 0, start)
client.add_event_handler("message", 0, receive)
client.open_async(None, lambda c, result: c.open_finish(result))
GLib.timeout_add_seconds(20, loop.quit)
loop.run()
"""


def test_a_file_to_both(fabric):
    one, two, three = fabric.switches
    content = os.urandom(1_000_000)
    with open(one.path("local", "image.bin"), "wb") as file:
        file.write(content)
    lines = one.ctl_lines("push", "--on", "sw2,sw3", one.path("local", "image.bin"), "--as", "images/new.bin")
    assert {(line["domain"], line["outcome"], line["bytes"]) for line in lines} == {
        (two.domain, "stored", 1_000_000), (three.domain, "stored", 1_000_000)}, lines
    for switch in (two, three):
        with open(switch.path("local", "images", "new.bin"), "rb") as file:
            assert hashlib.sha256(file.read()).digest() == hashlib.sha256(content).digest()
        assert os.listdir(switch.path("local", "images")) == ["new.bin"], "something temporary stayed behind"


def push(switch, *words):
    result = switch.ctl("--json", "push", *words, check=False)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_a_conflict_leaves_the_file_alone(fabric):
    one, two, _ = fabric.switches
    with open(two.path("local", "images", "new.bin"), "rb") as file:
        before = file.read()
    with open(one.path("local", "other.bin"), "wb") as file:
        file.write(b"other")
    result, lines = push(one, "--on", "sw2", one.path("local", "other.bin"), "--as", "images/new.bin", "--no-overwrite")
    assert result.returncode == 1 and lines[0]["outcome"] == "conflict" and lines[0]["bytes"] == 0, lines
    with open(two.path("local", "images", "new.bin"), "rb") as file:
        assert file.read() == before


def test_files_outside_the_root(fabric):
    one, two, _ = fabric.switches
    outside = two.path("outside")
    os.makedirs(outside, exist_ok=True)
    os.symlink(outside, two.path("local", "link"))
    for name in ("../escaped", "/etc/escaped", "link/escaped", "images/../../escaped"):
        result, lines = push(one, "--on", "sw2", one.path("local", "other.bin"), "--as", name)
        assert result.returncode == 1 and (not lines or lines[0]["outcome"] == "refused"), (name, result)
    assert os.listdir(outside) == [] and not os.path.exists(two.path("escaped")) and not os.path.exists("/etc/escaped")
    for path in ("/etc/passwd", "nowhere.bin"):
        result, lines = push(one, "--on", "sw2", path)
        assert result.returncode == 1 and os.path.basename(path) in result.stderr and not lines, (path, result)


def test_a_killed_daemon_leaves_and_returns(fabric):
    one, two, three = fabric.switches
    need_bindings()
    caring = one.popen(PYTHON, EXAMPLE, "example", "secret", "--answer")
    assert "session started" in caring.stdout.readline()
    wait_for("a link to sw3", lambda: one.peers()[three.domain]["link"] == "up")
    wait_for("how far sw3 is", lambda: 0 < one.peers()[three.domain]["round_trip"] < 10_000_000)
    three.stop(9)
    wait_for("sw3 to be lost", lambda: one.peers()[three.domain]["link"] == "lost")
    assert three.domain in one.members(), "a lost member is still one"
    line = json.loads(one.ctl("--json", "run", "--on", three.domain, "ip link", check=False).stdout)
    assert line["outcome"] == "unreachable", line
    three.start()
    wait_for("sw3 to return", lambda: one.peers()[three.domain]["link"] == "up")
    assert three.domain == "sw3.001103" and three.ctl_json("fabric", "status")["member"]
    wait_for("commands on sw3", lambda: one.ctl("run", "--on", "sw3", "ip link", check=False).returncode == 0)
    caring.terminate()


def test_a_policy_decides(fabric):
    """What is executed counts, not how it is written; and what the other switch says of the sender's role."""
    one, two, three = fabric.switches
    policy = two.path("policy.conf")
    ip = shutil.which("ip")
    with open(policy, "w") as file:
        file.write(f"[rule look]\naction=allow\nrole=operator\njid=*@{one.domain}\ncommand={ip} link show **\n"
                   "[rule images]\naction=allow\npath=images/**\n")
    restart(two, f"policy={policy}")
    wait_for("commands on sw2", lambda: one.ctl("run", "--on", "sw2", "ip link show lo", check=False).returncode == 0)
    one.ctl("run", "--on", "sw2", f"{ip} 'link' s\\how lo")
    for command in ("ip li show", "ip link", "ip link set lo down", "ip -all link show"):
        result = one.ctl("run", "--on", "sw2", command, check=False)
        assert result.returncode == 1 and "no rule of policy.conf allows it" in result.stdout + result.stderr, (command, result)
    assert three.ctl("run", "--on", "sw2", "ip link show lo", check=False).returncode == 1
    for name, outcome in (("images/policy.bin", "stored"), ("other/policy.bin", "refused"), ("images", "refused")):
        _, lines = push(one, "--on", "sw2", one.path("local", "other.bin"), "--as", name)
        assert lines[0]["outcome"] == outcome, (name, lines)
    one.ctl("account", "add", "ann", "--password", "pencil")
    allowed = two.ctl("policy", "check", f"ann@{one.domain}", "ip link show lo")
    assert f"{policy}:1" in allowed.stdout and f"{ip} link show lo" in allowed.stdout, allowed
    for words in ((f"ann@{one.domain}", "ip link"), (f"ann@{three.domain}", "ip link show lo"),
                  (f"ann@{one.domain}", "--path", "other/x"), ("ann@elsewhere.example", "ip link show lo")):
        denied = two.ctl("--json", "policy", "check", *words, check=False)
        assert denied.returncode == 1 and json.loads(denied.stdout)["allowed"] is False, denied
    one.ctl("account", "remove", "ann")
    restart(two, "")
    wait_for("commands on sw2", lambda: one.ctl("run", "--on", "sw2", "ip link", check=False).returncode == 0)


def restart(switch, extra):
    switch.extra = extra
    switch.configure()
    switch.stop()
    switch.start()


def test_accounts(fabric):
    one = fabric.switches[0]
    jid = one.ctl("account", "add", "carol", input="pencil\n").stdout.strip()
    assert jid == f"carol@{one.domain}"
    one.ctl("account", "add", "carol", "--password", "pencil")
    other = one.ctl("account", "add", "carol", "--password", "other", check=False)
    assert other.returncode == 1 and "carol" in other.stderr, other
    reserved = one.ctl("account", "add", "switch", "--password", "x", check=False)
    assert reserved.returncode == 1 and "switch" in reserved.stderr, reserved
    assert {"name": "carol", "role": "operator"} in one.ctl_json("account", "list")
    one.ctl("account", "remove", "carol")
    gone = one.ctl("account", "remove", "carol", check=False)
    assert gone.returncode == 1 and "carol" in gone.stderr, gone


def test_transient_accounts_leave_nothing_behind(fabric):
    for switch in fabric.switches:
        names = {account["name"] for account in switch.ctl_json("account", "list")}
        assert names <= {"switch", "example", "lua"}, names


def test_what_a_person_would_do_wrong(fabric):
    one = fabric.switches[0]
    no_daemon = one.exec(SWITCHCTL, "--runtime-dir", "/nowhere", "status", check=False)
    assert no_daemon.returncode == 3 and "/nowhere" in no_daemon.stderr, no_daemon
    for words in (["frobnicate"], ["run"], ["peers", "more"], ["--wrong"], ["push"], ["account", "list", "more"]):
        usage = one.ctl(*words, check=False)
        assert usage.returncode == 2 and usage.stderr, (words, usage)
    missing = one.ctl("--vr", "VR-Nowhere", "peers", check=False)
    assert missing.returncode == 1 and "VR-Nowhere" in missing.stderr and "VR-Mgmt" in missing.stderr, missing
    unknown = one.ctl("run", "--on", "sw9", "ip link", check=False)
    assert unknown.returncode == 1 and "sw9" in unknown.stderr, unknown


def test_a_disabled_virtual_router(fabric):
    three = fabric.switches[2]
    three.ctl("vr", "disable", "VR-Mgmt")
    result = three.ctl("send", f"switch@{three.domain}", "hello", check=False)
    assert result.returncode == 1 and "VR-Mgmt" in result.stderr and "enable" in result.stderr, result
    three.ctl("vr", "enable", "VR-Mgmt")
    wait_for("sw3 to know the others again", lambda: len(three.members()) == 3)
    wait_for("commands on sw3", lambda: fabric.switches[0].ctl("run", "--on", "sw3", "ip link", check=False).returncode == 0)


def test_configuration_errors(fabric):
    one = fabric.switches[0]
    bad = one.path("bad.conf")
    with open(bad, "w") as file:
        file.write("[daemon]\nlog-levle=info\n")
    result = one.exec(SWITCHCTLD, "--config", bad, "--check", check=False)
    assert result.returncode != 0 and "log-levle" in result.stderr and "bad.conf:2" in result.stderr, result
    good = one.exec(SWITCHCTLD, "--config", one.path("switchctld.conf"), "--check", check=False)
    assert good.returncode == 0, good


def test_a_port_in_use(fabric):
    one = fabric.switches[0]
    second = one.path("second.conf")
    with open(second, "w") as file:
        file.write(f"[daemon]\nstate-dir={one.path('state2')}\nruntime-dir={one.path('run2')}\n")
    result = one.exec(SWITCHCTLD, "--config", second, check=False)
    assert result.returncode == 1 and "5222" in result.stderr, result


def test_slixmpp_signs_in_over_tls(fabric):
    one, two, _ = fabric.switches
    one.ctl("account", "add", "slix", "--password", "pencil")
    there = two.popen(SWITCHCTL, "--runtime-dir", two.path("run"), "--json", "listen", "--as", "counterpart", "--count", "1")
    assert "counterpart@" in there.stdout.readline()
    client = one.popen(PYTHON, os.path.join(SOURCE, "tests/fabric/slixmpp-client.py"), one.address, f"slix@{one.domain}", "pencil",
                       f"counterpart@{two.domain}", one.path("state"))
    assert json.loads(there.stdout.readline())["body"] == "from slixmpp"
    answer = two.ctl("send", f"slix@{one.domain}", "to slixmpp", "--type", "chat", "--answer").stdout
    assert answer == "slixmpp heard: to slixmpp\n", answer
    output, _ = client.communicate(timeout=60)
    assert client.returncode == 0 and "sent inside TLSv1.3" in output, output
    wrong = one.exec(PYTHON, os.path.join(SOURCE, "tests/fabric/slixmpp-client.py"), one.address, f"slix@{one.domain}", "wrong",
                     f"counterpart@{two.domain}", one.path("state"), check=False)
    assert "refused" in wrong.stdout and wrong.returncode == 1, wrong
    one.ctl("account", "remove", "slix")


if __name__ == "__main__":
    with Fabric(3, "mj") as fabric:
        fabric.start()
        failures = tap.main(sys.modules[__name__], fabric)
        if failures:
            for switch in fabric.switches:
                print("\n".join(f"# {switch.name}: {line}" for line in switch.log().splitlines()[-60:]))
