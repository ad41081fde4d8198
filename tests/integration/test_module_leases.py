# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls in progress are counted exactly, whatever Call-IDs, tags and branches say: on a real Kamailio with Redis."""
import re
import secrets
import socket
import threading
import time

import pytest

from module_fixtures import Message, Node, faults_in, reply_to, wait_for

ALLOWED, OTHER, BLOCKED = "+442079460018", "+442079460019", "+442079000401"
RINGING, BUSY = "+442079460180", "+442079460486"


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    node = Node(tmp_path_factory.mktemp("leases"), modparams='modparam("fraudguard", "redis_deadline_ms", 500)')
    try:
        yield node.start()
        log = node.log()
    finally:
        node.stop()
    assert not faults_in(log), faults_in(log)


def gauge(node, customer):
    """How many calls of the customer are in progress, as all nodes see it."""
    keys = node.redis_cli("keys", f"fg:{{c{customer}}}:s:*").split()
    return sum(int(node.redis_cli("zcount", key, str(int(time.time() * 1000)), "+inf")) for key in keys)


def settles(node, customer, n):
    wait_for(lambda: gauge(node, customer) == n, 5, f"{n} calls in progress, not {gauge(node, customer)}")
    time.sleep(0.4)  # whatever the writer or the timer still has to do
    assert gauge(node, customer) == n


def again(call, **more):
    return {**call, "branch": "z9hG4bK" + secrets.token_hex(6), **more}


def hang_up(node, caller, customer, *calls):
    for call in calls:
        caller.bye(call)
    settles(node, customer, 0)


@pytest.mark.parametrize("cseq", [1, 2])
@pytest.mark.parametrize("number", [ALLOWED, OTHER])
def test_a_second_invite_of_a_call_is_refused_and_takes_nothing_from_it(node, number, cseq):
    caller = node.caller(0)
    reply, call = caller.invite(ALLOWED)
    assert reply.code == 200
    settles(node, 0, 1)
    for _ in range(3):
        second = again(call)
        refused, _ = caller.invite(number, call=second, cseq=cseq)
        assert refused.code == 482 and "X-" not in refused.text
    assert node.carrier.count("INVITE", call["call_id"]) == 1
    settles(node, 0, 1)
    assert "DIALOG:merged" in node.rpc("fraudguard.explain", call["call_id"]).stdout
    hang_up(node, caller, 0, call)


def test_a_refused_second_invite_takes_nothing_either(node):
    caller = node.caller(1)
    _, call = caller.invite(ALLOWED)
    for _ in range(3):
        assert caller.invite(BLOCKED, call=again(call))[0].code == 482
    settles(node, 1, 1)
    hang_up(node, caller, 1, call)


def test_a_call_that_still_rings_is_in_progress(node):
    caller = node.caller(2)
    call = caller.new_call(number=RINGING)
    caller.send(caller.request("INVITE", RINGING, call))
    wait_for(lambda: node.carrier.count("INVITE", call["call_id"]), what="INVITE at the carrier")
    # A fork and a retransmission: the one is told so, the other goes nowhere.
    refused, _ = caller.invite(RINGING, call=again(call))
    assert refused.code == 482
    caller.send(caller.request("INVITE", RINGING, call))
    settles(node, 2, 1)
    assert node.carrier.count("INVITE", call["call_id"]) == 1
    assert node.counter("retransmitted") >= 1
    invite = next(m for m in node.carrier.seen if m.method == "INVITE" and m.get("call-id") == call["call_id"])
    node.carrier.socket.sendto(reply_to(invite, 480, "Temporarily Unavailable", "carrier"), ("127.0.0.1", node.sip_port))
    assert caller.final(call).code == 480
    settles(node, 2, 0)


def answer_to(caller, call, method, cseq):
    """The final reply to a request of a call, or None."""
    while (message := caller.receive(3.0)) is not None:
        if message.code >= 200 and message.get("call-id") == call["call_id"] and message.get("cseq") == f"{cseq} {method}":
            return message.code
    return None


def test_within_a_call_that_rings_an_invite_is_none_of_it(node):
    """The dialog module takes any To tag while a call rings."""
    caller = node.caller(20)
    call = caller.new_call(number=RINGING, to_tag="carrier", target=f"sip:carrier@127.0.0.1:{node.carrier.port}", routes=[f"<sip:127.0.0.1:{node.sip_port};lr>"])
    caller.send(caller.request("INVITE", RINGING, call))
    wait_for(lambda: node.carrier.count("INVITE", call["call_id"]), what="a call that rings")
    forged = {**call, "to_tag": "x", "target": f"sip:{BLOCKED}@127.0.0.1:{node.carrier.port}"}
    for cseq, made_up in ((2, forged), (3, {**forged, "to_tag": "carrier"})):
        caller.in_dialog("INVITE", made_up, cseq=cseq)
        assert caller.final(call, cseq=cseq).code == 481
    assert node.carrier.count("INVITE", call["call_id"]) == 1
    # What may be said while it rings goes on, and what is of no call does not.
    caller.in_dialog("UPDATE", call, cseq=4)
    wait_for(lambda: node.carrier.count("UPDATE", call["call_id"]), what="UPDATE at the carrier")
    for cseq, (method, made_up, code) in enumerate((("UPDATE", forged, 481), ("BYE", forged, 481), ("UPDATE", {**forged, "to_tag": "carrier"}, 403)), 10):
        caller.in_dialog(method, made_up, cseq=cseq)
        assert answer_to(caller, call, method, cseq) == code
    stranger = caller.new_call(**{name: call[name] for name in ("number", "to_tag", "target", "routes")})
    for method in ("UPDATE", "BYE", "NOTIFY"):
        caller.in_dialog(method, stranger, cseq=2)
        assert answer_to(caller, stranger, method, 2) == 481
    assert not any(m.get("call-id") == stranger["call_id"] for m in node.carrier.seen)
    caller.send(caller.request("CANCEL", RINGING, call))
    wait_for(lambda: node.carrier.count("CANCEL", call["call_id"]), what="CANCEL at the carrier")


