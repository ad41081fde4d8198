# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole chain on real parts: Kamailio, Redis, sbc-edge and baresip, as the quick start runs it, looked at more closely."""
import os
import re
import signal
import sys
import time

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "deploy", "quickstart"))

from capture import Capture  # noqa: E402
from stack import Stack  # noqa: E402
import scenes  # noqa: E402
import tone  # noqa: E402

BUILD = os.path.join(TOP, os.environ.get("FG_BUILD", "build/release"))


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
    stack = Stack(str(tmp_path_factory.mktemp("loud")), BUILD, base_port=18000, say=lambda _: None, kamailio_debug=5)
    try:
        yield stack.start()
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def secure_stack(tmp_path_factory):
    """A carrier that can TLS and SRTP."""
    stack = Stack(str(tmp_path_factory.mktemp("secure")), BUILD, base_port=19000, say=lambda _: None, secure_carrier=True)
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
