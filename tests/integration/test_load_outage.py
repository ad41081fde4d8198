# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls at a steady rate go on while the guard's Redis freezes and dies: the short form of tests/bench/outage."""
import os
import random
import signal
import sys
import time

from module_fixtures import BUILD, TOP, wait_for

sys.path.insert(0, os.path.join(TOP, "tests/bench"))

from trunks import TrunkStack, told  # noqa: E402


def test_no_call_fails_while_redis_freezes_and_dies(tmp_path):
    stack = TrunkStack(str(tmp_path / "run"), BUILD, random.randint(21000, 28000), customers=4)
    redis = None
    try:
        stack.start()
        told(stack.calls(20, 0.3, 100))
        before = stack.metrics()
        load = stack.calls(30, 3, 300)
        time.sleep(0.5)
        redis = stack.processes["redis"]
        redis.send_signal(signal.SIGSTOP)
        wait_for(lambda: stack.metrics().degraded() - before.degraded() >= 5, 10, "verdicts without Redis")
        time.sleep(0.5)
        redis.send_signal(signal.SIGCONT)
        time.sleep(0.3)
        stack.kill_redis()
        row, after = told(load), stack.metrics()
    finally:
        if redis and redis.poll() is None:
            redis.send_signal(signal.SIGCONT)
        stack.stop()
    # 488: the relay did not answer in time, which on a machine that does too much at once happens with Redis up, too.
    assert row["answered"] > 50 and row["calls"] == row["answered"] + row["refused"].get("488", 0), row
    assert row["refused"].get("488", 0) <= 3 and not row["ended_by_others"] and not row["lost_byes"], row
    late, requests = (now - then for now, then in zip(after.store_waits(), before.store_waits()))
    # On a machine that does too much at once a process is now and then held up after its deadline.
    assert requests > 50 and late <= 0.03 * requests, f"{late} of {requests} requests waited over 25 ms for the store"
