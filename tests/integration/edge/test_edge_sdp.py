# SPDX-License-Identifier: GPL-2.0-or-later
"""Descriptions as trunks send them: fax, several streams, IPv6, opportunistic SRTP, policies, versions."""
import os
import re

import pytest

from edge_lab import CM_80, Edge, Endpoint, assert_silent, rtcp_sr, rtp, talk

UDPTL = b"\x00\x01\x06\x03\xc0\x01\x80\x00\x00"  # shorter than any RTP header


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    daemon = Edge(tmp_path_factory.mktemp("d"), "--interface=six/::1")
    try:
        yield daemon.start()
    finally:
        daemon.stop()


def t38(end, port=None):
    return (f"v=0\r\no=- 1 2 IN IP4 {end.ip}\r\ns=-\r\nc=IN IP4 {end.ip}\r\nt=0 0\r\n"
            f"m=image {end.port if port is None else port} udptl t38\r\na=T38FaxVersion:0\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n")


def ask(call, command, sdp, reverse=False, expect="ok", **keys):
    tags = {"from_tag": "tag-b", "to_tag": "tag-a"} if reverse else {"from_tag": "tag-a", "to_tag": "tag-b"}
    return call.ng(command, expect=expect, call_id=call.id, sdp=sdp, **tags, **keys).get("sdp")


def image_port(sdp):
    assert "a=rtcp" not in sdp and "a=crypto" not in sdp and "a=T38FaxVersion:0" in sdp
    return int(re.search(r"^m=image (\d+) udptl t38", sdp, re.M)[1])


def test_a_call_turns_to_fax_and_back(call):
    one = call("sdes-plain").setup()
    talk(one)
    # The called machine asks for it, as gateways do.
    towards_a = ask(one, "offer", t38(one.b), reverse=True)
    assert image_port(towards_a) == one.a.remote[1]
    talk(one, first=300)  # nothing has changed before the answer
    assert image_port(ask(one, "answer", t38(one.a), reverse=True)) == one.b.remote[1]
    for end, other in ((one.a, one.b), (one.b, one.a)):
        end.rtp.sendto(UDPTL, end.remote)
        assert other._read(other.rtp, 1) == UDPTL
    stranger = Endpoint(ip="127.0.0.9")
    stranger.rtp.sendto(UDPTL, one.a.remote)
    assert one.b.drain() == 0 and one.drops()["unknown_source"] == 1
    media = one.query()["tags"]["tag-a"]["medias"][0]
    assert media["protocol"] == "udptl" and media["type"] == "image" and media["srtp"] == {"encrypted": 0}
    one.ng("block media", call_id=one.id)
    one.a.rtp.sendto(UDPTL, one.a.remote)
    assert one.b.drain() == 0
    one.ng("unblock media", call_id=one.id)
    # Back to speech: the key of before goes on where it was.
    one.offer(to_tag="tag-b")
    one.answer()
    talk(one, first=400)


def test_a_refused_fax_leaves_the_audio(call):
    one = call("sdes-plain").setup()
    ask(one, "offer", t38(one.b), reverse=True)  # and 488
    talk(one)
    ask(one, "offer", t38(one.b), reverse=True)
    refusal = ask(one, "answer", t38(one.a, port=0), reverse=True)
    assert "m=image 0 udptl" in refusal


def test_a_fax_from_the_start_and_none_where_srtp_is_required(call):
    one = call("plain-plain")
    ask(one, "offer", t38(one.a))
    assert one.query()["tags"]["tag-a"]["medias"][0]["protocol"] == "unknown"
    ask(one, "answer", t38(one.b))
    one.a.remote = ("127.0.0.1", one.query()["tags"]["tag-a"]["medias"][0]["streams"][0]["local port"])
    one.a.rtp.sendto(UDPTL, one.a.remote)
    assert one.b._read(one.b.rtp, 1) == UDPTL
    strict = call("sdes-plain", srtp_policy="required").setup()
    assert "m=image 0 udptl" in ask(strict, "offer", t38(strict.a), srtp_policy="required")
    # Nor when the other side asks for it, or the answer is the first that says so.
    assert "m=image 0 udptl" in ask(strict, "offer", t38(strict.b), reverse=True)
    late = call("plain-plain")
    ask(late, "offer", t38(late.a))
    ask(late, "answer", t38(late.b), srtp_policy="required", expect="error")
    assert late.query()["tags"]["tag-a"]["medias"][0]["protocol"] == "unknown"


