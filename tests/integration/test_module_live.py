# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls in progress: both sides hear of a cut, whoever answers how fast."""
import contextlib
import os
import re

import pytest

from module_fixtures import Node, finish, started, wait_for

CUT = "+442079700001"  # cut in its first minute


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    node = started(Node(tmp_path_factory.mktemp("live")))
    yield node
    finish(node)


def processes(node):
    """The node's Kamailio processes: id to description."""
    return {int(pid): what for pid, what in re.findall(r"PID:\s*(\d+)\s*DSC:\s*(.*)", node.rpc("core.psx").stdout)}


def byes(messages, call):
    """How many BYEs of the call there are, copies aside."""
    return len({m.get("via").split("branch=")[1].split(";")[0] for m in messages if m.method == "BYE" and m.get("call-id") == call["call_id"]})


@contextlib.contextmanager
def answers_overtake(node):
    """All on one processor, where the process that cuts gives way to everybody: its first BYE is answered before the second can be written."""
    everybody = wait_for(lambda: (lambda found: found if "fraudguard calls" in found.values() else None)(processes(node)), what="all processes")
    mine, one = os.sched_getaffinity(0), {min(os.sched_getaffinity(0))}
    urgent = [0] + [pid for pid, what in everybody.items() if "receiver" in what]
    try:
        for pid in [0, *everybody]:
            os.sched_setaffinity(pid, one)
        with contextlib.suppress(PermissionError):  # without it the race is rarer
            for pid in urgent:
                os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))
        yield
    finally:
        for pid in urgent:
            os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
        for pid in [0, *everybody]:
            os.sched_setaffinity(pid, mine)


def test_a_cut_reaches_both_sides_however_fast_one_answers(node):
    caller, calls = node.caller(20), []
    with answers_overtake(node):
        for _ in range(12):
            reply, call = caller.invite(CUT)
            assert reply.code == 200
            assert caller.wait_request("BYE", call, timeout=10)
            calls.append(call)
    for call in calls:
        wait_for(lambda: byes(node.carrier.seen, call), what="BYE at the carrier")
        assert byes(node.carrier.seen, call) == 1
    assert node.counter("calls_cut") == len(calls) and node.counter("cut_failures") == 0
    print(f"{node.counter('byes_repaired')} of {len(calls)} second BYEs were left out by the dialog module")
