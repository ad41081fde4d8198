# SPDX-License-Identifier: GPL-2.0-or-later
"""Re-offers, refused offers, forks and holds within a call, as proxies and phones make them."""
import os
import re
import time

import pytest

from edge_lab import Edge, Endpoint, Ng, assert_silent, rtp, talk, wait_until


def reoffer(call, sdp, to="b", **keys):
    """An offer within the call, towards `to`; the description that the other side gets."""
    tags = {"from_tag": "tag-a", "to_tag": "tag-b"} if to == "b" else {"from_tag": "tag-b", "to_tag": "tag-a"}
    return call.ng("offer", call_id=call.id, sdp=sdp, replace=["origin", "session-connection"], **tags, **keys)["sdp"]


def test_a_reoffer_that_names_no_profile_keeps_those_of_the_call(call):
    one = call("sdes-plain").setup()
    talk(one)
    towards_b = reoffer(one, one.a.sdp())
    assert re.search(r"^m=audio \d+ RTP/AVP ", towards_b, re.M) and "a=crypto" not in towards_b
    one.answer()
    towards_a = reoffer(one, one.b.sdp(), to="a")
    assert re.search(r"^m=audio \d+ RTP/SAVP ", towards_a, re.M) and "a=crypto" in towards_a, "silent downgrade"
    one.a.take(towards_a)
    reply = one.ng("answer", call_id=one.id, from_tag="tag-b", to_tag="tag-a", sdp=one.a.sdp(tag=one.a.chosen_tag))
    assert "a=crypto" not in reply["sdp"]
    talk(one, first=300)


def test_a_reoffer_with_another_profile_is_followed(call):
    one = call("sdes-plain").setup()
    plain = Endpoint()
    towards_b = reoffer(one, plain.sdp("RTP/AVPF"))
    plain.close()
    assert re.search(r"^m=audio \d+ RTP/AVPF ", towards_b, re.M)


@pytest.mark.parametrize("kind", ["sdes-plain", "gcm-sdes"])
def test_refused_reoffers_leave_the_key_in_force(call, kind):
    one = call(kind).setup()
    talk(one)
    sender, key = one.a.sender, one.a.key
    for _ in range(3):  # 491 after 491: a new key each time, none of them ever used
        one.a.rekey(os.urandom(len(key)))
        reoffer(one, one.a.sdp(), transport_protocol="RTP/SAVP" if one.b.suite else "RTP/AVP")
    one.a.sender, one.a.key = sender, key
    talk(one, first=300)


def in_clear(end):
    """Its description with no more SRTP in it."""
    return re.sub(r"a=crypto.*\r\n", "", end.sdp("RTP/AVP"))


@pytest.mark.parametrize("kind", ["sdes-plain", "plain-sdes", "gcm-sdes"])
def test_srtp_goes_on_until_an_offer_in_clear_is_answered(call, kind):
    one = call(kind).setup()
    talk(one)
    for first in (200, 300):  # refused, and asked again
        towards_b = reoffer(one, in_clear(one.a), transport_protocol="RTP/AVP")
        assert re.search(r"^m=audio \d+ RTP/AVP ", towards_b, re.M) and "a=crypto" not in towards_b
        talk(one, first=first)
        secured = one.a if one.a.suite else one.b
        secured.rtp.sendto(rtp(400), secured.remote)
        assert (one.b if secured is one.a else one.a).receive(0.2) is None, "in clear before the answer"
    refused = one.ng("answer", "error", call_id=one.id, from_tag="tag-a", to_tag="tag-b",
                     sdp=one.b.sdp("RTP/SAVP"))
    assert "error-reason" in refused
    talk(one, first=500)
    reply = one.ng("answer", call_id=one.id, from_tag="tag-a", to_tag="tag-b", sdp=in_clear(one.b))
    assert re.search(r"^m=audio \d+ RTP/AVP ", reply["sdp"], re.M) and "a=crypto" not in reply["sdp"]
    one.a.suite = one.b.suite = None
    talk(one, first=600)


def test_going_back_to_the_key_in_force_keeps_its_replay_list(call):
    one = call("sdes-plain").setup()
    talk(one)
    old = one.a.send(rtp(200))
    assert one.b.receive() == rtp(200)
    sender, key = one.a.sender, one.a.key
    one.a.rekey(os.urandom(30))
    reoffer(one, one.a.sdp(), transport_protocol="RTP/AVP")
    one.a.sender, one.a.key = sender, key
    reoffer(one, one.a.sdp(), transport_protocol="RTP/AVP")
    one.a.rtp.sendto(old, one.a.remote)
    assert one.b.receive(0.3) is None, "a replayed packet was forwarded"
    talk(one, first=300)


