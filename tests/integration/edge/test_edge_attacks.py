# SPDX-License-Identifier: GPL-2.0-or-later
"""Inject, replay, tamper, steal: every kind of call, every way of learning. Nothing gets in, nothing is stolen, nobody loses a packet.

Datagrams to one socket of the relay stay in order, so a genuine packet behind an attack shows that nothing of it was forwarded."""
import itertools
import os
import struct

import pytest

from edge_lab import KINDS, PROFILES, Endpoint, rtcp_sr, rtp

WAYS = {
    "default": {},
    "strict": {"flags": ["strict-source", "trust-address"]},
    "handover": {"flags": ["media-handover", "port-latching"]},
    "asymmetric": {"flags": ["asymmetric"]},
    "off": {"endpoint_learning": "off"},
    "immediate": {"endpoint_learning": "immediate"},
    "heuristic": {"endpoint_learning": "heuristic"},
    "delayed": {"endpoint_learning": "delayed"},
    "sip-source": {"flags": ["SIP-source-address"], "received_from": ["IP4", "127.0.0.1"]},
}


@pytest.fixture(scope="module")
def attackers():
    """On another host, and on another port of the same one."""
    ends = [Endpoint(ip="127.0.0.9"), Endpoint()]
    yield ends
    for end in ends:
        end.close()


def forgeries(victim, seq):
    """RTP that the victim did not send, in clear and under a key of somebody else."""
    packets = [rtp(seq), rtp(seq + 5), rtp(seq, payload=b""), b"\x80\x08", b"", rtp(seq, ssrc=99)]
    if victim.suite:
        twin = Endpoint(suite=victim.suite)
        packets += [twin.wrap(rtp(seq)), twin.wrap(rtp((seq + 40000) & 0xffff)), twin.wrap(rtp(seq, ssrc=99))]
        twin.close()
    return packets


def tampered(wire):
    for at in (1, 3, 7, 9, 20, len(wire) - 1):
        changed = bytearray(wire)
        changed[at] ^= 1
        yield bytes(changed)
    yield wire[:-1]
    yield wire + b"\0"


def attack(sender, receiver, attackers, seq, same_host_is_trusted):
    """From one side; the other one must get the genuine packets and nothing else, in time and in order."""
    real = [rtp(seq + i, payload=os.urandom(160)) for i in range(4)]
    seen = sender.send(real[0])
    sender.send_rtcp(rtcp_sr(count=1))
    assert receiver.receive() == real[0] and receiver.receive_rtcp() == rtcp_sr(count=1)
    hostile = attackers[:1] if same_host_is_trusted else attackers
    for end in hostile:
        for packet in forgeries(sender, seq + 1):
            end.rtp.sendto(packet, sender.remote)
        end.rtp.sendto(seen, sender.remote)
    sender.send(real[1])
    assert receiver.receive() == real[1], "forged or replayed from elsewhere"
    # SRTP proves itself: what was sent before, or changed, is refused from the right place too.
    coming = sender.wrap(real[2])
    if sender.suite:
        for _ in range(3):
            sender.rtp.sendto(seen, sender.remote)
        for packet in tampered(coming):
            sender.rtp.sendto(packet, sender.remote)
            hostile[0].rtp.sendto(packet, sender.remote)
    sender.rtp.sendto(coming, sender.remote)
    assert receiver.receive() == real[2], "replayed or tampered"
    # Reports.
    report, other = rtcp_sr(count=seq), rtcp_sr(count=seq + 1)
    wire = sender.wrap_rtcp(report)
    for end in hostile:
        end.rtcp.sendto(rtcp_sr(count=7), sender.remote_rtcp)
        end.rtcp.sendto(struct.pack("!BBHI", 0x81, 203, 1, 0x11223344), sender.remote_rtcp)
        if sender.suite:
            for packet in tampered(wire):
                end.rtcp.sendto(packet, sender.remote_rtcp)
    sender.rtcp.sendto(wire, sender.remote_rtcp)
    assert receiver.receive_rtcp() == report, "a forged report"
    if sender.suite:
        sender.rtcp.sendto(wire, sender.remote_rtcp)
    sender.send_rtcp(other)
    assert receiver.receive_rtcp() == other, "a replayed report"
    # And the way back still leads to the sender.
    receiver.send(real[3])
    receiver.send_rtcp(other)
    assert sender.receive() == real[3] and sender.receive_rtcp() == other
    for end in attackers:
        assert end.receive(0) is None and end.receive_rtcp(0) is None, "stolen"


