# SPDX-License-Identifier: GPL-2.0-or-later
"""RTP and SRTP through the relay."""
import base64
import os
import re
import time

import pytest

from edge_lab import CM_80, KINDS, Call, Endpoint, rtcp_sr, rtp, talk


@pytest.mark.parametrize("kind", KINDS)
def test_rtp_and_rtcp_both_ways(call, kind):
    talk(call(kind).setup(), count=20)


def test_each_leg_has_keys_of_its_own(call):
    one = call("sdes-sdes").setup()
    a_key, b_key = (base64.b64encode(end.key).decode() for end in (one.a, one.b))
    assert a_key not in one.offer_sdp and b_key not in one.answer_sdp
    offered = set(re.findall(r"inline:(\S+)", one.offer_sdp))
    answered = set(re.findall(r"inline:(\S+)", one.answer_sdp))
    assert len(offered) == 4 and len(answered) == 1 and not offered & answered
    assert "NULL" not in one.offer_sdp and "UNENCRYPTED" not in one.offer_sdp


def test_rtcp_mux(call):
    one = call(mux=True)
    one.b.mux = True
    talk(one.setup())
    demuxed = call(mux=True, rtcp_mux=["demux"]).setup()
    assert "a=rtcp-mux" not in demuxed.offer_sdp and "a=rtcp-mux" in demuxed.answer_sdp
    talk(demuxed)


def test_opportunistic_srtp_is_taken(call):
    one = call()
    one.offer(sdp=one.a.sdp(proto="RTP/AVP"))
    one.answer()
    assert "RTP/AVP" in one.answer_sdp and "a=crypto" in one.answer_sdp
    talk(one)


@pytest.mark.parametrize("crypto", ["", "a=crypto:1 NULL_HMAC_SHA1_80 inline:" + "A" * 40 + "\r\n",
                                    f"a=crypto:1 {CM_80} inline:" + "A" * 40 + " UNENCRYPTED_SRTP\r\n"])
def test_srtp_without_a_usable_suite_is_refused(ng, crypto):
    sdp = Endpoint().sdp(proto="RTP/SAVP") + crypto
    reply = ng("offer", expect="error", call_id="weak@test", from_tag="a", sdp=sdp, transport_protocol="RTP/AVP")
    assert "suite" in reply["error-reason"]
    assert "weak@test" not in ng("list", limit=1000)["calls"]


def test_an_answer_in_clear_to_an_srtp_offer_is_refused(call, ng):
    one = call("sdes-sdes")
    one.offer()
    plain = Endpoint()
    for proto in ("RTP/AVP", "RTP/SAVP"):
        ng("answer", expect="error", call_id=one.id, from_tag="tag-a", to_tag="tag-b", sdp=plain.sdp(proto=proto))


def test_replayed_packets_are_not_forwarded(call):
    one = call().setup()
    wires = [one.a.send(rtp(i)) for i in range(1, 51)]
    assert [one.b.receive() for _ in wires] == [rtp(i) for i in range(1, 51)]
    for wire in wires * 4:
        one.a.rtp.sendto(wire, one.a.remote)
    assert one.b.drain() == 0
    assert one.drops()["replay"] == 200
    talk(one)


def test_tampered_forged_and_plain_packets_move_nothing(call):
    one = call().setup()
    talk(one)
    before = one.query()["tags"]["tag-a"]["medias"][0]["streams"][0]
    stranger, other, twin = (Endpoint(suite=CM_80) for _ in range(3))
    twin.rekey(one.a.key)
    for i in range(50):
        wire = bytearray(twin.wrap(rtp(60000 + i)))  # near the wrap: a guess at it would move the counter
        wire[20] ^= 1
        one.a.rtp.sendto(wire, one.a.remote)  # tampered, from the right place
        stranger.rtp.sendto(wire, one.a.remote)  # and from the wrong one
        stranger.rtp.sendto(other.wrap(rtp(i)), one.a.remote)  # another key
        stranger.rtp.sendto(rtp(i), one.a.remote)  # in clear
        stranger.rtp.sendto(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), one.a.remote)  # STUN
        stranger.rtp.sendto(b"\x16\xfe\xfd" + bytes(20), one.a.remote)  # DTLS
        stranger.rtp.sendto(b"\xff\x00\x01", one.a.remote)
        stranger.rtcp.sendto(rtcp_sr(), (one.a.remote[0], one.a.remote[1] + 1))
        time.sleep(0.002)  # a full socket buffer would drop some of them before the relay sees them
    assert one.b.drain() == 0 and stranger.drain() == 0
    after = one.query()["tags"]["tag-a"]["medias"][0]["streams"][0]
    assert after["endpoint"] == before["endpoint"] and after["stats"]["packets"] == before["stats"]["packets"]
    drops = one.drops()
    assert drops["auth_failed"] >= 200 and drops["plain_rtcp"] == 50 and drops["stun"] == 50 and drops["dtls"] == 50
    assert drops["bad_packet"] == 50
    talk(one, first=200)


def test_a_plain_leg_takes_only_its_signalled_address(call):
    one = call().setup()
    stranger = Endpoint(ip="127.0.0.9")
    stranger.rtp.sendto(rtp(1), one.b.remote)
    stranger.rtcp.sendto(rtcp_sr(), one.b.remote_rtcp)
    assert one.a.drain() == 0
    assert one.drops() == {"unknown_source": 2}
    talk(one)  # from the signalled port: pinned
    same_host = Endpoint()
    same_host.rtp.sendto(rtp(2), one.b.remote)
    assert one.a.drain() == 0
    talk(one, first=300)


