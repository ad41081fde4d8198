# SPDX-License-Identifier: GPL-2.0-or-later
"""sbc-edge as a proxy and two endpoints see it: ng over UDP, RTP and SRTP on loopback, holds from a real Redis."""
import base64
import json
import os
import re
import select
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
pytest.importorskip("pylibsrtp")

from edge_lab import CM_80, BINARY, Call, Edge, Endpoint, Ng, bdecode, bencode, rtcp_sr, rtp  # noqa: E402

SO_TIMESTAMPNS = 35  # not in Python's socket module
KINDS = {"sdes-plain": (CM_80, None), "plain-sdes": (None, CM_80), "sdes-sdes": (CM_80, CM_80),
         "plain-plain": (None, None), "gcm-sdes": ("AEAD_AES_128_GCM", CM_80),
         "short-tag-gcm256": ("AES_CM_128_HMAC_SHA1_32", "AEAD_AES_256_GCM")}


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    daemon = Edge(tmp_path_factory.mktemp("edge"))
    try:
        yield daemon.start()
    finally:
        daemon.stop()


@pytest.fixture
def ng(edge):
    return Ng(edge.ng_port)


@pytest.fixture
def call(ng):
    """Makes calls that are deleted at the end of the test."""
    calls = []

    def make(kind="sdes-plain", ng=ng, **keys):
        suites = KINDS[kind]
        ends = [Endpoint(suite=suite, mux=keys.pop("mux", False)) for suite in suites]
        calls.append(Call(ng, *ends, **keys))
        return calls[-1]

    yield make
    for one in calls:
        try:
            one.ng("delete", call_id=one.id, from_tag="")
        except ConnectionError:
            pass  # its daemon has ended with the test
        one.a.close()
        one.b.close()


def talk(call, count=5, first=100):
    """RTP and RTCP both ways must arrive as they were sent."""
    for i in range(first, first + count):
        for sender, receiver in ((call.a, call.b), (call.b, call.a)):
            packet = rtp(i, payload=os.urandom(160))
            sender.send(packet)
            assert receiver.receive() == packet
    for sender, receiver in ((call.a, call.b), (call.b, call.a)):
        report = rtcp_sr(count=first)
        sender.send_rtcp(report)
        assert receiver.receive_rtcp() == report


def assert_silent(call, packets=5, first=1000):
    """Nothing that either end sends reaches the other."""
    call.a.drain(0.05)
    call.b.drain(0.05)
    for i in range(first, first + packets):
        for end in (call.a, call.b):
            end.send(rtp(i))
            end.send_rtcp(rtcp_sr(count=i))
    assert call.a.drain() == 0
    assert call.b.drain() == 0


# --- ng ---------------------------------------------------------------------------------------------------


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


# --- media ------------------------------------------------------------------------------------------------


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


# --- silence ----------------------------------------------------------------------------------------------


def test_block_and_unblock_media(call, ng):
    one = call("sdes-sdes").setup()
    talk(one)
    ng("block media", call_id=one.id)
    assert_silent(one)
    verdict = one.query()["verdict"]
    assert verdict["blocked"] == 1 and verdict["reason"] == "blocked"
    assert verdict["forwarded_after_verdict"] == 0
    assert verdict["last_forwarded_us"] <= verdict["verdict_at_us"]
    assert verdict["dropped_after_verdict"]["packets"] == 20 and verdict["dropped_after_verdict"]["bytes"] > 20 * 60
    ng("unblock media", call_id=one.id)
    talk(one, first=2000)


def test_block_one_direction(call, ng):
    one = call("plain-sdes").setup()
    ng("block media", call_id=one.id, from_tag="tag-a")
    one.a.send(rtp(1))
    one.a.send_rtcp(rtcp_sr())
    assert one.b.drain() == 0
    one.b.send(rtp(1))
    assert one.a.receive() == rtp(1)
    tags = one.query()["tags"]
    assert tags["tag-a"]["verdict"]["blocked"] == 1 and tags["tag-b"]["verdict"]["blocked"] == 0
    ng("unblock media", call_id=one.id, flags=["all"])
    talk(one, first=50)


def test_a_block_waits_for_the_offer(call, ng):
    one = call()
    assert ng("block media", call_id=one.id)["warning"]
    assert_silent(one.setup())
    assert one.query()["verdict"]["blocked"] == 1
    ng("unblock media", call_id=one.id)
    talk(one, first=2000)


