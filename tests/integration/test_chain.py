# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole chain on real parts: Kamailio, Redis, sbc-edge and baresip, as the quick start runs it, looked at more closely."""
import os
import re
import secrets
import signal
import socket
import sys
import time

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "deploy", "quickstart"))

from capture import Capture  # noqa: E402
from odd_peers import CLEAR, PythonPbx, PythonTrunk, read_message  # noqa: E402
from softphone import Softphone  # noqa: E402
from stack import ECHO_NUMBER, PBX_CALLER, Stack  # noqa: E402
import scenes  # noqa: E402
import tone  # noqa: E402

BUILD = os.path.join(TOP, os.environ.get("FG_BUILD", "build/release"))
SECURE = CLEAR.replace("RTP/AVP", "RTP/SAVP") + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"


def call(stack, number, seconds, customer="acme"):
    """One call of a customer's PBX that is answered; returns (attempt's record, packets on the media ports, packets on the ng port)."""
    phone, since = stack.pbx(customer), int(time.time() * 1000) - 50
    media = Capture(stack.path("media.pcap"), *stack.media_ports).start()
    control = Capture(stack.path("control.pcap"), stack.ng_port, stack.ng_port, snap_bytes=4000).start()
    mark = phone.dial(f"sip:{number}@{stack.domain}")
    answered = phone.wait("CALL_ESTABLISHED", "CALL_CLOSED", since=mark, timeout=15)
    assert answered and answered[1]["type"] == "CALL_ESTABLISHED", answered
    time.sleep(seconds)
    phone.hangup()
    assert phone.wait("CALL_CLOSED", since=mark, timeout=5)
    time.sleep(0.5)
    return scenes.call_of(stack, customer, since), media.stop(), control.stop()


def keys_in(packets):
    """Every SDES master key that went over the control port."""
    return {key for packet in packets for key in re.findall(rb"inline:([A-Za-z0-9+/=]{40,})", packet.payload)}


@pytest.fixture(scope="module")
def loud_stack(tmp_path_factory):
    """Everything at its highest log level."""
    stack = Stack(str(tmp_path_factory.mktemp("loud")), BUILD, base_port=18000, say=lambda _: None, kamailio_debug=5, dialled_pbxs=("globex", "hooli", "initech"))
    try:
        yield stack.start()
    finally:
        stack.stop()


class LateStack(Stack):
    """Takes calls whose offer comes with the reply."""

    def kamailio_site(self, **other):
        return super().kamailio_site(FG_LATE_OFFERS=1, FG_CHALLENGE_TARGET="sip:ivr@127.0.0.1:9", **other)


@pytest.fixture(scope="module")
def secure_stack(tmp_path_factory):
    """A carrier that can TLS and SRTP, and calls without an offer."""
    stack = LateStack(str(tmp_path_factory.mktemp("secure")), BUILD, base_port=19000, say=lambda _: None, secure_carrier=True)
    try:
        yield stack.start()
    finally:
        stack.stop()


def test_no_key_in_any_log_at_the_highest_level(loud_stack):
    record, _, control = call(loud_stack, "+442079460018", 3)
    assert record["action"] == "allow"
    keys = keys_in(control)
    assert len(keys) >= 2, "the control port carries the offer's and our own key"
    for process in ("kamailio", "sbc-edge", "redis", "topology"):
        with open(loud_stack.path(f"{process}.log"), "rb") as log:
            text = log.read()
        assert text, f"{process} has logged nothing"
        for key in keys:
            assert key.rstrip(b"=") not in text, f"an SRTP key is in {process}.log"


def test_the_customers_leg_carries_srtp_only(loud_stack):
    _, media, _ = call(loud_stack, "+442079460018", 3)
    customer = [p for p in media if loud_stack.is_customer_leg(p)]
    clear = {p.payload[12:172] for p in media if loud_stack.is_carrier_leg(p) and p.is_rtp}
    assert len(customer) > 200 and clear
    for packet in customer:
        if packet.is_rtp:
            assert packet.payload[12:172] not in clear and len(packet.payload) == 12 + 160 + 10
        elif loud_stack.sent_by_relay(packet):
            # (baresip itself says goodbye in plain RTCP; the relay drops that.) SRTCP: E bit set in the index before the 80-bit tag (RFC 3711 3.4).
            assert packet.is_rtcp and packet.payload[-14] & 0x80


