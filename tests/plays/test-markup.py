#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What fits a pattern and what does not, and how a stream is read: tests of the player itself."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import markup
import tap

FITS = [    # pattern, what comes
    ("<a b='1' c='2'/>", "<a c='2' b='1'/>"),
    ("<a>\n  <b/>\n  <c/>\n</a>", "<a><b/><c/></a>"),
    ("<a xmlns='urn:x'/>", "<x:a xmlns:x='urn:x'/>"),
    ("<a b='*'/>", "<a b=''/>"),
    ("<a b='x*z'/>", "<a b='xyz'/>"),
    ("<a b='**'/>", "<a b='*'/>"),
    ("<a b='?'/>", "<a/>"),
    ("<a b='?'/>", "<a b='1'/>"),
    ("<a b='1' _=''/>", "<a b='1' c='2'/>"),
    ("<a>...</a>", "<a><b/><c/></a>"),
    ("<a>...<c/><b/></a>", "<a><b/><d/><c/></a>"),
    ("<a>*</a>", "<a>some text</a>"),
    ("<a>a\n  b</a>", "<a>a b</a>"),
    ("<a><_/></a>", "<a><b c='d'>e</b></a>"),
    ("<a b='$x' c='$x'/>", "<a b='1' c='1'/>"),
    ("<a b='$$x'/>", "<a b='$x'/>"),
    ("<a b='$known'/>", "<a b='a.b'/>"),
    ("<a b='$known/c'/>", "<a b='a.b/c'/>"),
]
FAILS = [
    ("<a b='1'/>", "<a b='2'/>"),
    ("<a b='1'/>", "<a/>"),
    ("<a/>", "<a b='1'/>"),
    ("<a/>", "<a><b/></a>"),
    ("<a/>", "<a>text</a>"),
    ("<a><b/></a>", "<a/>"),
    ("<a><b/><c/></a>", "<a><c/><b/></a>"),
    ("<a><b/></a>", "<a><b/>text</a>"),
    ("<a xmlns='urn:x'/>", "<a/>"),
    ("<a b='x*z'/>", "<a b='xy'/>"),
    ("<a b='**'/>", "<a b='x'/>"),
    ("<a b='a.b'/>", "<a b='aXb'/>"),
    ("<a b='$known'/>", "<a b='aXb'/>"),
    ("<a b='$x' c='$x'/>", "<a b='1' c='2'/>"),
    ("<a>...<b/><b/></a>", "<a><b/></a>"),
    ("<a>a  b</a>", "<a>a b</a>"),
    ("<a> b</a>", "<a>b</a>"),
    ("<a b='$x'/>", "<a b=''/>"),
]


def fits(pattern, what):
    (wanted,), (came,) = markup.parse(pattern, "jabber:client"), markup.parse(what, "jabber:client")
    try:
        markup.compare(wanted, came, {"known": "a.b"})
        return True
    except markup.Difference:
        return False


def test_what_fits():
    assert [case for case in FITS if not fits(*case)] == []


def test_what_does_not():
    assert [case for case in FAILS if fits(*case)] == []


def test_names_catch():
    (wanted,), (came,) = markup.parse("<a b='$x/$y'>$z</a>", ""), markup.parse("<a b='1/2'>3</a>", "")
    assert markup.compare(wanted, came, {}) == {"x": "1", "y": "2", "z": "3"}


def test_names_are_said():
    assert markup.fill_in("$x.bare $$ $x $(ab*3)", {"x": "1", "x.bare": "2"}) == "2 $ 1 ababab"
    assert markup.fill_in("<a b='$x'/>", {"x": "<'&"}, markup.quote_value) == "<a b='&lt;&apos;&amp;'/>"


def test_torn_bytes():
    text = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='%s' id='1'><a>b<c/>d</a> <e/>"
            "</stream:stream>" % markup.STREAMS).encode()
    for size in range(1, len(text) + 1):
        items = []
        reader = markup.Reader(items.append)
        for at in range(0, len(text), size):
            reader.feed(text[at:at + size])
        header, first, second, end = items
        assert header.tag == markup.HEADER and header.get("id") == "1"
        assert markup.show(first) == "<a>b\n  <c/>\n</a>" and first[0].tail == "d", markup.show(first)
        assert second.tag == "{jabber:client}e" and end.how == "good-bye"


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
