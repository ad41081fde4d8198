# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds of a number, a range, a caller, an address, a type: what they stop, how they grow, who is told."""
import json
import os
import re
import subprocess
import time

import pytest

from module_fixtures import BUILD, RULES, Node, finish, started, wait_for

FGCTL = os.path.join(BUILD, "cli/fgctl")
HOLDING = RULES + """  - {id: DEAR, desc: Dear, when: {dest.prefix: {in: ["+9607710"]}}, score: 90, hold: {scope: number, for: 1s, growth: 4, max: 10s}}
  - {id: NEAR, desc: Near, when: {dest.prefix: {in: ["+9607720"]}}, score: 90, hold: {scope: range, for: 60s}}
  - {id: FROM, desc: From, when: {dest.prefix: {in: ["+9607730"]}}, score: 90, hold: {scope: caller, for: 60s}}
  - {id: WHERE, desc: Where, when: {dest.prefix: {in: ["+9607740"]}}, score: 90, hold: {scope: source, for: 60s}}
  - {id: KIND, desc: Kind, when: {dest.prefix: {in: ["+4490987"]}}, score: 90, hold: {scope: type, for: 60s}}
  - {id: TALK, desc: Talk, on: [minute], when: {dest.prefix: {in: ["+4420798"]}}, score: 95, hold: {scope: number, for: 60s}}
"""
OTHER = "+9607799999"


@pytest.fixture(name="node", scope="module")
def fixture_node(tmp_path_factory):
    node = Node(tmp_path_factory.mktemp("holds"), rules=HOLDING)
    yield started(node)
    finish(node)


def fgctl(node, *args, key=False):
    env = {**os.environ, "FRAUDGUARD_HASH_KEY": node.path("hash.key") if key else "/nonexistent"}
    done = subprocess.run([FGCTL, "--redis", "unix:" + node.path("redis.sock"), *args], capture_output=True, text=True, env=env, check=False,
                          timeout=30)
    return done


def held(node, customer):
    rows = json.loads(fgctl(node, "holds", "-o", "json").stdout)["holds"]
    return [row for row in rows if row["customer"] == customer]


def held_by(verdict):
    return verdict["action"] == "block" and verdict["rules"].split(",")[0] == "HOLD"


# What is blocked, what its hold then refuses, what it lets through.
@pytest.mark.parametrize("n, number, refused, free, shown, rule", [
    (2, "+9607720001", {"number": "+9607721999"}, {"number": OTHER}, r"range \+96077\*+", "NEAR"),
    (3, "+9607730001", {"number": OTHER}, {"number": OTHER, "caller": "+442070008888"}, r"caller \+44207\*+99", "FROM"),
    (4, "+9607740001", {"number": OTHER}, None, r"source 127\.0\.1\.4", "WHERE"),
    (5, "+449098790001", {"number": "+449098800001"}, {"number": OTHER}, r"type\.premium", "KIND"),
])
def test_a_block_holds_what_its_rule_says(node, n, number, refused, free, shown, rule):
    caller = node.caller(n)
    assert caller.show(**refused)["action"] == "allow"
    assert caller.show(number)["rules"] == rule
    verdict = caller.show(**refused)
    assert held_by(verdict) and re.search(f"hold on {shown} until .*{rule}", verdict["reason"]), verdict
    assert free is None or caller.show(**free)["action"] == "allow"
    row = wait_for(lambda: held(node, f"c{n}"), what="hold in Redis")[0]
    assert (row["rule"], row["by"], row["times"]) == (rule, "rule:module-test", 1)
    assert re.fullmatch(shown, " ".join([row["scope"].split(".")[0], row["of"]]) if "of" in row else row["scope"])
    assert number.lstrip("+") not in json.dumps(row) + node.redis_cli("keys", "*")


def test_a_hold_that_comes_again_lasts_longer(node):
    caller = node.caller(6)
    lengths = []
    for _ in range(3):
        assert caller.show("+9607710006")["rules"] == "DEAR"
        assert held_by(caller.show("+9607710006"))
        row = wait_for(lambda: held(node, "c6"), what="hold in Redis")[0]
        lengths.append((row["until_ms"] - row["since_ms"], row["times"]))
        # A node sets a hold of one kind again after 5 s at the earliest.
        time.sleep(max(row["until_ms"] / 1000 - time.time(), 5.1) + 0.1 if len(lengths) < 3 else 0)
    assert lengths == [(1000, 1), (4000, 2), (10000, 3)]


