#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Into a fabric and out of it: by token, by file, by approval; what goes wrong on the way; revoked, renewed, rolled
over. Five switches on a link: sw1 is the registrar of “campus”, sw5 of a rogue fabric of the same name."""

import json
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.environ["ISMB_SOURCE"], "tests/support"))
import tap  # noqa: E402
from fabric import Fabric, SWITCHCTL, SWITCHCTLD, run, wait_for  # noqa: E402

FAKETIME = next((path for path in (f"/usr/lib/{machine}-linux-gnu/faketime/libfaketime.so.1"
                                   for machine in ("x86_64", "aarch64")) if os.path.exists(path)), None)


def status(switch):
    return switch.ctl_json("fabric", "status")


def devices(switch):
    return {device["id"]: device for device in switch.ctl_json("fabric", "list")}


def state_of(switch, other):
    """What `other` is to the fabric, as `switch` lists it."""
    return devices(switch).get(status(other)["id"], {}).get("state")


def invite(switch, *options):
    return switch.ctl("fabric", "invite", *options).stdout.strip()


def join(switch, token, *options, check=True):
    return switch.ctl("fabric", "join", token, *options, check=check)


def leave(switch, *options):
    switch.ctl("fabric", "leave", "--yes", *options)


def knows(switch, *others):
    wait_for(f"{switch.name} to know {', '.join(other.name for other in others)} as members",
             lambda: {other.domain for other in others} <= switch.members())


def seen(switch, other):
    """What `switch` knows of `other`; nothing while that is not announced."""
    return switch.peers().get(other.domain, {})


def talks(switch, other):
    """A command over the bus is what a member may do."""
    return switch.ctl("run", "--on", other.domain, "ip link show lo", check=False).returncode == 0


def restart(switch, **environment):
    switch.stop()
    switch.start(**environment)


def audit(switch):
    return switch.ctl_lines("audit")


def fresh(switch):
    """As from the factory: no key, no fabric, nothing beside the configuration. Its name is free for it."""
    registrar = switch.fabric.switches[0]
    known = state_of(registrar, switch)
    if known in ("member", "pending"):
        registrar.ctl("fabric", "revoke", status(switch)["id"])
    wipe(switch)


def wipe(switch):
    """The same, and the name is still the former device's."""
    switch.stop()
    shutil.rmtree(switch.path("state"))
    os.makedirs(switch.path("state"), mode=0o700)
    if os.path.exists(switch.path("join")):
        os.unlink(switch.path("join"))


def test_by_token(fabric):
    one, two, *_ = fabric.switches
    assert status(two)["state"] == "none"
    made = one.ctl("fabric", "init", "campus")
    assert "fabric invite" in made.stderr, made
    token = invite(one)
    assert token.startswith("ISMB1.campus." + made.stdout.strip()) and "\n" not in token, token
    before = time.monotonic()
    joined = join(two, token)
    print(f"# joined in {time.monotonic() - before:.2f} s")
    assert "joined “campus”" in joined.stdout, joined
    assert status(two)["state"] == "member" and status(two)["ca_hash"] == made.stdout.strip()
    knows(one, two)
    knows(two, one)
    wait_for("commands from sw1 on sw2", lambda: talks(one, two))
    join(two, token)   # again is fine
    assert state_of(one, one) == "registrar" and state_of(one, two) == "member", devices(one)
    assert state_of(two, one) == "registrar" and state_of(two, two) == "member", devices(two)


def test_from_stdin(fabric):
    one, _, three, *_ = fabric.switches
    token = invite(one, "--uses", "2")
    joined = three.ctl("fabric", "join", "-", input=token + "\n")
    assert "joined" in joined.stdout
    leave(three)
    wait_for("sw3 to be out of reach", lambda: not talks(one, three))
    join(three, token)
    wait_for("commands from sw1 on sw3", lambda: talks(one, three))


