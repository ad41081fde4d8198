# SPDX-License-Identifier: GPL-2.0-or-later
"""Kamailio's stock rtpengine module with a set of two relays: one drains, one dies."""
import os
import shutil
import signal

import pytest

from edge_lab import CM_80, Edge, Endpoint, Redis, rtp, wait_until
from test_kamailio_rtpengine import Proxy

FLAGS = "replace-origin replace-session-connection ICE=remove DTLS=off SDES-pad rtcp-mux-demux"
# The module remembers for each call, and Via branch where one is named, which relay it took, and asks no other one while that is away.
CONFIG = """#!KAMAILIO
debug=2
fork=yes
children=1
auto_aliases=no
listen=udp:127.0.0.1:{sip}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "rr.so"
loadmodule "tm.so"
loadmodule "rtpengine.so"
modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:{one} udp:127.0.0.1:{two}")
modparam("rtpengine", "write_sdp_pv", "$avp(sdp)")
modparam("rtpengine", "extra_id_pv", "$avp(extra_id)")
modparam("rtpengine", "rtpengine_tout_ms", 500)
modparam("rtpengine", "rtpengine_retr", 2)
request_route {{
    $avp(extra_id) = "moved";
    if (is_method("INVITE")) {{
        $var(r) = rtpengine_offer("{flags} RTP/AVP");
        if ($var(r) < 0) $var(r) = rtpengine_offer("{flags} RTP/AVP via-branch=extra");
        append_to_reply("X-RC: offer $var(r)\\r\\n");
    }} else if (is_method("PRACK")) {{
        $var(r) = rtpengine_answer("{flags} RTP/SAVP");
        if ($var(r) < 0) $var(r) = rtpengine_answer("{flags} RTP/SAVP via-branch=extra");
        append_to_reply("X-RC: answer $var(r)\\r\\n");
    }}
    if ($avp(sdp) != $null) append_to_reply("X-SDP: $(avp(sdp){{s.encode.hexa}})\\r\\n");
    sl_send_reply("200", "OK");
}}
"""


class SetProxy(Proxy):
    def __init__(self, one, two, directory):
        self.start(one.ng_port + 5, CONFIG.format(sip=one.ng_port + 5, one=one.ng_port, two=two.ng_port, flags=FLAGS),
                   directory)


class Talk:
    """A call through the proxy: `a` speaks SRTP, `b` does not."""

    def __init__(self, proxy, call_id):
        self.proxy, self.id = proxy, call_id
        self.a, self.b = Endpoint(suite=CM_80), Endpoint()

    def setup(self, to_tag=""):
        reply = self.proxy.send("INVITE", self.id, self.a.sdp(), tags=("A1", to_tag))
        assert reply["rc"] == {"offer": 1}, self.proxy.log()
        self.b.take(reply["sdp"])
        # The module swaps the tags of a request that answers.
        reply = self.proxy.send("PRACK", self.id, self.b.sdp(), tags=("B1", "A1"))
        assert reply["rc"] == {"answer": 1}, self.proxy.log()
        self.a.take(reply["sdp"])
        return self

    def speak(self, first):
        for i in range(first, first + 5):
            for sender, receiver in ((self.a, self.b), (self.b, self.a)):
                packet = rtp(i)
                sender.send(packet)
                assert receiver.receive(3) == packet

    def close(self):
        self.a.close()
        self.b.close()


@pytest.fixture
def lab(tmp_path):
    for tool in ("kamailio", "redis-server"):
        if not shutil.which(tool):
            pytest.skip(f"no {tool}")
    server = Redis(tmp_path).start()
    keys = tmp_path / "keys"
    keys.write_text("a " + os.urandom(32).hex())
    keys.chmod(0o400)
    relays = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        relays.append(Edge(tmp_path / name, f"--redis=unix:{server.path}", f"--state-key-file={keys}",
                           f"--state-node={name}", "--drain-time=60").start())
    proxy = SetProxy(*relays, tmp_path)
    calls = []
    try:
        yield relays, proxy, calls
    finally:
        for each in calls:
            each.close()
        proxy.stop()
        for relay in relays:
            if relay.process:
                relay.process.kill()
                relay.process.wait(10)
        server.stop()


def sessions(relay):
    return relay.metrics()['rtpengine_sessions{type="own"}']


def test_calls_go_to_the_other_relay_when_one_drains_or_dies(lab):
    (one, two), proxy, calls = lab
    # Kamailio takes the relay by a hash of the Call-ID.
    while not calls or sessions(one) == 0:
        assert len(calls) < 30
        calls.append(Talk(proxy, f"c{len(calls)}@test").setup())
    mine = calls[-1]
    mine.speak(100)
    one.process.send_signal(signal.SIGTERM)
    wait_until(lambda: one.metrics()["sbc_edge_draining"] == 1)
    before = sessions(two)
    for i in range(8):
        calls.append(Talk(proxy, f"d{i}@test").setup())
    assert sessions(one) == 1 and sessions(two) == before + 8, "a new call went to the relay that is to end"
    mine.speak(200)
    wait_until(lambda: one.metrics()["sbc_edge_state_waiting"] == 0)
    one.kill()
    mine.setup(to_tag="B1")  # a re-INVITE: the other relay takes the call over
    mine.speak(300)
    assert sessions(two) == before + 9
