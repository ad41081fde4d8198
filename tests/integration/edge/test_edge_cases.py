# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls as peers make them: what rtpengine's own tests and its users' reports are about."""
import base64
import os
import re

import pytest

from edge_lab import CM_80, Call, Endpoint, rtcp_sr, rtp, talk

GCM = "AEAD_AES_128_GCM"


def reoffer(one, sdp, to="b", command="offer", **keys):
    tags = {"from_tag": "tag-a", "to_tag": "tag-b"} if to == "b" else {"from_tag": "tag-b", "to_tag": "tag-a"}
    return one.ng(command, call_id=one.id, sdp=sdp, **tags, **keys)["sdp"]


def crypto(suite, key, tag=1, rest=""):
    return f"a=crypto:{tag} {suite} inline:{base64.b64encode(key).decode()}{rest}"


@pytest.mark.parametrize("hold, spoken", [
    ("c=IN IP4 0.0.0.0", "sendrecv"), ("c=IN IP4 0.0.0.0", "inactive"), ("c=IN IP4 127.0.0.1", "inactive"), ("c=IN IP4 127.0.0.1", "sendonly"),
    ("c=IN IP4 127.0.0.1", "recvonly"),
])
@pytest.mark.parametrize("replaces", [False, True])
def test_hold_and_back(call, hold, spoken, replaces):
    one = call("sdes-sdes").setup()
    talk(one)
    ports = one.a.remote, one.b.remote
    held = one.a.sdp().replace("c=IN IP4 127.0.0.1", hold).replace("sendrecv", spoken)
    keys = {"replace": ["zero-address"]} if replaces else {}
    got = reoffer(one, held, transport_protocol="RTP/SAVP", **keys)
    null = "0.0.0.0" in hold and not replaces
    assert f"c=IN IP4 {'0.0.0.0' if null else '127.0.0.1'}\r\n" in got and f"a={spoken}\r\n" in got
    reversed_way = {"sendrecv": "sendrecv", "inactive": "inactive", "sendonly": "recvonly", "recvonly": "sendonly"}[spoken]
    answer = reoffer(one, one.b.sdp(tag=one.b.chosen_tag).replace("sendrecv", reversed_way), command="answer")
    assert f"a={reversed_way}\r\n" in answer
    if spoken != "inactive":  # who may speak is heard: music on hold
        sender, receiver = (one.b, one.a) if spoken == "recvonly" else (one.a, one.b)
        sender.send(rtp(200))
        assert receiver.receive() == rtp(200)
    one.offer(to_tag="tag-b")
    one.answer()
    assert (one.a.remote, one.b.remote) == ports
    talk(one, first=300)


def test_a_stray_protocol_in_the_answer_is_not_followed(call):
    one = call("plain-plain")
    one.offer()
    got = reoffer(one, one.b.sdp(proto="RTP/AVPF"), command="answer", transport_protocol="RTP/SAVP")
    assert " RTP/AVP 8" in got and "crypto" not in got
    one.a.take(got)
    talk(one)
    secure = call("sdes-plain")
    secure.offer()
    got = reoffer(secure, secure.b.sdp(), command="answer", transport_protocol="RTP/AVP")
    assert " RTP/SAVP 8" in got and got.count("a=crypto:1 ") == 1
    secure.a.take(got)
    talk(secure)


def test_a_call_goes_from_rtp_to_srtp_and_rekeys(call):
    one = call("plain-plain").setup()
    talk(one)
    plain, one.a = one.a, Endpoint(suite=CM_80)
    one.offer(to_tag="tag-b", transport_protocol="RTP/AVP")
    one.answer()
    talk(one, first=300)
    plain.close()
    one.a.rekey(os.urandom(30))
    one.offer(to_tag="tag-b", transport_protocol="RTP/AVP")
    one.answer()
    talk(one, first=400)