def test_a_second_branch_may_pick_another_suite(call):
    one = call("plain-sdes")
    one.offer()
    one.answer()  # 183 of the first carrier, which then fails
    talk(one)
    first, one.b = one.b, Endpoint(suite="AEAD_AES_128_GCM")
    first.close()
    one.b.take(one.offer_sdp)
    reply = one.ng("answer", call_id=one.id, from_tag="tag-a", to_tag="tag-c", sdp=one.b.sdp(tag=one.b.chosen_tag))
    one.a.take(reply["sdp"])
    talk(one, first=300)


def test_a_branch_that_refused_a_stream_does_not_refuse_it_for_the_next(call):
    one = call("sdes-plain")
    one.offer()
    refused = re.sub(r"m=audio \d+", "m=audio 0", one.b.sdp())
    reply = one.ng("answer", call_id=one.id, from_tag="tag-a", to_tag="tag-b", sdp=refused)
    assert "m=audio 0 " in reply["sdp"]
    one.b.rtp.sendto(rtp(1), one.b.remote)
    assert one.a.drain() == 0
    one.answer()
    talk(one)


def test_the_customer_may_be_named_later(call):
    one = call("sdes-plain").setup()
    assert "customer" not in one.query()
    reoffer(one, one.a.sdp(), transport_protocol="RTP/AVP", metadata="customer=initech")
    assert one.query()["customer"] == "initech"
    reoffer(one, one.a.sdp(), transport_protocol="RTP/AVP", metadata="customer=acme")
    assert one.query()["customer"] == "initech", "a call does not change hands"


def test_the_end_of_a_branch_is_not_the_end_of_the_call(call):
    one = call("sdes-plain")
    one.offer(via_branch="z9hG4bK-1")
    one.offer(via_branch="z9hG4bK-2")
    one.answer(via_branch="z9hG4bK-2")
    one.ng("delete", call_id=one.id, from_tag="tag-a", via_branch="z9hG4bK-1", delete_delay=1)
    time.sleep(2)
    talk(one)


def test_many_sources_in_one_call(call):
    """Music on hold, announcements, transfers: each may bring an SSRC of its own, under the same key."""
    for kind in ("sdes-plain", "plain-sdes"):
        one = call(kind).setup()
        for ssrc in range(1, 151):
            packet = rtp(10, ssrc=ssrc)
            one.a.send(packet)
            assert one.b.receive() == packet, f"SSRC number {ssrc}"


def test_a_call_on_hold_outlives_the_timeout(tmp_path, call):
    daemon = Edge(tmp_path, "--timeout=1", "--silent-timeout=60").start()
    try:
        one = call("sdes-plain", ng=Ng(daemon.ng_port)).setup()
        talk(one)
        reoffer(one, one.a.sdp().replace("sendrecv", "inactive"), transport_protocol="RTP/AVP")
        one.answer(sdp=one.b.sdp().replace("sendrecv", "inactive"))
        time.sleep(2.5)
        one.query()
        reoffer(one, one.a.sdp(), transport_protocol="RTP/AVP")
        one.answer()
        talk(one, first=300)
        wait_until(lambda: daemon.metrics()['rtpengine_sessions{type="own"}'] == 0, 5)
    finally:
        daemon.stop()


def test_a_hold_by_a_null_address_and_back(call):
    one = call("sdes-plain").setup()
    talk(one)
    held = one.a.sdp().replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0")
    assert "c=IN IP4 0.0.0.0" in reoffer(one, held, transport_protocol="RTP/AVP")
    one.answer()
    one.b.send(rtp(250))
    assert one.a.drain() == 0
    reoffer(one, one.a.sdp(), transport_protocol="RTP/AVP")
    one.answer()
    talk(one, first=300)


def test_a_block_holds_through_a_reoffer(call):
    one = call("sdes-plain").setup()
    talk(one)
    one.ng("block media", call_id=one.id)
    reoffer(one, one.a.sdp(), transport_protocol="RTP/AVP")
    one.answer()
    assert_silent(one)