def test_the_audit_tells_who_joined(fabric):
    one, two, *_ = fabric.switches
    allowed = [row for row in audit(one) if row["kind"] == "fabric" and row.get("what") == "join"
               and row.get("verdict") == "allowed" and row.get("who") == two.domain]
    assert allowed and allowed[0]["rule"].startswith("token ") and allowed[0]["device"] == status(two)["id"], audit(one)
    assert allowed[0]["origin"] == two.address, allowed
    secret = invite(one).split(".")[3]
    assert secret not in one.log() and all(secret not in str(row) for row in audit(one))
    assert [row for row in audit(two) if row.get("what", "").startswith("join “campus”") and row["outcome"] == "done"], audit(two)


def test_wrong_tokens(fabric):
    one, _, _, four, five = fabric.switches
    assert status(four)["state"] == "none"
    used, expired, withdrawn = invite(one), invite(one, "--expires", "1s"), invite(one)
    join(five, used)
    leave(five)
    invitations = {row["id"]: row for row in one.ctl_json("fabric", "invite", "--list")}
    last = [id for id, row in invitations.items() if not row["used"] and not row["expired"]][-1]
    one.ctl("fabric", "invite", "--withdraw", last)
    five.ctl("fabric", "init", "campus")
    foreign = invite(five)
    leave(five, "--destroy")
    wait_for("the invitation to end", lambda: any(row["expired"] for row in one.ctl_json("fabric", "invite", "--list")))
    parts = used.split(".")
    mistyped = ".".join(parts[:3] + ["0" + parts[3][1:] if parts[3][0] != "0" else "1" + parts[3][1:], parts[4]])
    for token, words, options in ((used, "used up", ()), (expired, "expired", ()), (mistyped, "token", ()), ("hello", "token", ()),
                                  (withdrawn, "invitation", ()), (foreign, "none could let this one in", ("--timeout", "2s"))):
        refused = join(four, token, *options, check=False)
        print(f"# {refused.stderr.strip()}")
        assert refused.returncode == 1 and words in refused.stderr, (words, refused)
        assert status(four)["state"] == "none", status(four)
    refused = [row for row in audit(one) if row.get("what") == "join" and row.get("verdict") == "refused"]
    assert refused and {row["who"] for row in refused} >= {four.domain}, audit(one)


def test_nobody_on_the_link(fabric):
    one, _, _, four, _ = fabric.switches
    token = invite(one)
    four.exec("ip", "link", "set", "eth0", "down")
    restart(four)
    refused = join(four, token, "--timeout", "1s", check=False)
    assert refused.returncode == 1 and "no other switch at all" in refused.stderr, refused
    four.exec("ip", "link", "set", "eth0", "up")
    restart(four)


def test_mistakes(fabric):
    one, two, _, four, _ = fabric.switches
    for switch, words, code, says in (
            (one, ("init", "again"), 1, "already"), (one, ("init",), 2, "Usage"), (one, ("frob",), 2, "fabric --help"),
            (two, ("invite",), 1, "no registrar"), (one, ("invite", "--uses", "0"), 2, "--uses"),
            (one, ("invite", "--expires", "soon"), 2, "--expires"), (one, ("invite", "--expires", "9999d"), 2, "3650d"),
            (four, ("join", "-"), 1, "stdin"), (four, ("join", "hello"), 1, "one begins with ISMB1."), (one, ("invite", "--withdraw", "0123"), 1, "0123"),
            (four, ("join",), 2, "Usage"), (four, ("join", "x", "--timeout", "1"), 2, "--timeout"),
            (four, ("accept", "123"), 1, "64 hex digits"), (two, ("accept", "0" * 64), 1, "fabric leave"),
            (four, ("accept",), 2, "Usage"), (two, ("approve", "ABCD"), 1, "no registrar"), (one, ("approve", "ABC"), 1, "16 digits"),
            (one, ("approve", "no id!"), 1, "no device id"), (two, ("revoke", "ABCD"), 1, "no registrar"),
            (one, ("revoke", "ABCD"), 1, "fabric list"), (one, ("revoke", status(one)["id"]), 1, "itself"),
            (one, ("leave", "--yes"), 1, "--destroy"), (two, ("leave",), 1, "--yes"), (four, ("leave", "--yes"), 1, "no fabric"),
            (two, ("rollover",), 1, "no registrar"), (one, ("rollover", "--overlap", "x"), 2, "--overlap"),
            (four, ("ca",), 1, "no fabric"), (four, ("list", "more"), 2, "Usage"), (four, ("status", "more"), 2, "Usage")):
        result = switch.ctl("fabric", *words, check=False)
        assert result.returncode == code and says in result.stderr, (switch.name, words, result)
    helped = one.ctl("fabric", "invite", "--help")
    assert "--uses" in helped.stdout, helped
    other = join(two, invite(one).replace(".campus.", ".lab.", 1), check=False)
    assert other.returncode == 1, other


