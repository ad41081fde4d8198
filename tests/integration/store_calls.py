# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls whose number is known, so that what the store counts can be compared with it."""
import re

from module_fixtures import RULES, wait_for

OWN, SHARED = "+442079501000", "+442079800000"
_MANY = '{dest.prefix: {in: ["+4420795"]}}, measure: meters.calls_10m, steps: [{above: '
COUNTING = RULES.replace("meters:\n", "meters:\n  number_10m: {count: calls, per: dest.number, over: 10m, shared: true}\n").replace(
    _MANY + "3, score: 32}, {above: 5, score: 85}]}",
    _MANY + "0, score: 1}]}\n  - {id: POPULAR, desc: Many callers, when: "
    + _MANY.replace("+4420795", "+4420798").replace("calls_10m", "number_10m") + "0, score: 1}]}")
assert COUNTING.count("above: 0,") == 2
# Longer than the usual 20 ms, so that a busy machine is not taken for a slow Redis.
PATIENT = 'modparam("fraudguard", "redis_deadline_ms", 150)\n'


class Counting:
    def __init__(self, node, customers):
        self.node, self.made = node, {}
        self.callers = {customer: node.caller(customer) for customer in customers}

    def call(self, customer, number=OWN):
        """Whether the store answered, how many calls it counted, and how many there were."""
        key = customer if number == OWN else number
        verdict = self.callers[customer].show(number)
        self.made[key] = self.made.get(key, 0) + 1
        assert verdict["action"] == "allow" and verdict["rules"] in ("MANY", "POPULAR"), verdict
        return verdict["degraded"] == "0", int(re.search(r"(\d+) ", verdict["reason"]).group(1)), self.made[key]

    def exact(self, customer, number=OWN):
        """Until the store answers and what was counted meanwhile is there: as many as were made, no more and no less."""
        def once():
            merged = self.node.status()["backlog"] == "0"
            answered, counted, made = self.call(customer, number)
            return merged and answered and (counted, made)
        counted, made = wait_for(once, 30, f"an answer of the store for customer {customer}")
        assert counted == made
