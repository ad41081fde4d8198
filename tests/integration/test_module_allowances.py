# SPDX-License-Identifier: GPL-2.0-or-later
"""Allowances, "it was us": given by RPC and by fgctl, on a real Kamailio with Redis."""
import json
import os
import subprocess
import time

import pytest

from module_fixtures import BUILD, RULES, TOP, Node, faults_in, wait_for

FGCTL = os.path.join(BUILD, "cli/fgctl")
ALLOWED, BLOCKED, OTHER = "+442079460018", "+442079000401", "+442079700001"  # OTHER: cut at its first minute
EXTRA = RULES + """  - {id: ADDRESS, desc: Unknown address, when: {src.known: false}, score: 90}
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    node = Node(tmp_path_factory.mktemp("allowances"), modparams='modparam("fraudguard", "redis_deadline_ms", 500)', rules=EXTRA)
    try:
        yield node.start()
        log = node.log()
    finally:
        node.stop()
    assert not faults_in(log), faults_in(log)


def fgctl(node, *args, code=0):
    result = subprocess.run([FGCTL, "--redis", f"unix:{node.path('redis.sock')}", *args], capture_output=True, text=True, check=False)
    assert result.returncode == code, (args, result.stdout, result.stderr)
    return result.stdout


def listed(node):
    return json.loads(fgctl(node, "allowances", "-o", "json"))["allowances"]


def known(node, customer):
    return f"customer: {customer}\n" in node.rpc("fraudguard.allowances").stdout.replace("\t", "")


def explained(node, call_id):
    return json.loads(node.rpc("fraudguard.explain", call_id, "json").stdout)


def reason_of(node, call_id):
    return next(r for r in explained(node, call_id)["reasons"] if r["kind"] == "allowance")


def test_a_customers_word_lets_a_few_calls_go_on(node):
    caller = node.caller(0)
    assert caller.invite(BLOCKED)[0].code == 603
    out = fgctl(node, "allow", "c0", "--to", "+4420790004", "--calls", "2", "--money", "50", "--for", "4h", "--reason", "NOC-7: it was them")
    assert "c0 may make 2 calls to +4420790004 for 50.00 USD" in out and "undo: fgctl disallow c0" in out
    wait_for(lambda: known(node, "c0"), what="the node heard of it")
    for left in (1, 0):
        reply, call = caller.invite(BLOCKED)
        assert reply.code == 200
        record = explained(node, call["call_id"])
        reason = reason_of(node, call["call_id"])
        assert (record["action"], record["score"], reason["points"]) == ("alert", 0, -90)
        assert (reason["calls_left"], reason["to"]) == (left, "+4420790004") and 49.9 < reason["usd_left"] <= 50
        assert reason["agreed"] == "NOC-7: it was them" and "90 points set aside" in reason["why"]
        assert [r["id"] for r in record["reasons"]] == ["BLOCKED", "BLOCKED_TOO", "ALLOWANCE"]
        assert record.get("set_hold") is None
        caller.bye(call)
        assert listed(node)[0]["calls_left"] == left
    refused, call = caller.invite(BLOCKED)
    assert refused.code == 603
    assert "used up, all 2 calls" in reason_of(node, call["call_id"])["why"]
    # What was refused has taken nothing, and other calls take nothing either.
    node.caller(0).show(ALLOWED)
    time.sleep(0.3)
    assert listed(node)[0]["calls_left"] == 0
    audit = fgctl(node, "audit", "--customer", "c0")
    assert "allowance.set" in audit and "NOC-7" in audit


def test_what_is_not_needed_and_what_is_not_made_is_given_back(node):
    fgctl(node, "allow", "c1", "--to", "GB", "--calls", "3", "--money", "50", "--for", "1h", "--reason", "x")
    wait_for(lambda: known(node, "c1"), what="the node heard of it")
    caller = node.caller(1)
    for _ in range(5):  # nothing is against these
        reply, call = caller.invite(ALLOWED)
        assert reply.code == 200
        caller.bye(call)
    wait_for(lambda: [a for a in listed(node) if a["customer"] == "c1"][0]["calls_left"] == 3, what="calls given back")
    for _ in range(5):  # allowed, and then answered by the script
        shown = caller.show(BLOCKED)
        assert shown["action"] == "alert", shown["reason"]
        wait_for(lambda: [a for a in listed(node) if a["customer"] == "c1"][0]["calls_left"] == 3, what="calls given back")


def test_nobodys_word_is_about_identity_or_about_what_people_hold(node):
    fgctl(node, "allow", "c2", "--to", "+44", "--calls", "50", "--money", "50", "--for", "1h", "--reason", "x")
    wait_for(lambda: known(node, "c2"), what="the node heard of it")
    caller = node.caller(2)
    shown = caller.show(BLOCKED)
    assert shown["action"] == "alert", shown["reason"]
    spoofed = caller.show(ALLOWED, caller="+442070000001")  # another customer's number
    assert spoofed["action"] == "block" and "who calls" in reason_of(node, spoofed["call_id"])["why"]
    assert caller.show("+4490987")["action"] in ("alert", "allow", "block")
    node.rpc("fraudguard.hold", "c2", "customer", "60", "operator says so")
    held = caller.show(BLOCKED)
    assert held["action"] == "block" and "HOLD" in held["rules"]
    node.rpc("fraudguard.release", "c2")
    wait_for(lambda: caller.show(BLOCKED)["action"] == "alert", what="release")
    # A hold that rules set is set aside; one of somebody's beside it is not.
    until = int(time.time() * 1000) + 60000
    message = json.dumps({"v": 1, "op": "hold", "customer": "c2", "scope": "customer", "until_ms": until, "since_ms": until - 60000,
                          "cut": False, "reason": "score 90", "by": "rule:module-test", "rule": "BLOCKED"})

    def held_by_a_rule():
        # The node hears of its own release once more by Redis, which may come after the hold.
        node.redis_cli("publish", "fg:holds:ch", message)
        return caller.show(ALLOWED)["action"] == "alert"

    wait_for(held_by_a_rule, what="hold")
    node.rpc("fraudguard.hold", "c2", "country.GB", "60", "operator says so")
    both = caller.show(ALLOWED)
    assert both["action"] == "block" and "operator says so" in both["reason"]


def test_taken_back_or_over(node):
    caller = node.caller(3)
    allowed = node.rpc("fraudguard.allow", "c3", "s:+4420790004", "5", "20", "3600", "it was them")
    assert allowed.returncode == 0, allowed.stderr
    shown = caller.show(BLOCKED)
    assert shown["action"] == "alert", shown["reason"]
    number = wait_for(lambda: [a for a in listed(node) if a["customer"] == "c3"], what="written to Redis")[0]["id"]
    fgctl(node, "disallow", "c3", str(number), "--reason", "no longer")
    wait_for(lambda: caller.show(BLOCKED)["action"] == "block", what="taken back")
    fgctl(node, "disallow", "c3", str(number), "--reason", "again", code=4)
    short = node.rpc("fraudguard.allow", "c3", "s:+4420790004", "5", "20", "1", "it was them")
    assert short.returncode == 0 and short.stdout.strip().isdigit(), vars(short)
    shown = caller.show(BLOCKED)
    assert shown["action"] == "alert", shown["reason"]
    time.sleep(1.1)
    over = caller.show(BLOCKED)
    assert over["action"] == "block" and "it is over" in reason_of(node, over["call_id"])["why"]
    audit = fgctl(node, "audit", "--customer", "c3")
    assert "allowance.removed" in audit and "no longer" in audit
    assert "404" in str(vars(node.rpc("fraudguard.allow", "nobody", "GB", "5", "20", "60", "x")))
    assert "s:+960" in str(vars(node.rpc("fraudguard.allow", "c3", "+960", "5", "20", "60", "x")))
    assert "400" in str(vars(node.rpc("fraudguard.allow", "c3", "GB", "501", "20", "60", "x")))


def test_a_call_that_is_up_goes_on(node):
    node.rpc("fraudguard.allow", "c4", "s:+442079700", "5", "20", "3600", "it was them")
    caller = node.caller(4)
    reply, call = caller.invite(OTHER)
    assert reply.code == 200
    assert caller.wait_request("BYE", call, timeout=2.0) is None
    assert call["call_id"] in node.rpc("fraudguard.calls").stdout
    wait_for(lambda: [a for a in listed(node) if a["customer"] == "c4"][0]["calls_left"] == 4, what="one call is taken")
    caller.bye(call)


def test_a_customer_has_a_few_at_most(node):
    for _ in range(8):
        fgctl(node, "allow", "c5", "--to", "MV", "--money", "1", "--for", "1h", "--reason", "x")
    assert "take one back" in subprocess.run(
        [FGCTL, "--redis", f"unix:{node.path('redis.sock')}", "allow", "c5", "--to", "MV", "--money", "1", "--for", "1h", "--reason", "x"],
        capture_output=True, text=True, check=False).stderr
    wait_for(lambda: node.rpc("fraudguard.allowances").stdout.count("c5") == 8, what="all of them")


@pytest.mark.parametrize("args", [["--to", "960"], ["--to", "+960", "--calls", "501"], ["--to", "+960", "--money", "x"], ["--to", "MVX"], ["--to", "+960", "--for", "soon"]])
def test_mistakes_are_told(node, args):
    given = dict(zip(args[::2], args[1::2]))
    given = {"--money": "5", "--for": "1h", **given}
    fgctl(node, "allow", "c6", *[word for pair in given.items() for word in pair], "--reason", "x", code=2)


PACK = """fraudguard: 1
pack: p
version: "1.0.0"
scoring: {thresholds: {alert: 30, throttle: 50, challenge: 65, block: 80}}
rules:
  - {id: DEST, desc: d, when: {dest.prefix: {in: ["+960"]}}, score: 90}
