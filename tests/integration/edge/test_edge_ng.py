# SPDX-License-Identifier: GPL-2.0-or-later
"""ng over UDP as a proxy sees it."""
import json
import socket

import pytest

from edge_lab import CM_80, Call, Edge, Endpoint, Ng, assert_silent, bdecode, bencode, rtp, talk


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


def test_statistics_have_the_names_that_dashboards_know(tmp_path):
    """Of rtpengine 10.5, and as it types them."""
    daemon = Edge(tmp_path).start()
    try:
        ng = Ng(daemon.ng_port)
        one = Call(ng, Endpoint(suite=CM_80), Endpoint()).setup()
        talk(one, count=50)
        current, total, control, interfaces = (ng("statistics")["statistics"][key] for key in (
            "currentstatistics", "totalstatistics", "controlstatistics", "interfaces"))
        assert current["sessionsown"] == current["sessionstotal"] == 1 and current["transcodedmedia"] == 0
        assert {"packetrate", "byterate", "errorrate", "media_kernel"} <= set(current)
        assert total["managedsessions"] == 1 and total["relayedpackets"] == 102 and total["uptime"].isdigit()
        assert control["totaloffercount"] == control["totalanswercount"] == 1 and control["proxies"] == []
        assert [i["name"] for i in interfaces] == ["cust", "core"] and interfaces[0]["ports"]["used"] == 4
        one.delete()
        total = ng("statistics")["statistics"]["totalstatistics"]
        assert total["regularterminatedsessions"] == 1 and 0 < float(total["totalcallsduration"]) < 60
        assert total["avgcallduration"] == total["totalcallsduration"] and ng("statistics")["statistics"]["currentstatistics"]["sessionsown"] == 0
    finally:
        daemon.stop()


def test_requests_as_opensips_sends_them(ng):
    """Spaces in names, JSON or bencode, and a delete that names no tag: the whole call."""
    caller, callee, serial = Endpoint(suite=CM_80), Endpoint(), iter(range(100))

    def send(**message):
        message = {**message, "call-id": "1-77@opensips", "received-from": ["IP4", "127.0.0.1"], "supports": ["load limit"]}
        reply = ng.exchange(b"12_%d " % next(serial) + json.dumps(message).encode())
        return json.loads(reply.split(b" ", 1)[1])

    offered = send(**{"sdp": caller.sdp(), "ICE": "remove", "address family": "IP4", "media address": "127.0.0.1", "from label": "cust",
                      "flags": ["trust address", "strict source"], "replace": ["origin", "session connection"], "transport protocol": "RTP/AVP",
                      "rtcp mux": ["demux"], "SDES": ["no-AES_CM_128_HMAC_SHA1_32"], "direction": ["cust", "core"], "from-tag": "A", "command": "offer"})
    assert offered["result"] == "ok" and " RTP/AVP 8" in offered["sdp"]
    callee.take(offered["sdp"])
    caller.take(send(**{"sdp": callee.sdp(), "from-tag": "A", "to-tag": "B", "replace": ["origin"], "command": "answer"})["sdp"])
    caller.send(rtp(1))
    assert callee.receive() == rtp(1)
    assert send(command="block media") == {"result": "ok"} and send(command="unblock media") == {"result": "ok"}
    assert send(**{"command": "block media", "from-tag": "A", "flags": ["directional"]}) == {"result": "ok"}
    caller.send(rtp(2))
    assert send(command="query")["tags"]["A"]["label"] == "cust"
    assert "warning" not in send(**{"command": "delete", "delete delay": 0})
    assert send(command="query")["error-reason"] == "Unknown call-id"