def test_drop_traffic(call):
    one = call()
    one.offer(drop_traffic="start")
    one.answer()
    assert_silent(one)
    one.answer(drop_traffic="stop")
    talk(one, first=2000)


def test_silence_media_is_a_block(call, ng):
    one = call().setup()
    ng("silence media", call_id=one.id)
    assert_silent(one)
    ng("unsilence media", call_id=one.id)
    talk(one, first=2000)


# --- holds and kills from Redis ---------------------------------------------------------------------------


class Redis:
    """A private server on a unix socket."""

    def __init__(self, directory):
        self.path = os.path.join(str(directory), "redis.sock")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--save", "", "--appendonly", "no",
             "--dir", os.path.dirname(self.path)], stdout=subprocess.DEVNULL)
        for _ in range(200):
            if os.path.exists(self.path) and self.run("PING") == "PONG":
                return self
            time.sleep(0.02)
        raise AssertionError("no Redis")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def run(self, *command):
        return subprocess.run(["redis-cli", "-s", self.path, *map(str, command)], capture_output=True,
                              text=True).stdout.strip()

    def publish(self, message):
        return self.run("PUBLISH", "fg:holds:ch", json.dumps({"v": 1, "by": "test", "reason": "test", **message}))

    def hold(self, customer, cut, until_ms):
        record = {"v": 1, "customer": customer, "scope": "customer", "until_ms": until_ms, "cut": cut, "by": "test"}
        self.run("SET", f"fg:{{{customer}}}:h:customer", json.dumps(record), "PX", 60000)
        self.run("ZADD", "fg:holds", until_ms, f"{customer} customer")

    def release(self, customer):
        self.run("DEL", f"fg:{{{customer}}}:h:customer")
        self.run("ZREM", "fg:holds", f"{customer} customer")
        self.publish({"op": "release", "customer": customer, "scope": "customer"})