def test_audio_ends_with_the_answer_that_takes_the_fax(call):
    one = call("plain-plain").setup()
    both = one.a.sdp().replace(f"m=audio {one.a.port}", "m=audio 0") + f"m=image {one.a.port + 2} udptl t38\r\n"
    offered = ask(one, "offer", both)
    assert "m=audio 0 " in offered and int(re.search(r"m=image (\d+)", offered)[1]) > 0
    talk(one)  # refused, or not answered yet
    both = one.b.sdp().replace(f"m=audio {one.b.port}", "m=audio 0") + f"m=image {one.b.port + 2} udptl t38\r\n"
    ask(one, "answer", both)
    assert_silent(one)


def test_several_streams_with_video_and_a_refused_one(call):
    one = call("sdes-plain")
    video = Endpoint(suite=CM_80)
    key = re.search(r"a=crypto[^\r]*", video.sdp())[0]
    more = (f"m=audio 0 RTP/AVP 0\r\nm=video {video.port} RTP/SAVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 profile-level-id=42e01f\r\n"
            f"{key}\r\nm=application 9000 TCP/BFCP *\r\n")
    one.offer(sdp=one.a.sdp() + more)
    sections = re.split(r"^(?=m=)", one.offer_sdp, flags=re.M)[1:]
    assert [s.split()[0] + " " + str(s.split()[1] == "0") for s in sections] == [
        "m=audio False", "m=audio True", "m=video False", "m=application True"]
    assert "a=fmtp:96 profile-level-id=42e01f" in sections[2] and "crypto" not in one.offer_sdp
    peer = Endpoint()
    reply = one.answer(sdp=one.b.sdp() + f"m=audio 0 RTP/AVP 0\r\nm=video {peer.port} RTP/AVP 96\r\nm=application 0 TCP/BFCP *\r\n")
    sections = re.split(r"^(?=m=)", reply["sdp"], flags=re.M)[1:]
    video.remote = ("127.0.0.1", int(sections[2].split()[1]))
    video.send(rtp(1, payload=b"frame" * 200))
    assert peer.receive() == rtp(1, payload=b"frame" * 200)
    talk(one)


@pytest.mark.parametrize("kind", ["sdes-plain", "plain-sdes"])
def test_ipv4_on_one_side_and_ipv6_on_the_other(call, kind):
    one = call(kind, address_family="IP6")
    one.b = Endpoint(ip="::1", suite=one.b.suite)
    one.offer()
    one.answer(replace=["origin"])
    talk(one)
    assert "IN IP6 ::1" in one.offer_sdp and "IP4" not in one.offer_sdp
    assert "IN IP4 127.0.0.1" in one.answer_sdp and "IP6" not in one.answer_sdp
    family = [t["medias"][0]["streams"][0]["family"] for t in one.query()["tags"].values()]
    assert sorted(family) == ["IPv4", "IPv6"]


def test_rtcp_at_a_place_of_its_own(call):
    one = call("sdes-plain")
    apart = Endpoint()
    one.offer()
    one.answer(sdp=one.b.sdp(extra=[f"a=rtcp:{apart.port} IN IP4 127.0.0.1"]))
    report = rtcp_sr(count=7)
    one.a.send_rtcp(report)
    assert apart.receive() == report
    assert "a=rtcp:" not in ask(one, "offer", one.a.sdp(), transport_protocol="RTP/AVP", flags=["no-rtcp-attribute"])


