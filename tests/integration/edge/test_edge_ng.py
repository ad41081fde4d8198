# SPDX-License-Identifier: GPL-2.0-or-later
"""ng over UDP as a proxy sees it."""
import json
import socket

import pytest

from edge_lab import CM_80, Endpoint, assert_silent, bdecode, bencode, talk


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
