# SPDX-License-Identifier: GPL-2.0-or-later
"""fgctl against a real Redis: holds, verdicts, trunks, rules; exit codes and formats."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("FG_BUILD", "build/release")
# The release build has no unit tests.
UNIT_TESTS = next((d / "tests" for d in (BUILD, ROOT / "build/dev")
                   if (d / "tests/test_record_decision").exists()), BUILD / "tests")
FGCTL = BUILD / "cli" / "fgctl"
SCHEMA = json.loads((ROOT / "docs/events.schema.json").read_text())
OK, FAILED, USAGE, DOWN, NOT_FOUND, RULES, REFUSED, DEGRADED = range(8)
MASK = (1 << 64) - 1


def conforms(document, definition=None):
    """Holds a document against docs/events.schema.json, or one of its definitions."""
    schema = SCHEMA
    if definition is not None:
        schema = {"$ref": f"#/definitions/{definition}", "definitions": SCHEMA["definitions"]}
    jsonschema.Draft7Validator(schema).validate(document)
    return document


def siphash128(key, data):
    """SipHash-2-4 with 128-bit output, written from the paper: a second opinion on the keys."""
    def rotate(x, n):
        return ((x << n) | (x >> (64 - n))) & MASK

    k0, k1 = (int.from_bytes(key[i:i + 8], "little") for i in (0, 8))
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE, k0 ^ 0x6C7967656E657261,
         k1 ^ 0x7465646279746573]

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) & MASK
            v[2] = (v[2] + v[3]) & MASK
            v[1], v[3] = rotate(v[1], 13) ^ v[0], rotate(v[3], 16) ^ v[2]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[1]) & MASK
            v[0] = (v[0] + v[3]) & MASK
            v[1], v[3] = rotate(v[1], 17) ^ v[2], rotate(v[3], 21) ^ v[0]
            v[2] = rotate(v[2], 32)

    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 0xFF])
    for i in range(0, len(padded), 8):
        word = int.from_bytes(padded[i:i + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xEE
    rounds(4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    rounds(4)
    second = v[0] ^ v[1] ^ v[2] ^ v[3]
    return first.to_bytes(8, "little") + second.to_bytes(8, "little")


def record_key(call_id):
    return b"fg:call:" + siphash128(b"fraudguard.call\0", call_id).hex().encode()


class Redis:
    """A private redis-server on a unix socket, spoken to in RESP."""

    def __init__(self, directory):
        self.path = directory / "redis.sock"
        self.url = f"unix:{self.path}"
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.path), "--save", "",
             "--appendonly", "no", "--dir", str(directory)],
            stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            try:
                if self.call("PING") == b"PONG":
                    return
            except OSError:
                pass
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("redis-server does not start")
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def call(self, *args):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.path))
            parts = [a if isinstance(a, bytes) else str(a).encode() for a in args]
            connection.sendall(b"*%d\r\n" % len(parts) + b"".join(
                b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
            with connection.makefile("rb") as stream:
                return self.read(stream)

    def read(self, stream):
        line = stream.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if int(rest) < 0:
                return None
            return stream.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.read(stream) for _ in range(int(rest))]
        raise RuntimeError(line.decode())

    def listen(self, channel):
        """A subscription: a stream of which each read() is one pushed message."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(5)
        connection.connect(str(self.path))
        connection.sendall(b"SUBSCRIBE %s\r\n" % channel.encode())
        stream = connection.makefile("rb")
        self.read(stream)
        return connection, stream


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.stop()


@pytest.fixture
def redis(server):
    server.call("FLUSHALL")
    return server