def test_an_emergency_call_is_allowed_without_a_customers_name(loud_stack):
    """The relay runs with --default-deny, and is not told whose the call is, so that no hold silences it."""
    phone = loud_stack.pbx("acme")
    control = Capture(loud_stack.path("control.pcap"), loud_stack.ng_port, loud_stack.ng_port, snap_bytes=4000).start()
    mark = phone.dial(f"sip:112@{loud_stack.domain}")
    if phone.wait("CALL_ESTABLISHED", "CALL_CLOSED", since=mark, timeout=15)[1]["type"] == "CALL_ESTABLISHED":
        phone.hangup()
        assert phone.wait("CALL_CLOSED", since=mark, timeout=5)
    offers = [packet.payload for packet in control.stop() if b"7:command5:offer" in packet.payload]
    assert offers and all(b"guard=allowed" in offer and b"customer=" not in offer for offer in offers)


def test_a_pbx_that_keys_its_media_by_dtls(loud_stack):
    """The shipped configuration has nothing to be told for it."""
    stack = loud_stack
    phone = Softphone(stack.path("pbx-dtls"), "acme", stack.base + 195, address=stack.customer_address, transport="tls", domain=stack.domain, user=PBX_CALLER["acme"],
                      account_extra=f'mediaenc=dtls_srtp;outbound="sip:{stack.domain};transport=tls"', pem=stack.pem("acme"), ca=stack.ca,
                      rtp_ports=stack.phone_ports)
    with open(os.path.join(phone.directory, "config"), "a", encoding="utf-8") as config:
        config.write("module dtls_srtp.so\n")
    usual = stack.phones.pop("acme", None)
    stack.phones["acme"] = phone.start()
    try:
        record, media, control = call(stack, "+442079460018", 3)
        assert record["action"] == "allow"
        assert tone.share(phone.heard(), stack.carrier.tone_hz) > 0.8
        assert tone.share(stack.carrier.heard(), phone.tone_hz) > 0.8
    finally:
        phone.stop()
        del stack.phones["acme"]
        if usual:
            stack.phones["acme"] = usual
    assert not keys_in(control) and any(b"UDP/TLS/RTP/SAVP" in packet.payload for packet in control)
    customer = [p for p in media if stack.is_customer_leg(p)]
    assert any(p.payload[0] == 22 for p in customer), "no handshake"
    clear = {p.payload[12:172] for p in media if stack.is_carrier_leg(p) and p.is_rtp}
    assert clear and not clear & {p.payload[12:172] for p in customer if p.is_rtp}


def test_explain_says_the_same_everywhere(loud_stack):
    record, _, _ = call(loud_stack, "+37165150001", 1)
    by_rpc = loud_stack.kamcmd("fraudguard.explain", record["call_id"]).stdout
    by_fgctl = loud_stack.fgctl("explain", record["call_id"]).stdout
    lines = [line.strip() for line in by_fgctl.splitlines() if re.match(r"\s*\(?[+-]?\d+\)?\s+[A-Z]", line)]
    assert lines, by_fgctl
    for line in lines:
        assert line in by_rpc, f"{line!r} is not in:\n{by_rpc}"
    assert sum(r["points"] for r in record["reasons"] if not r["shadow"]) == record["score"]


def test_a_carrier_that_can_gets_tls_and_srtp_with_keys_of_its_own(secure_stack):
    record, media, control = call(secure_stack, "+442079460018", 4)
    assert record["action"] == "allow"
    phone, carrier = secure_stack.pbx("acme"), secure_stack.carrier
    assert tone.share(phone.heard(), carrier.tone_hz) > 0.8
    assert tone.share(carrier.heard(), phone.tone_hz) > 0.8
    carrier.poll()
    assert [e for _, e in carrier.events if e.get("type") == "CALL_MENC"], "the carrier's leg is not SRTP"
    # Offer in and out, answer in and out: four SDPs, four different keys.
    assert len(keys_in(control)) >= 4
    customer = {p.payload[12:] for p in media if secure_stack.is_customer_leg(p) and p.is_rtp}
    carrier_leg = {p.payload[12:] for p in media if secure_stack.is_carrier_leg(p) and p.is_rtp}
    assert customer and carrier_leg and not customer & carrier_leg


