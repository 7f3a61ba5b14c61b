# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a switch says to come into a fabric (docs/protocol.md), for one who says it wrongly."""

import base64
import hashlib
import hmac
import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

import papers

NS = "urn:ismb:join:1"


def digest(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


class Token:
    def __init__(self, text):
        self.text = text
        self.secret = bytes.fromhex(text.split(".")[3])
        self.id = digest(self.secret, b"ismb token id")[:8].hex()

    def prove(self, exporter, request):
        client_key = digest(self.secret, b"ismb join client key")
        signature = digest(hashlib.sha256(client_key).digest(),
                           b"ismb-join-1\n" + exporter + hashlib.sha256(request.encode()).digest())
        return base64.b64encode(bytes(a ^ b for a, b in zip(signature, client_key))).decode()


def make_request(domain, key, **what):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    names = papers.tlv(0x30, b"".join(papers.names_of(domain, key, **what)))
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    builder = builder.add_extension(x509.UnrecognizedExtension(papers.SAN, names), False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def join(request, token_id=None, proof=None):
    said = f" token='{token_id}' proof='{proof}'" if token_id else ""
    return f"<join xmlns='{NS}'{said}><request>{request}</request></join>"


class Answer:
    def __init__(self, element):
        self.word = re.match(r"<(\w+)", element).group(1)
        reason = re.search(r"\breason='([^']*)'", element)
        self.reason = reason and reason.group(1)
        bundle = re.search(r"<bundle>(.*)</bundle>", element, re.DOTALL)
        self.chain = bundle and [x509.load_pem_x509_certificate((part + "-----END CERTIFICATE-----").encode())
                                 for part in bundle.group(1).split("-----END CERTIFICATE-----")[:-1]]


def answer_of(stream):
    """The one answer, behind which the stream is closed."""
    heard = stream.until_end().decode()
    answers = re.findall(r"<(?:joined|refer|refused|wait)\b(?:[^>]*/>|.*?</(?:joined|refer|refused)>)", heard, re.DOTALL)
    assert len(answers) == 1, heard
    return Answer(answers[0])


class Applicant:
    """A stranger at a switch's door, with a key and a name; its stream is open and may be said anything to."""

    def __init__(self, attacker, switch, domain, shown=None, **wishes):
        self.domain = domain
        self.papers = shown or papers.self_signed(domain)
        self.request = make_request(domain, self.papers.key, **wishes)
        self.stream = attacker.present(switch, self.papers, domain)
        self.stream.expect(rb"<join xmlns='urn:ismb:join:1'/>.*</(stream:)?features>")

    def element(self, token):
        """What is true in this session, and in no other."""
        return join(self.request, token.id, token.prove(self.stream.exporter(), self.request))

    def say(self, element):
        self.stream.send(element)
        return answer_of(self.stream)
