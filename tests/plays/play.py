#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Performs plays, tests/plays/README.md has their language. Tells in TAP.

usage: play.py [--wrong] FILE|FOLDER...    --wrong: each must fail, as its remark `fails: LINE: WHAT` says
"""

import glob
import os
import re
import signal
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests/support")]
os.environ.setdefault("ISMB_SOURCE", ROOT)
os.environ.setdefault("ISMB_BUILD", os.path.join(ROOT, "build"))
os.environ.setdefault("G_DEBUG", "fatal-criticals")

import fabric
import markup
from actor import PATIENCE, Actor, Surprise
from script import Part, PART, Script, ScriptError
from stage import Stage

VERBS = []


def verb(pattern):
    def keep(function):
        VERBS.append((re.compile(pattern), function))
        return function
    return keep


class Failure(Exception):
    """What a play shows of us that it should not."""

    def __init__(self, number, text, details):
        super().__init__(text)
        self.number, self.text, self.details = number, text, details


class Performance:
    def __init__(self, script, stage):
        self.script, self.stage = script, stage
        self.values = {}
        self.actors = {}
        self.prompters = {}
        self.unsettled = set()    # switches from which somebody went, and which may not know it yet
        for part in script.parts:
            self.actors[part.name] = Actor(stage, part, self.values)

    # Before it begins

    def make_accounts(self):
        for name, switch in self.stage.switches.items():
            accounts = {actor.part.local for actor in self.actors.values() if actor.part.local and actor.part.switch == name}
            self.create(switch, accounts)

    def create(self, switch, accounts):
        running = [subprocess.Popen(switch.ctl_argv("account", "add", account, "--password", "pencil"),
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for account in accounts]
        for process in running:
            said, _ = process.communicate(timeout=60)
            if process.returncode != 0:
                raise AssertionError(f"no account: {said}")

    def make_friends(self):
        """By the stanzas themselves, in sessions of which nothing is left but what the rosters say."""
        if not self.script.friends:
            return
        pairs = [(number, self.actor(one, number), self.actor(other, number)) for number, one, other in self.script.friends]
        hands = {}
        for actor in {actor for _, *both in pairs for actor in both}:
            part = Part(actor.part.number, PART.fullmatch(f"Hand {actor.part.local}/play at {actor.part.switch}"))
            hands[actor.name] = Actor(self.stage, part, {})
            hands[actor.name].sign_in()
        for _, one, other in pairs:
            asker, asked = hands[one.name], hands[other.name]
            self.address(asker, asked, "subscribe")
            self.address(asked, asker, "subscribed")
        for hand in hands.values():
            self.leave(hand)

    def address(self, hand, other, what):
        hand.send(f"<presence type='{what}' to='{other.part.local}@{other.part.switch}'/>")
        self.settle_one(hand)

    def begin(self):
        self.make_accounts()
        self.make_friends()
        for actor in self.actors.values():
            if actor.part.stranger:
                actor.connect()
            elif not actor.part.later:
                actor.sign_in()
        self.settle()

    # Order: what one said has been handled before another speaks

    def domains(self, actor):
        """Whom to ask whether all was handled: the actor's switch last."""
        if len(self.stage.switches) == 1 or not actor.far or actor.part.domain:
            return [actor.part.switch]
        up = [name for name, switch in self.stage.switches.items() if switch.process is not None]
        return [name for name in up if name != actor.part.switch] + [actor.part.switch]

    def settle_one(self, actor):
        if not actor.live:
            actor.dirty = actor.far = False
            return
        if actor.bound and not actor.counting:
            for domain in self.domains(actor):
                if not actor.live:
                    break
                actor.ping(domain)
        else:
            self.ask_prompter(actor.part.switch, self.domains(actor))
            actor.read_all()
        actor.dirty = actor.far = False

    def settle(self, but=None):
        for name in list(self.unsettled):
            self.ask_prompter(name, [name])
        self.unsettled.clear()
        for actor in self.actors.values():
            if actor is not but and actor.dirty and not self.has_ended(actor):
                self.settle_one(actor)

    def has_ended(self, actor):
        return any(isinstance(item, markup.End) for item in actor.inbox)

    def ask_prompter(self, name, domains):
        """Twice: what lay ready at another socket when the first was read was handled before the second."""
        if self.stage.switches[name].process is None:
            return
        if name not in self.prompters or not self.prompters[name].live:
            self.create(self.stage.switches[name], ["prompter"])
            part = Part(0, PART.fullmatch(f"Prompter prompter/play at {name} over unix"))
            self.prompters[name] = Actor(self.stage, part, {})
            self.prompters[name].sign_in()
        for _ in range(2):
            for domain in domains:
                self.prompters[name].ping(domain)

    # The lines

    def actor(self, name, number):
        if name not in self.actors:
            raise ScriptError(f"{number}: nobody in the cast is called {name}")
        return self.actors[name]

    def perform(self):
        for line in self.script.lines:
            self.perform_line(line)
        self.check_rest()

    def perform_line(self, line):
        for pattern, function in VERBS:
            found = pattern.fullmatch(line.text)
            if found:
                self.run_line(line, function, found)
                return
        raise ScriptError(f"{line.number}: “{line.text}”: no such thing can be done; see tests/plays/README.md")

    def run_line(self, line, function, found):
        try:
            words = found.groupdict()
            if "who" in words:
                words["who"] = self.actor(words["who"], line.number)
            function(self, line, **words)
        except Surprise as surprise:
            raise Failure(line.number, line.text, explain(surprise)) from None
        except KeyError as error:
            raise ScriptError(f"{line.number}: {error.args[0]}") from None
        except markup.ElementTree.ParseError as error:
            raise ScriptError(f"{line.number}: what it says is no XML ({error}); see “sends raw”") from None
        except markup.expat.ExpatError as error:
            raise Failure(line.number, line.text, [f"what came is no XML: {error}"]) from None
        except (AssertionError, OSError) as error:
            raise Failure(line.number, line.text, str(error).splitlines()) from None

    def check_rest(self):
        last = self.script.lines[-1].number if self.script.lines else 0
        for actor in self.actors.values():
            if actor.live and actor.bound and not actor.generous and not self.has_ended(actor):
                try:
                    self.check_silence(actor)
                except Surprise as surprise:
                    raise Failure(last, f"the end: {actor.name} should have got nothing more", explain(surprise)) from None

    def check_silence(self, actor):
        self.settle(but=actor)
        if not actor.live:
            raise Surprise("nothing", "the end of the connection", f"{actor.name} is not connected")
        self.settle_one(actor)
        if actor.inbox:
            raise Surprise("nothing", markup.show(actor.inbox[0]), "something came")

    def leave(self, actor):
        actor.send("</stream:stream>")
        while not isinstance(actor.next("</stream:stream>"), markup.End):
            pass
        actor.disconnect()
        self.unsettled.add(actor.part.switch)


