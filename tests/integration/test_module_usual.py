# SPDX-License-Identifier: GPL-2.0-or-later
"""What is usual for a customer and for its peers, on a real Kamailio with Redis: who teaches it, and who does not. An hour passes by moving
what Redis keeps (docs/redis-schema.md) an hour back."""
import json
import struct
import time

import pytest

from module_fixtures import Node, finish, started, wait_for

USUAL = """fraudguard: 1
pack: usual-test
version: "1.0.0"
scoring: {thresholds: {alert: 30, throttle: 50, challenge: 65, block: 80}}
meters:
  hourly: {typical: calls, per: customer}
rules:
  - {id: USUAL, desc: What is usual, when: {meters.hourly: {above: 5}}, score: 1}
  - {id: THROTTLED, desc: Throttled range, when: {dest.prefix: {in: ["+4420790002"]}}, score: 55}
"""
ALLOWED, THROTTLED = "+442079460018", "+442079000201"
WEEK, HEAD, SLOT, VOICE = 168, 33, 8, 183
CALL = 1000000
TO_HEX = "local s = redis.call('GET', KEYS[1]) or '' return (string.gsub(s, '.', function(c) return string.format('%02x', string.byte(c)) end))"
FROM_HEX = ("local s = string.gsub(ARGV[1], '..', function(h) return string.char(tonumber(h, 16)) end) "
            "return redis.call('SET', KEYS[1], s, 'EX', 86400)")


@pytest.fixture(name="node", scope="module")
def fixture_node(tmp_path_factory):
    node = Node(tmp_path_factory.mktemp("usual"), rules=USUAL, modparams='modparam("fraudguard", "redis_deadline_ms", 500)')
    yield started(node)
    finish(node)


@pytest.fixture(autouse=True)
def within_an_hour():
    if time.time() % 3600 > 3570:
        time.sleep(3601 - time.time() % 3600)


def keys(node, pattern):
    return node.redis_cli("keys", pattern).split()


def load(node, key):
    return bytes.fromhex(node.redis_cli("eval", TO_HEX, "1", key))


class Baseline:
    """A customer's register of what is usual."""

    def __init__(self, node, customer):
        self.node, self.customer = node, customer
        found = keys(node, f"fg:{{c{customer}}}:r:*:c")
        self.key, self.bytes = (found[0], load(node, found[0])) if found else ("", b"")
        if not self.bytes:
            self.hour = self.amount = self.first = self.frozen = -1
            return
        assert self.bytes[:2] == b"\x01\x04" and len(self.bytes) == HEAD + 178 * SLOT
        self.hour, amount, self.first, self.frozen = struct.unpack(">q7sqq", self.bytes[2:HEAD])
        self.amount = int.from_bytes(amount, "big")

    def slot(self, hour):
        """Mean and how often it was learned."""
        at = HEAD + hour % WEEK * SLOT
        return int.from_bytes(self.bytes[at:at + 7], "big"), self.bytes[at + 7]

    def learned(self):
        return sum(self.slot(hour)[1] for hour in range(WEEK))


def write(node, key, hour, amount, first, frozen, slots):
    bytes_ = b"\x01\x04" + struct.pack(">q", hour) + amount.to_bytes(7, "big") + struct.pack(">qq", first, frozen) + slots
    assert node.redis_cli("eval", FROM_HEX, "1", key, bytes_.hex()) == "OK"


def an_hour_passes(node, customer):
    was = Baseline(node, customer)
    write(node, was.key, was.hour - 1, was.amount, was.first - 1, was.frozen - 1, was.bytes[HEAD:])
    return was


def known_for_weeks(node, meter, customer, hour):
    """Twelve calls in each hour; the last one was at this hour a week ago."""
    slots = ((12 * CALL).to_bytes(7, "big") + b"\x03") * WEEK + bytes(10 * SLOT)
    write(node, f"fg:{{c{customer}}}:r:{meter}:c", hour - WEEK, CALL, hour - 4 * WEEK, hour - 4 * WEEK, slots)


def test_refused_calls_teach_nothing(node):
    honest, attacked = node.caller(20), node.caller(21)
    for _ in range(3):
        assert honest.show(ALLOWED)["action"] == "allow"
        assert attacked.show(ALLOWED)["action"] == "allow"
    assert attacked.show(THROTTLED)["action"] == "throttle"
    wait_for(lambda: Baseline(node, 20).amount == 3 * CALL, what="three calls of the honest customer")
    wait_for(lambda: Baseline(node, 21).amount == 4 * CALL, what="four calls of the attacked one")
    wait_for(lambda: Baseline(node, 21).frozen == Baseline(node, 21).hour + 24, what="learning to end for a day")
    assert Baseline(node, 20).frozen == Baseline(node, 20).hour
    last = an_hour_passes(node, 20).hour - 1
    an_hour_passes(node, 21)
    assert honest.show(ALLOWED)["action"] == attacked.show(ALLOWED)["action"] == "allow"
    wait_for(lambda: Baseline(node, 20).slot(last) == (2 * CALL, 1), what="the hour to be learned: at first twice one call at most")
    wait_for(lambda: Baseline(node, 21).hour == last + 1, what="the next hour")
    assert Baseline(node, 21).learned() == 0
    assert keys(node, "fg:{-??}:r:*") == []  # nobody is known long enough to be told of


def test_peers_stand_in_for_a_new_customer(node):
    node.caller(29).show(ALLOWED)
    wait_for(lambda: Baseline(node, 29).amount == CALL, what="the meter's key")
    meter, hour = Baseline(node, 29).key.split(":")[3], Baseline(node, 29).hour
    for customer in range(22, 28):
        known_for_weeks(node, meter, customer, hour)
    assert node.caller(27).show(THROTTLED)["action"] == "throttle"  # it says nothing
    for customer in range(22, 27):
        assert node.caller(customer).show(ALLOWED)["rules"] == "USUAL"
    key = wait_for(lambda: keys(node, f"fg:{{-??}}:r:{meter}:*"), what="the peers' register")[0]
    wait_for(lambda: len(load(node, key)) == 2 + 5 * VOICE, what="five voices")
    assert load(node, key)[:2] == b"\x01\x05"
    shown = node.caller(28).show(ALLOWED)
    assert shown["rules"] == "USUAL", shown
    told = json.loads(node.rpc("fraudguard.explain", shown["call_id"], "json").stdout)
    reason = told["reasons"][0]
    assert "usual of its peers; profile default, 5 customers" in reason["why"]
    assert reason["unlearned"] is True and reason["peers"] == 5
    # Once a week of its own is known, that counts.
    known_for_weeks(node, meter, 28, hour)
    shown = node.caller(28).show(ALLOWED)
    assert "peers" not in node.rpc("fraudguard.explain", shown["call_id"], "json").stdout
