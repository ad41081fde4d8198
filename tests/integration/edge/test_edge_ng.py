# SPDX-License-Identifier: GPL-2.0-or-later
"""ng over UDP as a proxy sees it."""
import json
import socket

import pytest

from edge_lab import CM_80, Endpoint, assert_silent, bdecode, bencode, rtp, talk


def test_ping_in_bencode_and_json(ng):
    assert ng("ping", expect="pong") == {"result": "pong"}
    reply = ng.exchange(b'c1 {"command":"ping"}')
    assert json.loads(reply[3:]) == {"result": "pong"}


@pytest.mark.parametrize("message, reason", [
    ({"command": "dance"}, "Unrecognized command"),
    ({"command": "query"}, "No call-id in message"),
    ({"command": "query", "call-id": "nobody"}, "Unknown call-id"),
    ({"command": "offer", "call-id": "x", "sdp": "v=0"}, "No from-tag in message"),
    ({"command": "offer", "call-id": "x", "from-tag": "a", "sdp": "rubbish"}, "Failed to parse SDP"),
    ({"command": "unblock media", "call-id": "nobody"}, "Unknown call-ID"),
])
def test_errors_have_the_texts_proxies_know(ng, message, reason):
    reply = bdecode(ng.exchange(b"x%d " % id(message) + bencode(message)).split(b" ", 1)[1])
    assert reply["result"] == "error" and reply["error-reason"] == reason


def test_undecodable_and_cookieless_datagrams(ng):
    reply = bdecode(ng.exchange(b"c7 dxx").split(b" ", 1)[1])
    assert reply["error-reason"] == "Could not decode bencode dictionary"
    ng.socket.send(b"nothing")
    ng.socket.settimeout(0.2)
    with pytest.raises(socket.timeout):
        ng.socket.recv(100)


def test_a_repeated_cookie_gets_the_same_reply_and_changes_nothing(ng):
    end = Endpoint(suite=CM_80)
    datagram = b"same " + bencode({"command": "offer", "call-id": "dup@test", "from-tag": "a", "sdp": end.sdp(),
                                   "transport-protocol": "RTP/SAVP"})
    first = ng.exchange(datagram)
    assert b"a=crypto" in first
    assert ng.exchange(datagram) == first
    assert len(ng("query", call_id="dup@test")["tags"]) == 2
    ng("delete", call_id="dup@test", from_tag="a")


def test_list_query_and_delete(ng, call):
    one = call().setup()
    talk(one)
    assert one.id in ng("list", limit=1000)["calls"]
    reply = one.query()
    assert reply["totals"]["RTP"]["packets"] == 10 and reply["totals"]["RTCP"]["packets"] == 2
    assert reply["tags"]["tag-a"]["medias"][0]["srtp"]["encrypted"] == 1
    assert reply["tags"]["tag-b"]["medias"][0]["srtp"]["encrypted"] == 0
    assert [tag["medias"][0]["codec"] for tag in reply["tags"].values()] == ["PCMA/8000"] * 2
    assert reply["verdict"]["blocked"] == 0
    assert one.delete()["totals"]["RTP"]["packets"] == 10
    assert_silent(one)
    assert ng("query", expect="error", call_id=one.id)["error-reason"] == "Unknown call-id"
    assert ng("delete", call_id=one.id, from_tag="tag-a")["warning"]


def test_delete_delay_only_when_asked(ng, call):
    one = call().setup()
    one.delete(delete_delay=30)
    talk(one)
    one.delete(delete_delay=0)
    assert one.id not in ng("list", limit=1000)["calls"]


def test_requests_as_kamailio_sends_them(ng):
    """Every key that Kamailio 5.6.3's rtpengine module puts into its requests, in its spellings."""
    caller, callee, serial = Endpoint(suite=CM_80), Endpoint(), iter(range(100))

    def send(**message):
        message = {"supports": ["load limit"], **message, "call-id": "a84b4c76e66710@cust1.example",
                   "received-from": ["IP4", "127.0.0.1"]}
        reply = ng.exchange(b"0_14910_%d " % next(serial) + bencode(message))
        return bdecode(reply.split(b" ", 1)[1])

    offered = send(**{
        "sdp": caller.sdp(), "ICE": "remove", "DTLS": "off", "address-family": "IP4", "media-address": "127.0.0.1",
        "label": "cust", "TOS": 184, "drop-traffic": "start", "endpoint-learning": "immediate", "record-call": "no",
        "direction": ["pub", "priv"], "flags": ["strict-source", "trust-address", "port-latching"],
        "replace": ["origin", "session-connection"], "transport-protocol": "RTP/AVP", "rtcp-mux": ["demux"],
        "SDES": ["only-AES_CM_128_HMAC_SHA1_80", "no-AES_CM_128_HMAC_SHA1_32", "pad"], "via-branch": "z9hG4bK-1",
        "from-tag": "AAA111", "command": "offer"})
    assert offered["result"] == "ok" and "RTP/AVP" in offered["sdp"] and "crypto" not in offered["sdp"]
    callee.take(offered["sdp"])
    answered = send(**{"sdp": callee.sdp(), "DTLS": "off", "drop-traffic": "stop", "transport-protocol": "RTP/SAVP",
                       "via-branch": "z9hG4bK-1", "from-tag": "AAA111", "to-tag": "BBB222", "command": "answer"})
    assert answered["result"] == "ok" and answered["sdp"].count("a=crypto:1 " + CM_80) == 1
    caller.take(answered["sdp"])
    caller.send(rtp(1))
    assert callee.receive() == rtp(1)
    assert send(command="block media") == {"result": "ok"}
    assert send(flags=["all"], command="unblock media") == {"result": "ok"}
    tags = {"from-tag": "BBB222", "to-tag": "AAA111"}
    assert send(**tags, command="query")["totals"]["RTP"] == {"packets": 1, "bytes": 182, "errors": 0}
    assert send(**tags, command="start recording") == {"warning": "Accepted and without effect on this relay", "result": "ok"}
    assert send(**tags, command="play media")["error-reason"] == "Unrecognized command"
    # A 183 handled by rtpengine_manage: an offer with the tags reversed.
    reversed_offer = send(**tags, sdp=callee.sdp(), **{"transport-protocol": "RTP/SAVP"}, command="offer")
    assert reversed_offer["result"] == "ok" and caller.peer_key is not None
    deleted = send(**{"delete delay": 0, "delete-delay": "0", "from-tag": "BBB222", "command": "delete"})
    assert deleted["result"] == "ok" and "warning" not in deleted
    assert send(command="query")["error-reason"] == "Unknown call-id"
