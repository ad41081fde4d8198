# SPDX-License-Identifier: GPL-2.0-or-later
"""Every function of Kamailio's stock rtpengine module that a trunk may use, over UDP and over a UNIX socket."""
import os
import re
import socket
import subprocess
import time

import pytest

from edge_lab import CM_80, Endpoint, rtcp_sr, rtp, wait_until

FLAGS = ("replace-origin replace-session-connection ICE=remove DTLS=off SDES-only-AES_CM_128_HMAC_SHA1_80 SDES-no-AES_CM_128_HMAC_SHA1_32 SDES-pad "
         "rtcp-mux-demux strict-source trust-address port-latching direction=cust direction=core address-family=IP4 via-branch=1 label=cust TOS=184 "
         "endpoint-learning=immediate record-call=no")
AFTER_OFFER = ["block_media()", 'block_media("directional")', 'unblock_media("all")', "block_dtmf()", "unblock_dtmf()", "silence_media()", "unsilence_media()"]
AFTER_ANSWER = ["start_recording()", "stop_recording()", "start_forwarding()", "stop_forwarding()", "stop_media()", 'block_media("label=cust")',
                'unblock_media("label=cust")', 'block_media("call-id=$ci")', 'unblock_media("call-id=$ci")', "rtpengine_query()"]
NOT_DONE = ['play_dtmf("code=1")', 'play_media("file=/none.wav")']

CONFIG = """#!KAMAILIO
debug=2
fork=yes
children=1
auto_aliases=no
listen=udp:127.0.0.1:{sip}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "tm.so"
loadmodule "textops.so"
loadmodule "rtpengine.so"
modparam("rtpengine", "rtpengine_sock", "1 == udp:127.0.0.1:{ng}")
modparam("rtpengine", "rtpengine_sock", "2 == unix:{path}")
modparam("rtpengine", "setid_default", 1)
modparam("rtpengine", "write_sdp_pv", "$avp(sdp)")
modparam("rtpengine", "rtpengine_tout_ms", 3000)
request_route {{
    set_rtpengine_set("$hdr(X-Set)");
    if (is_method("INVITE")) {{
        $var(r) = rtpengine_offer("{flags} RTP/AVP drop-traffic=start");
        append_to_reply("X-RC: offer $var(r)\\r\\n");
        {after_offer}
    }} else if (is_method("PRACK")) {{
        $var(r) = rtpengine_answer("replace-origin RTP/SAVP DTLS=off SDES-pad drop-traffic=stop");
        append_to_reply("X-RC: answer $var(r)\\r\\n");
        {after_answer}
    }} else if (is_method("UPDATE")) {{
        $var(r) = rtpengine_manage("{flags} RTP/AVP");
        append_to_reply("X-RC: manage $var(r)\\r\\n");
    }} else {{
        append_to_reply("X-Stats: $rtpstat\\r\\n");
        $var(r) = rtpengine_delete("via-branch=auto delete-delay=0");
        append_to_reply("X-RC: delete $var(r)\\r\\n");
    }}
    if ($avp(sdp) != $null) append_to_reply("X-SDP: $(avp(sdp){{s.encode.hexa}})\\r\\n");
    sl_send_reply("200", "OK");
}}
"""


def name_of(call):
    return call.replace('"', "").replace("$ci", "x")


def calls_of(functions):
    return "\n        ".join(f'$var(r) = {call};\n        append_to_reply("X-RC: {name_of(call)} $var(r)\\r\\n");' for call in functions)