def test_zero_touch(fabric):
    one, _, _, four, _ = fabric.switches
    fresh(four)
    token = invite(one)
    with open(four.path("join"), "w") as file:
        os.chmod(four.path("join"), 0o600)
        file.write(token + "\n")
    before = time.monotonic()
    four.start()
    wait_for("sw4 to join", lambda: status(four)["state"] == "member")
    print(f"# from its start sw4 joined within {time.monotonic() - before:.2f} s")
    assert not os.path.exists(four.path("join")), os.listdir(four.path())
    knows(one, four)
    assert "others" not in [line for line in four.log().splitlines() if "join-file" in line], four.log()


def test_a_readable_join_file(fabric):
    one, _, _, four, _ = fabric.switches
    leave(four)
    with open(four.path("join"), "w") as file:
        os.chmod(four.path("join"), 0o644)
        file.write(invite(one))
    four.process.send_signal(signal.SIGHUP)
    wait_for("sw4 to join", lambda: status(four)["state"] == "member")
    assert "chmod 600" in four.log()
    assert not os.path.exists(four.path("join"))


def test_a_used_up_join_file(fabric):
    one, two, _, four, _ = fabric.switches
    token = invite(one)
    leave(two)
    join(two, token)
    leave(four)
    fresh(four)
    with open(four.path("join"), "w") as file:
        os.chmod(four.path("join"), 0o600)
        file.write(token)
    four.start()
    wait_for("sw4 to say why not", lambda: any("used up" in line and line.startswith("warning") for line in four.log().splitlines()))
    assert status(four)["state"] == "looking" and os.path.exists(four.path("join"))
    assert "used up" in status(four)["why_not"] and "used up" in four.ctl("fabric", "status").stdout
    os.unlink(four.path("join"))
    restart(four)
    assert status(four)["state"] == "none"


def test_approve_then_accept(fabric):
    one, _, _, four, _ = fabric.switches
    id = status(four)["id"]
    wait_for("sw1 to see sw4", lambda: state_of(one, four) == "pending")
    approved = one.ctl("fabric", "approve", id[:16].lower())
    ca = status(one)["ca_hash"]
    assert four.domain in approved.stdout and f"fabric accept {ca}" in approved.stderr, approved
    assert state_of(one, four) == "approved", devices(one)
    assert status(four)["state"] == "none", "approved, it joined without being asked"
    accepted = four.ctl("fabric", "accept", ca, "--wait", "20s")
    assert accepted.stdout.strip() == "joined", accepted
    knows(one, four)
    assert "left “campus”" in four.ctl("fabric", "leave", "--yes").stdout


def test_accept_then_approve(fabric):
    one, _, _, four, _ = fabric.switches
    ca = status(one)["ca_hash"]
    wait_for("sw4 to wait for its approval", lambda: four.ctl("fabric", "accept", ca, "--wait", "2s").stdout.strip() == "waiting")
    id = status(four)["id"]
    assert f"approve {id[:4]}-{id[4:8]}" in four.ctl("fabric", "status").stdout
    restart(four)
    assert status(four)["accepted"] == ca
    one.ctl("fabric", "approve", id)
    wait_for("sw4 to join", lambda: status(four)["state"] == "member", seconds=60)
    assert "a member already" in one.ctl("fabric", "approve", id).stderr
    leave(four)
    assert status(four)["accepted"] == ""


