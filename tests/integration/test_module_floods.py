# SPDX-License-Identifier: GPL-2.0-or-later
"""Floods on a real Kamailio and Redis: who sends too much, which number is flooded, and what is told of it."""
import json
import os
import re
import socket
import subprocess
import time

import jsonschema
import pytest

from module_fixtures import ALLOWED, BUILD, TOP, Caller, Message, Node, NodeOf, finish, reply_to, started, wait_for

LIMITS = "".join(f'modparam("fraudguard", "flood_{name}", {value})\n' for name, value in (("certificate", 30), ("connection", 300), ("source", 2000)))
LIMITS += 'modparam("fraudguard", "challenge_rate", 8)\nmodparam("fraudguard", "challenge_passes", 2)\n'
RULES = """fraudguard: 1
pack: floods-test
version: "1.0.0"
scoring: {thresholds: {throttle: 50, challenge: 65, block: 80}}
calendars: {office: {tz: customer, open: customer, default: ["Mon-Sun 00:00-24:00"]}}
defaults: {direction: inbound}
meters:
  in_number_1m: {count: calls, per: dest.number, over: 1m}
  in_live: {gauge: calls, per: dest.number, when: {dest.prefix: {in: ["+442070000008"]}}}
  in_known: {known: caller.number, per: customer, over: 31d, on: answer, when: {dest.prefix: {in: ["+442070000008"]}}}
rules:
  - {id: FLOODED, desc: Many calls to one number, when: {dest.prefix: {in: ["+442070000005"]}}, measure: meters.in_number_1m,
     steps: [{above: 5, score: 60}]}
  - {id: TESTED, desc: Callers of this number are put to the test, when: {dest.prefix: {in: ["+442070000006", "+442070000007"]}}, score: 70}
  - {id: KEPT, desc: The last two of six lines are for the known, when: {dest.prefix: {in: ["+442070000008"]}, meters.in_known: {below: 1}},
     reserve: {meter: in_live, last: 2, of: 6}}
"""
CARRIER = "127.0.0.9"


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    ivr = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ivr.bind(("127.0.0.1", 0))
    ivr.settimeout(5)
    node = started(Node(tmp_path_factory.mktemp("floods") / "node", rules=RULES, modparams=LIMITS,
                        words={"FG_CARRIER_SOURCES": CARRIER, "FG_CHALLENGE_TARGET": f"sip:test@127.0.0.1:{ivr.getsockname()[1]}"}))
    node.ivr = ivr
    yield node
    finish(node)
    ivr.close()


def events(node, kind):
    """Events of the stream of this type, the oldest first."""
    lines = node.redis_cli("--json", "XRANGE", "fg:events", "-", "+")
    found = [json.loads(fields[i + 1]) for _, fields in json.loads(lines or "[]") for i in range(0, len(fields), 2) if fields[i + 1].startswith("{")]
    return [event for event in found if event["type"] == kind]


def seen(node):
    return sum(int(node.status()[name]) for name in ("flood_refused", "flood_dropped", "attempts"))


def shot(node, caller, n, number=ALLOWED):
    """n INVITEs at once over one connection; returns the codes of their replies, and the replies by Call-ID."""
    before = seen(node)
    calls = [caller.new_call() for _ in range(n)]
    caller.send("".join(caller.request("INVITE", number, call, extra="X-Show: yes\r\n") for call in calls))
    codes = {}
    wait_for(lambda: seen(node) >= before + n, what="all of them are dealt with")
    while (message := caller.receive(0.4)) is not None:
        codes[message.get("call-id")] = message
    return [codes[call["call_id"]].code for call in calls if call["call_id"] in codes], codes