def explain(surprise):
    lines = []
    for title, text in (("expected", surprise.expected), ("got", surprise.got), ("because", surprise.reason)):
        lines += [f"{title}:", *("  " + line for line in text[:4000].splitlines())]
    return lines


WHO = r"(?P<who>\w+) "


@verb(WHO + r"sends(?: (?P<times>\d+) times)?")
def send(play, line, who, times):
    body = line.body
    if not (body.lstrip().startswith(("<?xml", "<stream:stream")) or body.strip() == "</stream:stream>"):
        markup.parse(body, who.namespace)
    play.settle(but=who)
    if "<stream:stream" in body:
        who.reader.restart()
    for count in range(1, int(times or 1) + 1):
        if times:
            play.values["i"] = count
        who.send(markup.fill_in(body, play.values, markup.quote_value))


@verb(WHO + r"sends raw(?: (?P<times>\d+) times)?")
def send_raw(play, line, who, times):
    """Bytes, with the escapes of Python; line ends between the lines of the play do not count."""
    play.settle(but=who)
    text = markup.fill_in(line.body.replace("\n", ""), play.values)
    data = text.encode().decode("unicode_escape").encode("latin-1") if text.isascii() else text.encode()
    if b"<stream:stream" in data:
        who.reader.restart()
    who.far = True
    for _ in range(int(times or 1)):
        who.send(data)


@verb(WHO + r"gets(?: (?P<times>\d+) times)?(?: within (?P<seconds>\d+) s(?:econds)?)?")
def get(play, line, who, times, seconds):
    play.settle(but=who)
    for count in range(1, int(times or 1) + 1):
        if times:
            play.values["i"] = count
        who.expect(line.body, int(seconds or PATIENCE))


