# SPDX-License-Identifier: GPL-2.0-or-later
"""DTLS-SRTP between the relay and Debian's rtpengine, in either direction and role; RTP at both ends."""
import os
import random
import shutil
import socket
import subprocess
import time

import pytest

from edge_lab import Endpoint, Ng, rtcp_sr, rtp, wait_until

pytestmark = pytest.mark.skipif(not shutil.which("rtpengine"), reason="rtpengine's daemon is not installed")


def free_base():
    """The first of 200 ports, most of them free, below the ephemeral ones and above those of the relay."""
    for base in random.sample(range(30200, 32600, 200), 12):
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(40)]
        try:
            for i, one in enumerate(sockets):
                one.bind(("127.0.0.1", base + i))
            return base
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    raise AssertionError("no free ports")


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    base = free_base()
    log = open(os.path.join(str(tmp_path_factory.mktemp("r")), "log"), "wb")
    daemon = subprocess.Popen(
        ["rtpengine", "--config-file=none", "--table=-1", "--foreground", "--log-stderr", "--interface=127.0.0.1",
         f"--listen-ng=127.0.0.1:{base}", f"--port-min={base + 2}", f"--port-max={base + 190}", "--num-threads=2"],
        stderr=log, stdout=log)
    ng = Ng(base)

    def answers():
        assert daemon.poll() is None, open(log.name, errors="replace").read()
        try:
            return ng("ping", expect="pong")
        except (ConnectionError, socket.timeout):
            time.sleep(0.05)
            return None

    try:
        wait_until(answers, 20)
        yield ng
    finally:
        daemon.terminate()
        daemon.wait(10)


def state(ng, call_id, tag):
    return ng("query", call_id=call_id)["tags"][tag]["medias"][0]["srtp"]


def talk(a, b):
    """rtpengine learns and may lose the first packet: what counts is that all that follow get through."""
    for first, second in ((a, b), (b, a)):
        for seq in range(1, 30):
            first.send(rtp(seq))
            if second.receive(0.3):
                break
        second.drain(0.05)
        for seq in range(100, 120):
            first.send(rtp(seq))
            assert second.receive() == rtp(seq)
        first.send_rtcp(rtcp_sr())
        assert second.receive_rtcp() == rtcp_sr()


@pytest.mark.parametrize("is_first", [True, False], ids=["edge-offers", "rtpengine-offers"])
@pytest.mark.parametrize("role", ["active", "passive"])
@pytest.mark.parametrize("mux", ["require", "demux"])
def test_call_through_both(edge, peer, is_first, role, mux):
    ours = Ng(edge.ng_port)
    first, second = (ours, peer) if is_first else (peer, ours)
    a, b = Endpoint(), Endpoint()
    call = f"r-{os.urandom(4).hex()}@test"
    keys = {"call_id": call, "from_tag": "ta", "replace": ["origin", "session-connection"], "ICE": "remove"}
    # Who answers has the choice of the role: `role` is that of the second relay.
    offer = first("offer", sdp=a.sdp(), transport_protocol="UDP/TLS/RTP/SAVP", SDES=["off"], rtcp_mux=[mux], **keys)["sdp"]
    wish = {"DTLS_reverse": role}
    b.take(second("offer", sdp=offer, transport_protocol="RTP/AVP", rtcp_mux=["demux"], **wish, **keys)["sdp"])
    answer = second("answer", sdp=b.sdp(), to_tag="tb", DTLS=role, rtcp_mux=["accept"], **keys)["sdp"]
    a.take(first("answer", sdp=answer, to_tag="tb", **keys)["sdp"])
    assert f"a=setup:{role}" in answer
    tag = "tb" if is_first else "ta"
    wait_until(lambda: state(ours, call, tag)["dtls"]["state"] == "established")
    if mux == "demux":
        wait_until(lambda: state(ours, call, tag)["dtls"]["rtcp_state"] == "established")
    try:
        talk(a, b)
        assert state(ours, call, tag)["encrypted"] == 1
    finally:
        for ng in (ours, peer):
            ng("delete", call_id=call, from_tag="")
        a.close()
        b.close()