@pytest.fixture
def fgctl(redis):
    def run(*args, code=OK, **environment):
        env = {"PATH": "/usr/bin:/bin", "FRAUDGUARD_REDIS": redis.url, "LC_ALL": "C.UTF-8",
               **environment}
        done = subprocess.run([str(FGCTL), *map(str, args)], capture_output=True, timeout=60,
                              env=env, check=False)
        done.out, done.err = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == code, f"{args}: {done.returncode}\n{done.out}{done.err}"
        return done
    return run


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Decision records as the engine writes them: those of the unit test."""
    path = tmp_path_factory.mktemp("samples") / "decisions.jsonl"
    subprocess.run([str(UNIT_TESTS / "test_record_decision")], check=True, capture_output=True,
                   env={**os.environ, "FG_RECORD_SAMPLES": str(path)}, timeout=60)
    return [line for line in path.read_bytes().split(b"\n") if line]


@pytest.fixture
def customers(tmp_path):
    path = tmp_path / "customers.yaml"
    path.write_text("- {id: initech, tz: Europe/Berlin, media: {srtp: required}}\n"
                    "- {id: acme, tz: Europe/London, media: {srtp: preferred}}\n")
    return path


@pytest.fixture
def rules(tmp_path):
    """A copy of the shipped rules to be broken."""
    target = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", target)
    return target


# --- help and usage ---------------------------------------------------------------------------------------------------------------

COMMANDS = ["rules check", "rules test", "rules lint", "rules coverage", "rules new", "signals",
            "explain", "block", "unblock", "holds", "trunks", "tail", "status", "version"]


def test_help_lists_every_command(fgctl):
    text = fgctl("--help").out
    for command in COMMANDS:
        assert re.search(rf"^  {command}\b", text, re.M), command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(fgctl, command):
    words = command.split()
    for done in (fgctl(*words, "--help"), fgctl("help", *words), fgctl("-h", *words)):
        assert done.out.startswith(f"usage: fgctl {command}")
        assert done.err == ""


@pytest.mark.parametrize("args, says", [
    ([], "usage: fgctl"),
    (["blok", "x"], "unknown command 'blok'; did you mean 'block'?"),
    (["rules", "chekc"], "unknown command 'rules chekc'; did you mean 'check'?"),
    (["rules"], "usage: fgctl [OPTIONS] rules COMMAND"),
    (["zzzzzz"], "unknown command 'zzzzzz'\n"),
    (["holds", "--outptu", "json"], "unknown option '--outptu'; did you mean '--output'?"),
    (["block", "acme", "--raeson", "x"], "unknown option '--raeson'; did you mean '--reason'?"),
    (["--reason", "x", "block", "acme"], "unknown option '--reason'"),
    (["holds", "-o", "jsno"], "unknown output format 'jsno'; did you mean 'json'?"),
    (["holds", "-o"], "option '--output' needs a value"),
    (["holds", "--help=yes"], "takes no value"),
    (["holds", "extra"], "unexpected argument 'extra'"),
    (["explain"], "missing argument: CALL-ID|last"),
    (["tail", "-n", "0"], "not a number from 1 to 1000"),
    (["--redis", "http://x", "holds"], "Redis URL cannot be read"),
    (["--color", "sometimes", "holds"], "unknown value 'sometimes'"),
])
def test_wrong_usage_is_told(fgctl, args, says):
    done = fgctl(*args, code=USAGE)
    assert says in done.err
    assert done.out == ""


def test_version(fgctl):
    assert re.fullmatch(r"fgctl \d+\.\d+\.\d+\n", fgctl("--version").out)
    assert json.loads(fgctl("version", "-o", "json").out)["version"]


def test_signals(fgctl):
    rows = json.loads(fgctl("signals", "-o", "json").out)["signals"]
    assert {"dest.prefix", "tls.cert.days_left", "attr.*"} <= {row["name"] for row in rows}
    lines = fgctl("signals", "-o", "tsv").out.splitlines()
    assert lines[0] == "SIGNAL\tTYPE\tMEANING" and len(lines) == len(rows) + 1
    assert all(line.count("\t") == 2 for line in lines)


# --- holds ------------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("given, scope, country", [
    ("initech", "customer", None), ("initech/risky", "risky", None),
    ("initech/country.MV", "country.MV", "MV")])
def test_block_and_unblock(fgctl, redis, given, scope, country):
    connection, stream = redis.listen("fg:holds:ch")
    before_ms = time.time() * 1000
    with connection:
        done = fgctl("block", given, "--for", "2h", "--reason", 'PBX "hijacked"')
        key = "fg:{initech}:h"
        hold = conforms(json.loads(redis.call("HGET", key, scope)), "hold")
        assert hold["reason"] == 'PBX "hijacked"' and hold["scope"] == scope and hold["cut"]
        assert hold["by"].startswith("fgctl:")
        assert 7190_000 < hold["until_ms"] - before_ms < 7260_000
        assert 7190_000 < redis.call("PTTL", key) - 24 * 3600_000 <= 7200_000
        assert redis.call("ZSCORE", "fg:holds", "initech " + scope) == b"%d" % hold["until_ms"]
        message = conforms(json.loads(redis.read(stream)[2]), "message")
        assert (message["op"], message["scope"]) == ("hold", scope)
        assert message["until_ms"] == hold["until_ms"]
        assert f"undo: fgctl unblock {given} --reason" in done.out

        fgctl("unblock", given, "--reason", "password changed")
        assert redis.call("HGET", key, scope) is None
        assert redis.call("ZCARD", "fg:holds") == 0
        message = conforms(json.loads(redis.read(stream)[2]), "message")
        assert (message["op"], message["customer"], message["scope"]) == ("release", "initech", scope)
        stream.close()
    fgctl("unblock", given, "--reason", "again", code=NOT_FOUND)
    events = [conforms(json.loads(entry[1][1])) for entry in redis.call("XRANGE", "fg:events", "-", "+")]
    assert [e["type"] for e in events] == ["hold.set", "hold.released"]
    assert events[1]["reason"] == "password changed"


def test_no_cut_and_default_duration(fgctl, redis):
    fgctl("block", "acme", "--no-cut", "--reason", "x")
    hold = json.loads(redis.call("HGET", "fg:{acme}:h", "customer"))
    assert hold["cut"] is False
    assert hold["until_ms"] - hold["since_ms"] == 3600_000


@pytest.mark.parametrize("args, code, says", [
    (["acme"], USAGE, "--reason"),
    (["acme", "--reason", "  "], USAGE, "--reason"),
    (["acme", "--reason", "x" * 160], USAGE, "at most 159 bytes"),
    (["acme", "--reason", "a\x1b[2Jb"], USAGE, "plain UTF-8"),
    (["acme", "--reason", "x", "--for", "8d"], REFUSED, "7d at most"),
    (["acme", "--reason", "x", "--for", "0s"], USAGE, "not a duration"),
    (["acme", "--reason", "x", "--for", "2"], USAGE, "not a duration"),
    (["acme", "--reason", "x", "--for", "1h30m"], USAGE, "not a duration"),
    (["acme", "--reason", "x", "--for", "-1h"], USAGE, "not a duration"),
    (["Acme", "--reason", "x"], USAGE, "customer's id"),
    (["a}b", "--reason", "x"], USAGE, "customer's id"),
    (["", "--reason", "x"], USAGE, "customer's id"),
    (["acme/risk", "--reason", "x"], USAGE, "did you mean 'risky'?"),
    (["acme/country.mv", "--reason", "x"], USAGE, "unknown scope"),
    (["acme/country.UK", "--reason", "x"], USAGE, "did you mean 'country.GB'?"),
])
def test_block_refuses(fgctl, redis, args, code, says):
    assert says in fgctl("block", *args, code=code).err
    assert redis.call("DBSIZE") == 0


def test_unblock_needs_a_reason(fgctl):
    fgctl("block", "acme", "--reason", "x")
    assert "--reason" in fgctl("unblock", "acme", code=USAGE).err
    assert len(fgctl("holds", "-o", "jsonl").out.splitlines()) == 1


def test_block_knows_the_customers(fgctl, redis, customers):
    done = fgctl("block", "initehc", "--reason", "x", "--customers", customers, code=NOT_FOUND)
    assert "did you mean 'initech'?" in done.err
    assert redis.call("DBSIZE") == 0
    fgctl("block", "initech", "--reason", "x", "--customers", customers)
    customers.write_text("- {id: initech, tzz: Europe/Berlin}\n")
    done = fgctl("block", "initech", "--reason", "x", FRAUDGUARD_CUSTOMERS=str(customers), code=RULES)
    assert "tzz" in done.err and ":1:" in done.err


def test_holds_in_all_formats(fgctl, redis):
    fgctl("block", "acme", "--reason", "first\u20ac", "--for", "15m")
    fgctl("block", "initech/risky", "--reason", "second", "--for", "3d")
    rows = json.loads(fgctl("holds", "-o", "json").out)
    assert rows["v"] == 1 and [h["customer"] for h in rows["holds"]] == ["acme", "initech"]
    for line in fgctl("holds", "-o", "jsonl").out.splitlines():
        conforms(json.loads(line), "hold")
    tsv = [line.split("\t") for line in fgctl("holds", "-o", "tsv").out.splitlines()]
    assert tsv[0] == ["CUSTOMER", "SCOPE", "OF", "UNTIL", "LEFT", "CUT", "BY", "REASON"]
    assert tsv[2][:2] == ["initech", "risky"] and tsv[1][7] == "first\u20ac"
    people = fgctl("holds").out
    assert "\x1b" not in people
    assert "\x1b[31m" in fgctl("holds", "--color", "always").out
    redis.call("DEL", "fg:{acme}:h", "fg:{initech}:h")
    done = fgctl("holds")
    assert done.out == "" and "no holds" in done.err


def test_holds_shows_the_unreadable(fgctl, redis):
    fgctl("block", "acme", "--reason", "x")
    redis.call("HSET", "fg:{acme}:h", "customer", '{"v":1,"customer":"acme"}')
    assert "cannot be read" in fgctl("holds", code=DEGRADED).err


# --- verdicts ---------------------------------------------------------------------------------------------------------------------

def test_records_follow_the_schema(samples):
    assert len(samples) > 20
    for line in samples:
        record = conforms(json.loads(line), "decision")
        points = sum(r["points"] for r in record["reasons"] if not r["shadow"])
        if record["score"] != 79:  # the unit test damages one
            assert points == record["score"]


def test_explain(fgctl, redis, samples):
    redis.call("SET", record_key(b"7f3a@acme"), samples[0])
    text = fgctl("explain", "7f3a@acme").out
    assert text.startswith("BLOCK  80 points, block at 80 ")
    table = re.findall(r"^ *(\(?)(-?\d+)\)?  ([A-Z_]+) ", text, re.M)
    assert [row[2] for row in table] == ["DEST_IRSF", "IRSF_CLOSED", "TIME_CLOSED", "CERT_NEW_KEY"]
    assert sum(int(row[1]) for row in table if not row[0]) == 80
    assert "One band lower: challenge at 65" in text
    assert "9607712345" not in text and "+96077***45" in text
    assert 'undo: fgctl unblock acme/country.MV --reason "..."' in text
    assert json.loads(fgctl("explain", "7f3a@acme", "-o", "json").out) == json.loads(samples[0])
    assert fgctl("explain", "7f3a@acme", "-o", "jsonl").out.count("\n") == 1
    assert "no record of call" in fgctl("explain", "7f3a@ACME", code=NOT_FOUND).err


def test_explain_finds_hostile_call_ids(redis, samples):
    for call_id in (b'a"b\\c@h', b"bad\xff\xfe@h", b"-dash", b"x" * 255):
        redis.call("SET", record_key(call_id), samples[0])
        done = subprocess.run([bytes(FGCTL), b"--redis", redis.url.encode(), b"explain", b"--", call_id],
                              capture_output=True, check=False, timeout=60)
        assert done.returncode == OK, done.stderr


def test_explain_last(fgctl, redis, samples):
    fgctl("explain", "last", code=NOT_FOUND)
    for line in samples[:2]:
        redis.call("XADD", "fg:events", "*", "e", line)
    fgctl("block", "acme", "--reason", "x")  # an event, but no verdict
    shown = json.loads(fgctl("explain", "last", "-o", "json").out)
    assert shown == json.loads(samples[1])


def test_explain_damaged_record(fgctl, redis):
    redis.call("SET", record_key(b"x"), b'{"v":1,"type":"call.attempt"}')
    assert "cannot be read" in fgctl("explain", "x", code=FAILED).err


def test_tail(fgctl, redis, samples):
    for line in samples[:5]:
        redis.call("XADD", "fg:events", "*", "e", line)
    redis.call("XADD", "fg:events", "*", "e", "not json")
    done = fgctl("tail", "-o", "json")
    assert json.loads(done.out)["events"] == [json.loads(line) for line in samples[:5]]
    assert "1 event(s) cannot be read" in done.err
    assert len(fgctl("tail", "-n3", "-o", "jsonl").out.splitlines()) == 2
    people = fgctl("tail", "-n", "20").out
    assert "DEST_IRSF 45" in people and "CERT_NEW_KEY" not in people  # shadow is not a cause
    assert fgctl("tail", "-o", "tsv").out.splitlines()[0].startswith("TIME\tEVENT\tACTION")


# --- trunks, status ---------------------------------------------------------------------------------------------------------------

def trunk(customer, srtp, calls, tls=True, days=61, **more):
    facts = {"v": 1, "customer": customer, "tls": None, "source": "192.0.2.7",
             "seen_ms": int(time.time() * 1000), "calls": calls, "srtp_calls": srtp, "blocked": 0,
             "live": 1, **more}
    if tls:
        facts["tls"] = {"version": "1.3", "cipher": "TLS_AES_256_GCM_SHA384", "cert": True,
                        "verified": True, "name": f"pbx.{customer}.example", "issuer": "CA",
                        "key_bits": 256, "fingerprint": "ab" * 32, "days_left": days,
                        "not_after_s": int(time.time()) + days * 86400 + 3600}
    return conforms(facts, "trunk")


def test_trunks(fgctl, redis, customers):
    for facts in (trunk("acme", 12, 12), trunk("globex", 7, 9, days=9), trunk("initech", 3, 4),
                  trunk("old-pbx", 0, 4, tls=False), trunk("new", 0, 0)):
        if facts["customer"] in ("acme", "old-pbx"):
            known = facts["customer"] == "acme"
            facts["media"] = {"encrypted": known, "suite": "AEAD_AES_128_GCM" if known else "", "codec": "PCMA", "seen_ms": 1}
        redis.call("HSET", "fg:trunks", facts["customer"], json.dumps(facts))
    rows = {line.split()[0]: line for line in fgctl("trunks", "--customers", customers).out.splitlines()}
    assert "[lock] TLS 1.3 TLS_AES_256_GCM_SHA384  [lock] SRTP 12/12 calls, last AEAD_AES_128_GCM" in rows["acme"]
    assert "[open] SRTP 0/4 calls, last in clear" in rows["old-pbx"]
    assert "pbx.acme.example, 61 d left" in rows["acme"] and rows["acme"].endswith(" ok")
    assert "[half] SRTP 7/9 calls" in rows["globex"]
    assert "warn: certificate expires in 9 d" in rows["globex"]
    assert "bad: 1 calls without SRTP, which is required" in rows["initech"]
    assert "[open] not encrypted" in rows["old-pbx"] and "bad: signalling" in rows["old-pbx"]
    assert "no calls yet" in rows["new"]
    states = {t["customer"]: t["state"] for t in json.loads(fgctl("trunks", "-o", "json").out)["trunks"]}
    assert states["initech"] == "warn: 1 calls in plain RTP"  # nothing is asked for here


def test_trunks_shows_hostile_text_plain(fgctl, redis):
    facts = trunk("acme", 1, 1)
    facts["tls"]["name"] = "evil\x1b[2J\ttab\u202e"
    redis.call("HSET", "fg:trunks", "acme", json.dumps(facts))
    redis.call("HSET", "fg:trunks", "globex", json.dumps(facts))  # claims to be another
    done = fgctl("trunks", "-o", "tsv", code=DEGRADED)
    assert "evil\\x1b[2J\\x09tab\\xe2\\x80\\xae" in done.out
    assert len(done.out.splitlines()) == 2 and "1 trunk(s) cannot be read" in done.err


def test_status(fgctl, redis, samples):
    fgctl("block", "acme", "--reason", "x")
    status = json.loads(fgctl("status", "-o", "json").out)
    assert status["redis"] and status["evaluates"]
    assert (status["holds"], status["trunks"]) == (1, 0)
    assert status["last_event_ms"] > 0
    assert "holds       1" in fgctl("status").out
    assert redis.call("FUNCTION", "LIST"), "the function library was not loaded"
    assert [k for k in redis.call("KEYS", "*") if b"status" in k] == []


@pytest.mark.parametrize("args", [["holds"], ["status"], ["explain", "x"], ["trunks"], ["tail"],
                                  ["proof", "x"], ["block", "acme", "--reason", "x"],
                                  ["unblock", "acme", "--reason", "x"]])
def test_redis_down(fgctl, tmp_path, args):
    done = fgctl("--redis", f"unix:{tmp_path}/none", *args, code=DOWN)
    assert "Redis does not answer" in done.err and done.out == ""


def test_password_is_not_repeated(fgctl):
    for url in ("redis://u:hunter2@127.0.0.1:1/0", "redis://u:hunter2@[bad"):
        env = {"FRAUDGUARD_REDIS": url}
        done = subprocess.run([str(FGCTL), "holds"], capture_output=True, env=env, check=False, timeout=60)
        assert done.returncode in (DOWN, USAGE)
        assert b"hunter2" not in done.stdout + done.stderr


# --- rules ------------------------------------------------------------------------------------------------------------------------

def test_shipped_rules_are_right(fgctl):
    done = fgctl("rules", "check", ROOT / "rules", "--customers", ROOT / "rules/customers/example.yaml")
    assert re.match(r"ok: \d+ rules, \d+ meters, \d+ customers", done.out.splitlines()[-1])


MISTAKES = {
    "wrong key": ('  - {id: X1, desc: d, scoer: 5, when: {dest.type: premium}}\n', "scoer", "score"),
    "unquoted prefix": ('  - {id: X1, desc: d, score: 5, when: {dest.prefix: {in: [+4490]}}}\n',
                        "+4490", "quote"),
    "duplicate id": ('  - {id: X1, desc: d, score: 5, when: {dest.type: premium}}\n'
                     '  - {id: X1, desc: d, score: 6, when: {dest.type: satellite}}\n', "X1", None),
    "unknown meter": ('  - {id: X1, desc: d, measure: meters.calls_1n, steps: [{above: 1, score: 5}]}\n',
                      "meters.calls_1n", "meters.calls_1m"),
    "bad score": ('  - {id: X1, desc: d, score: fifteen, when: {dest.type: premium}}\n', "fifteen", None),
    "unknown signal": ('  - {id: X1, desc: d, score: 5, when: {dest.tpye: premium}}\n', "dest.tpye",
                       "dest.type"),
}


def diagnostics(text):
    """(file, line, column, message, what the caret points at) of each error in text for people."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        found = re.match(r"(.+?):(\d+):(\d+): error: (.*)", line)
        if found:
            source, caret = lines[at + 1], lines[at + 2]
            yield (found[1], int(found[2]), int(found[3]), found[4],
                   source[caret.index("^"):].lstrip('"'))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_check_points_at_the_mistake(fgctl, rules, mistake):
    addition, word, hint = MISTAKES[mistake]
    pack = rules / "90-broken.yaml"
    pack.write_text('fraudguard: 1\npack: broken\nversion: "1.0.0"\nrules:\n' + addition)
    done = fgctl("rules", "check", rules, code=RULES)
    last = addition.splitlines()[-1]
    found = [d for d in diagnostics(done.out) if d[0] == str(pack) and d[4].startswith(word)]
    assert found, done.out
    _, line, column, message, _ = found[0]
    assert line == 4 + len(addition.splitlines())
    assert last[column - 1:].lstrip('"').startswith(word)
    assert hint is None or hint in message, message
    assert re.search(r"\d+ error\(s\)", done.err)


