# SPDX-License-Identifier: GPL-2.0-or-later
"""What the relay tells of the media of calls, and of those that were silenced."""
import json
import os
import shutil
import socket
import struct
import subprocess
import threading

import jsonschema
import pytest

from edge_lab import BUILD, CM_80, TOP, Edge, Ng, Redis, rtp, talk, wait_until

SCHEMA = json.load(open(os.path.join(TOP, "docs", "events.schema.json"), encoding="utf-8"))


def check(document, definition):
    jsonschema.validate(document, {**SCHEMA, "oneOf": [{"$ref": f"#/definitions/{definition}"}]})


class Listener(threading.Thread):
    """Everything that is published on the channel."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.messages = []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.sendall(b"SUBSCRIBE fg:media:ch\r\n")
        self.lines = self.socket.makefile("rb")
        assert self.read_push()[0] == b"subscribe"
        self.start()

    def read_push(self):
        """One array of three: strings, and for the confirmation a number."""
        parts = []
        count = self.lines.readline()
        for _ in range(int(count[1:]) if count else 0):
            kind = self.lines.readline()
            parts.append(self.lines.read(int(kind[1:]) + 2)[:-2] if kind[:1] == b"$" else kind)
        return parts

    def run(self):
        while parts := self.read_push():
            self.messages.append(json.loads(parts[2]))

    def of(self, call, **wanted):
        return [m for m in self.messages if m.get("call_id") == call.id and all(m[k] == v for k, v in wanted.items())]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A relay that tells every second: (daemon, server, listener)."""
    if not shutil.which("redis-server"):
        pytest.skip("no redis-server")
    directory = tmp_path_factory.mktemp("told")
    server = Redis(directory).start()
    daemon = Edge(directory, f"--redis=unix:{server.path}", "--facts-interval=1")
    listener = None
    try:
        daemon.start()
        listener = Listener(server.path)
        yield daemon, server, listener
    finally:
        daemon.stop()
        server.stop()
        if listener:
            listener.join(10)


def press(seq, timestamp):
    return struct.pack("!BBHII", 0x80, 101, seq, timestamp, 0x11223344) + b"\x05\x0a\x00\xa0"


def test_media_of_a_call_is_told(told, call):
    daemon, _, listener = told
    one = call("sdes-plain", ng=Ng(daemon.ng_port), metadata="customer=acme", label="customer", to_label='car"rier')
    more = ("a=rtpmap:101 telephone-event/8000",)
    one.offer(one.a.sdp(extra=more))
    one.answer(one.b.sdp(extra=more))
    for i in range(40):
        if i % 4 != 3:  # one in four is lost
            one.a.send(rtp(i, payload=os.urandom(160)))
    for seq, timestamp in ((40, 8000), (41, 8000), (42, 9600), (43, 9600)):
        one.a.send(press(seq, timestamp))
    wait_until(lambda: any(m["caller"]["dtmf"] == 2 for m in listener.of(one)))
    first = next(m for m in listener.of(one) if m["caller"]["dtmf"] == 2)
    check(first, "media_facts")
    assert first["customer"] == "acme" and first["on_hold"] is False
    caller, called = first["caller"], first["called"]
    assert caller["encrypted"] is True and caller["suite"] == CM_80 and caller["codec"] == "PCMA"
    assert called["encrypted"] is False and called["suite"] == "" and called["codec"] == ""
    assert called["packets"] == 0
    assert (caller["label"], called["label"]) == ("customer", "")  # words only
    wait_until(lambda: any(m["one_way_s"] > 0 for m in listener.of(one)))
    # All that came so far, whatever the borders of the intervals: ten of 44 never did.
    assert sum(m["caller"]["packets"] for m in listener.of(one)[-1:]) == 34
    assert max(m["caller"]["loss_ppm"] for m in listener.of(one)) > 0


def test_dead_air_is_told(told, call):
    daemon, _, listener = told
    one = call("plain-plain", ng=Ng(daemon.ng_port)).setup()
    seq = 0

    def silent_for_a_while():
        nonlocal seq
        for _ in range(5):
            seq += 1
            one.a.send(rtp(seq))  # 0xd5: A-law's zero
            one.b.send(rtp(seq))
        return any(m["silent_s"] >= 2 for m in listener.of(one))

    wait_until(silent_for_a_while)
    assert all(m["one_way_s"] == 0 for m in listener.of(one))
    assert listener.of(one)[-1]["customer"] is None

    def heard():
        nonlocal seq
        for _ in range(8):
            seq += 1
            one.b.send(rtp(seq, payload=b"\x11" * 160))
        return listener.of(one)[-1]["silent_s"] == 0

    wait_until(heard)