def test_a_reoffer_with_another_suite(call):
    one = call("sdes-plain").setup()
    talk(one)
    first, one.a = one.a, Endpoint(suite=GCM)
    one.offer(to_tag="tag-b")
    one.answer()
    assert f"a=crypto:1 {GCM} " in one.answer_sdp
    talk(one, first=300)
    first.close()


def test_the_last_of_several_addresses_of_a_section_does_not_count(call):
    """RFC 8866 5.7: more than one c= line is for layered multicast; the first is where the media is."""
    one = call("sdes-plain")
    one.offer()
    sdp = one.b.sdp().replace("a=rtpmap", "c=IN IP4 127.0.0.1\r\nc=IN IP4 192.0.2.9\r\na=rtpmap").replace("c=IN IP4 127.0.0.1\r\nt=", "c=IN IP4 192.0.2.1\r\nt=")
    one.answer(sdp=sdp)
    assert "192.0.2" not in one.answer_sdp.replace("o=", "")
    talk(one)


def test_codecs_are_the_ends_business(call):
    one = call("sdes-plain")
    many = one.a.sdp().replace("RTP/SAVP 8", "RTP/SAVP 9 8 0 101").replace(
        "a=rtpmap:8 PCMA/8000", "a=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20")
    one.offer(sdp=many, codec={"strip": ["G722"]}, flags=["codec-mask-PCMU"])
    assert " RTP/AVP 9 8 0 101\r\n" in one.offer_sdp and "a=fmtp:101 0-16\r\n" in one.offer_sdp and "a=ptime:20" in one.offer_sdp
    one.answer()
    talk(one)


def test_branches_with_rtcp_mux_and_a_late_delete(call, ng):
    one = call("sdes-plain", mux=True)
    one.offer(via_branch="z9-1", rtcp_mux=["offer"])
    second = Call(ng, one.a, Endpoint(mux=True), call_id=one.id)
    second.offer(via_branch="z9-2", rtcp_mux=["offer"])
    assert "a=rtcp-mux" in second.offer_sdp
    ng("delete", call_id=one.id, from_tag="tag-a", via_branch="z9-1", delete_delay=5)
    reply = ng("answer", call_id=one.id, from_tag="tag-a", to_tag="tag-c", via_branch="z9-2", sdp=second.b.sdp())
    assert "a=rtcp-mux" in reply["sdp"]
    second.a.take(reply["sdp"])
    talk(second)
    second.b.close()


def test_reoffers_with_branches_of_their_own(call, ng):
    """Each re-INVITE comes with a new via-branch and with the tags of the call; the call ends from either side, whatever the branch is."""
    for ends in ({"from_tag": "tag-a", "via_branch": "z9-9"}, {"from_tag": "tag-b", "via_branch": "z9-1"}, {"from_tag": "tag-a", "to_tag": "tag-b"}, {"from_tag": ""}, {}):
        one = call("sdes-plain")
        one.offer(via_branch="z9-1")
        one.answer(via_branch="z9-1")
        one.offer(via_branch="z9-2", to_tag="tag-b")
        one.answer(via_branch="z9-2")
        got = reoffer(one, one.b.sdp(), to="a", via_branch="z9-3", transport_protocol="RTP/SAVP")
        one.a.take(got)
        reoffer(one, one.a.sdp(tag=one.a.chosen_tag), to="a", command="answer", via_branch="z9-3")
        assert len(one.query()["tags"]) == 2
        talk(one)
        assert "warning" not in ng("delete", call_id=one.id, **ends), ends
        assert ng("query", expect="error", call_id=one.id)


def test_echo_of_the_relay_is_none_of_the_wire(call):
    """What comes back from the other side is not taken for the sender's own."""
    one = call("sdes-sdes").setup()
    wire = one.a.send(rtp(100))
    assert one.b.receive() == rtp(100)
    one.b.rtp.sendto(wire, one.b.remote)
    assert one.a.drain() == 0 and one.drops()["auth_failed"] == 1


