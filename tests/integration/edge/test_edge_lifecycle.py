# SPDX-License-Identifier: GPL-2.0-or-later
"""How a relay starts, refuses calls, and ends."""
import signal
import socket

from edge_lab import CM_80, Edge, Endpoint, Ng, assert_silent, expect_any, talk, wait_until

SUPPORTS = {"supports": ["load limit"]}


def offer(ng, call_id, expect="ok", **keys):
    end = Endpoint(suite=CM_80)
    try:
        return ng("offer", expect=expect, call_id=call_id, from_tag="a", sdp=end.sdp(), transport_protocol="RTP/AVP",
                  **keys)
    finally:
        end.close()


def test_a_planned_end_lets_calls_end_by_themselves(tmp_path, call, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        daemon = Edge(tmp_path, "--drain-time=60").start()
        try:
            assert manager.recv(100) == b"READY=1"
            ng = Ng(daemon.ng_port)
            one = call("sdes-sdes", ng=ng).setup()
            talk(one)
            daemon.process.send_signal(signal.SIGTERM)
            assert manager.recv(100).startswith(b"STOPPING=1")
            assert offer(ng, "new", expect="load limit", **SUPPORTS)["message"] == "Shutting down"
            # A proxy that has not heard of load limits tries the next relay on this text.
            assert offer(ng, "new", expect="error")["error-reason"] == "Parallel session limit reached"
            assert daemon.metrics()["sbc_edge_draining"] == 1
            assert daemon.metrics()["sbc_edge_offers_refused_by_load_total"] == 2
            one.offer(to_tag="tag-b")
            one.answer()
            talk(one, first=200)
            assert daemon.process.poll() is None
            one.delete()
            assert daemon.process.wait(20) == 0
        finally:
            daemon.stop()


def test_a_second_signal_and_the_end_of_the_time_end_it_at_once(tmp_path, call):
    for options, signals in ((["--drain-time=600"], 2), (["--drain-time=1"], 1)):
        directory = tmp_path / str(signals)
        directory.mkdir()
        daemon = Edge(directory, *options).start()
        try:
            call("sdes-plain", ng=Ng(daemon.ng_port)).setup()
            daemon.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "no new calls" in daemon.log())
            if signals == 2:
                assert daemon.process.poll() is None
                daemon.process.send_signal(signal.SIGTERM)
            assert daemon.process.wait(20) == 0
        finally:
            daemon.stop()


def test_a_busy_machine_sends_calls_elsewhere(tmp_path):
    daemon = Edge(tmp_path, "--max-cpu=1").start()
    try:
        ng = Ng(daemon.ng_port)
        serial = iter(range(10**6))
        wait_until(lambda: offer(ng, f"c{next(serial)}", expect=expect_any(), **SUPPORTS)["result"] == "load limit", 20)
        assert "CPU usage limit exceeded" in daemon.log()
    finally:
        daemon.stop()


def test_nothing_flows_before_the_guard_has_allowed_it(tmp_path, call):
    daemon = Edge(tmp_path, "--default-deny").start()
    try:
        ng = Ng(daemon.ng_port)
        silent = call("sdes-sdes", ng=ng, metadata="customer=acme").setup()
        assert_silent(silent)
        verdict = silent.query()["verdict"]
        assert verdict["blocked"] == 1 and verdict["reason"] == "not_allowed"
        assert silent.drops()["not_allowed"] > 0
        talk(call("sdes-plain", ng=ng, metadata="customer=acme|guard=allowed").setup())
        talk(call("plain-sdes", ng=ng, metadata="guard=allowed").setup())
        by_answer = call("sdes-plain", ng=ng)
        by_answer.offer()
        by_answer.answer(drop_traffic="stop")
        talk(by_answer)
        early = call("sdes-plain", ng=ng)
        ng("unblock media", call_id=early.id)
        talk(early.setup())
        ng("unblock media", call_id=silent.id)
        talk(silent, first=2000)
        ng("block media", call_id=silent.id)
        assert_silent(silent, first=3000)
        assert silent.query()["verdict"]["reason"] == "blocked"
        # One direction alone does not allow the call.
        half = call("sdes-plain", ng=ng).setup()
        ng("unblock media", call_id=half.id, from_tag="tag-a")
        assert_silent(half)
        near = call("sdes-plain", ng=ng, metadata="guard=allowed2").setup()
        assert_silent(near)
    finally:
        daemon.stop()
