# SPDX-License-Identifier: GPL-2.0-or-later
"""What the person on duty asks of the stream of events: the last ones, those that come, and what they are most about."""
import json
import os
import select
import subprocess
import time

import pytest

from module_fixtures import BUILD, TOP
from test_fgctl import Redis

FGCTL = os.path.join(BUILD, "cli/fgctl")


def event(call_id, customer="acme", action="block", score=90, number="+96079***12", country="MV", rules=("DEST_IRSF",), **more):
    return {"v": 1, "type": "call.attempt", "time_ms": int(time.time() * 1000), "node": "n1", "call_id": call_id, "customer": customer, "direction": "outbound", "action": action,
            "score": score, "dest": {"number": number, "country": country, "usd_per_minute": 0.4}, "caller": "+44113***00", "source": "192.0.2.7", "repeated": False,
            "reasons": [{"id": rule, "points": 45, "shadow": False, "why": "x"} for rule in rules], **more}


@pytest.fixture(scope="module", name="redis")
def fixture_redis(tmp_path_factory):
    redis = Redis(tmp_path_factory.mktemp("events"))
    yield redis
    redis.stop()


@pytest.fixture(autouse=True)
def fixture_empty(redis):
    redis.call("FLUSHALL")


def add(redis, *events):
    for one in events:
        redis.call("XADD", "fg:events", "*", "e", json.dumps(one))


def command(redis, *args):
    return [FGCTL, "--redis", redis.url, *args]