def proofs(server, one):
    entries = server.run("XRANGE", "fg:events", "-", "+").split("\n")
    events = [json.loads(line) for line in entries if line.startswith("{")]
    return [e for e in events if e["type"] == "media.silenced" and e.get("call_id") == one.id]


def test_the_end_of_the_relay_is_the_end_of_a_silenced_call(told, call, tmp_path):
    _, server, _ = told
    daemon = Edge(tmp_path, f"--redis=unix:{server.path}").start()
    one = call("sdes-plain", ng=Ng(daemon.ng_port), metadata="customer=acme").setup()
    talk(one)
    one.ng("block media", call_id=one.id)
    daemon.stop()
    (proof,) = proofs(server, one)
    assert proof["forwarded_after"] == 0 and proof["legs"][0]["verdict"]["reason"] == "blocked"


@pytest.mark.parametrize("verdict", ["block", "kill"])
def test_a_silenced_call_leaves_a_proof(told, call, verdict):
    daemon, server, _ = told
    one = call("sdes-plain", ng=Ng(daemon.ng_port), metadata="customer=acme").setup()
    talk(one)
    if verdict == "block":
        one.ng("block media", call_id=one.id)
    else:
        server.publish({"op": "kill", "call_id": one.id, "customer": "acme", "until_ms": 4000000000000})
        wait_until(lambda: one.query()["verdict"]["blocked"] == 1)
    for i in range(200, 210):
        one.a.send(rtp(i))
        one.b.send(rtp(i))
    wait_until(lambda: one.query()["verdict"]["dropped_after_verdict"]["packets"] == 20)
    assert not proofs(server, one)
    one.delete()
    wait_until(lambda: proofs(server, one))
    (proof,) = proofs(server, one)
    check(proof, "silenced")
    assert proof["customer"] == "acme" and proof["forwarded_after"] == 0
    caller, called = proof["legs"]
    reason = "blocked" if verdict == "block" else "killed"
    assert [leg["side"] for leg in (caller, called)] == ["caller", "called"]
    for leg in (caller, called):
        told_of = leg["verdict"]
        assert told_of["reason"] == reason and told_of["times"] == 1 and told_of["forwarded_after"] == 0
        assert told_of["dropped"]["packets"] == 10 and leg["drops"][reason] == 10
        assert told_of["heard_us"] <= told_of["obeyed_us"] and 0 < leg["last_forwarded_us"] < told_of["obeyed_us"]
    (key,) = [k for k in server.run("KEYS", "fg:proof:*").split() if one.id in server.run("GET", k)]
    assert json.loads(server.run("GET", key)) == proof and int(server.run("TTL", key)) > 6 * 86400
    shown = fgctl(server, "proof", one.id)
    assert [line.split()[:2] for line in shown.stdout.split("\n")[1:3]] == [["caller", reason], ["called", reason]], shown
    assert "\n0 packet(s) forwarded after the verdict" in shown.stdout and "before" in shown.stdout
    assert json.loads(fgctl(server, "proof", one.id, "-o", "json").stdout) == proof
    assert fgctl(server, "proof", "another").returncode == 4


def fgctl(server, *arguments):
    return subprocess.run([os.path.join(BUILD, "cli", "fgctl"), "--redis", f"unix:{server.path}", *arguments], capture_output=True, text=True)


def test_proofs_wait_for_redis(told, call):
    daemon, server, _ = told
    one = call("plain-plain", ng=Ng(daemon.ng_port)).setup()
    one.ng("block media", call_id=one.id)
    written = daemon.metrics()["sbc_edge_proofs_total"]
    server.stop()
    one.delete()
    server.start()
    wait_until(lambda: daemon.metrics()["sbc_edge_proofs_total"] == written + 1, 20)
    assert len(proofs(server, one)) == 1
    assert daemon.metrics()["sbc_edge_redis_up"] in (0, 1)
