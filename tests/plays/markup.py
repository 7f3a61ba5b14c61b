# SPDX-License-Identifier: LGPL-2.1-or-later
"""XML as a play has it: what comes on a stream, in pieces, and the patterns it is held against."""

import re
import xml.etree.ElementTree as ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

STREAMS = "http://etherx.jabber.org/streams"
HEADER = "{%s}stream" % STREAMS
FEATURES = "{%s}features" % STREAMS
XML = "{http://www.w3.org/XML/1998/namespace}"
NAME = re.compile(r"\$([A-Za-z]\w*(?:\.(?:bare|stream))?)")
PIECE = re.compile(r"\*\*|\*|\$\$|\$[A-Za-z]\w*(?:\.(?:bare|stream))?")
REPEATED = re.compile(r"\$\(([^()*]*)\*(\d+)\)")
OPEN = re.compile(r"\s*(<\?xml[^>]*\?>\s*)?<(stream:)?stream\b[^>]*(?<!/)>\s*\Z", re.DOTALL)


class End:
    """What ends a stream: `good-bye` is </stream:stream>, `cut` the connection's end."""

    def __init__(self, how):
        self.how = how


class Reader:
    """Bytes to headers and whole elements, in the order they came."""

    def __init__(self, put):
        self.put = put
        self.restart()

    def restart(self):
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.open = []
        self.held = b""

    def feed(self, data):
        """To the last >: expat from 2.6 on puts off a second look at what it could not finish at first."""
        self.held += data
        whole = self.held.rfind(b">") + 1
        data, self.held = self.held[:whole], self.held[whole:]
        if data:
            self.parser.Parse(data, False)

    def start(self, name, attributes):
        element = ElementTree.Element(clark(name), {clark(key): value for key, value in attributes.items()})
        if len(self.open) > 1:
            self.open[-1].append(element)
        elif not self.open:
            self.put(element)
        self.open.append(element)

    def end(self, _):
        element = self.open.pop()
        if not self.open:
            self.put(End("good-bye"))
        elif len(self.open) == 1:
            self.put(element)

    def text(self, data):
        element = self.open[-1]
        if len(self.open) < 2:
            return
        if len(element):
            element[-1].tail = (element[-1].tail or "") + data
        else:
            element.text = (element.text or "") + data


def clark(name):
    return "{" + name if "}" in name else name


def parse(text, namespace):
    """The elements that a play writes below one another; a stream's header is one as well."""
    if OPEN.match(text):
        text = re.sub(r"<\?xml[^>]*\?>", "", text).rstrip() + ("</stream:stream>" if "<stream:" in text else "</stream>")
    wrapped = f"<all xmlns='{namespace}' xmlns:stream='{STREAMS}'>{text}</all>"
    return list(ElementTree.fromstring(wrapped))


def show(element, depth=0):
    """For people: indented, namespaces only where they change."""
    if isinstance(element, End):
        return "</stream:stream>" if element.how == "good-bye" else "the end of the connection"
    return "\n".join(lines_of(element, "jabber:client", 0))


def lines_of(element, outer, depth):
    namespace, name = split(element.tag)
    said = "".join(f" {attribute.replace(XML, 'xml:')}={quoteattr(value)}" for attribute, value in element.attrib.items())
    if namespace != outer:
        said = f" xmlns='{namespace}'" + said
    text = escape(element.text or "")
    pad = "  " * depth
    if not len(element):
        yield f"{pad}<{name}{said}>{text}</{name}>" if text else f"{pad}<{name}{said}/>"
        return
    yield f"{pad}<{name}{said}>{text.strip()}"
    for child in element:
        yield from lines_of(child, namespace, depth + 1)
    yield f"{pad}</{name}>"


def split(tag):
    return tag[1:].split("}") if tag.startswith("{") else ("", tag)


def fill_in(text, values, quote=str):
    """What is sent: every $NAME has to be known by now; $(x*1000) is a thousand x."""
    def value_of(match):
        if match.group() == "$$":
            return "$"
        if match.group(1) not in values:
            raise KeyError(f"nobody knows {match.group()} yet")
        return quote(str(values[match.group(1)]))
    text = REPEATED.sub(lambda match: match.group(1) * int(match.group(2)), text)
    return re.sub(NAME.pattern + r"|\$\$", value_of, text)