@pytest.mark.parametrize("lines, chosen", [
    # Cisco SPA: the same key in both lines, the short tag first.
    (lambda k: [crypto("AES_CM_128_HMAC_SHA1_32", k), crypto(CM_80, k, 2)], 2),
    # FreeSWITCH: sparse tags; Zoiper: draft names; Grandstream: a lifetime in each.
    (lambda k: [crypto("AEAD_AES_256_GCM_8", os.urandom(44), 5), crypto(CM_80, k, 1009)], 1009),
    (lambda k: [crypto("AES_CM_256_HMAC_SHA1_80", os.urandom(46), 4), crypto("AES_128_CM_HMAC_SHA1_80", k, 7)], 7),
    (lambda k: [crypto(CM_80, k, 3, "|2^48")], 3),
    (lambda k: [crypto(CM_80, k, 3, "|2^31")], 3),
    (lambda k: [crypto(CM_80, k, 3, "|1048576")], 3),
    (lambda k: [crypto(CM_80, k, 999999999, "|2^20 WSH=128")], 999999999),
    # A parameter that must be understood and is not refuses its line, one that need not be does not.
    (lambda k: [crypto(CM_80, os.urandom(30), 1, " KDR=1"), crypto(CM_80, k, 2, " -X=1")], 2),
    (lambda k: [crypto(CM_80, os.urandom(30), 1, " UNENCRYPTED_SRTCP"), crypto(CM_80, k, 2)], 2),
    (lambda k: [crypto(CM_80, os.urandom(29), 1), crypto(CM_80, os.urandom(31), 2), crypto(CM_80, k, 3).rstrip("=")], 3),
    (lambda k: [crypto("F8_128_HMAC_SHA1_80", os.urandom(30)), crypto("NULL_HMAC_SHA1_80", k, 2), crypto(CM_80, k, 3)], 3),
], ids=["spa", "freeswitch", "zoiper", "2^48", "2^31", "decimal", "wsh", "kdr", "unencrypted", "lengths", "f8"])
def test_key_lines_of_the_field(call, lines, chosen):
    one = call("sdes-plain")
    sdp = re.sub(r"a=crypto.*\r\n", "", one.a.sdp()) + "\r\n".join(lines(one.a.key)) + "\r\n"
    one.offer(sdp=sdp)
    one.answer()
    assert re.findall(r"a=crypto:(\d+) (\S+) inline:\S+\r", one.answer_sdp) == [(str(chosen), CM_80)]
    talk(one)
    one.offer(sdp=sdp, to_tag="tag-b")  # the same again: the counters go on
    one.answer()
    talk(one, first=300)
    report = rtcp_sr(count=44)
    one.a.send_rtcp(report)
    assert one.b.receive_rtcp() == report


@pytest.mark.parametrize("kind", ["sdes-plain", "plain-sdes", "sdes-sdes", "plain-plain"])
def test_a_proxy_that_mixes_offer_and_manage(call, kind):
    """rtpengine_manage in a reply route, after rtpengine_offer: 183 and 200 come as offers with the tags swapped, with the flags of the INVITE."""
    one = call(kind)
    one.offer()
    flags = {"transport_protocol": "RTP/SAVP" if one.b.suite else "RTP/AVP"}
    sdp = one.b.sdp(tag=getattr(one.b, "chosen_tag", 1))
    for first in (100, 200):  # 183, 200
        got = reoffer(one, sdp, to="a", **flags)
        assert (" RTP/SAVP 8" if one.a.suite else " RTP/AVP 8") in got and got.count("a=crypto:1 ") == bool(one.a.suite) and got.count("a=crypto") == bool(one.a.suite)
        one.a.take(got)
        talk(one, first=first)
    assert len(one.query()["tags"]) == 2
    # What is a new offer is one.
    got = reoffer(one, one.b.sdp(tag=getattr(one.b, "chosen_tag", 1), extra=["a=ptime:30"]), to="a", transport_protocol="RTP/SAVP" if one.a.suite else "RTP/AVP")
    one.a.take(got)
    reoffer(one, one.a.sdp(tag=getattr(one.a, "chosen_tag", 1)), to="a", command="answer")
    talk(one, first=300)