def test_heard_while_it_is_refused(fabric):
    """Whoever is heard may be the one that lets us in: also where somebody was heard while another said no."""
    one, two, _, four, five = fabric.switches
    join(four, invite(one))
    former = status(four)["id"]
    wipe(four)
    five.stop()
    four.start()
    one.ctl("fabric", "approve", status(four)["id"])
    wait_for("sw4 to see sw1", lambda: seen(four, one))
    # Its answer comes when sw5 has been heard.
    one.process.send_signal(signal.SIGSTOP)
    try:
        four.ctl("fabric", "accept", status(two)["ca_hash"])
        five.start()
        wait_for("sw4 to see sw5", lambda: seen(four, five))
    finally:
        one.process.send_signal(signal.SIGCONT)
    wait_for("sw4 to say why not", lambda: "trying again each 60 s" in four.log().split("is down")[-1])
    one.ctl("fabric", "revoke", former)
    restart(five)
    wait_for("sw4 to join", lambda: status(four)["state"] == "member")


def stays_out(one, four, five):
    fresh(four)
    four.start()
    id = status(four)["id"]
    five.ctl("fabric", "approve", id)
    wait_for("sw5 to see the new sw4", lambda: seen(five, four).get("id") == id)
    restart(four)
    wait_for("sw4 to see sw5", lambda: seen(four, five))
    assert status(four)["state"] == "none" and not status(four)["member"], status(four)
    four.ctl("fabric", "accept", status(one)["ca_hash"])
    wait_for("sw4 to wait for the true one", lambda: status(four)["state"] == "waiting")
    # A second after its goodbye it is gone for the others, until it is announced again: it may well wait before that.
    again = wait_for("sw5 to see sw4 again", lambda: seen(five, four))
    assert again["trust"] == "pending", again
    assert not talks(five, four)
    one.ctl("fabric", "approve", id)
    wait_for("sw4 to join", lambda: status(four)["state"] == "member", seconds=60)


def test_a_rogue_cannot_capture(fabric):
    """A fresh switch with nothing accepted stays out of whatever offers itself, and one that waits for its own fabric
    stays out of the other's."""
    one, _, _, four, five = fabric.switches
    rogue = five.ctl("fabric", "init", "campus").stdout.strip()
    try:
        stays_out(one, four, five)
    finally:
        leave(five, "--destroy")
    assert status(four)["ca_hash"] == status(one)["ca_hash"] != rogue


def test_revoked(fabric):
    """Its stream closes, a member that was down learns it, and only another device comes back."""
    one, two, three, four, _ = fabric.switches
    knows(one, two, three, four)
    wait_for("commands from sw4 on sw1", lambda: talks(four, one))
    caring = one.popen(SWITCHCTL, "--runtime-dir", one.path("run"), "listen", "--as", "caring")
    caring.stdout.readline()
    wait_for("a stream to sw4", lambda: seen(one, four).get("link") == "up")
    three.stop()
    id = status(four)["id"]
    revoked = one.ctl_json("fabric", "revoke", id)
    assert revoked == {"id": id, "domain": four.domain}, revoked
    wait_for("the stream to close", lambda: seen(one, four).get("link") != "up")
    wait_for("peers to say it", lambda: seen(one, four).get("trust") == "revoked")
    assert id[:4] in one.ctl("peers").stdout
    wait_for("sw2 to learn it", lambda: state_of(two, four) == "revoked")
    wait_for("sw4 to be told itself", lambda: status(four)["state"] == "revoked")
    assert not talks(four, one) and not talks(one, four)
    three.start()
    wait_for("sw3 to learn it", lambda: devices(three).get(id, {}).get("state") == "revoked")
    restart(one)
    restart(two)
    for switch in (one, two, three):
        assert devices(switch)[id]["state"] == "revoked", devices(switch)
        assert four.domain not in switch.members()
    token = invite(one)
    leave(four)
    refused = join(four, token, check=False)
    assert refused.returncode == 1 and "revoked" in refused.stderr, refused
    again = one.ctl("fabric", "approve", id, check=False)
    assert again.returncode == 1 and "--new-key" in again.stderr, again
    restart(four)
    refused = join(four, token, check=False)
    assert refused.returncode == 1 and "revoked" in refused.stderr and status(four)["id"] == id, refused
    leave(four, "--new-key")
    join(four, invite(one))
    knows(one, four)
    assert status(four)["id"] != id
    caring.terminate()