def fgctl(redis, *args, code=0):
    done = subprocess.run(command(redis, *args), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def lines(redis, *args):
    return [json.loads(line) for line in fgctl(redis, *args, "-o", "jsonl").stdout.splitlines()]


def test_tail_shows_what_is_wanted(redis):
    add(redis, event("a", "acme", "allow", 0), event("b", "globex", "block"), event("c", "acme", "throttle", 55),
        {"v": 1, "type": "hold.set", "time_ms": 1, "customer": "acme", "scope": "risky", "reason": "why"})
    assert [one.get("call_id") for one in lines(redis, "tail", "--customer", "acme")] == ["a", "c", None]
    assert [one["call_id"] for one in lines(redis, "tail", "--action", "throttle")] == ["b", "c"]
    assert [one["call_id"] for one in lines(redis, "tail", "--action", "throttle", "--customer", "acme")] == ["c"]
    assert "no such events" in fgctl(redis, "tail", "--customer", "hooli").stderr
    assert "did you mean 'block'?" in fgctl(redis, "tail", "--action", "blok", code=2).stderr
    assert "jsonl" in fgctl(redis, "tail", "-f", "-o", "json", code=2).stderr


class Follower:
    """A `fgctl tail --follow`, line by line."""

    def __init__(self, redis, *args):
        self.process = subprocess.Popen(command(redis, "tail", "-f", *args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)

    def line(self, timeout=20):
        text, deadline = b"", time.monotonic() + timeout
        while not text.endswith(b"\n"):
            assert select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0], f"no line: {text}"
            byte = self.process.stdout.read(1)
            assert byte, self.process.stderr.read()
            text += byte
        return text.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()
        self.process.stderr.close()


def test_tail_follows_and_misses_nothing(redis):
    add(redis, *(event(f"before{i}") for i in range(5)))
    with Follower(redis, "-n", "2", "-o", "jsonl") as follower:
        assert [json.loads(follower.line())["call_id"] for _ in range(2)] == ["before3", "before4"]
        # More than one look takes.
        add(redis, *(event(f"after{i}") for i in range(1200)))
        assert [json.loads(follower.line())["call_id"] for _ in range(1200)] == [f"after{i}" for i in range(1200)]


def test_tail_follows_in_columns(redis):
    with Follower(redis, "--action", "block") as follower:
        add(redis, event("quiet", action="allow"), event("first"), event("second", customer="a-customer-with-a-longer-name"))
        assert follower.line().startswith("TIME ")
        first = follower.line()
        assert "block" in first and "first" in first and "DEST_IRSF 45" in first
        assert "second" in follower.line()


def test_tail_follows_in_tsv(redis):
    with Follower(redis, "-o", "tsv") as follower:
        # Looks that find nothing print nothing: the headings come once, with the first event.
        assert not select.select([follower.process.stdout], [], [], 1.2)[0]
        add(redis, event("one"), event("two"))
        assert follower.line().startswith("TIME\t")
        assert [follower.line().split("\t")[6] for _ in range(2)] == ["one", "two"]


def test_tail_with_a_filter_keeps_up(redis):
    with Follower(redis, "-o", "jsonl", "--customer", "globex") as follower:
        add(redis, event("first", "globex"))
        assert json.loads(follower.line())["call_id"] == "first"
        # A flood on somebody else, of which nothing is shown: with a pause after each look this took more than 30 s.
        redis.call("EVAL", "for i = 1, 30000 do redis.call('XADD', 'fg:events', '*', 'e', ARGV[1]) end redis.call('XADD', 'fg:events', '*', 'e', ARGV[2])", 0,
                   json.dumps(event("flood")), json.dumps(event("last", "globex")))
        assert json.loads(follower.line())["call_id"] == "last"


def test_tail_follows_over_an_outage(redis, tmp_path):
    own = Redis(tmp_path)
    try:
        with Follower(own, "-o", "jsonl") as follower:
            add(own, event("one"))
            assert json.loads(follower.line())["call_id"] == "one"
            own.stop()
            told = b""
            while b"waiting for it" not in told:
                assert select.select([follower.process.stderr], [], [], 20)[0], told
                told += follower.process.stderr.read(200)
            own = Redis(tmp_path)
            add(own, event("two"))
            assert json.loads(follower.line())["call_id"] == "two"
    finally:
        own.stop()


def test_top(redis):
    add(redis, *(event(f"g{i}", "globex", number="+96079***12") for i in range(3)), *(event(f"a{i}", "acme", "allow", 5, "+44113***00", "GB", ("TIME_CLOSED",)) for i in range(4)),
        event("g0", "globex", repeated=True), event("m", "globex", **{"type": "call.minute"}))
    customers = lines(redis, "top", "customers")
    assert [(one["name"], one["calls"], one["refused"]) for one in customers] == [("acme", 4, 0), ("globex", 3, 3)]
    assert customers[1]["points_max"] == 90 and customers[1]["usd_per_minute_max"] == 0.4
    assert [(one["name"], one["what"]) for one in lines(redis, "top", "destinations", "--action", "block")] == [("+96079***12", "MV")]
    assert [one["name"] for one in lines(redis, "top", "rules")] == ["TIME_CLOSED", "DEST_IRSF"]
    assert lines(redis, "top", "callers", "--customer", "globex")[0]["calls"] == 3
    assert [one["name"] for one in lines(redis, "top", "sources", "-n", "1")] == ["192.0.2.7"]
    assert "REFUSED" in fgctl(redis, "top", "customers").stdout.splitlines()[0]


def test_top_keeps_to_the_time_asked_for(redis):
    add(redis, event("old", "initech"))
    time.sleep(1.2)
    add(redis, event("new", "globex"))
    assert {one["name"] for one in lines(redis, "top", "customers", "--since", "1s")} <= {"globex"}
    assert {one["name"] for one in lines(redis, "top", "customers", "--since", "1h")} == {"globex", "initech"}
    assert "not a duration" in fgctl(redis, "top", "customers", "--since", "soon", code=2).stderr
    assert "did you mean 'customers'?" in fgctl(redis, "top", "customer", code=2).stderr


def findings(redis, *args, code):
    done = fgctl(redis, "doctor", "--kamailio", "/nonexistent", "--relay", "127.0.0.1:9", "-o", "jsonl", *args, code=code)
    return {(one["level"], one["what"]): one for one in map(json.loads, done.stdout.splitlines())}


def test_doctor_says_what_is_wrong_and_what_to_do(redis, tmp_path):
    key = tmp_path / "hash.key"
    key.write_text("0" * 32)
    key.chmod(0o644)
    os.environ["FRAUDGUARD_HASH_KEY"] = str(key)
    try:
        seen = findings(redis, "--rules", str(tmp_path), code=1)
        assert seen["fault", "rules"]["remedy"] == "fgctl rules check" and "can be read or changed by others" in seen["fault", "hash key"]["found"]
        assert "version 7" in seen["ok", "redis"]["found"] and seen["warning", "redis"]["remedy"] == "appendonly yes"
        assert "does not answer: /nonexistent" in seen["fault", "kamailio"]["found"] and seen["fault", "relay"]
        assert "nobody is told" in seen["note", "alerts"]["found"]
        key.chmod(0o640)
        redis.call("HSET", "fg:trunks", "acme", json.dumps({"v": 1, "customer": "acme", "tls": None, "calls": 3, "srtp_calls": 0}))
        redis.call("HSET", "fg:trunks", "globex", json.dumps({"v": 1, "customer": "globex", "tls": {"version": "1.3", "days_left": 3}, "calls": 3, "srtp_calls": 3}))
        redis.call("SET", "fg:{alerts}:status", json.dumps({"pending": 7, "oldest_ms": int(time.time() * 1000) - 3600000, "dead": 2}))
        redis.call("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru")
        seen = findings(redis, "--rules", os.path.join(TOP, "rules"), code=1)
        assert seen["ok", "rules"] and " pass" in seen["ok", "rule tests"]["found"] and seen["ok", "hash key"]
        assert "acme" in seen["warning", "trunks"]["found"] and "globex" in seen["warning", "certificates"]["found"]
        assert seen["warning", "alerts"] and "allkeys-lru" in seen["warning", "redis memory"]["found"]
    finally:
        del os.environ["FRAUDGUARD_HASH_KEY"]
        redis.call("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction")


def test_doctor_names_the_mistake_and_the_replica(redis, tmp_path):
    (tmp_path / "customers.yaml").write_text("- {id: acme, tz: Europe/Lundon}\n")
    redis.call("REPLICAOF", "127.0.0.1", "1")
    try:
        seen = findings(redis, "--rules", os.path.join(TOP, "rules"), "--customers", str(tmp_path / "customers.yaml"), code=1)
    finally:
        redis.call("REPLICAOF", "NO", "ONE")
    assert "customers.yaml:1: " in seen["fault", "rules"]["found"] and "Lundon" in seen["fault", "rules"]["found"]
    assert "a replica" in seen["fault", "redis"]["found"] and "master" in seen["fault", "redis"]["remedy"]


def test_doctor_without_redis(redis, tmp_path):
    done = subprocess.run([FGCTL, "--redis", f"unix:{tmp_path}/none.sock", "--rules", os.path.join(TOP, "rules"), "doctor"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "does not answer" in done.stdout
