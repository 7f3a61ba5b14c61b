# SPDX-License-Identifier: LGPL-2.1-or-later
"""Certificates as somebody makes them who wants to be taken for a switch: any names, any purposes, any times, signed by
himself, by a CA of his own, or, in a test, by the fabric's very CA."""

import base64
import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
SAN = ObjectIdentifier("2.5.29.17")
XMPP_ADDRESS = bytes.fromhex("06082b06010505070805")  # 1.3.6.1.5.5.7.8.5


def tlv(tag, content):
    """DER by hand: a library would not write the names that are of interest here."""
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 255])
    return bytes([tag]) + length + content


def dns(name):
    return tlv(0x82, name.encode())


def uri(text):
    return tlv(0x86, text.encode())


def xmpp(name):
    return tlv(0xA0, XMPP_ADDRESS + tlv(0xA0, tlv(0x0C, name.encode())))


def device_id(key):
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b32encode(hashlib.sha256(spki).digest()).decode().rstrip("=")


class Papers:
    """A key, and the chain to show with it."""

    def __init__(self, key, chain):
        self.key = key
        self.chain = chain
        self.id = device_id(key)


class Authority:
    def __init__(self, key, certificate):
        self.key = key
        self.certificate = certificate

    @classmethod
    def of(cls, registrar):
        """The fabric's own CA, out of the state folder of a switch of these tests."""
        with open(registrar.path("state", "ca.key"), "rb") as file:
            key = serialization.load_pem_private_key(file.read(), None)
        with open(registrar.path("state", "ca.pem"), "rb") as file:
            return cls(key, x509.load_pem_x509_certificate(file.read()))

    @classmethod
    def made_up(cls, name="lab"):
        key = ec.generate_private_key(ec.SECP256R1())
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        builder = begin(key, name, name, -3600, 86400).add_extension(constraints, True)
        return cls(key, builder.sign(key, hashes.SHA256()))

    def issue(self, domain, **wishes):
        key, builder = fill_in(domain, issuer=self.certificate.subject, **wishes)
        return Papers(key, [builder.sign(self.key, hashes.SHA256()), self.certificate])


def self_signed(domain, **wishes):
    key, builder = fill_in(domain, **wishes)
    return Papers(key, [builder.sign(key, hashes.SHA256())])


def names_of(domain, key, vrs=("VR-Mgmt",), registrar=False):
    """What a switch's certificate says: its domain twice, its device id, its virtual routers."""
    names = [dns(domain), xmpp(domain), uri("ismb:id:" + device_id(key)), *(uri("ismb:vr:" + vr) for vr in vrs)]
    return names + [uri("ismb:registrar")] * registrar


def begin(key, subject, issuer, since, until):
    def name(text):
        return text if isinstance(text, x509.Name) else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.datetime.utcnow()
    return (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now + datetime.timedelta(seconds=since))
            .not_valid_after(now + datetime.timedelta(seconds=until)))


def fill_in(domain, issuer=None, key=None, since=-3600, until=86400, purposes=(SERVER, CLIENT), names=None, **what):
    """`names`: a function of the key; without it those that a switch has."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    names = names(key) if names else names_of(domain, key, **what)
    builder = begin(key, domain, issuer or domain, since, until)
    if names:
        builder = builder.add_extension(x509.UnrecognizedExtension(SAN, tlv(0x30, b"".join(names))), False)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), False)
    return key, builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)


def of_switch(switch):
    """A switch's own key and certificate: it was stolen."""
    with open(switch.path("state", "device.key"), "rb") as file:
        key = serialization.load_pem_private_key(file.read(), None)
    with open(switch.path("state", "fabric.pem"), "rb") as file:
        pem = file.read()
    end = b"-----END CERTIFICATE-----"
    return Papers(key, [x509.load_pem_x509_certificate(part + end) for part in pem.split(end)[:-1]])