def test_a_certificate_that_sends_too_much_is_cut_off_and_others_are_not(node):
    pem, other = node.pki.issue("c1", "c1.example", dns=["c1.example"]), node.pki.issue("c2", "c2.example", dns=["c2.example"])
    loud, second, quiet = (node.caller(pem=file) for file in (pem, pem, other))
    before = {name: node.counter(name) for name in ("flood_refused", "flood_dropped", "attempts")}
    codes, replies = shot(node, loud, 200)
    # 30 a second and a second's worth at once; so many refusals again; the rest has no reply.
    passed, refused = codes.count(480), codes.count(503)
    assert 30 <= passed <= 130 and 30 <= refused <= 130 and passed + refused < 200, (passed, refused)
    assert all(m.get("retry-after") == "10" for m in replies.values() if m.code == 503)
    assert node.counter("flood_refused") - before["flood_refused"] == refused
    assert node.counter("flood_dropped") - before["flood_dropped"] == 200 - passed - refused
    assert node.counter("attempts") - before["attempts"] == passed, "what is cut off is not judged"
    # By another connection it is the same certificate; another certificate from the same address is not concerned.
    shot(node, loud, 200)
    assert 503 in shot(node, second, 200)[0]
    assert quiet.show(ALLOWED)["action"] == "allow"
    # An emergency call goes on.
    shot(node, loud, 200)
    call = loud.new_call()
    loud.send(loud.request("INVITE", "112", call, extra="X-Show: yes\r\n"))
    reply = loud.final(call)
    assert reply is not None and reply.code == 480 and "EMERGENCY" in reply.get("x-rules")
    rows = node.rpc("fraudguard.attacks").stdout
    assert "kind: certificate" in rows and "customer: c1" in rows, rows
    begun = wait_for(lambda: events(node, "attack.started"), what="an event")
    assert len(begun) == 1 and (begun[0]["kind"], begun[0]["customer"]) == ("certificate", "c1") and re.fullmatch("[0-9a-f]{64}", begun[0]["of"]), begun


def test_calls_that_are_up_are_refreshed_in_a_flood(node):
    caller = node.caller(pem=node.pki.issue("c4", "c4.example", dns=["c4.example"]))
    reply, call = caller.invite(ALLOWED)
    assert reply is not None and reply.code == 200, reply and reply.text
    shot(node, caller, 200)
    caller.in_dialog("INVITE", call, cseq=2)
    reply = caller.final(call, cseq=2)
    assert reply is not None and reply.code == 200, "a session refresh is not part of the flood"
    # A To tag alone makes nobody part of a call.
    made_up = [{**caller.new_call(), "number": ALLOWED, "to_tag": "1", "target": None, "routes": ()} for _ in range(100)]
    before = node.counter("flood_refused") + node.counter("flood_dropped")
    for one in made_up:
        caller.in_dialog("INVITE", one)
    wait_for(lambda: node.counter("flood_refused") + node.counter("flood_dropped") > before, what="some are cut off")
    caller.bye(call)


def test_a_flooded_number_is_one_attack(node):
    caller, number = Caller(node, address=CARRIER), "+442070000005"
    node.callers.append(caller)
    actions = [caller.show(number, direction="inbound", caller=f"+4420718380{i:02d}")["action"] for i in range(40)]
    assert actions.count("throttle") >= 30
    begun = wait_for(lambda: [e for e in events(node, "attack.started") if e["kind"] == "number"], what="an event")
    assert len(begun) == 1 and begun[0]["customer"] == "c5" and begun[0]["refused"] == 20 and begun[0]["of"].startswith("+44207"), begun
    assert number not in json.dumps(begun), "numbers are masked"
    row = node.rpc("fraudguard.attacks").stdout
    assert "kind: number" in row and f"of: {begun[0]['of']}" in row and "customer: c5" in row, row
    assert 25 <= int(re.search(r"(?s)kind: number.*?callers: (\d+)", row).group(1)) <= 45


def test_the_last_lines_are_for_callers_whom_the_customer_knows(node):
    number, friend = "+442070000008", "+442071838780"
    carrier = Caller(node, address=CARRIER)
    node.callers.append(carrier)

    def rings(caller):
        reply, call = carrier.invite(number, call=carrier.new_call(caller=caller))
        assert reply is not None
        return reply.code, call

    code, talk = rings(friend)
    assert code == 200
    wait_for(lambda: node.redis_cli("--scan", "--pattern", "fg:{c8}:r:*").strip(), what="the friend is known")
    carrier.bye(talk)
    wait_for(lambda: not node.redis_cli("--scan", "--pattern", "fg:{c8}:s:*").strip(), what="no line is taken")
    # Calls that ring and are refused, over and over, take no room among the known.
    strangers = [rings(f"+4420718387{i:02d}") for i in range(10)]
    assert [code for code, _ in strangers] == [200] * 4 + [503] * 6
    up = [call for code, call in strangers if code == 200] + [call for code, call in (rings(friend), rings(friend)) if code == 200]
    assert len(up) == 6, "the last two lines are the friend's"
    assert rings("+442071838799")[0] == 503
    for call in up:
        carrier.bye(call)