def test_nothing_of_ice_gets_through(call):
    one = call("sdes-plain")
    one.offer(sdp=one.a.sdp(extra=["a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901", "a=mid:0",
                                   f"a=candidate:1 1 UDP 2130706431 127.0.0.1 {one.a.port} typ host",
                                   "a=end-of-candidates", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level"]))
    assert "ice-" not in one.offer_sdp and "candidate" not in one.offer_sdp and "a=extmap:1" in one.offer_sdp


def test_opportunistic_srtp_is_offered_and_may_be_left(call):
    one = call("plain-sdes")
    one.offer(transport_protocol="RTP/AVP", OSRTP=["offer"])
    assert " RTP/AVP 8" in one.offer_sdp and "a=crypto:1 " + CM_80 in one.offer_sdp
    one.answer(sdp=one.b.sdp(proto="RTP/AVP", tag=one.b.chosen_tag))
    assert "crypto" not in one.answer_sdp
    talk(one)
    plain = call("plain-plain")
    plain.offer(flags=["OSRTP-offer"])
    assert "a=crypto" in plain.offer_sdp
    plain.answer()
    talk(plain)


def test_what_a_trunk_requires(call, ng):
    error = "SRTP is required of this side"
    refused = call("plain-plain")
    assert refused.ng("offer", expect="error", call_id=refused.id, from_tag="a", sdp=refused.a.sdp(),
                      srtp_policy="required")["error-reason"] == error
    assert refused.id not in ng("list", limit=1000)["calls"]
    talk(call("sdes-plain", srtp_policy="required").setup())
    # Once said it holds, for re-offers from this side too.
    kept = call("sdes-plain", srtp_policy="required").setup()
    keys = dict(expect="error", call_id=kept.id, from_tag="tag-a", to_tag="tag-b")
    assert ng("offer", sdp=Endpoint().sdp(), **keys)["error-reason"] == error
    talk(kept)
    # The called side, which leaves an opportunistic offer.
    called = call("plain-plain")
    called.offer(OSRTP=["offer"])
    assert ng("answer", expect="error", call_id=called.id, from_tag="tag-a", to_tag="tag-b", sdp=called.b.sdp(),
              srtp_policy="required")["error-reason"] == error


def test_a_trunk_without_srtp(call, ng):
    one = call("sdes-plain", srtp_policy="off")
    one.offer(sdp=one.a.sdp(proto="RTP/AVP"))
    one.a.suite = None
    one.answer()
    assert "crypto" not in one.answer_sdp
    talk(one)
    other = Endpoint(suite=CM_80)
    assert "switched off" in ng("offer", expect="error", call_id="off@test", from_tag="a", sdp=other.sdp(),
                                srtp_policy="off")["error-reason"]


def test_plain_rtcp_of_an_srtp_leg_is_taken_where_allowed(call):
    one = call("sdes-plain", flags=["accept-plain-rtcp"]).setup()
    talk(one)
    report = rtcp_sr(count=9)
    one.a.rtcp.sendto(report, one.a.remote_rtcp)
    assert one.b.receive_rtcp() == report
    stranger = Endpoint(ip="127.0.0.9")
    stranger.rtcp.sendto(report, one.a.remote_rtcp)
    assert one.b.drain() == 0 and one.drops() == {"plain_rtcp": 1}
    talk(one, first=300)  # encrypted reports go on, and answers to where they did


def test_key_lines_as_asked(call, ng):
    gcm, cm256 = "AEAD_AES_128_GCM", "AES_256_CM_HMAC_SHA1_80"

    def offered(sdes, end=None, **keys):
        call_id = os.urandom(6).hex()
        sdp = ng("offer", call_id=call_id, from_tag="a", sdp=(end or Endpoint()).sdp(), transport_protocol="RTP/SAVP",
                 SDES=sdes, **keys)["sdp"]
        ng("delete", call_id=call_id, from_tag="a")
        return re.findall(r"^a=crypto:(\d+) (\S+) inline:(\S+)", sdp, re.M)

    assert [line[1] for line in offered([])] == [CM_80, gcm, "AEAD_AES_256_GCM", cm256]
    assert [line[1] for line in offered(["only-" + gcm])] == [gcm]
    assert [line[1] for line in offered(["no-" + CM_80, "no-" + gcm, "pad", "static", "prefer"])] == ["AEAD_AES_256_GCM", cm256]
    assert [line[1] for line in offered([f"order:{cm256};AES_CM_128_HMAC_SHA1_32"])] == [cm256, "AES_CM_128_HMAC_SHA1_32"]
    assert [line[1] for line in offered(["nonew"], Endpoint(suite=gcm))] == [gcm]
    assert all(key.endswith("|2^31") for _, _, key in offered(["lifetime"]))
    assert all("|" not in key for _, _, key in offered([]))
    assert [line[1] for line in offered([], flags=["SDES-only-" + gcm])] == [gcm]
    # Of what the leg itself offers, in the order asked for.
    both = Endpoint(suite=CM_80)
    extra = [re.search(r"a=crypto[^\r]*", Endpoint(suite=gcm).sdp(tag=7))[0]]
    one = call("sdes-plain", SDES=[f"offerer_pref:{gcm}"])
    one.offer(sdp=both.sdp(extra=extra))
    answer = ng("answer", call_id=one.id, from_tag="tag-a", to_tag="tag-b", sdp=one.b.sdp())["sdp"]
    assert re.findall(r"a=crypto:(\d+) (\S+)", answer) == [("7", gcm)]


def test_flags_in_one_text(call, ng):
    """As newer proxies send them."""
    one = call("sdes-plain")
    reply = ng("offer", call_id=one.id, from_tag="tag-a", sdp=one.a.sdp(),
               rtpp_flags="replace-origin via-branch=auto  codec=[strip=[EVS]] SDES=[pad only-AEAD_AES_128_GCM] RTP/SAVP "
                          "direction=core direction=cust address-family=IP4 rtcp-mux-demux label=cust drop-traffic=start")
    assert re.findall(r"a=crypto:\d+ (\S+)", reply["sdp"]) == ["AEAD_AES_128_GCM"] and " RTP/SAVP 8" in reply["sdp"]
    query = one.query()
    assert query["verdict"]["blocked"] == 1 and query["tags"]["tag-a"]["label"] == "cust"


def test_what_is_unknown_is_told_once_a_minute(edge, ng):
    for i in range(20):
        ng("offer", call_id=f"odd-{i}", from_tag="a", sdp=Endpoint().sdp(), colour="blue", flags=["sing"], ptime=20,
           codec={"strip": ["EVS"]})
    lines = [line for line in edge.log().splitlines() if "not known and ignored" in line]
    assert 1 <= len(lines) <= 2 and "2 keys or flags are not known and ignored, first: colour" in lines[0]


def test_origin_and_version_stay_steady(call):
    one = call("sdes-plain")

    def towards_b(sdp, *replace):
        sdp = one.ng("offer", call_id=one.id, from_tag="tag-a", sdp=sdp, transport_protocol="RTP/AVP",
                     replace=["origin", *replace])["sdp"]
        return re.search(r"o=(\S+) (\S+) (\S+) IN IP4 127.0.0.1\r\ns=(.*)\r", sdp).groups()

    def of(user, session, version, name="-", extra=()):
        sdp = one.a.sdp(extra=extra)
        return sdp.replace("o=- 1 1", f"o={user} {session} {version}").replace("s=-", "s=" + name)

    every = ["username", "session-name", "SDP-version"]
    assert towards_b(of("alice", 7, 41), *every) == ("alice", "7", "41", "-")
    assert towards_b(of("alice", 7, 42), *every) == ("alice", "7", "41", "-"), "the same description"
    assert towards_b(of("bob", 99, 3, "call", ["a=ptime:30"]), *every) == ("alice", "7", "42", "-")
    assert towards_b(of("bob", 99, 3, "call", ["a=ptime:30"]), "force-increment-sdp-ver", *every) == ("alice", "7", "43", "-")
    assert towards_b(of("bob", 99, 5, "call")) == ("bob", "99", "5", "call"), "as received, where nothing is asked"
