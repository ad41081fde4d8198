# SPDX-License-Identifier: GPL-2.0-or-later
"""Limits, floods, and the process itself."""
import base64
import fcntl
import json
import os
import re
import resource
import socket
import subprocess
import threading
import time

import pytest

from edge_lab import CM_80, BINARY, Call, Edge, Endpoint, Ng, expect_any, rtp, talk, wait_until


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
        wait_until(lambda: ng("offer", expect_any(), call_id="p4", from_tag="a", via_branch="w", sdp=sdp,
                              direction=["cust", "core"])["result"] == "ok", 5)
        # A branch of a known call that finds no ports leaves nothing of itself behind.
        for branch in "xyz":
            ng("offer", expect="error", call_id="p4", from_tag="a", via_branch=branch, sdp=sdp)
        assert len(ng("query", call_id="p4")["tags"]) == 2
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


def test_out_of_descriptors_counts_as_out_of_ports(tmp_path):
    """So that the proxy tries its next relay."""
    daemon = Edge(tmp_path, threads=1).start()
    try:
        ng = Ng(daemon.ng_port)
        open_now = max(int(fd) for fd in os.listdir(f"/proc/{daemon.process.pid}/fd"))
        limits = resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (open_now + 4, limits[1]))
        end = Endpoint()
        reply = ng("offer", expect="error", call_id="x", from_tag="a", sdp=end.sdp())
        assert reply["error-reason"] == "Ran out of ports"
        end.close()
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, limits)
        ng("offer", call_id="x", from_tag="a", sdp=end_sdp())
    finally:
        daemon.stop()


def end_sdp():
    end = Endpoint()
    try:
        return end.sdp()
    finally:
        end.close()


def test_a_log_that_nobody_reads_stops_nothing(tmp_path):
    daemon = Edge(tmp_path, threads=1)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    process = subprocess.Popen([BINARY, *daemon.options], stderr=writer)
    try:
        ng = Ng(daemon.ng_port)
        ng.socket.settimeout(2)
        for i in range(50):
            try:
                ng("ping", expect="pong")
                break
            except ConnectionError:
                time.sleep(0.1)
        sdp = end_sdp()
        for i in range(150):
            ng("offer", call_id=f"call-{i}", from_tag="a", sdp=sdp)
            ng("delete", call_id=f"call-{i}", from_tag="a")
    finally:
        process.kill()
        process.wait()
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize("options, words", [
    ([], ["--interface", "missing"]),
    (["--interface=127.0.0.1"], ["--listen-ng", "missing"]),
    (["--interface=cust/nowhere"], ["--interface=cust/nowhere", "expected"]),
    (["--interface=127.0.0.1", "--listen-ng=99999"], ["--listen-ng=99999", "expected"]),
    (["--port-min=x"], ["--port-min=x", "number"]),
    (["--no-such-option"], ["--no-such-option", "unknown"]),
    (["--redis=tcp"], ["--redis=URL", "expected"]),
    (["stray"], ["stray", "unexpected"]),
])
def test_a_wrong_command_line_is_explained(options, words):
    result = subprocess.run([BINARY, *options], capture_output=True, text=True, timeout=10)
    assert result.returncode == 2
    assert all(word in result.stderr for word in words), result.stderr
    assert all(line.startswith("sbc-edge: ") for line in result.stderr.splitlines())


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


@pytest.mark.skipif("asan" in BINARY or "tsan" in BINARY, reason="sanitizers end a process that is out of memory")
def test_out_of_memory_costs_new_calls_only(tmp_path, call):
    daemon = Edge(tmp_path, threads=1, log_level=5).start()
    try:
        ng = Ng(daemon.ng_port)
        one = call("sdes-sdes", ng=ng).setup()
        talk(one)
        pid, text = daemon.process.pid, end_sdp()
        limits = resource.prlimit(pid, resource.RLIMIT_DATA)
        resource.prlimit(pid, resource.RLIMIT_DATA, (4096, limits[1]))
        replies = [ng("offer", expect=expect_any(), call_id=f"m{i}" + "x" * 50000, from_tag="a", sdp=text)
                   for i in range(40)]
        errors = {reply.get("error-reason") for reply in replies} - {None}
        assert errors == {"Out of memory"}, errors
        talk(one, first=200)
        resource.prlimit(pid, resource.RLIMIT_DATA, limits)
        ng("offer", call_id="after", from_tag="a", sdp=text)
    finally:
        daemon.stop()
