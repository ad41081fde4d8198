# SPDX-License-Identifier: GPL-2.0-or-later
"""Several Kamailios that share one Redis: a limit is one limit."""
import re
import select
import time

import pytest

from module_fixtures import Node, finish, started

LIMIT, CALLS, IN_FLIGHT = 100, 2000, 64
RULES = """fraudguard: 1
pack: shared-limit
version: "1.0.0"
scoring:
  thresholds: {alert: 30, throttle: 50, challenge: 65, block: 80}
  replies: {block: "603 Declined"}
meters:
  calls_1m: {count: calls, per: customer, over: 1m}
rules:
  - {id: LIMIT, desc: A hundred calls a minute, measure: meters.calls_1m, steps: [{above: 100, score: 90}]}
"""
# One that waits for Redis as long as it takes: what a busy machine delays is no overshoot.
PATIENT = 'modparam("fraudguard", "redis_deadline_ms", 1000)\n'


class SecondNode(Node):
    """It has another's Redis."""

    def __init__(self, run_dir, first):
        super().__init__(run_dir, rules=RULES, modparams=PATIENT)
        self.first = first

    def prepare(self):
        super().prepare()
        with open(self.path("kamailio.cfg"), encoding="utf-8") as file:
            text = file.read()
        self.write("kamailio.cfg", text.replace(f"unix:{self.path('redis.sock')}", f"unix:{self.first.path('redis.sock')}"))

    def start_redis(self):
        """It is there already."""


@pytest.fixture(name="nodes")
def fixture_nodes(tmp_path):
    nodes = [started(Node(tmp_path / "first", rules=RULES, modparams=PATIENT))]
    try:
        nodes.append(started(SecondNode(tmp_path / "second", nodes[0])))
        yield nodes
    finally:
        for node in reversed(nodes):
            finish(node)


class Burst:
    """Calls at all nodes at once, as fast as they are answered; what gets no answer is sent again, as RFC 3261 has it."""

    def __init__(self, callers):
        self.callers, self.open, self.codes = callers, {}, {}

    def begin(self, i):
        caller = self.callers[i % len(self.callers)]
        call = caller.new_call()
        message = caller.request("INVITE", f"+4420795{i:05d}", call).encode()
        self.open[call["call_id"]] = [caller, message, time.monotonic()]
        caller.send(message)

    def hear(self, data):
        text = data.decode()
        code = int(text[8:11])
        if code >= 200:
            call_id = re.search(r"(?im)^call-id: *(\S+)", text).group(1)
            self.codes.setdefault(call_id, code)
            self.open.pop(call_id, None)

    def again(self):
        now = time.monotonic()
        for call in self.open.values():
            if now - call[2] > 3.0:
                call[2] = now
                call[0].send(call[1])

    def run(self, calls):
        begun, deadline = 0, time.monotonic() + 60
        sockets = [caller.socket for caller in self.callers]
        while (begun < calls or self.open) and time.monotonic() < deadline:
            while begun < calls and len(self.open) < IN_FLIGHT:
                self.begin(begun)
                begun += 1
            for one in select.select(sockets, [], [], 0.2)[0]:
                self.hear(one.recv(65536))
            self.again()
        assert not self.open and len(self.codes) == calls


def test_a_limit_is_never_exceeded(nodes):
    burst = Burst([node.caller(4) for node in nodes for _ in range(4)])
    burst.run(CALLS)
    carried = {m.get("call-id") for node in nodes for m in node.carrier.seen if m.method == "INVITE"}
    admitted = {call_id for call_id, code in burst.codes.items() if code == 200}
    assert len(admitted) == LIMIT and carried == admitted
    assert set(burst.codes.values()) == {200, 603}
    for node in nodes:
        assert int(node.status()["attempts"]) > CALLS // 4 and node.status()["degraded"] == "0"
