# SPDX-License-Identifier: GPL-2.0-or-later
"""baresip with its own DTLS-SRTP through the relay, as the caller and as the called; RTP or SDES at the other end."""
import os
import random
import re
import socket

import pytest

from edge_lab import CM_80, Endpoint, Ng, rtp, wait_until
from softphone import Softphone


class Signalling:
    """As much SIP over UDP as one call takes."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(10)
        self.port = self.socket.getsockname()[1]
        self.tag = os.urandom(4).hex()

    def receive(self, start):
        """The next message that begins so, and who sent it."""
        while True:
            data, source = self.socket.recvfrom(65536)
            if data.decode().startswith(start):
                return data.decode(), source

    @staticmethod
    def header(message, name):
        return re.search(rf"^{name}: *(.*?)\r?$", message, re.M | re.I)[1]

    @staticmethod
    def body(message):
        return message.split("\r\n\r\n", 1)[1]

    def _send(self, lines, sdp, to):
        kind = ["Content-Type: application/sdp"] if sdp else []
        text = "\r\n".join([*lines, f"Contact: <sip:test@127.0.0.1:{self.port}>", *kind, f"Content-Length: {len(sdp)}"])
        self.socket.sendto((text + "\r\n\r\n" + sdp).encode(), to)

    def ok(self, request, source, sdp=""):
        same = [f"{name}: {self.header(request, name)}" for name in ("Via", "From", "Call-ID", "CSeq")]
        to = self.header(request, "To")
        self._send(["SIP/2.0 200 OK", *same, f"To: {to}" + ("" if "tag=" in to else f";tag={self.tag}")], sdp, source)

    def request(self, method, uri, to, dialogue, sdp=""):
        self._send([f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{os.urandom(5).hex()}",
                    f"From: <sip:test@127.0.0.1:{self.port}>;tag={self.tag}", f"To: {dialogue['to']}", f"Call-ID: {dialogue['id']}",
                    f"CSeq: {dialogue['number']} {method}", "Max-Forwards: 70"], sdp, to)


@pytest.fixture
def phone(tmp_path):
    for _ in range(20):
        port = random.randrange(40000, 60000, 20)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port + 5))
                break
            except OSError:
                continue
    one = Softphone(str(tmp_path / "b"), "b", port, account_extra=";mediaenc=dtls_srtp;answermode=auto")
    with open(os.path.join(one.directory, "config"), "a", encoding="utf-8") as config:
        config.write("module dtls_srtp.so\n")
    try:
        yield one.start()
    finally:
        one.stop()


def assert_media(ng, call, tag, end):
    """The phone's packets arrive whole and in order, and what is sent to it leaves encrypted."""
    wait_until(lambda: ng("query", call_id=call)["tags"][tag]["medias"][0]["srtp"]["dtls"]["state"] == "established")
    end.drain(0)
    heard = [end.receive() for _ in range(25)]
    assert all(packet and len(packet) == 172 for packet in heard)
    numbers = [int.from_bytes(packet[2:4], "big") for packet in heard]
    assert [(n - numbers[0]) % 65536 for n in numbers] == list(range(25))
    for seq in range(20):
        end.send(rtp(seq))
    stream = lambda: ng("query", call_id=call)["tags"][tag]["medias"][0]["streams"][0]  # noqa: E731
    wait_until(lambda: stream()["stats_out"]["packets"] >= 20)
    assert stream()["drops"].get("auth_failed", 0) == 0


@pytest.mark.parametrize("suite", [None, CM_80], ids=["rtp", "sdes"])
def test_the_phone_calls(edge, phone, suite):
    ng, sip, end = Ng(edge.ng_port), Signalling(), Endpoint(suite=suite)
    phone.dial(f"sip:test@127.0.0.1:{sip.port}")
    invite, source = sip.receive("INVITE ")
    assert "UDP/TLS/RTP/SAVP" in invite and "a=fingerprint:" in invite
    call = sip.header(invite, "Call-ID")
    keys = {"call_id": call, "from_tag": "phone", "replace": ["origin", "session-connection"], "ICE": "remove"}
    end.take(ng("offer", sdp=sip.body(invite), transport_protocol="RTP/SAVP" if suite else "RTP/AVP", **keys)["sdp"])
    answer = ng("answer", sdp=end.sdp(tag=getattr(end, "chosen_tag", 1)), to_tag="test", **keys)["sdp"]
    sip.ok(invite, source, answer)
    sip.receive("ACK ")
    assert_media(ng, call, "phone", end)
    phone.hangup()
    sip.ok(*sip.receive("BYE "))
    ng("delete", call_id=call, from_tag="")
    end.close()


@pytest.mark.parametrize("passive", [False, True], ids=["actpass", "passive"])
def test_the_phone_is_called(edge, phone, passive):
    ng, sip, end = Ng(edge.ng_port), Signalling(), Endpoint()
    call, place = f"b-{os.urandom(4).hex()}", ("127.0.0.1", phone.port)
    uri = f"sip:b@127.0.0.1:{phone.port}"
    keys = {"call_id": call, "from_tag": "test", "replace": ["origin", "session-connection"], "ICE": "remove"}
    wish = {"DTLS": "passive"} if passive else {}
    offer = ng("offer", sdp=end.sdp(), transport_protocol="UDP/TLS/RTP/SAVPF", **wish, **keys)["sdp"]
    dialogue = {"to": f"<{uri}>", "id": call, "number": 1}
    sip.request("INVITE", uri, place, dialogue, offer)
    ok, _ = sip.receive("SIP/2.0 200")
    dialogue["to"] = sip.header(ok, "To")
    sip.request("ACK", uri, place, dialogue)
    end.take(ng("answer", sdp=sip.body(ok), to_tag="phone", **keys)["sdp"])
    assert_media(ng, call, "phone", end)
    sip.request("BYE", uri, place, {**dialogue, "number": 2})
    sip.receive("SIP/2.0 200")
    ng("delete", call_id=call, from_tag="")
    end.close()