def test_a_new_key(fabric):
    """`leave --new-key` is the way back; discovery and the control bus tell the new id at once."""
    one, two, _, four, _ = fabric.switches
    id = status(four)["id"]
    one.ctl("fabric", "revoke", id)
    wait_for("sw4 to be out", lambda: four.domain not in one.members())
    leave(four, "--new-key")
    assert status(four)["id"] != id and four.status()["id"] == status(four)["id"], four.status()
    wait_for("sw1 to hear of the new device", lambda: seen(one, four).get("id") == status(four)["id"])
    join(four, invite(one))
    knows(one, four)
    knows(two, four)
    wait_for("commands from sw1 on sw4", lambda: talks(one, four))


def test_leave_and_join_again(fabric):
    one, two, _, _, _ = fabric.switches
    id = status(two)["id"]
    leave(two)
    assert status(two)["state"] == "none" and status(two)["id"] == id
    wait_for("sw2 to be out of reach", lambda: not talks(one, two))
    restart(two)
    assert status(two)["state"] == "none"
    join(two, invite(one))
    wait_for("commands from sw1 on sw2", lambda: talks(one, two))


def test_restarts_keep_it(fabric):
    one, two, *_ = fabric.switches
    token = invite(one)
    before = {id: device["state"] for id, device in devices(one).items() if device["state"] != "pending"}
    restart(one)
    restart(two)
    knows(one, two)
    knows(two, one)
    wait_for("sw1 to know all again",
             lambda: before.items() <= {id: device["state"] for id, device in devices(one).items()}.items())
    leave(two)
    join(two, token)
    knows(one, two)


def test_a_virtual_router_more(fabric):
    """What a certificate is not for is added by joining again, and by nothing less."""
    one, two, *_ = fabric.switches
    two.extra = "[vr VR-Data]\nenabled=false"
    two.configure()
    restart(two)
    before = status(two)
    assert before["member"] and before["vrs_missing"] == ["VR-Data"], before
    assert "not certified for VR-Data" in two.ctl("fabric", "status").stdout
    refused = join(two, invite(one)[:-1] + "z", check=False)
    assert refused.returncode == 1 and status(two)["member"], refused
    join(two, invite(one))
    after = status(two)
    assert after["member"] and after["vrs_missing"] == [], after
    knows(one, two)
    two.extra = ""
    two.configure()
    restart(two)
    wait_for("commands from sw1 on sw2", lambda: talks(one, two))


def test_loose_permissions(fabric):
    two = fabric.switches[1]
    two.stop()
    os.chmod(two.path("state", "device.key"), 0o644)
    refused = two.exec("sh", "-c", f"timeout 30 {SWITCHCTLD} --config {two.path('switchctld.conf')}", check=False)
    assert refused.returncode == 1 and "device.key" in refused.stderr and "600" in refused.stderr, refused
    os.chmod(two.path("state", "device.key"), 0o600)
    two.start()
    knows(two, fabric.switches[0])


def test_full_disk(fabric):
    """No certificate is half written: it says so, and joins when there is room."""
    one, _, _, four, _ = fabric.switches
    leave(four)
    four.stop()
    state, kept = four.path("state"), four.path("kept")
    shutil.copytree(state, kept)
    run("mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", state)
    try:
        shutil.copytree(kept, state, dirs_exist_ok=True)
        four.start()
        filler = os.path.join(state, "filler")
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        refused = join(four, invite(one), check=False)
        print(f"# {refused.stderr.strip()}")
        assert refused.returncode == 1 and "space" in refused.stderr.lower(), refused
        assert status(four)["state"] != "member"
        os.unlink(filler)
        join(four, invite(one))
        assert status(four)["state"] == "member"
        four.stop()
    finally:
        four.stop()
        run("umount", state)
        shutil.rmtree(kept)
    four.start()