"""
PACK_TEST = """fraudguard_test: 1
fixtures:
  a: {id: a, tz: Europe/London, numbers: ["+442079460000"]}
tests:
  - name: it was them
    customer: a
    clock: "2026-11-20T10:00:00Z"
    allowances: [{to: "+960", calls: 2, money: 50, for: 4h}]
    calls: [{from: "+442079460000", to: "+9607712345", repeat: 3, every: 1m}]
    expect: {first: {action: alert, score: 0}, last: {action: block, score: 90, rules: [DEST]}}
"""


def test_rule_tests_have_allowances(tmp_path):
    def play():
        return subprocess.run([FGCTL, "--rules", tmp_path, "--data", os.path.join(TOP, "rules/data"), "rules", "test"], capture_output=True, text=True,
                              check=False)

    (tmp_path / "p.yaml").write_text(PACK)
    (tmp_path / "p.test.yaml").write_text(PACK_TEST)
    assert "1 passed, 0 failed" in play().stdout
    for wrong, complaint in (('"+960", calls', '"960", calls'), "first digits"), (("calls: 2", "calls: 0"), "calls"), (("money: 50", "money: 0"), "money"):
        (tmp_path / "p.test.yaml").write_text(PACK_TEST.replace(*wrong))
        result = play()
        assert result.returncode == 5 and complaint in result.stdout + result.stderr