def test_the_test_number_ends_like_any_call(loud_stack):
    """(What the caller hears is the quick start's to see.) Its own side hangs up, the call is free, and nothing of it is left."""
    stack = loud_stack
    record, media, _ = call(stack, ECHO_NUMBER, 2.5)
    assert record["action"] == "allow" and record["dest"]["type"] == "short_code" and record["dest"]["usd_per_minute"] is None
    assert [p for p in media if p.is_rtp and stack.sent_by_relay(p)] and all(stack.is_customer_leg(p) for p in media if p.is_rtp)

    def is_over():
        return record["call_id"] not in stack.kamcmd("fraudguard.calls").stdout and any(
            e["type"] == "call.end" and e["call_id"] == record["call_id"] for e in stack.events(50))
    assert scenes.settle(is_over, 10)
    reply = stack.ng({"command": "query", "call-id": record["call_id"]})
    assert reply["result"] == "error" and reply["error-reason"] == "Unknown call-id"
    trunk = next(t for t in stack.trunks() if t["customer"] == "acme")
    assert trunk["media"]["encrypted"] and trunk["media"]["suite"] == "AES_CM_128_HMAC_SHA1_80" and trunk["media"]["codec"]


def test_what_is_of_no_call_is_not_answered_as_a_test(loud_stack):
    """The port of the test number is for this server alone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        host = "{}:{}".format(*stranger.getsockname())
        stranger.settimeout(0.3)
        for method in ("INVITE", "BYE", "OPTIONS"):
            stranger.sendto((f"{method} sip:{ECHO_NUMBER}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK{secrets.token_hex(6)}\r\nMax-Forwards: 70\r\n"
                             f"From: <sip:x@{host}>;tag=1\r\nTo: <sip:{ECHO_NUMBER}@127.0.0.1>\r\nCall-ID: {secrets.token_hex(8)}\r\nCSeq: 1 {method}\r\n"
                             f"Contact: <sip:x@{host}>\r\nContent-Length: 0\r\n\r\n").encode(), ("127.0.0.1", loud_stack.base + 64))
            with pytest.raises(TimeoutError):
                stranger.recv(65536)


@pytest.mark.parametrize("holder", ["customer", "carrier"])
def test_hold_and_resume_by_reinvite(loud_stack, holder):
    stack = loud_stack
    phone, carrier = stack.pbx("acme"), stack.carrier
    mark = phone.dial(f"sip:+442079460018@{stack.domain}")
    answered = phone.wait("CALL_ESTABLISHED", "CALL_CLOSED", since=mark, timeout=15)
    assert answered and answered[1]["type"] == "CALL_ESTABLISHED", answered
    control = Capture(stack.path("hold-control.pcap"), stack.ng_port, stack.ng_port, snap_bytes=4000).start()
    time.sleep(1)
    (phone if holder == "customer" else carrier).command("hold")
    time.sleep(2)
    (phone if holder == "customer" else carrier).command("resume")
    time.sleep(1)
    media = Capture(stack.path("resumed.pcap"), *stack.media_ports).start()
    time.sleep(2)
    resumed = media.stop()
    phone.hangup()
    assert phone.wait("CALL_CLOSED", since=mark, timeout=5)
    said = b"\n".join(packet.payload for packet in control.stop())
    assert said.count(b"7:command5:offer") == 2 and said.count(b"7:command6:answer") == 2, "two re-INVITEs, each answered"
    assert b"6:result5:error" not in said
    assert b"a=sendonly" in said or b"a=inactive" in said
    # Media is back in all four directions, encrypted on the customer's side.
    for is_leg in (stack.is_customer_leg, stack.is_carrier_leg):
        for by_relay in (True, False):
            packets = [p for p in resumed if is_leg(p) and p.is_rtp and stack.sent_by_relay(p) == by_relay]
            assert len(packets) > 60, f"{is_leg.__name__}, sent by relay {by_relay}: {len(packets)} packets in 2 s"
    assert {len(p.payload) for p in resumed if stack.is_customer_leg(p) and p.is_rtp} == {182}


# --- what no well-behaved PBX sends


def test_what_is_of_no_call_goes_nowhere(loud_stack):
    """A To tag and a Route to us are easily made up: neither carriers nor the relay hear of it."""
    stack, trunk = loud_stack, PythonTrunk(loud_stack, "acme")
    inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inside.bind((stack.carrier_address, 0))
    uri, to = "sip:x@{}:{}".format(*inside.getsockname()), f"<sip:x@{stack.domain}>;tag=y"
    routes = [f"<sip:{stack.carrier_address}:{stack.sip_carrier_port};r2=on;lr>", f"<sip:{stack.domain};transport=tls;r2=on;lr>"]
    control = Capture(stack.path("forged-control.pcap"), stack.ng_port, stack.ng_port, snap_bytes=4000).start()
    try:
        for way in (routes, routes[1:]):
            trunk.send("ACK", uri, to, routes=way, body=SECURE)
            for method in ("NOTIFY", "INFO", "UPDATE", "PRACK", "OPTIONS", "BYE", "INVITE"):
                assert (method, trunk.final(trunk.send(method, uri, to, routes=way, body=SECURE))[0]) == (method, 481)
    finally:
        said = control.stop()
        trunk.close()
    inside.settimeout(0.2)
    with pytest.raises(TimeoutError):
        inside.recv(65536)
    inside.close()
    assert not [packet for packet in said if trunk.call_id.encode() in packet.payload]


def test_requests_of_a_call_go_to_its_other_side_only(loud_stack):
    """Behind topology hiding, too: a Request-URI that is none of its names stays as it is."""
    stack, trunk = loud_stack, PythonTrunk(loud_stack, "acme")
    inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inside.bind((stack.carrier_address, 0))
    uri, elsewhere = f"sip:+442079460018@{stack.domain}", "sip:x@{}:{}".format(*inside.getsockname())
    control = Capture(stack.path("elsewhere-control.pcap"), stack.ng_port, stack.ng_port, snap_bytes=4000).start()
    try:
        code, reply = trunk.final(trunk.send("INVITE", uri, f"<{uri}>", body=SECURE))
        assert code == 200
        to, target = re.search(r"(?im)^to: *(.*?)\r", reply).group(1), re.search(r"(?im)^contact:.*?<(.*?)>", reply).group(1)
        routes = re.findall(r"(?im)^record-route: *(.*?)\r", reply)[::-1]
        trunk.send("ACK", target, to, routes)
        for method in ("INFO", "NOTIFY", "BYE", "UPDATE", "INVITE"):
            assert (method, trunk.final(trunk.send(method, elsewhere, to, routes, body=SECURE))[0]) == (method, 403)
            # Where topology hiding knows the name, it sets Request-URI and Routes itself.
            if method in ("INFO", "NOTIFY"):
                assert trunk.final(trunk.send(method, target, to, [*routes, f"<{elsewhere};lr>"]))[0] in (200, 403, 489, 481, 501)
        trunk.send("ACK", elsewhere, to, routes, body=SECURE)
        # An answer that nobody can refuse, and that would have media go in the clear: the call ends.
        assert trunk.final(trunk.send("INVITE", target, to, routes, SECURE))[0] == 200
        trunk.send("ACK", target, to, routes, CLEAR)
        message, trunk.buffer = read_message(trunk.socket, trunk.buffer)
        assert message.startswith(b"BYE ")
    finally:
        said = control.stop()
        trunk.close()
    inside.settimeout(0.2)
    with pytest.raises(TimeoutError):
        inside.recv(65536)
    inside.close()
    assert sum(b"7:command5:offer" in p.payload and trunk.call_id.encode() in p.payload for p in said) == 2


def test_nothing_from_carriers_goes_on_without_a_call(secure_stack):
    inside, outside = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for one in (inside, outside):
        one.bind((secure_stack.carrier_address, 0))
        one.settimeout(5)
    edge, host = (secure_stack.carrier_address, secure_stack.sip_carrier_port), "{}:{}".format(*outside.getsockname())
    for method in ("NOTIFY", "INFO", "UPDATE", "BYE"):
        outside.sendto((f"{method} sip:x@{':'.join(map(str, inside.getsockname()))} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK{method}\r\nMax-Forwards: 70\r\n"
                        f"Route: <sip:{edge[0]}:{edge[1]};lr>\r\nFrom: <sip:a@{host}>;tag=a\r\nTo: <sip:b@{host}>;tag=b\r\nCall-ID: made-up-{method}\r\n"
                        f"CSeq: 1 {method}\r\nContact: <sip:a@{host}>\r\nContent-Length: 0\r\n\r\n").encode(), edge)
        assert outside.recv(65536).startswith(b"SIP/2.0 481"), method
    inside.settimeout(0.1)
    with pytest.raises(TimeoutError):
        inside.recv(65536)
    inside.close(), outside.close()


def test_required_encryption_outlives_the_calls_set_up(loud_stack):
    stack, trunk = loud_stack, PythonTrunk(loud_stack, "acme")
    uri = f"sip:+442079460018@{stack.domain}"
    try:
        code, reply = trunk.final(trunk.send("INVITE", uri, f"<{uri}>", body=SECURE))
        assert code == 200
        to, target = re.search(r"(?im)^to: *(.*?)\r", reply).group(1), re.search(r"(?im)^contact:.*?<(.*?)>", reply).group(1)
        routes = re.findall(r"(?im)^record-route: *(.*?)\r", reply)[::-1]
        trunk.send("ACK", target, to, routes)
        assert trunk.final(trunk.send("INVITE", target, to, routes, CLEAR))[0] == 488
        assert trunk.final(trunk.send("UPDATE", target, to, routes, CLEAR))[0] == 488
        assert trunk.final(trunk.send("BYE", target, to, routes))[0] == 200
    finally:
        trunk.close()


# --- calls that come in


def from_carrier(stack, number, customer):
    """The carrier calls a customer's PBX, which answers. Returns (index of the PBX's events, of the carrier's)."""
    phone, carrier = stack.pbx(customer), stack.carrier
    phone.poll(), carrier.poll()
    at_phone, at_carrier = len(phone.events), len(carrier.events)
    carrier.dial(f"sip:{number}@{stack.carrier_address}:{stack.sip_carrier_port}")
    assert phone.wait("CALL_INCOMING", since=at_phone, timeout=15), (phone.events[at_phone:], carrier.events[at_carrier:])
    phone.command("accept")
    up = carrier.wait("CALL_ESTABLISHED", "CALL_CLOSED", since=at_carrier, timeout=15)
    assert up and up[1]["type"] == "CALL_ESTABLISHED", carrier.events[at_carrier:]
    return at_phone, at_carrier