@verb(WHO + r"gets in any order")
def get_in_any_order(play, line, who):
    patterns = markup.parse(line.body, who.namespace)
    play.settle(but=who)
    while patterns:
        item = who.next("\n".join(map(markup.show, patterns)))
        fitting = next((pattern for pattern in patterns if who.fits(pattern, item)), None)
        if fitting is None:
            raise Surprise("one of\n" + "\n".join(map(markup.show, patterns)), markup.show(item), "none of them fits")
        play.values.update(markup.compare(fitting, item, play.values))
        patterns.remove(fitting)


@verb(r"(?P<names>everybody|\w+(?:(?:, | and )\w+)*) gets? nothing")
def get_nothing(play, line, names):
    names = list(play.actors) if names == "everybody" else re.split(", | and ", names)
    for actor in [play.actor(name, line.number) for name in names]:
        if actor.live or actor.inbox or line.text.split()[0] != "everybody":
            play.check_silence(actor)


@verb(WHO + r"ignores")
def ignore(play, line, who):
    """From now on, and of what came and was not looked at yet."""
    who.ignored += markup.parse(line.body, who.namespace)
    kept = [item for item in who.inbox if isinstance(item, markup.End) or not any(who.fits(p, item) for p in who.ignored)]
    who.inbox.clear()
    who.inbox.extend(kept)


@verb(WHO + r"may get more")
def allow_more(play, line, who):
    who.generous = True


@verb(WHO + r"(?P<how>drops|resets)")
def drop(play, line, who, how):
    play.settle()
    who.disconnect(reset=how == "resets")
    play.unsettled.add(who.part.switch)


@verb(WHO + "leaves")
def leave(play, line, who):
    play.settle()
    if who.inbox:
        raise Surprise("nothing more before the end", markup.show(who.inbox[0]), "it was not heard yet")
    play.leave(who)


@verb(WHO + "is (?P<how>closed|cut off)(?: within (?P<seconds>\\d+) s(?:econds)?)?")
def be_closed(play, line, who, how, seconds):
    play.settle(but=who)
    if how == "closed":
        item = who.next("</stream:stream>", int(seconds or PATIENCE))
        if not isinstance(item, markup.End) or item.how != "good-bye":
            raise Surprise("</stream:stream>", markup.show(item), "the stream was not closed")
        who.stream.send("</stream:stream>")
    item = who.next("the end of the connection", int(seconds or PATIENCE))
    if not isinstance(item, markup.End) or item.how != "cut":
        raise Surprise("the end of the connection", markup.show(item), "it was not cut")
    who.disconnect()


@verb(WHO + "connects")
def connect(play, line, who):
    play.settle()
    who.connect()


@verb(WHO + "opens")
def open_stream(play, line, who):
    play.settle(but=who)
    who.open()


@verb(WHO + "starts TLS")
def start_tls(play, line, who):
    who.start_tls()


AS = r"(?: as (?P<user>\S+?)(?:/(?P<resource>\S+))?)?(?: by (?P<mechanism>\S+))?(?: with (?P<password>\S+))?"


def credentials(user, mechanism, password):
    return user, mechanism, password or "pencil"


@verb(WHO + "authenticates" + AS)
def authenticate(play, line, who, user, resource, mechanism, password):
    play.settle(but=who)
    who.authenticate(*credentials(user, mechanism, password))


@verb(WHO + r"binds(?: (?P<resource>.+))?")
def bind(play, line, who, resource):
    play.settle(but=who)
    who.bind(resource)


@verb(WHO + "signs in" + AS + "(?P<unbound> unbound)?")
def sign_in(play, line, who, user, resource, mechanism, password, unbound):
    play.settle(but=who)
    who.sign_in(credentials(user, mechanism, password), resource, bind=not unbound)


@verb(r"here's disk (?P<how>is full|has room|is read-only|is writable)")
def change_disk(play, line, how):
    play.settle()
    switch = play.stage.switches["here"]
    deeds = {"is full": switch.disk.fill, "has room": switch.disk.make_room,
             "is read-only": lambda: switch.disk.remount("ro"), "is writable": lambda: switch.disk.remount("rw")}
    deeds[how]()
    if how == "is writable":    # it is tried now and then
        probe = ("account", "add", "prober", "--password", "pencil")
        fabric.wait_for("the store to be written again", lambda: switch.ctl(*probe, check=False).returncode == 0)