class Proxy:
    def __init__(self, edge, directory):
        self.start(edge.ng_port + 5, CONFIG.format(sip=edge.ng_port + 5, ng=edge.ng_port, path=edge.path, flags=FLAGS,
                                                   after_offer=calls_of(AFTER_OFFER),
                                                   after_answer=calls_of(AFTER_ANSWER + NOT_DONE)), directory)

    def start(self, port, config, directory):
        self.sip = port
        self.path = os.path.join(str(directory), "k.cfg")
        with open(self.path, "w", encoding="ascii") as file:
            file.write(config)
        self.log_path = os.path.join(str(directory), "k.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(["kamailio", "-f", self.path, "-DD", "-E", "-Y", str(directory)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.serial = 0
        wait_until(lambda: self.send("OPTIONS", seconds=0.2) or self.process.poll() is not None, 30)

    def log(self):
        with open(self.log_path, errors="replace", encoding="utf-8") as log:
            return log.read()

    def send(self, method, call_id="x@test", sdp="", tags=("A1", ""), which="1", seconds=15):
        """One request; its reply's X-RC and other headers, or None."""
        self.serial += 1
        port = self.socket.getsockname()[1]
        to_tag = f";tag={tags[1]}" if tags[1] else ""
        text = (f"{method} sip:b@127.0.0.1:{self.sip} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{self.serial}\r\n"
                f"From: <sip:a@127.0.0.1>;tag={tags[0]}\r\nTo: <sip:b@127.0.0.1>{to_tag}\r\nCall-ID: {call_id}\r\nCSeq: {self.serial} {method}\r\n"
                f"Contact: <sip:a@127.0.0.1:{port}>\r\nX-Set: {which}\r\nMax-Forwards: 70\r\n")
        if sdp:
            text += "Content-Type: application/sdp\r\n"
        self.socket.sendto(f"{text}Content-Length: {len(sdp)}\r\n\r\n{sdp}".encode(), ("127.0.0.1", self.sip))
        self.socket.settimeout(seconds)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                reply = self.socket.recv(65536).decode()
            except (socket.timeout, ConnectionError):
                return None
            if f"CSeq: {self.serial} " in reply:
                codes = dict(re.findall(r"^X-RC: (.*) (-?\d+)\r$", reply, re.M))
                sdp = re.search(r"^X-SDP: (\S+)", reply, re.M)
                stats = re.search(r"^X-Stats: (.*)\r$", reply, re.M)
                return {"rc": {k: int(v) for k, v in codes.items()}, "sdp": bytes.fromhex(sdp[1]).decode() if sdp else None,
                        "stats": stats[1] if stats else None}
        return None

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def proxy(edge, tmp_path_factory):
    kamailio = Proxy(edge, tmp_path_factory.mktemp("k"))
    try:
        assert kamailio.process.poll() is None, kamailio.log()
        yield kamailio
    finally:
        kamailio.stop()


@pytest.mark.parametrize("which", ["1", "2"], ids=["udp", "unix"])
def test_every_function(proxy, which):
    call = {"call_id": f"all-{which}@cust1.example", "which": which}
    caller, called = Endpoint(suite=CM_80), Endpoint()
    offered = proxy.send("INVITE", sdp=caller.sdp(), **call)
    assert set(offered["rc"].values()) == {1} and len(offered["rc"]) == 1 + len(AFTER_OFFER), (offered["rc"], proxy.log()[-3000:])
    called.take(offered["sdp"])
    assert " RTP/AVP 8" in offered["sdp"] and "a=crypto" not in offered["sdp"]
    # PRACK of the caller's answer: the module swaps the tags of a request that answers.
    answered = proxy.send("PRACK", sdp=called.sdp(), tags=("B2", "A1"), **call)
    expected = {"answer": 1} | {name_of(c): 1 for c in AFTER_ANSWER} | {name_of(c): -1 for c in NOT_DONE}
    assert answered["rc"] == expected, proxy.log()[-3000:]
    caller.take(answered["sdp"])
    for i in range(1, 6):
        caller.send(rtp(i))
        assert called.receive() == rtp(i)
        called.send(rtp(i))
        assert caller.receive() == rtp(i)
    caller.send_rtcp(rtcp_sr())
    assert called.receive_rtcp() == rtcp_sr()
    assert proxy.send("UPDATE", sdp=caller.sdp(), tags=("A1", "B2"), **call)["rc"] == {"manage": 1}
    # The called side hangs up.
    ended = proxy.send("BYE", tags=("B2", "A1"), **call)
    assert ended["rc"] == {"delete": 1}
    assert re.match(r"RTP: 1770 bytes, 10 packets, 0 errors; RTCP: \d+ bytes, 1 packets, 0 errors", ended["stats"]), ended["stats"]