def hears(listener, speaker):
    """Whether the listener's recording has the speaker's tone, once it is written."""
    return scenes.settle(lambda: listener.heard() and tone.share(listener.heard(), speaker.tone_hz) > 0.8, 5)


def test_a_call_from_the_carrier_reaches_the_pbx_over_the_connection_it_opened(loud_stack):
    stack = loud_stack
    since = int(time.time() * 1000) - 50
    call(stack, "+442079460018", 0.5)  # opens the connection
    phone, carrier = stack.pbx("acme"), stack.carrier
    at_phone, _ = from_carrier(stack, "+441632960007", "acme")
    assert phone.wait("CALL_MENC", since=at_phone, timeout=5), "the customer's leg is not SRTP"
    rows = stack.kamcmd("fraudguard.calls").stdout
    assert "direction: inbound" in rows and "customer: acme" in rows, rows
    time.sleep(2.5)
    carrier.hangup()
    assert phone.wait("CALL_CLOSED", since=at_phone, timeout=10)
    assert hears(phone, carrier) and hears(carrier, phone)
    attempt = next(e for e in stack.events(100) if e["type"] == "call.attempt" and e["direction"] == "inbound" and e["time_ms"] >= since)
    assert (attempt["customer"], attempt["identity"], attempt["action"]) == ("acme", "called_number", "allow")
    assert scenes.settle(lambda: any(e["type"] == "call.end" and e["call_id"] == attempt["call_id"] for e in stack.events(100)), 10)
    acme = next(t for t in stack.trunks() if t["customer"] == "acme")
    assert acme["srtp_calls"] == acme["calls"], "a carrier's plain RTP is not the customer's doing"