def quote_value(value):
    return escape(value, {"'": "&apos;", '"': "&quot;"})


class Difference(Exception):
    """Where the two part, and how."""


def compare(pattern, element, values, path=""):
    """Raises Difference, or returns what the pattern's free names have caught, beside `values`."""
    if isinstance(element, End):
        raise Difference(f"the stream ended: {show(element)}")
    if split(pattern.tag)[1] == "_":
        return values
    path = f"{path}/{split(element.tag)[1]}"
    if pattern.tag != element.tag:
        raise Difference(f"{path} is {element.tag}, not {pattern.tag}")
    values = compare_attributes(pattern, element, values, path)
    return compare_content(pattern, element, values, path)


def compare_attributes(pattern, element, values, path):
    for name, wanted in pattern.attrib.items():
        if name == "_" or (wanted == "?" and name not in element.attrib):
            continue
        if name not in element.attrib:
            raise Difference(f"{path} has no {name}")
        if wanted != "?":
            values = compare_text(wanted, element.attrib[name], values, f"{path}/@{name}")
    surplus = [name for name in element.attrib if name not in pattern.attrib]
    if surplus and "_" not in pattern.attrib:
        raise Difference(f"{path} has {surplus[0]}={quoteattr(element.attrib[surplus[0]])}, too")
    return values


def texts_of(element):
    return [element.text or "", *(child.tail or "" for child in element)]


def compare_content(pattern, element, values, path):
    texts = " ".join(texts_of(pattern))
    if "..." in texts.split():
        return compare_some(pattern, element, values, path)
    if not len(pattern) and not len(element):
        return compare_leaf(pattern.text or "", element.text or "", values, path)
    said = " ".join(" ".join(texts_of(element)).split())
    values = compare_text(" ".join(texts.split()), said, values, path + "/text()")
    for wanted, child in zip(pattern, element):
        values = compare(wanted, child, values, path)
    if len(element) > len(pattern):
        raise Difference(f"{path} has {show(element[len(pattern)])}, too")
    if len(element) < len(pattern):
        raise Difference(f"{path} has no {pattern[len(element)].tag}")
    return values


def compare_leaf(wanted, said, values, path):
    """On one line a text is meant as it stands, blanks too; on several, blanks and line ends are all one."""
    if "\n" in wanted:
        wanted, said = " ".join(wanted.split()), " ".join(said.split())
    return compare_text(wanted, said, values, path + "/text()")


def compare_some(pattern, element, values, path):
    """With `...`, what is written must be there, in whichever order."""
    left = list(element)
    for wanted in pattern:
        reasons = []
        for child in left:
            try:
                values = compare(wanted, child, values, path)
                left.remove(child)
                break
            except Difference as reason:
                reasons.append(str(reason))
        else:
            raise Difference(f"{path} has no {' '.join(show(wanted).split())}" + "".join(
                f"; {reason}" for reason in reasons[:1] if len(left) == 1))
    return values


def compare_text(wanted, said, values, path):
    """`*` is anything, $NAME what it caught before, or else what it catches here."""
    free, expression = [], ""
    at = 0
    for match in PIECE.finditer(wanted):
        expression += re.escape(wanted[at:match.start()])
        at = match.end()
        piece = match.group()
        if piece in ("**", "$$"):
            expression += re.escape(piece[0])
        elif piece == "*":
            expression += ".*"
        elif piece[1:] in values:
            expression += re.escape(str(values[piece[1:]]))
        elif piece[1:] in free:
            expression += f"(?P=n{free.index(piece[1:])})"
        else:
            expression += f"(?P<n{len(free)}>.+)"
            free.append(piece[1:])
    found = re.fullmatch(expression + re.escape(wanted[at:]), said, re.DOTALL)
    if not found:
        raise Difference(f"{path} is {said!r}, not {fill_known(wanted, values)!r}")
    return {**values, **{name: found.group(f"n{index}") for index, name in enumerate(free)}} if free else values


def fill_known(text, values):
    return NAME.sub(lambda match: str(values.get(match.group(1), match.group())), text)