def in_ms(ms):
    return int(time.time() * 1000) + ms


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A relay with a Redis: (daemon, server)."""
    if not shutil.which("redis-server"):
        pytest.skip("no redis-server")
    directory = tmp_path_factory.mktemp("guarded")
    server = Redis(directory).start()
    daemon = Edge(directory, f"--redis=unix:{server.path}")
    try:
        daemon.start()
        wait_until(lambda: daemon.metrics()["sbc_edge_redis_up"] == 1)
        yield daemon, server
    finally:
        daemon.stop()
        server.stop()


def wait_until(condition, seconds=10):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("did not happen in time")


class Talker(threading.Thread):
    """Sends RTP and RTCP about every 0.5 ms until stopped."""

    def __init__(self, end):
        super().__init__(daemon=True)
        self.end, self.going = end, True

    def run(self):
        i = 3000
        while self.going:
            self.end.send(rtp(i))
            self.end.send_rtcp(rtcp_sr(count=i))
            i += 1
            time.sleep(0.0005)


def arrival(sock, seconds):
    """When the kernel received the next datagram [Unix s]; None when none comes."""
    if not select.select([sock], [], [], seconds)[0]:
        return None
    _, ancillary, _, _ = sock.recvmsg(4096, 256)
    stamp = next(data for level, kind, data in ancillary if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS))
    seconds, nanoseconds = struct.unpack("qq", stamp)
    return seconds + nanoseconds / 1e9


def silence_after_ms(one, act):
    """How long after the verdict that act() publishes, and whose time it returns, packets reached `b` [ms]."""
    for sock in (one.b.rtp, one.b.rtcp):
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    talker = Talker(one.a)
    talker.start()
    try:
        for _ in range(20):
            assert arrival(one.b.rtp, 1) is not None
        at = last = act()
        for sock in (one.b.rtp, one.b.rtcp):
            while (now := arrival(sock, 0.25)) is not None:
                last = max(last, now)
    finally:
        talker.going = False
        talker.join()
    return (last - at) * 1000


def publish_raw(server, message):
    """PUBLISH on an open connection; the time just before it was sent."""
    text = json.dumps({"v": 1, **message}).encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as conn:
        conn.connect(server.path)
        command = b"*3\r\n$7\r\nPUBLISH\r\n$11\r\nfg:holds:ch\r\n$%d\r\n%s\r\n" % (len(text), text)
        at = time.time()
        conn.sendall(command)
        assert conn.recv(64) == b":1\r\n"
    return at


def test_a_hold_with_cut_silences_at_once_and_refuses_offers(guarded, call):
    daemon, server = guarded
    ng = Ng(daemon.ng_port)
    measured = []
    for i in range(5):
        customer = f"initech{i}"
        one = call("sdes-sdes", ng=ng, metadata=f"customer={customer}").setup()
        other = call("sdes-sdes", ng=ng, metadata="customer=acme").setup()
        measured.append(silence_after_ms(one, lambda: publish_raw(
            server, {"op": "hold", "customer": customer, "scope": "customer", "until_ms": in_ms(60000), "cut": True})))
        assert_silent(one, first=20000)
        verdict = one.query()["verdict"]
        assert verdict["reason"] == "held" and verdict["forwarded_after_verdict"] == 0
        assert 0 <= verdict["verdict_at_us"] - verdict["heard_at_us"] < 200000
        talk(other)
        refused = ng("offer", expect="error", call_id=f"new-{customer}", from_tag="a", sdp=one.a.sdp(),
                     metadata=f"customer={customer}")
        assert refused["error-reason"] == "Customer on hold"
    print(f"\nsilent after a hold [ms]: median {statistics.median(measured):.2f}, worst {max(measured):.2f}")
    assert max(measured) < 200
    server.release("initech0")
    wait_until(lambda: ng("offer", expect_any(), call_id="again", from_tag="a", sdp=Endpoint(suite=CM_80).sdp(),
                          metadata="customer=initech0", transport_protocol="RTP/AVP")["result"] == "ok")
    ng("delete", call_id="again", from_tag="a")


class expect_any(str):
    """Equal to whatever result there is."""

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


def test_a_hold_without_cut_lets_calls_end_by_themselves(guarded, call):
    daemon, server = guarded
    ng = Ng(daemon.ng_port)
    one = call(ng=ng, metadata="customer=umbrella").setup()
    publish_raw(server, {"op": "hold", "customer": "umbrella", "scope": "customer", "until_ms": in_ms(60000),
                         "cut": False})
    serial = iter(range(10**6))
    wait_until(lambda: ng("offer", expect_any(), call_id=f"u{next(serial)}", from_tag="a", sdp=one.a.sdp(),
                          metadata="customer=umbrella", transport_protocol="RTP/AVP")["result"] == "error")
    talk(one)


def test_a_hold_of_another_scope_or_that_is_over_changes_nothing(guarded, call):
    daemon, server = guarded
    one = call(ng=Ng(daemon.ng_port), metadata="customer=hooli").setup()
    for message in ({"scope": "country.LV", "until_ms": in_ms(60000)}, {"scope": "customer", "until_ms": in_ms(-1)}):
        publish_raw(server, {"op": "hold", "customer": "hooli", "cut": True, **message})
    publish_raw(server, {"op": "hold", "customer": "HOOLI!", "scope": "customer", "until_ms": in_ms(9999), "cut": True})
    server.run("PUBLISH", "fg:holds:ch", "not json")
    wait_until(lambda: daemon.metrics()["sbc_edge_redis_unreadable_total"] >= 2)
    talk(one)


def test_a_kill_silences_the_call_even_before_its_offer(guarded, call):
    daemon, server = guarded
    ng = Ng(daemon.ng_port)
    one, early = call("sdes-plain", ng=ng).setup(), call("plain-sdes", ng=ng)
    took = silence_after_ms(one, lambda: publish_raw(
        server, {"op": "kill", "call_id": one.id, "customer": "x", "until_ms": in_ms(60000)}))
    print(f"\nsilent after a kill: {took:.2f} ms")
    assert took < 200
    assert one.query()["verdict"]["reason"] == "killed"
    ng("unblock media", call_id=one.id)  # ng cannot undo what Redis says
    assert_silent(one, first=20000)
    publish_raw(server, {"op": "kill", "call_id": early.id, "customer": "x", "until_ms": in_ms(60000)})
    time.sleep(0.2)
    assert_silent(early.setup())


def test_holds_are_read_after_a_restart_and_survive_a_dead_redis(tmp_path, call):
    server = Redis(tmp_path).start()
    server.hold("soylent", True, in_ms(60000))
    server.run("ZADD", "fg:kills", in_ms(60000), "killed-before@test")
    daemon = Edge(tmp_path, f"--redis=unix:{server.path}").start()
    try:
        ng = Ng(daemon.ng_port)
        wait_until(lambda: daemon.metrics()["sbc_edge_redis_up"] == 1)
        refused = ng("offer", expect="error", call_id="s1", from_tag="a", sdp=Endpoint(suite=CM_80).sdp(),
                     metadata="customer=soylent")
        assert refused["error-reason"] == "Customer on hold"
        assert_silent(call(ng=ng, call_id="killed-before@test").setup())
        server.stop()
        wait_until(lambda: daemon.metrics()["sbc_edge_redis_up"] == 0)
        ng("offer", expect="error", call_id="s2", from_tag="a", sdp=Endpoint(suite=CM_80).sdp(),
           metadata="customer=soylent")
        talk(call(ng=ng, metadata="customer=acme").setup())
        server.start()  # empty now: the hold is gone
        wait_until(lambda: daemon.metrics()["sbc_edge_redis_up"] == 1)
        wait_until(lambda: ng("offer", expect_any(), call_id="s3", from_tag="a", sdp=Endpoint(suite=CM_80).sdp(),
                              metadata="customer=soylent", transport_protocol="RTP/AVP")["result"] == "ok")
    finally:
        daemon.stop()
        server.stop()


# --- limits -----------------------------------------------------------------------------------------------


def test_port_exhaustion_and_rest(tmp_path):
    daemon = Edge(tmp_path, "--port-rest=1")
    daemon.options = [o for o in daemon.options if not o.startswith(("--port-m", "--port-rest=0"))]
    daemon.options += [f"--port-min={daemon.ng_port + 10}", f"--port-max={daemon.ng_port + 13}", "--port-rest=1"]
    daemon.start()
    try:
        ng = Ng(daemon.ng_port)
        sdp = Endpoint().sdp()
        # Both interfaces have the same address, so they share its two pairs: one call.
        ng("offer", call_id="p0", from_tag="a", sdp=sdp, direction=["cust", "core"])
        full = ng("offer", expect="error", call_id="p2", from_tag="a", sdp=sdp, direction=["cust", "core"])
        assert full["error-reason"] == "Ran out of ports"
        ng("delete", call_id="p0", from_tag="a")
        resting = ng("offer", expect="error", call_id="p3", from_tag="a", sdp=sdp, direction=["cust", "core"])
        assert resting["error-reason"] == "Ran out of ports"
        wait_until(lambda: ng("offer", expect_any(), call_id="p4", from_tag="a", sdp=sdp,
                              direction=["cust", "core"])["result"] == "ok", 5)
    finally:
        daemon.stop()


def test_session_limit(tmp_path):
    daemon = Edge(tmp_path, "--max-sessions=1").start()
    try:
        ng = Ng(daemon.ng_port)
        ng("offer", call_id="m1", from_tag="a", sdp=Endpoint().sdp())
        refused = ng("offer", expect="error", call_id="m2", from_tag="a", sdp=Endpoint().sdp())
        assert refused["error-reason"] == "Parallel session limit reached"
    finally:
        daemon.stop()


def test_calls_without_media_time_out(tmp_path):
    daemon = Edge(tmp_path, "--timeout=1", "--offer-timeout=1").start()
    try:
        ng = Ng(daemon.ng_port)
        ng("offer", call_id="t1", from_tag="a", sdp=Endpoint().sdp())
        wait_until(lambda: ng("list")["calls"] == [], 5)
        assert daemon.metrics()['rtpengine_closed_sessions_total{reason="offer_timeout"}'] == 1
    finally:
        daemon.stop()


def test_a_flood_on_one_port_leaves_the_others_alive(call):
    victim, calm = call("sdes-sdes").setup(), call("sdes-sdes").setup()
    talk(victim)
    stop = threading.Event()

    def flood():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        junk = rtp(1) + bytes(10)
        while not stop.is_set():
            sock.sendto(junk, victim.a.remote)

    flooders = [threading.Thread(target=flood) for _ in range(2)]
    for one in flooders:
        one.start()
    try:
        lost = 0
        for i in range(100):
            calm.a.send(rtp(i))
            lost += calm.b.receive(0.5) != rtp(i)
            time.sleep(0.005)
    finally:
        stop.set()
        for one in flooders:
            one.join()
    assert lost <= 1
    time.sleep(0.1)
    victim.a.drain(0.01)
    victim.b.drain(0.01)
    talk(victim, first=5000)
    assert victim.drops()["auth_failed"] > 1000


def test_rubbish_on_the_ng_port_changes_nothing(ng, call):
    one = call().setup()
    for i in range(300):
        ng.socket.send(os.urandom(i * 5 + 1))
        ng.socket.send(b"q%d d" % i + os.urandom(60))
    time.sleep(0.2)
    ng.socket.setblocking(False)
    try:
        while ng.socket.recv(65536):
            pass
    except BlockingIOError:
        ng.socket.setblocking(True)
        ng.socket.settimeout(5)
    ng("ping", expect="pong")
    talk(one)


def test_metrics(edge, ng, call):
    before = edge.metrics()
    one = call().setup()
    talk(one)
    Endpoint(ip="127.0.0.9").rtp.sendto(rtp(1), one.b.remote)
    time.sleep(0.1)
    after = edge.metrics()
    assert after['rtpengine_sessions{type="own"}'] == before['rtpengine_sessions{type="own"}'] + 1
    assert after['rtpengine_packets_total{type="userspace"}'] == before['rtpengine_packets_total{type="userspace"}'] + 12
    reason = 'sbc_edge_drops_total{reason="unknown_source"}'
    assert after[reason] == before[reason] + 1
    assert after["sbc_edge_forwarded_after_verdict_total"] == 0


# --- the process ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options, words", [
    ([], ["--interface", "missing"]),
    (["--interface=127.0.0.1"], ["--listen-ng", "missing"]),
    (["--interface=cust/nowhere"], ["--interface=cust/nowhere", "expected"]),
    (["--interface=127.0.0.1", "--listen-ng=99999"], ["--listen-ng=99999", "expected"]),
    (["--port-min=x"], ["--port-min=x", "number"]),
    (["--no-such-option"], ["--no-such-option", "unknown"]),
    (["--redis=tcp"], ["--redis=tcp", "expected"]),
    (["stray"], ["stray", "unexpected"]),
])
def test_a_wrong_command_line_is_explained(options, words):
    result = subprocess.run([BINARY, *options], capture_output=True, text=True, timeout=10)
    assert result.returncode == 2
    assert all(word in result.stderr for word in words), result.stderr
    assert result.stderr.count("\n") == 1


def test_help_and_a_taken_port(tmp_path):
    result = subprocess.run([BINARY, "--help"], capture_output=True, text=True, timeout=10)
    assert result.returncode == 0 and "--listen-ng" in result.stdout
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        result = subprocess.run([BINARY, "--interface=127.0.0.1", f"--listen-ng=127.0.0.1:{port}"],
                                capture_output=True, text=True, timeout=10)
    assert result.returncode == 1 and str(port) in result.stderr and "in use" in result.stderr


def test_no_key_is_ever_logged(tmp_path):
    daemon = Edge(tmp_path, log_level=7).start()
    keys = set()
    try:
        ng = Ng(daemon.ng_port)
        one = Call(ng, Endpoint(suite=CM_80), Endpoint(suite=CM_80)).setup()
        talk(one)
        one.a.rekey(os.urandom(30))
        one.offer(to_tag="tag-b")
        one.answer()
        for text in (one.a.sdp(), one.b.sdp(), one.offer_sdp, one.answer_sdp):
            keys |= set(re.findall(r"inline:([A-Za-z0-9+/]+)", text))
        ng("offer", expect="error", call_id="k", from_tag="a", sdp=one.a.sdp().replace("inline:", "inline: "))
        ng("offer", expect="error", call_id="k", from_tag="a", sdp=one.a.sdp().replace("m=audio", "x"))
        query = json.dumps(one.query())
        one.delete()
        assert not os.path.exists(f"/proc/{daemon.process.pid}/mem") or not os.access(
            f"/proc/{daemon.process.pid}/environ", os.R_OK) or os.geteuid() == 0
    finally:
        daemon.stop()
    log = daemon.log()
    assert len(keys) >= 6 and one.id in log
    for key in keys:
        raw = base64.b64decode(key + "=" * (-len(key) % 4))
        for form in (key, key[:12], raw.hex(), raw.hex()[:16]):
            assert form not in log and form not in query