def says(node, call, method, target, cseq, routes=(), contact="<sip:carrier@127.0.0.1:9>"):
    """A request of the carrier within a call; the final reply's code."""
    carrier, port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), node.sip_port
    carrier.bind(("127.0.0.1", 0))
    lines = [f"{method} {target} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{carrier.getsockname()[1]};branch=z9hG4bK{cseq}{method}", "Max-Forwards: 70",
             *(f"Route: {route}" for route in (f"<sip:127.0.0.1:{port};lr>", *routes)), f"From: <sip:{call['number']}@trunk.example>;tag=carrier",
             f"To: <sip:+442070009999@trunk.example>;tag={call['from_tag']}", f"Call-ID: {call['call_id']}", f"CSeq: {cseq} {method}", f"Contact: {contact}",
             "Content-Length: 0", "", ""]
    carrier.sendto("\r\n".join(lines).encode(), ("127.0.0.1", port))
    carrier.settimeout(5)
    try:
        while True:
            reply = Message(carrier.recv(65536).decode())
            if reply.code >= 200:
                return reply.code
    finally:
        carrier.close()


def test_within_a_call_nothing_goes_elsewhere(node):
    caller, elsewhere = node.caller(22), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    elsewhere.bind(("127.0.0.1", 0))
    place = "127.0.0.1:{}".format(elsewhere.getsockname()[1])
    reply, call = caller.invite(ALLOWED)
    assert reply.code == 200
    refused = node.counter("targets_refused")
    other_user = f"sip:{BLOCKED}@127.0.0.1:{node.carrier.port}"
    for cseq, (method, more) in enumerate([(method, more) for method in ("INFO", "INVITE", "UPDATE", "BYE") for more in (
            {"target": f"sip:carrier@{place}"}, {"target": other_user}, {"routes": [*call["routes"], f"<sip:{place};lr>"]})], 2):
        caller.in_dialog(method, {**call, **more}, cseq=cseq)
        assert (method, more, answer_to(caller, call, method, cseq)) == (method, more, 403)
    caller.in_dialog("ACK", {**call, "target": f"sip:carrier@{place}"}, cseq=1)
    wait_for(lambda: node.counter("targets_refused") == refused + 13, what="thirteen refusals")
    assert not any(node.carrier.count(method, call["call_id"]) for method in ("INFO", "UPDATE", "BYE"))
    # Another spelling of the same place is the same; so is, after a target refresh, the new one beside the one before.
    caller.in_dialog("INFO", {**call, "target": call["target"] + ";line=1"}, cseq=30)
    wait_for(lambda: node.carrier.count("INFO", call["call_id"]) == 1, what="INFO at the carrier")
    own = "sip:{}:{}".format(*caller.local)
    contact = re.search(r"(?m)^Contact: <(.*?)>", caller.request("OPTIONS", ALLOWED, call)).group(1)
    moved = caller.request("INVITE", ALLOWED, call, cseq=31, branch="z9hG4bKmoved", to_tag=call["to_tag"], target=call["target"], routes=call["routes"])
    caller.send(moved.replace(f"Contact: <{contact}>", f"Contact: <{own.replace('sip:', 'sip:moved@')};x=y>"))
    assert caller.final(call, cseq=31).code == 200
    caller.in_dialog("ACK", call, cseq=31)
    answers = threading.Thread(target=lambda: [caller.wait_request("INFO", call) for _ in range(2)])
    answers.start()
    for cseq, (target, code) in enumerate(((contact, 200), (own.replace("sip:", "sip:moved@"), 200), (own.replace("sip:", "sip:other@"), 403),
                                           (f"sip:moved@{place}", 403)), 1):
        assert (target, says(node, call, "INFO", target, cseq)) == (target, code)
    answers.join()
    elsewhere.settimeout(0.1)
    with pytest.raises(TimeoutError):
        elsewhere.recv(65536)
    elsewhere.close()
    hang_up(node, caller, 22, call)


