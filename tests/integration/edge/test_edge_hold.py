# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds and kills from a real Redis."""
import json
import select
import shutil
import socket
import statistics
import struct
import threading
import time

import pytest

from edge_lab import (CM_80, Edge, Endpoint, Ng, Redis, assert_silent, expect_any, rtcp_sr, rtp, talk, wait_until)

SO_TIMESTAMPNS = 35  # not in Python's socket module


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
        # The kernel begins to stamp datagrams a while after it was asked, and gives the others the time at which they are read.
        time.sleep(0.05)
        for sock in (one.b.rtp, one.b.rtcp) * 2:
            for _ in range(2000):
                if arrival(sock, 0) is None:
                    break
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
    for message in ({"scope": "country.LV", "until_ms": in_ms(60000)}, {"scope": "customer", "until_ms": in_ms(-1)},
                    {"scope": "number.0123456789abcdef", "of": "+96077***45", "times": 2, "until_ms": in_ms(60000)}):
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


def test_a_refused_subscription_is_not_taken_for_one(tmp_path):
    server = Redis(tmp_path).start()
    server.run("ACL", "SETUSER", "default", "resetchannels")
    daemon = Edge(tmp_path, f"--redis=unix:{server.path}").start()
    try:
        time.sleep(1)
        assert daemon.metrics()["sbc_edge_redis_up"] == 0
        server.run("ACL", "SETUSER", "default", "allchannels")
        wait_until(lambda: daemon.metrics()["sbc_edge_redis_up"] == 1)
    finally:
        daemon.stop()
        server.stop()


def test_a_hold_that_cannot_be_read_again_stays(tmp_path):
    server = Redis(tmp_path).start()
    server.hold("initech", False, in_ms(60000))
    daemon = Edge(tmp_path, f"--redis=unix:{server.path}").start()
    try:
        wait_until(lambda: daemon.metrics()["sbc_edge_redis_up"] == 1)
        ng, end = Ng(daemon.ng_port), Endpoint()

        def offer(expect):
            return ng("offer", expect=expect, call_id="c", from_tag="a", sdp=end.sdp(), metadata="customer=initech")

        assert offer("error")["error-reason"] == "Customer on hold"
        for command in (["ACL", "SETUSER", "default", "-hget"], ["HSET", "fg:{initech}:h", "customer", "unreadable"]):
            server.run(*command)
            server.run("CLIENT", "KILL", "TYPE", "pubsub")
            time.sleep(1.5)
            assert offer("error")["error-reason"] == "Customer on hold"
            server.run("ACL", "SETUSER", "default", "+hget")
        end.close()
    finally:
        daemon.stop()
        server.stop()


def test_a_kill_by_the_bytes_of_the_call_id(guarded, call):
    daemon, server = guarded
    one = call("sdes-plain", ng=Ng(daemon.ng_port), call_id="odd\x01\x7fid@host").setup()
    talk(one)
    server.publish({"op": "kill", "call_id": "odd\\x01\\x7Fid@host", "call_id_hex": one.id.encode().hex(),
                    "customer": "initech", "until_ms": in_ms(5000)})
    wait_until(lambda: one.query()["verdict"]["blocked"] == 1, 3)
    assert_silent(one)
