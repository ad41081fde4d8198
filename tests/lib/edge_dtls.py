# SPDX-License-Identifier: GPL-2.0-or-later
"""Endpoints that key their SRTP by DTLS: OpenSSL by way of pyOpenSSL, and sockets."""
import datetime
import hashlib
import re
import select
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto
from pylibsrtp import Policy, Session

from edge_lab import PROFILES, Endpoint

OFFERS = {"AES_CM_128_HMAC_SHA1_80": b"SRTP_AES128_CM_SHA1_80", "AES_CM_128_HMAC_SHA1_32": b"SRTP_AES128_CM_SHA1_32",
          "AEAD_AES_128_GCM": b"SRTP_AEAD_AES_128_GCM", "AEAD_AES_256_GCM": b"SRTP_AEAD_AES_256_GCM"}
KEY_BYTES = {"AES_CM_128_HMAC_SHA1_80": 16, "AES_CM_128_HMAC_SHA1_32": 16, "AEAD_AES_128_GCM": 16,
             "AEAD_AES_256_GCM": 32}


def make_certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.utcnow()
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
                   .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    return key, certificate


def fingerprint(der, name="sha-256"):
    digest = hashlib.new(name.replace("-", ""), der).hexdigest().upper()
    return f"{name} " + ":".join(digest[i:i + 2] for i in range(0, len(digest), 2))


def records(flight):
    """One record after the other of what the library has written: each is sent as a datagram."""
    while flight:
        length = 13 + int.from_bytes(flight[11:13], "big")
        yield flight[:length]
        flight = flight[length:]


class Association:
    """DTLS over one socket."""

    def __init__(self, owner, sock, remote, is_client):
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.use_certificate(crypto.X509.from_cryptography(owner.certificate))
        context.use_privatekey(crypto.PKey.from_cryptography_key(owner.private_key))
        context.set_tlsext_use_srtp(OFFERS[owner.dtls_suite])
        self.connection = SSL.Connection(context, None)
        self.connection.set_ciphertext_mtu(1200)
        (self.connection.set_connect_state if is_client else self.connection.set_accept_state)()
        self.socket, self.remote, self.is_client = sock, remote, is_client
        self.is_done = False
        self.step()

    def step(self):
        try:
            self.connection.do_handshake()
            self.is_done = True
        except SSL.WantReadError:
            pass
        finally:
            self.flush()

    def flush(self):
        try:
            while True:
                for record in records(self.connection.bio_read(65536)):
                    self.socket.sendto(record, self.remote)
        except SSL.WantReadError:
            pass

    def feed(self, datagram):
        self.connection.bio_write(datagram)
        if not self.is_done:
            self.step()
            return
        try:
            self.connection.recv(4096)
        except (SSL.WantReadError, SSL.ZeroReturnError):
            pass
        self.flush()

    def keys(self, suite):
        """Key and salt that the client and the server encrypt with."""
        key, salt = KEY_BYTES[suite], PROFILES[suite][1] - KEY_BYTES[suite]
        material = self.connection.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
        keys, salts = material[:2 * key], material[2 * key:]
        return keys[:key] + salts[:salt], keys[key:] + salts[salt:]


class DtlsEndpoint(Endpoint):
    """One end of a call. `setup` is what its description says of its role."""

    def __init__(self, suite="AES_CM_128_HMAC_SHA1_80", setup="actpass", mux=True, proto="UDP/TLS/RTP/SAVP",
                 ip="127.0.0.1"):
        super().__init__(ip=ip, mux=mux)
        self.private_key, self.certificate = make_certificate()
        self.dtls_suite, self.setup, self.proto = suite, setup, proto
        self.print = None  # told in place of the true one
        self.associations = {}
        self.rtcp_sender = self.rtcp_receiver = None

    def sdp(self, proto=None, tag=1, extra=()):
        mine = fingerprint(self.certificate.public_bytes(serialization.Encoding.DER))
        lines = [f"a=fingerprint:{self.print or mine}"]
        if self.setup:
            lines.append(f"a=setup:{self.setup}")
        self.suite = None  # no crypto line, neither here nor in what the relay writes
        text = super().sdp(proto=proto or self.proto, extra=[*lines, *extra])
        self.suite = self.dtls_suite
        return text

    def take(self, sdp):
        self.suite = None
        super().take(sdp)
        self.suite = self.dtls_suite
        self.peer_setup = re.search(r"^a=setup:(\S+)", sdp, re.M)[1]
        self.peer_print = re.search(r"^a=fingerprint:(.+?)\r?$", sdp, re.M)[1]
        assert "a=crypto" not in sdp
        if self.setup == "actpass" or self.peer_setup == "actpass":
            # The answerer has the choice: the relay's answer, or ours.
            self.is_client = self.peer_setup == "passive" if self.peer_setup != "actpass" else self.setup == "active"
        else:
            self.is_client = self.setup == "active"

    def sockets(self):
        return [self.rtp] if self.mux else [self.rtp, self.rtcp]

    def open(self):
        remotes = {self.rtp: self.remote, self.rtcp: self.remote_rtcp}
        self.associations = {sock: Association(self, sock, remotes[sock], self.is_client)
                             for sock in self.sockets()}

    def is_ready(self):
        return all(one.is_done for one in self.associations.values())

    def adopt(self):
        """Checks the relay's certificate, and takes the keys over."""
        for sock, one in self.associations.items():
            der = crypto.dump_certificate(crypto.FILETYPE_ASN1, one.connection.get_peer_certificate())
            assert fingerprint(der, self.peer_print.split()[0]) == self.peer_print
            client, server = one.keys(self.dtls_suite)
            mine, theirs = (client, server) if one.is_client else (server, client)
            profile = PROFILES[self.dtls_suite][0]
            sender = Session(Policy(key=mine, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
            receiver = Session(Policy(key=theirs, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
            if sock is self.rtp:
                self.sender, self.receiver = sender, receiver
            self.rtcp_sender, self.rtcp_receiver = sender, receiver

    def wrap_rtcp(self, packet):
        return self.rtcp_sender.protect_rtcp(packet)

    def receive_rtcp(self, seconds=1.0):
        wire = self._read(self.rtp if self.mux else self.rtcp, seconds)
        return None if wire is None else self.rtcp_receiver.unprotect_rtcp(wire)


def shake(*ends, seconds=10, opens=True):
    """Handshakes of all of them, at once; False when not all came to their end."""
    for end in ends:
        if opens:
            end.open()
    until = time.time() + seconds
    while time.time() < until and not all(end.is_ready() for end in ends):
        owners = {sock: one for end in ends for sock, one in end.associations.items()}
        for sock in select.select(list(owners), [], [], 0.05)[0]:
            datagram = sock.recv(4096)
            if 20 <= datagram[0] <= 63:
                owners[sock].feed(datagram)
    if not all(end.is_ready() for end in ends):
        return False
    for end in ends:
        end.adopt()
    return True