def test_operators_hold_what_they_name(node):
    caller = node.caller(7)
    assert node.rpc("fraudguard.hold", "c7", "number.+9607750007", "60", "asked for").returncode == 0
    verdict = caller.show("+9607750007")
    assert held_by(verdict) and "asked for" in verdict["reason"]
    assert caller.show("+9607750008")["action"] == "allow"
    row = wait_for(lambda: held(node, "c7"), what="hold in Redis")[0]
    assert row["times"] == 0 and row["by"].startswith("rpc:") and "rule" not in row
    listed = node.rpc("fraudguard.holds").stdout
    assert row["scope"] in listed and row["of"] in listed
    # As it is shown, it is released; by fgctl without the key.
    assert fgctl(node, "unblock", "c7/" + row["scope"], "--reason", "their own").returncode == 0
    wait_for(lambda: caller.show("+9607750007")["action"] == "allow", what="release")
    for wrong in ("number.9607750007", "range.+1", "source.1.2.3", "caller"):
        assert "400" in str(vars(node.rpc("fraudguard.hold", "c7", wrong))), wrong


def test_fgctl_and_the_nodes_mean_the_same(node):
    caller = node.caller(8)
    for scope, number in (("caller.+442070009999", OTHER), ("source.127.0.1.8", OTHER), ("range.+9607760000", "+9607761234")):
        assert caller.show(number)["action"] == "allow"
        refused = fgctl(node, "block", f"c8/{scope}", "--reason", "test")
        assert refused.returncode == 2 and "hash" in refused.stderr
        done = fgctl(node, "block", f"c8/{scope}", "--reason", "test", "--for", "90s", key=True)
        assert done.returncode == 0 and scope.split(".", 1)[1] not in done.stdout.replace("127.0.1.8", ""), done
        wait_for(lambda number=number: held_by(caller.show(number)), what="hold heard")
        fgctl(node, "unblock", f"c8/{scope}", "--reason", "over", key=True)
        wait_for(lambda number=number: caller.show(number)["action"] == "allow", what="release heard")


def test_who_held_and_released_is_kept(node):
    node.rpc("fraudguard.hold", "c9", "risky", "60", "a look at it")
    wait_for(lambda: held(node, "c9"), what="hold in Redis")
    node.rpc("fraudguard.release", "c9", "risky", "all is well")
    wait_for(lambda: not held(node, "c9"), what="release in Redis")
    fgctl(node, "block", "c9/country.MV", "--reason", "by hand")
    audit = wait_for(lambda: (rows := json.loads(fgctl(node, "audit", "--customer", "c9", "-o", "json").stdout)["audit"]) and len(rows) == 3 and rows,
                     what="audit")
    assert [(row["type"], row["scope"], row["reason"]) for row in audit] == [
        ("hold.set", "risky", "a look at it"), ("hold.released", "risky", "all is well"), ("hold.set", "country.MV", "by hand")]
    assert audit[0]["by"].startswith("rpc:") and audit[2]["by"].startswith("fgctl:")
    assert len(json.loads(fgctl(node, "audit", "-n", "1", "-o", "json").stdout)["audit"]) == 1
    fgctl(node, "unblock", "c9/country.MV", "--reason", "over")


def test_a_hold_of_a_number_ends_its_calls_alone(node):
    caller = node.caller(10)
    (_, other), (reply, call) = caller.invite("+442079460100"), caller.invite("+442079461000")
    assert reply.code == 200
    wait_for(lambda: call["call_id"] in node.rpc("fraudguard.calls").stdout, what="live calls")
    assert node.rpc("fraudguard.hold", "c10", "number.+442079461000", "60", "cut it").returncode == 0
    assert caller.wait_request("BYE", call) is not None
    time.sleep(0.3)
    assert node.carrier.count("BYE", other["call_id"]) == 0
    kills = node.redis_cli("zrange", "fg:kills", "0", "-1")
    assert call["call_id"] in kills and other["call_id"] not in kills
    caller.bye(other)


def test_a_minute_holds_the_number(node):
    caller = node.caller(11)
    reply, call = caller.invite("+442079800011")
    assert reply.code == 200
    assert caller.wait_request("BYE", call, 5) is not None
    assert held_by(caller.show("+442079800011"))
    assert caller.show("+442079800012")["action"] == "allow"