def test_a_call_from_the_carrier_to_the_pbxs_address_and_its_cut(loud_stack):
    stack = loud_stack
    phone, carrier = stack.pbx("initech"), stack.carrier
    at_phone, at_carrier = from_carrier(stack, "+4930901820", "initech")
    assert phone.wait("CALL_MENC", since=at_phone, timeout=5)
    assert stack.fgctl("block", "initech", "--for", "60s", "--reason", "test").returncode == 0
    try:
        assert phone.wait("CALL_CLOSED", since=at_phone, timeout=10), "the PBX got no BYE"
        assert carrier.wait("CALL_CLOSED", since=at_carrier, timeout=10), "the carrier got no BYE"
    finally:
        stack.fgctl("unblock", "initech", "--reason", "test")


def test_what_a_dialled_pbx_may_and_may_not_do(loud_stack):
    """What comes over a connection that we opened is the customer's, not a carrier's; and what is required is not dropped when it is refused."""
    stack, pbx = loud_stack, PythonPbx(loud_stack, "globex")
    try:
        pbx.carrier_calls("+12125550101")
        invite = pbx.receive(b"INVITE sip:+12125550101@")
        assert "RTP/SAVP" in invite and "a=crypto:" in invite and "m=audio 4000" not in invite
        host = "{}:{}".format(*pbx.connection.getsockname())
        pbx.connection.sendall((f"INVITE sip:+441632960007@{stack.domain} SIP/2.0\r\nVia: SIP/2.0/TLS {host};branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n"
                                f"From: <sip:+12125550101@{host}>;tag=b\r\nTo: <sip:+441632960007@{stack.domain}>\r\nCall-ID: back\r\nCSeq: 1 INVITE\r\n"
                                f"Contact: <sip:x@{host}>\r\nContent-Length: 0\r\n\r\n").encode())
        record = scenes.settle(lambda: stack.explain("back"))
        assert record and (record["direction"], record["customer"], record["identity"]) == ("outbound", "globex", "certificate"), record
        # A reply with a second length, behind which a request hides from us, goes nowhere.
        pbx.reply(invite, "183 Session Progress", "INVITE sip:+9607771234@carrier SIP/2.0\r\n\r\n", after="l: 0\r\n")
        # globex must encrypt: no second try in the clear.
        pbx.reply(invite, "488 Not Acceptable Here")
        pbx.receive(b"ACK ")
        while b" 488 " not in (said := pbx.carrier.recv(65536)).split(b"\r\n")[0]:
            assert said.startswith(b"SIP/2.0 1") and b"9607771234" not in said, said
        with open(stack.path("kamailio.log"), encoding="utf-8", errors="replace") as log:
            assert "can be read in two ways" in log.read()
    finally:
        pbx.close()