def test_check_points_at_a_bad_time(fgctl, rules):
    base = rules / "00-scoring.yaml"
    base.write_text(base.read_text().replace("Mon-Fri 07:30-19:00", "Mon-Fri 07:30-25:00"))
    done = fgctl("rules", "check", rules, code=RULES)
    assert re.search(r"00-scoring\.yaml:\d+:\d+: error: .*", done.out)
    assert "25:00" in done.out and "^" in done.out


def test_check_tells_all_mistakes_in_one_run_and_as_json(fgctl, rules):
    body = "".join(MISTAKES[name][0].replace("X1", f"X{i}") for i, name in
                   enumerate(["wrong key", "unknown meter", "unknown signal"]))
    (rules / "90-broken.yaml").write_text('fraudguard: 1\npack: broken\nversion: "1.0.0"\nrules:\n' + body)
    done = fgctl("rules", "check", rules, "-o", "json", code=RULES)
    found = json.loads(done.out)["diagnostics"]
    errors = [d for d in found if d["severity"] == "error" and d["file"].endswith("90-broken.yaml")]
    assert sorted({d["line"] for d in errors}) == [5, 6, 7]
    assert all(re.fullmatch(r"FG\d+", d["code"]) and d["column"] > 0 for d in errors)
    assert len(fgctl("rules", "check", rules, "-o", "jsonl", code=RULES).out.splitlines()) == len(found)
    human = fgctl("rules", "check", rules, "--color", "never", code=RULES)
    assert "\x1b" not in human.out


