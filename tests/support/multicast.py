# SPDX-License-Identifier: LGPL-2.1-or-later
"""Multicast DNS by hand: what anybody on a link may say."""

import socket
import struct

GROUP, PORT = "224.0.0.251", 5353
SERVICE = ("_xmpp-server", "_tcp", "local")
A, PTR, TXT, SRV = 1, 12, 16, 33
CLASS, FLUSH = 1, 0x8001


def encode(labels):
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def record(labels, kind, data, ttl, flush):
    return encode(labels) + struct.pack(">HHIH", kind, FLUSH if flush and kind != PTR else CLASS, ttl, len(data)) + data


def response(*records):
    return struct.pack(">HHHHHH", 0, 0x8400, 0, len(records), 0, 0) + b"".join(records)


def question(labels=SERVICE, kind=PTR):
    return struct.pack(">HHHHHH", 0, 0, 1, 0, 0, 0) + encode(labels) + struct.pack(">HH", kind, CLASS)


def announcement(*what, **wishes):
    """A packet: a switch of that name is there."""
    return response(*announcing(*what, **wishes))


def announcing(domain, address, port, host="mallory", ttl=120, flush=True, vr="VR-Mgmt", **txt):
    instance, machine = (domain, *SERVICE), (host, "local")
    words = ["txtvers=1", f"vr={vr}", *(f"{key}={value}" for key, value in txt.items())]
    text = b"".join(bytes([len(word)]) + word.encode() for word in words)
    return [record(SERVICE, PTR, encode(instance), ttl, flush),
            record(instance, SRV, struct.pack(">HHH", 0, 0, port) + encode(machine), ttl, flush),
            record(instance, TXT, text, ttl, flush),
            record(machine, A, socket.inet_aton(address), ttl, flush)]


def skip_name(packet, at):
    while packet[at] != 0:
        if packet[at] & 0xC0:
            return at + 2
        at += 1 + packet[at]
    return at + 1


def farewell(packet):
    """The same response, all of it gone: every TTL 0."""
    out, at = bytearray(packet), 12
    questions, *counts = struct.unpack(">HHHH", packet[4:12])
    for _ in range(questions):
        at = skip_name(packet, at) + 4
    for _ in range(sum(counts)):
        at = skip_name(packet, at)
        out[at + 4:at + 8] = bytes(4)
        at += 10 + struct.unpack(">H", packet[at + 8:at + 10])[0]
    return bytes(out)


def open_socket(interface="eth0", port=PORT):
    """In the network namespace of the caller."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", port))
    request = struct.pack("=4s4si", socket.inet_aton(GROUP), bytes(4), socket.if_nametoindex(interface))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, request)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    return sock


def is_response_of(packet, domain):
    return len(packet) > 12 and packet[2] & 0x80 and domain.encode() in packet