def test_an_offer_may_come_with_the_reply_within_a_call(loud_stack):
    """A re-INVITE without an offer: what the PBX offers is what it must encrypt, and the carrier sees none of it."""
    pbx = PythonPbx(loud_stack, "globex")
    try:
        pbx.carrier_calls("+12125550101")
        pbx.reply(pbx.receive(b"INVITE "), "200 OK", SECURE)
        answer = pbx.carrier_receives(b"SIP/2.0 200")
        assert "RTP/AVP" in answer and "a=crypto" not in answer
        pbx.carrier_within("ACK", answer, 1)
        pbx.receive(b"ACK ")
        pbx.carrier_within("INVITE", answer, 2)
        invite = pbx.receive(b"INVITE ")
        assert "m=audio" not in invite
        pbx.reply(invite, "200 OK", SECURE)
        offer = pbx.carrier_receives(b"SIP/2.0 200")
        assert "RTP/AVP" in offer and "a=crypto" not in offer and "m=audio 4000" not in offer
        pbx.carrier_within("ACK", answer, 2, CLEAR)
        ack = pbx.receive(b"ACK ")
        assert "RTP/SAVP" in ack and "a=crypto" in ack and "m=audio 4000" not in ack
        # One that is not encrypted goes nowhere, and the call ends.
        pbx.carrier_within("INVITE", answer, 3)
        pbx.reply(pbx.receive(b"INVITE "), "200 OK", CLEAR)
        assert "m=audio" not in pbx.carrier_receives(b"SIP/2.0 200")
        pbx.carrier_within("ACK", answer, 3)
        assert pbx.receive(b"BYE ") and pbx.carrier_receives(b"BYE ")
    finally:
        pbx.close()