def test_a_caller_who_passes_the_challenge_is_let_through_and_known(node):
    number, known, other = "+442070000006", "+442071838750", "+442071838751"
    carrier = Caller(node, address=CARRIER)
    node.callers.append(carrier)

    def challenged(caller, extra=""):
        """Calls; the IVR gets it and is busy. The token that it came with."""
        call = carrier.new_call(caller=caller)
        carrier.send(carrier.request("INVITE", number, call, extra=extra))
        data, peer = node.ivr.recvfrom(65536)
        invite = Message(data.decode())
        token = re.match(r"INVITE sip:test@\S*;fg-token=([0-9a-f]{48})", invite.line)
        assert token, invite.line
        node.ivr.sendto(reply_to(invite, 486, "Busy Here", "ivr"), peer)
        assert carrier.final(call).code == 486
        assert Message(node.ivr.recvfrom(65536)[0].decode()).method == "ACK"
        assert node.carrier.count("INVITE", call["call_id"]) == 0, "it has not reached the customer"
        return token.group(1)

    def put_through(caller, extra=""):
        reply, call = carrier.invite(number, call=carrier.new_call(caller=caller), extra=extra)
        assert reply is not None and reply.code == 200, reply and reply.text
        carrier.bye(call)

    token = challenged(known)
    # Neither made up nor somebody else's.
    challenged(known, f"X-Fraudguard-Token: {token[:-1]}{'0' if token[-1] != '0' else '1'}\r\n")
    challenged(other, f"X-Fraudguard-Token: {token}\r\n")
    before = node.counter("challenges_passed")
    put_through(known, f"X-Fraudguard-Token: {token}\r\n")
    put_through(known)  # known now
    put_through(known)
    assert node.counter("challenges_passed") == before + 3
    # Not as often as he likes, and a token is good once.
    challenged(known)
    challenged(known, f"X-Fraudguard-Token: {token}\r\n")


def test_who_passes_is_known_on_all_nodes(node, tmp_path):
    number, callers, carrier = "+442070000006", ("+442071838760", "+442071838761"), Caller(node, address=CARRIER)
    node.callers.append(carrier)

    def passes(caller):
        """Challenged, then put through with the token; returns its header."""
        call = carrier.new_call(caller=caller)
        carrier.send(carrier.request("INVITE", number, call))
        data, peer = node.ivr.recvfrom(65536)
        invite = Message(data.decode())
        # While it is being tested, it is a call like any: what belongs to it goes on, what is made up does not.
        node.ivr.sendto(reply_to(invite, 200, "OK", "ivr", "Contact: <sip:ivr@127.0.0.1:{}>\r\n".format(node.ivr.getsockname()[1])), peer)
        answer = carrier.final(call)
        assert answer.code == 200
        call |= {"number": number, "to_tag": "ivr", "target": "sip:ivr@127.0.0.1:{}".format(node.ivr.getsockname()[1]),
                 "routes": list(reversed(answer.all("record-route")))}
        carrier.in_dialog("ACK", call, cseq=1)
        assert Message(node.ivr.recvfrom(65536)[0].decode()).method == "ACK"
        for cseq, made_up in enumerate(({**call, "to_tag": "x"}, {**call, "call_id": "made-up"}), 2):
            carrier.in_dialog("INFO", made_up, cseq=cseq)
            assert carrier.receive().code == 481
        carrier.in_dialog("BYE", call, cseq=5)
        data, peer = node.ivr.recvfrom(65536)
        bye = Message(data.decode())
        assert bye.method == "BYE"
        node.ivr.sendto(reply_to(bye, 200, "OK"), peer)
        assert carrier.receive().code == 200
        header = "X-Fraudguard-Token: " + re.match(r"INVITE sip:test@\S*;fg-token=([0-9a-f]{48})", invite.line).group(1) + "\r\n"
        reply, call = carrier.invite(number, call=carrier.new_call(caller=caller), extra=header)
        assert reply.code == 200
        carrier.bye(call)
        return header

    passes(callers[0])  # before the second node is there: it reads of it
    wait_for(lambda: node.redis_cli("ZCARD", "fg:passed") != "0", what="it is in Redis")
    wait_for(lambda: 0 < int(node.redis_cli("PTTL", "fg:passed")) <= 86400000, what="its end")
    node.redis_cli("PEXPIRE", "fg:passed", "172800000")  # as a node does that remembers for longer
    second = started(NodeOf(tmp_path / "n2", f"unix:{node.path('redis.sock')}", rules=RULES, modparams=LIMITS, words={
        "FG_CARRIER_SOURCES": CARRIER, "FG_CHALLENGE_TARGET": "sip:test@127.0.0.1:9", "FG_HASH_KEY_FILE": node.path("hash.key")}))
    try:
        there = Caller(second, address=CARRIER)
        second.callers.append(there)
        header = passes(callers[1])  # while it is there: it hears of it
        for caller in callers:
            wait_for(lambda caller=caller: there.show(number, direction="inbound", caller=caller)["action"] == "alert", what=f"{caller} is known there")
        # Not made up, and yet used: on the first node.
        assert there.show(number, direction="inbound", caller=callers[1])["action"] == "alert"
        assert there.show(number, direction="inbound", caller=callers[1], extra=header)["action"] == "challenge"
        assert 86400000 < int(node.redis_cli("PTTL", "fg:passed")) <= 172800000
    finally:
        finish(second)