def test_an_invite_within_a_call_has_both_of_its_tags(node):
    caller = node.caller(21)
    reply, call = caller.invite(ALLOWED)
    assert reply.code == 200
    settles(node, 21, 1)
    for cseq, to_tag, code in ((2, "x", 481), (3, call["to_tag"], 200)):
        caller.in_dialog("INVITE", {**call, "to_tag": to_tag}, cseq=cseq)
        assert caller.final(call, cseq=cseq).code == code
    assert node.carrier.count("INVITE", call["call_id"]) == 2
    hang_up(node, caller, 21, call)


def test_two_invites_at_once_make_one_call(node):
    first, second = node.caller(3), node.caller(3)
    for _ in range(20):
        call = first.new_call(number=ALLOWED)
        for caller, own in ((first, call), (second, again(call))):
            caller.send(caller.request("INVITE", ALLOWED, own))
        codes = sorted(caller.final(call).code for caller in (first, second))
        assert codes == [200, 482], codes
        assert node.carrier.count("INVITE", call["call_id"]) == 1
    wait_for(lambda: gauge(node, 3) == 20, 5, "twenty calls in progress")


def test_the_same_invite_twice_at_once_makes_one_call(node):
    first, second = node.caller(4), node.caller(4)
    for _ in range(10):
        call = first.new_call(number=ALLOWED)
        invite = first.request("INVITE", ALLOWED, call)
        first.send(invite)
        second.send(invite)
        wait_for(lambda: node.carrier.count("INVITE", call["call_id"]), what="INVITE at the carrier")
    time.sleep(0.3)
    invites = [m.get("call-id") for m in node.carrier.seen if m.method == "INVITE" and m.line.startswith(f"INVITE sip:{ALLOWED}")]
    assert len(invites) == len(set(invites))
    settles(node, 4, 10)


def test_a_retry_takes_the_place_of_what_it_repeats(node):
    caller = node.caller(5)
    call = caller.new_call()
    for cseq in range(1, 6):  # judged, then answered by the script without a transaction, as a challenge is
        shown = caller.show(ALLOWED, call=again(call), cseq=cseq)
        assert shown["action"] == "allow" and gauge(node, 5) <= 1
    settles(node, 5, 0)
    reply, call = caller.invite(ALLOWED, call=again(call), cseq=6)
    assert reply.code == 200
    settles(node, 5, 1)
    hang_up(node, caller, 5, call)


def test_a_full_trunk_can_retry_at_once(node):
    caller = node.caller(31)  # two channels
    _, other = caller.invite(ALLOWED)
    call = caller.new_call()
    for cseq in range(1, 8):
        reply, _ = caller.invite(BUSY, call=again(call), cseq=cseq)
        assert reply.code == 486, reply.text
    reply, call = caller.invite(ALLOWED, call=again(call), cseq=9)
    assert reply.code == 200
    settles(node, 31, 2)
    third, _ = caller.invite(ALLOWED)
    assert third.code == 603
    settles(node, 31, 2)
    hang_up(node, caller, 31, other, call)


@pytest.mark.parametrize("how", ["transaction", "stateless"])
def test_a_call_that_the_script_refuses_late_is_over(node, how):
    caller = node.caller(13)
    reply, call = caller.invite(ALLOWED, extra=f"X-Refuse: {how}\r\n")
    assert reply.code == 488
    settles(node, 13, 0)
    assert call["call_id"] not in node.rpc("fraudguard.calls").stdout
    reply, call = caller.invite(ALLOWED, call=again(call), cseq=2)
    assert reply.code == 200
    settles(node, 13, 1)
    wait_for(lambda: call["call_id"] in node.rpc("fraudguard.calls").stdout, what="a call that is watched")
    hang_up(node, caller, 13, call)


def test_names_may_be_used_again_once_the_call_is_over(node):
    caller = node.caller(7)
    call = caller.new_call()
    for cseq in (1, 11, 21):
        reply, up = caller.invite(ALLOWED, call=again(call), cseq=cseq)
        assert reply.code == 200
        settles(node, 7, 1)
        caller.in_dialog("BYE", up, cseq=cseq + 1)
        settles(node, 7, 0)


def test_another_customer_cannot_use_the_names_of_a_call(node):
    caller, other = node.caller(8), node.caller(9)
    _, call = caller.invite(ALLOWED)
    assert other.invite(ALLOWED, call=again(call))[0].code == 482
    settles(node, 8, 1)
    settles(node, 9, 0)
    hang_up(node, caller, 8, call)


def test_a_call_that_comes_back_goes_on(node):
    """Out to a carrier, and in again with the same names: to another customer, or to the same one."""
    caller = node.caller(10)
    _, call = caller.invite("+442070000011")
    for number in ("+442070000011", "+442070000010"):
        shown = node.caller().show(number, direction="inbound", caller="+12025550143", call=again(call))
        assert shown["action"] == "allow" and shown["direction"] == "inbound"
    hang_up(node, caller, 10, call)


def test_an_emergency_call_goes_on_whatever_its_names(node):
    caller = node.caller(12)
    _, call = caller.invite(ALLOWED)
    assert caller.show("112", call=again(call))["action"] == "allow"
    hang_up(node, caller, 12, call)
