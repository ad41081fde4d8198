# SPDX-License-Identifier: GPL-2.0-or-later
"""Who answers with the address that he was offered makes the caller hear himself."""
import os

import pytest

from edge_lab import rtcp_sr, rtp, talk, wait_until


def echoed(call, **keys):
    call.offer(**keys)
    call.answer(call.offer_sdp)
    return call


@pytest.mark.parametrize("kind", ["sdes-plain", "plain-plain", "gcm-sdes"])
def test_the_caller_hears_himself(call, kind):
    one = echoed(call(kind))
    for i in range(20):
        packet = rtp(i, payload=os.urandom(160))
        one.a.send(packet)
        back = one.a.receive()
        # The same but for the source, so that nobody takes it for his own packet in a loop.
        assert back[:8] == packet[:8] and back[12:] == packet[12:] and back[8:12] != packet[8:12]
        if one.a.suite:
            assert one.a.peer_key != one.a.key
    one.a.send_rtcp(rtcp_sr())
    assert one.a.drain() == 0 and one.b.drain() == 0
    stranger = call("plain-plain").a
    stranger.rtp.sendto(rtp(99), one.a.remote)
    assert one.a.drain() == 0 and stranger.drain() == 0
    (media,) = one.query()["tags"]["tag-a"]["medias"]
    assert media["streams"][0]["stats_out"]["packets"] == 20


def test_both_sides_name_our_ports_and_nothing_goes_round(call):
    one = call("plain-plain").setup()
    talk(one)
    towards_a = one.answer_sdp
    one.offer(sdp=towards_a, to_tag="tag-b")  # "send me what you have for me to where I send"
    for i in range(5):
        one.a.send(rtp(200 + i))
    one.answer(one.offer_sdp)
    for i in range(5):
        one.a.send(rtp(300 + i))
    for media in (tag["medias"][0] for tag in one.query()["tags"].values()):
        assert "endpoint" not in media["streams"][0]
    before = one.query()["totals"]["RTP"]["packets"]
    assert one.a.drain() == 0 and one.b.drain() == 0
    assert one.query()["totals"]["RTP"]["packets"] == before


def test_an_echo_is_blocked_like_any_call(call):
    one = echoed(call("sdes-plain"))
    one.a.send(rtp(1))
    assert one.a.receive()
    one.ng("block media", call_id=one.id)
    for i in range(2, 7):
        one.a.send(rtp(i))
    wait_until(lambda: one.query()["verdict"]["dropped_after_verdict"]["packets"] == 5)
    assert one.a.drain() == 0 and one.query()["verdict"]["forwarded_after_verdict"] == 0


def test_a_call_becomes_an_echo_and_a_call_again(call):
    one = call("sdes-plain").setup()
    talk(one)
    one.offer(to_tag="tag-b")
    one.answer(one.offer_sdp)
    one.a.send(rtp(500))
    assert one.a.receive() and one.b.drain() == 0
    one.offer(to_tag="tag-b")
    one.answer()
    talk(one, first=600)