def test_check_one_file(fgctl, rules, tmp_path):
    pack = rules / "90-broken.yaml"
    fgctl("rules", "check", rules / "20-toll-fraud.yaml")  # uses what other packs define
    pack.write_text('fraudguard: 1\npack: one\nversion: "1.0.0"\nrules: [\n')
    assert re.search(r"90-broken\.yaml:\d+:\d+: error:", fgctl("rules", "check", pack, code=RULES).out)
    done = fgctl("rules", "check", rules / "20-toll-fraud.yaml", code=RULES)
    assert done.out == "" and "error(s) in what is loaded with it" in done.err
    assert "No such file" in fgctl("rules", "check", tmp_path / "none.yaml", code=NOT_FOUND).err


def test_check_of_a_customers_file_points_to_the_option(fgctl, rules):
    customers = rules / "customers.yaml"
    customers.write_text("- {id: acme, tz: Europe/London}\n")
    done = fgctl("rules", "check", customers, code=USAGE)
    assert "not a pack but a customers file" in done.err and "--customers" in done.err and done.out == ""
    fgctl("rules", "check", ROOT / "rules", "--customers", customers)


def test_rules_test_passes(fgctl):
    done = fgctl("rules", "test", ROOT / "rules")
    last = done.out.splitlines()[-1]
    found = re.fullmatch(r"(\d+) passed, 0 failed, (\d+) skipped +rules covered (\d+)/(\d+) \((\d+)%\).*", last)
    assert found and int(found[1]) > 0
    assert int(found[5]) == int(found[3]) * 100 // int(found[4])
    coverage = fgctl("rules", "test", ROOT / "rules", "--coverage").out
    assert coverage.count("not covered:") == int(found[4]) - int(found[3])
    summary = json.loads(fgctl("rules", "test", ROOT / "rules", "-o", "json").out)
    assert summary["passed"] == int(found[1])
    assert len(summary["rules_uncovered"]) == summary["rules"] - summary["rules_covered"]


def test_rules_test_fails(fgctl, rules):
    path = rules / "20-toll-fraud.test.yaml"
    text = path.read_text()
    broken, changed = re.subn(r"action: block\b", "action: allow", text, count=1)
    assert changed == 1
    path.write_text(broken)
    done = fgctl("rules", "test", rules, code=RULES)
    assert "20-toll-fraud.test.yaml:" in done.out and "FAIL" in done.out
    assert re.search(r"[1-9]\d* failed", done.out.splitlines()[-1])
    fgctl("rules", "test", path, code=RULES)


def test_rules_test_of_nothing_is_no_success(fgctl, rules):
    for path in rules.glob("*.test.yaml"):
        path.unlink()
    assert "no tests" in fgctl("rules", "test", rules, code=NOT_FOUND).err
    assert "not a test" in fgctl("rules", "test", rules / "00-scoring.yaml", code=USAGE).err