def test_a_clock_in_1970(fabric):
    """The fabric's own time is believed then: it says that the clock is wrong, and what has ended stays ended."""
    if FAKETIME is None:
        raise tap.Skip("libfaketime is not installed")
    one, _, _, four, _ = fabric.switches
    fresh(four)
    # The sanitizers want to be loaded first, and do without.
    four.start(LD_PRELOAD=FAKETIME, FAKETIME="@1970-01-01 00:00:10", DONT_FAKE_MONOTONIC="1",
               ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")
    behind = status(four)
    assert behind["clock_behind"] and behind["host_time"] < 10 ** 6 < behind["clock_floor"], behind
    assert "the clock is wrong" in four.ctl("fabric", "status").stdout
    assert any("set it (NTP" in line for line in four.log().splitlines()), four.log()
    join(four, invite(one))
    knows(one, four)
    knows(four, one)
    wait_for("commands from sw1 on sw4", lambda: talks(one, four))
    restart(four)
    assert not status(four)["clock_behind"], status(four)


def test_renewal_while_messages_flow(fabric):
    """Certificates of 20 s: for a minute nobody is lost, and every message arrives once."""
    one, two, three, *_ = fabric.switches
    one.fabric_extra = "certificate-lifetime=20s"
    one.configure()
    restart(one)
    for switch in (two, three):
        leave(switch)
        join(switch, invite(one))
    knows(one, two, three)
    knows(two, one, three)
    first = status(two)["expires"]
    count = 60
    there = three.popen(SWITCHCTL, "--runtime-dir", three.path("run"), "--json", "listen", "--as", "counterpart", "--count", str(count))
    assert "counterpart@" in there.stdout.readline()
    for number in range(count):
        two.ctl("send", f"counterpart@{three.domain}", str(number))
        time.sleep(0.7)   # as long as two certificates' lives, all in all
    bodies = [json.loads(line)["body"] for line in there.stdout.readlines()]
    assert bodies == [str(number) for number in range(count)], bodies
    assert status(two)["expires"] > first + 20, (first, status(two))
    assert status(two)["state"] == "member" and two.domain in three.members()
    one.fabric_extra = ""
    one.configure()
    restart(one)
    for switch in (two, three):
        wait_for(f"{switch.name} to be certified for long", lambda: status(switch)["expires"] > time.time() + 86400)


def test_rollover(fabric):
    """Members change over by themselves, and one that was down meanwhile does so when it is back."""
    one, two, three, four, _ = fabric.switches
    knows(one, two, three, four)
    former = status(one)["ca_hash"]
    four.stop()
    new = one.ctl("fabric", "rollover", "--overlap", "1h").stdout.strip()
    assert new != former and status(one)["ca_hash"] == new
    for switch in (two, three):
        wait_for(f"{switch.name} to take the new CA", lambda: status(switch)["ca_hash"] == new, seconds=90)
    four.start()
    knows(one, four)
    wait_for("sw4 to take the new CA", lambda: status(four)["ca_hash"] == new, seconds=90)
    wait_for("commands from sw4 on sw2", lambda: talks(four, two))
    again = one.ctl("fabric", "rollover", check=False)
    assert again.returncode == 1, again
    five = fabric.switches[4]
    join(five, invite(one))
    knows(two, five)


def test_the_record_is_whole(fabric):
    for switch in fabric.switches:
        switch.ctl("audit", "verify")
    kinds = {row["kind"] for row in audit(fabric.switches[0])}
    assert kinds >= {"fabric"}, kinds


if __name__ == "__main__":
    with Fabric(5, "jo") as fabric:
        fabric.start()
        failures = tap.main(sys.modules[__name__], fabric)
        if failures:
            for switch in fabric.switches:
                print("\n".join(f"# {switch.name}: {line}" for line in switch.log().splitlines()[-80:]))