def test_it_is_over_when_nobody_had_to_be_refused_for_a_while(node):
    begun = [event for event in events(node, "attack.started") if event["kind"] == "certificate"]
    wait_for(lambda: len(events(node, "attack.ended")) >= len(begun), 30, "the end of it")
    ended = events(node, "attack.ended")
    assert {event["attack"] for event in ended} == {event["attack"] for event in begun}
    assert ended[0]["refused"] + ended[0]["dropped"] > 100 and ended[0]["peak_per_minute"] <= ended[0]["calls"]
    assert ended[0]["since_ms"] <= ended[0]["last_ms"] < ended[0]["time_ms"]
    # All of it is what the schema says, and fgctl shows all attacks.
    schema = json.loads(open(os.path.join(TOP, "docs/events.schema.json"), encoding="utf-8").read())
    for event in events(node, "attack.started") + ended:
        jsonschema.Draft7Validator(schema).validate(event)
    shown = subprocess.run([os.path.join(BUILD, "cli/fgctl"), "-o", "jsonl", "attacks"], capture_output=True, text=True, check=True, timeout=20,
                           env={**os.environ, "FRAUDGUARD_REDIS": f"unix:{node.path('redis.sock')}"}).stdout
    rows = [json.loads(line) for line in shown.splitlines()]
    assert [(row["kind"], row["type"]) for row in rows] == [("number", "attack.started")] + [("certificate", "attack.ended")] * len(ended), rows


def test_a_flood_is_not_diverted(node):
    number, carrier = "+442070000007", Caller(node, address=CARRIER)
    node.callers.append(carrier)
    calls = [carrier.new_call(caller=f"+4420718390{i:02d}") for i in range(60)]
    for call in calls:
        carrier.send(carrier.request("INVITE", number, call))
    # The IVR says nothing: those that went there have the same answer, later.
    codes = {}

    def all_answered():
        while (message := carrier.receive(0.2)) is not None:
            if message.code >= 200:
                codes[message.get("call-id")] = message.code
        return len(codes) == len(calls)

    wait_for(all_answered, 20, "an answer to each")
    assert set(codes.values()) == {480}
    went, end = set(), time.monotonic() + 0.5
    node.ivr.settimeout(0.2)
    try:
        while time.monotonic() < end:
            went.add(Message(node.ivr.recvfrom(65536)[0].decode()).get("call-id"))
    except (TimeoutError, socket.timeout):
        pass
    node.ivr.settimeout(5)
    assert 1 <= len(went) < 50, len(went)