@verb(r"(?P<name>here|there) (?P<how>restarts|starts|stops|is killed)")
def run_switch(play, line, name, how):
    """Whoever was on it is on it no more."""
    switch = play.stage.switches[name]
    if how != "starts":
        play.settle()
        code = switch.stop(*([9] if how == "is killed" else []))
        if how != "is killed" and code != 0:
            raise AssertionError(f"{name} ended with {code}:\n{switch.log()[-4000:]}")
        for actor in [*play.actors.values(), *play.prompters.values()]:
            if actor.part.switch == name and actor.stream is not None:
                actor.stream.close()
                actor.reset()
                actor.inbox.clear()
    if how in ("restarts", "starts"):
        switch.start()
    if how in ("restarts", "starts") and play.stage.fabric is not None:
        play.stage.fabric.meet()


@verb(r"(?P<name>here|there) (?P<how>runs|cannot run) (?P<words>.+)")
def run_tool(play, line, name, how, words):
    """The operator's tool; below it, what it prints."""
    play.settle()
    result = play.stage.switches[name].ctl(*markup.fill_in(words, play.values).split(), check=False)
    said = (result.stdout + result.stderr).strip()
    if (result.returncode == 0) != (how == "runs"):
        raise Surprise("success" if how == "runs" else "failure", f"exit {result.returncode}: {said}", "it ended otherwise")
    if line.body:
        try:
            play.values.update(markup.compare_text(line.body.strip(), said, play.values, "what it printed"))
        except markup.Difference as reason:
            raise Surprise(line.body, said, str(reason)) from None


def perform(script):
    stage = Stage(script)
    try:
        stage.start()
        play = Performance(script, stage)
        try:
            play.begin()
        except (Surprise, AssertionError, OSError) as error:
            details = explain(error) if isinstance(error, Surprise) else str(error).splitlines()
            raise Failure(0, "before it began", details) from None
        try:
            play.perform()
        except Failure as failure:
            failure.details += ["scene: " + script.scene_of(failure.number), "the daemon said last:", *("  " + line for line in stage.log().splitlines()[-12:])]
            raise
        for actor in play.actors.values():
            if actor.live:
                actor.disconnect()
    finally:
        stage.close()


def try_play(path):
    """(title, why it failed or None)."""
    title = os.path.relpath(path, os.path.dirname(os.path.abspath(__file__)))
    try:
        script = Script(path)
        title = f"{title}: {script.title}"
        perform(script)
        return title, None
    except ScriptError as error:
        return title, [f"{path}:{error}"]
    except Failure as failure:
        return title, [f"{path}:{failure.number}: {failure.text}", *failure.details]
    except AssertionError as error:
        return title, [f"{path}:0: before it began, or at its end", *str(error).splitlines()]


def check_wrong(path, reason):
    """Of a play that is to fail: None where it failed as it says itself."""
    with open(path) as file:
        wanted = re.search(r"^# fails: (\d+: .*)$", file.read(), re.MULTILINE)
    if wanted is None:
        return ["it does not say how it fails"]
    if reason is None:
        return [f"it went well, instead of failing: {wanted.group(1)}"]
    number, what = wanted.group(1).split(": ", 1)
    text = " ".join(" ".join(reason).split())
    return None if f"{path}:{number}:" in text and " ".join(what.split()) in text else [f"it does not fail with {wanted.group(1)}", *reason]


def find(words):
    for word in words:
        yield from sorted(glob.glob(os.path.join(glob.escape(word), "**/*.play*"), recursive=True)) if os.path.isdir(word) else [word]


def main(words):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))    # daemons and folders are put away even then
    wrong = "--wrong" in words
    paths = list(find([word for word in words if word != "--wrong"]))
    print(f"1..{len(paths)}", flush=True)
    failed = 0
    for number, path in enumerate(paths, 1):
        title, reason = try_play(path)
        if wrong:
            reason = check_wrong(path, reason)
        failed += reason is not None
        print(f"{'not ok' if reason else 'ok'} {number} - {title.replace('#', '')}", flush=True)
        for line in reason or []:
            print(f"# {line}", flush=True)
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip())
        sys.exit(0 if len(sys.argv) > 1 else 2)
    sys.exit(main(sys.argv[1:]))