@pytest.mark.parametrize("kind", KINDS)
def test_attacks(call, attackers, kind):
    assert all(suite is None or suite in PROFILES for suite in KINDS[kind])
    for (name, way), is_talking in itertools.product(WAYS.items(), (True, False)):
        one = call(kind, **way)
        one.offer()
        one.answer(**way)
        if is_talking:  # both ends are known by their packets, else by their descriptions
            for sender, receiver in ((one.a, one.b), (one.b, one.a)):
                sender.send(rtp(90))
                assert receiver.receive() == rtp(90)
        for sender, receiver in ((one.a, one.b), (one.b, one.a)):
            try:
                attack(sender, receiver, attackers, 100, same_host_is_trusted=not sender.suite and name == "asymmetric")
            except AssertionError as error:
                raise AssertionError(f"{kind}, {name}, {'a' if sender is one.a else 'b'} attacked: {error}") from error
        if kind != "plain-plain":
            drops = one.drops()
            assert drops["auth_failed"] > 0 and drops["replay"] > 0
        one.delete()


@pytest.mark.parametrize("mki", [b"\x01", b"\x00\x00\x00\x2a", bytes(range(1, 129))], ids=["1", "4", "128"])
@pytest.mark.parametrize("suite", ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM"])
def test_a_key_with_an_identifier(call, suite, mki):
    """RFC 3711 3.1: the MKI is in every packet, before the tag (behind it with RFC 7714), and no part of what is authenticated."""
    one = call("sdes-plain")
    one.a.close()
    one.a = Endpoint(suite=suite)
    named = f"|{int.from_bytes(mki, 'big')}:{len(mki)}"
    one.offer(sdp=one.a.sdp().rstrip("\r\n") + named + "\r\n")
    one.answer()
    assert "|" not in one.answer_sdp
    tag = {"AES_CM_128_HMAC_SHA1_80": 10, "AES_CM_128_HMAC_SHA1_32": 4, "AEAD_AES_128_GCM": 0}[suite]
    rtcp_tag = 10 if tag else 0

    def insert(wire, behind):
        return wire[:len(wire) - behind] + mki + wire[len(wire) - behind:]

    for i in range(65534, 65539):
        one.a.rtp.sendto(insert(one.a.wrap(rtp(i)), tag), one.a.remote)
        assert one.b.receive() == rtp(i)
        one.b.send(rtp(i))
        assert one.a.receive() == rtp(i)
    one.a.rtcp.sendto(insert(one.a.wrap_rtcp(rtcp_sr()), rtcp_tag), one.a.remote_rtcp)
    assert one.b.receive_rtcp() == rtcp_sr()
    # Without it, or with another one, it is no packet of this key.
    one.a.send(rtp(9))
    one.a.rtp.sendto(insert(one.a.wrap(rtp(10)), tag).replace(mki, bytes(len(mki))), one.a.remote)
    one.a.rtp.sendto(insert(one.a.wrap(rtp(11)), tag), one.a.remote)
    assert one.b.receive() == rtp(11)
    # An offer with the same key under another identifier is another key.
    one.a.rekey(one.a.key)
    one.offer(sdp=one.a.sdp(), to_tag="tag-b")
    one.answer()
    one.a.send(rtp(20))
    assert one.b.receive() == rtp(20)