def test_a_call_may_begin_without_an_offer(secure_stack):
    stack, trunk = secure_stack, PythonTrunk(secure_stack, "hooli")
    uri, since = f"sip:+442079460018@{secure_stack.domain}", len(secure_stack.carrier.events)
    try:
        code, reply = trunk.final(trunk.send("INVITE", uri, f"<{uri}>"))
        assert code == 200 and "RTP/SAVP" in reply and "a=crypto" in reply
        to, target = re.search(r"(?im)^to: *(.*?)\r", reply).group(1), re.search(r"(?im)^contact:.*?<(.*?)>", reply).group(1)
        routes = re.findall(r"(?im)^record-route: *(.*?)\r", reply)[::-1]
        trunk.send("ACK", target, to, routes, SECURE)
        assert stack.carrier.wait("CALL_ESTABLISHED", since=since, timeout=10)
        assert trunk.final(trunk.send("BYE", target, to, routes))[0] == 200
    finally:
        trunk.close()


def test_preferred_encryption_is_given_up_where_the_pbx_refuses_it(loud_stack):
    pbx = PythonPbx(loud_stack, "hooli")
    try:
        pbx.carrier_calls("+14155550101")
        invite = pbx.receive(b"INVITE ")
        assert "RTP/SAVP" in invite and "a=crypto:" in invite
        pbx.reply(invite, "488 Not Acceptable Here")
        invite = pbx.receive(b"INVITE ")
        assert "RTP/AVP" in invite and "a=crypto:" not in invite and "m=audio 4000" not in invite
        pbx.reply(invite, "486 Busy Here")
        while b" 486 " not in (said := pbx.carrier.recv(65536)).split(b"\r\n")[0]:
            assert said.startswith(b"SIP/2.0 1"), said
    finally:
        pbx.close()


def test_a_call_goes_on_over_a_restart_of_kamailio(secure_stack):
    stack = secure_stack
    phone, carrier = stack.pbx("acme"), stack.carrier
    mark = phone.dial(f"sip:+442079460018@{stack.domain}")
    answered = phone.wait("CALL_ESTABLISHED", "CALL_CLOSED", since=mark, timeout=15)
    assert answered and answered[1]["type"] == "CALL_ESTABLISHED", answered
    stack.restart_kamailio()
    assert "calls_resumed: 1" in stack.kamcmd("fraudguard.status").stdout
    control = Capture(stack.path("restart-control.pcap"), stack.ng_port, stack.ng_port, snap_bytes=4000).start()
    phone.command("hold")  # over a connection of its own: the one before ended with Kamailio
    time.sleep(1.5)
    phone.command("resume")
    time.sleep(1.5)
    closed = len(carrier.events)
    phone.hangup()
    assert carrier.wait("CALL_CLOSED", since=closed, timeout=10)
    said = b"\n".join(packet.payload for packet in control.stop())
    assert said.count(b"7:command5:offer") == 2 and said.count(b"7:command6:answer") == 2, "two re-INVITEs, each answered"
    deadline = time.monotonic() + 10
    while "call_id" in stack.kamcmd("fraudguard.calls").stdout and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "call_id" not in stack.kamcmd("fraudguard.calls").stdout


def test_an_answer_without_the_relay_ends_the_call(tmp_path):
    """The relay falls silent between offer and answer: the carrier's own description must not reach the customer."""
    stack = Stack(str(tmp_path), BUILD, base_port=20000, say=lambda _: None, secure_carrier=True, carrier_answers="manual")
    try:
        stack.start()
        phone, carrier = stack.pbx("acme"), stack.carrier
        mark = phone.dial(f"sip:+442079460018@{stack.domain}")
        assert carrier.wait("CALL_INCOMING", timeout=10)
        stack.processes["sbc-edge"].send_signal(signal.SIGSTOP)
        carrier.command("accept")
        closed = phone.wait("CALL_CLOSED", since=mark, timeout=15)
        assert closed, phone.events[mark:]
        assert carrier.wait("CALL_CLOSED", timeout=15)
        assert not [e for _, e in phone.events[mark:] if e.get("type") == "CALL_MENC"], "the customer's phone has the carrier's keys"
    finally:
        if "sbc-edge" in stack.processes:
            stack.processes["sbc-edge"].send_signal(signal.SIGCONT)
        stack.stop()