def test_the_port_of_a_plain_leg_is_learned_once(call):
    one = call().setup()
    moved = Endpoint()
    moved.remote = one.b.remote
    moved.send(rtp(5))
    assert one.a.receive() == rtp(5)
    one.a.send(rtp(6))
    assert moved.receive() == rtp(6)
    one.b.send(rtp(7))  # late: the source is pinned
    assert one.a.receive(0.2) is None


def test_an_srtp_leg_moves_only_by_an_authenticated_packet(call):
    one = call().setup()
    talk(one)
    time.sleep(1.1)  # the old place is silent by now
    old, port = one.a.rtp, one.a.port
    one.a.rtp, one.a.rtcp = Endpoint._pair("127.0.0.7")
    one.a.send(rtp(500))
    assert one.b.receive() == rtp(500)
    one.b.send(rtp(501))
    assert one.a.receive() == rtp(501)
    old.close()
    endpoint = one.query()["tags"]["tag-a"]["medias"][0]["streams"][0]["endpoint"]
    assert endpoint["address"] == "127.0.0.7" and endpoint["port"] != port


def test_rollover_counter_wraps_on_both_legs(call):
    one = call("sdes-sdes").setup()
    for i in list(range(65530, 65536)) + list(range(0, 6)):
        for sender, receiver in ((one.a, one.b), (one.b, one.a)):
            sender.send(rtp(i))
            assert receiver.receive() == rtp(i)
    # A second wrap with loss: every 1000th packet.
    for i in range(1000, 3 * 65536, 1000):
        one.a.send(rtp(i))
        assert one.b.receive() == rtp(i), i


def test_reordered_packets_pass_once(call):
    one = call("sdes-sdes").setup()
    wires = [one.a.wrap(rtp(i)) for i in range(1, 65)]
    for wire in reversed(wires):
        one.a.rtp.sendto(wire, one.a.remote)
    got = [one.b.receive() for _ in wires]
    assert got == [rtp(i) for i in range(64, 0, -1)]


def test_a_reinvite_with_the_same_key_keeps_the_counters(call):
    one = call("sdes-sdes").setup()
    for i in (65534, 65535, 0, 1):
        one.a.send(rtp(i))
        assert one.b.receive() == rtp(i)
        one.b.send(rtp(i))
        assert one.a.receive() == rtp(i)
    port = one.a.remote
    one.offer(to_tag="tag-b")
    one.answer()
    assert one.a.remote == port
    talk(one, first=2)  # still the second round of the counter, on both legs


def test_a_reinvite_with_a_new_key_takes_both_for_a_while(call):
    one = call("sdes-plain").setup()
    talk(one)
    late = one.a.wrap(rtp(200))
    one.a.rekey(os.urandom(30))
    one.offer(to_tag="tag-b")
    one.answer()
    talk(one, first=201)
    one.a.rtp.sendto(late, one.a.remote)
    assert one.b.receive() == rtp(200)
    assert one.query()["tags"]["tag-a"]["medias"][0]["srtp"]["rekeying"] == 1


def test_a_new_key_may_start_the_sequence_anew(call):
    one = call("sdes-sdes").setup()
    talk(one, first=20000)
    one.a.rekey(os.urandom(30))
    one.offer(to_tag="tag-b")
    one.answer()
    for i in range(20):
        one.a.send(rtp(i))
    numbers = []
    while (packet := one.b.receive(0.2)) is not None:
        numbers.append(int.from_bytes(packet[2:4], "big"))
    assert numbers == list(range(20005, 20005 + 13))


def test_reversed_reoffer_and_fork(call, ng):
    one = call("sdes-sdes").setup()
    # The called side offers again (tags swapped), and the caller answers.
    reply = ng("offer", call_id=one.id, from_tag="tag-b", to_tag="tag-a", sdp=one.b.sdp(tag=one.b.chosen_tag),
               transport_protocol="RTP/SAVP")
    one.a.take(reply["sdp"])
    reply = ng("answer", call_id=one.id, from_tag="tag-b", to_tag="tag-a", sdp=one.a.sdp(tag=one.a.chosen_tag))
    one.b.take(reply["sdp"])
    talk(one)
    assert len(one.query()["tags"]) == 2


def test_branches_by_via_branch(call, ng):
    one = call("sdes-plain")
    one.offer(via_branch="z9hG4bK-1")
    second = Call(ng, one.a, Endpoint(), call_id=one.id)
    second.offer(via_branch="z9hG4bK-2")
    assert one.b.remote != second.b.remote
    reply = ng("answer", call_id=one.id, from_tag="tag-a", to_tag="tag-c", via_branch="z9hG4bK-2", sdp=second.b.sdp())
    second.a.take(reply["sdp"])
    talk(second)
    ng("delete", call_id=one.id, from_tag="tag-a", via_branch="z9hG4bK-1")
    assert "tag-c" in one.query()["tags"]
    talk(second, first=300)


def test_an_answer_with_an_unseen_to_tag_takes_over(call, ng):
    one = call("sdes-plain").setup()
    other = Endpoint()
    reply = ng("answer", call_id=one.id, from_tag="tag-a", to_tag="tag-z", sdp=other.sdp())
    other.take(one.offer_sdp)
    one.a.take(reply["sdp"])
    one.b.close()
    one.b = other
    talk(one)
