# SPDX-License-Identifier: GPL-2.0-or-later
"""fgctl replay on a small labelled calls file, with the shipped rules."""
import csv
import io
import json
import os
import pathlib
import random
import subprocess
from datetime import datetime, timedelta, timezone

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("FG_BUILD", "build/release")
FGCTL = BUILD / "cli" / "fgctl"
COLUMNS = ["call_id", "start", "answer", "end", "direction", "customer", "source_ip", "transport",
           "tls_san", "tls_fingerprint", "tls_key_bits", "caller", "called", "sip_status", "srtp",
           "attest", "label"]
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)
NIGHT = datetime(2026, 11, 21, 2, 10, tzinfo=timezone.utc)

CUSTOMERS = """
- id: acme
  tz: Europe/London
  channels: 30
  daily_limit: 200
  numbers: ["+441632960000-+441632960099"]
  home_countries: ["GB"]
  cert_names: ["sip.acme.example"]
  source_ips: ["192.0.2.0/24"]
  hours: [{days: mon-fri, from: "08:00", to: "18:00"}]
- id: tiny
  tz: Europe/London
  daily_limit: 5
  numbers: ["+441632960300"]
  home_countries: ["GB"]
  cert_names: ["sip.tiny.example"]
"""


def call(call_id, start, called, up_s=60, ring_s=5, **columns):
    row = dict.fromkeys(COLUMNS, "")
    answer = start + timedelta(seconds=ring_s)
    row.update(call_id=call_id, start=start.isoformat(timespec="milliseconds"), called=called,
               direction="outbound", customer="acme", source_ip="192.0.2.7", transport="tls",
               tls_san="sip.acme.example", tls_key_bits="2048", caller="+441632960007", srtp="1",
               end=(answer + timedelta(seconds=up_s)).isoformat(timespec="milliseconds"))
    if up_s:
        row["answer"] = answer.isoformat(timespec="milliseconds")
    row.update(columns)
    return row


def labelled():
    """A working day of wanted calls, a burst at night, and one long call of a small customer."""
    for i in range(40):
        yield call(f"day-{i}", FRIDAY + timedelta(seconds=90 * i), f"0207946{i:04d}",
                   label="legit" if i % 2 else "")
    for i in range(6):
        yield call(f"night-{i}", NIGHT + timedelta(seconds=10 * i), f"+37270913{i:03d}", 600,
                   label="irsf-burst")
    yield call("cuba", FRIDAY, "+5352123456", 3600, tls_san="sip.tiny.example", customer="tiny",
               caller="+441632960300", source_ip="", label="slow-1")


def text_of(rows, columns=COLUMNS, newline="\n"):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator=newline)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture(name="replay")
def replay_tool(tmp_path):
    customers = tmp_path / "customers.yaml"
    customers.write_text(CUSTOMERS)

    def run(calls, *options, code=0, raw=False, form="jsonl"):
        path = tmp_path / "calls.csv"
        path.write_bytes(calls if isinstance(calls, bytes) else calls.encode())
        done = subprocess.run([FGCTL, "replay", "--rules", ROOT / "rules", "--customers", customers,
                               "--calls", path, "-o", form, *options],
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == code, done.stderr
        if raw:
            return done
        return [json.loads(line) for line in done.stdout.splitlines()]
    return run


def test_a_line_a_call(replay):
    rows = list(labelled())
    results = replay(text_of(rows))
    by_id = {result["call_id"]: result for result in results}
    assert len(results) == len(by_id) == len(rows)
    for result in results:
        assert list(result)[:6] == ["call_id", "action", "score", "shadow_score", "rules", "at"]
        assert sum(r["points"] for r in result["rules"] if not r.get("shadow")) == result["score"]
    assert all(by_id[f"day-{i}"]["action"] == "allow" for i in range(40))
    first = by_id["night-0"]
    assert (first["action"], first["at"]) == ("block", "attempt") and "hold" not in first
    assert {"DEST_UNALLOCATED", "DEST_IRSF", "TIME_CLOSED"} <= {r["id"] for r in first["rules"]}
    later = by_id["night-1"]
    assert later["hold"] == "country.EE" and later["rules"][0] == {"id": "HOLD", "points": 100}
    cuba = by_id["cuba"]
    assert (cuba["action"], cuba["at"]) == ("block", "minute")
    assert cuba["cut_after_ms"] % 60000 == 0 and 0 < cuba["cut_after_ms"] < 3600000
    assert "SPEND_DAY" in {r["id"] for r in cuba["rules"]}


def test_order_is_that_of_fates(replay):
    results = [r["call_id"] for r in replay(text_of([
        call("long", FRIDAY, "02079460001", 600), call("short", FRIDAY, "02079460002", 10),
        call("refused", FRIDAY, "02079460003", 10, tls_san="nobody.example")]))]
    assert results == ["refused", "short", "long"]


def test_the_same_bytes_again_and_in_any_row_order(replay):
    rows = list(labelled())
    once = replay(text_of(rows), raw=True).stdout
    assert replay(text_of(rows), raw=True).stdout == once
    random.Random(7).shuffle(rows)
    shuffled = replay(text_of(rows, sorted(COLUMNS), "\r\n"), raw=True).stdout
    assert sorted(shuffled.splitlines()) == sorted(once.splitlines())
    assert replay(text_of(rows), "--summary", raw=True).stdout == \
        replay(text_of(rows, sorted(COLUMNS)), "--summary", raw=True).stdout


def test_summary(replay):
    summary, = replay(text_of(labelled()), "--summary")
    assert summary["calls"] == 47 and summary["skipped"] == 0
    assert summary["refused"] == 6 and summary["cut"] == 1
    assert summary["legit"]["calls"] == 40 and summary["legit"]["blocked_per_100000"] == 0
    fraud = summary["fraud"]
    assert (fraud["attacks"], fraud["seen"], fraud["missed"]) == (2, 2, 0)
    burst, slow = fraud["each"]
    assert (burst["label"], burst["calls"], burst["refused"], burst["calls_through"]) == \
        ("irsf-burst", 6, 6, 0)
    assert (burst["first_block_after_ms"], burst["first_block_call"]) == (0, 1)
    assert burst["minutes_stopped"] == 60 and burst["usd_lost"] == 0 < burst["usd_prevented"]
    assert slow["minutes_through"] + slow["minutes_stopped"] == 60
    rate = slow["usd_lost"] / slow["minutes_through"]
    assert slow["usd_prevented"] == pytest.approx(rate * slow["minutes_stopped"])
    assert slow["first_block_after_ms"] == 5000 + (slow["minutes_through"] - 1) * 60000
    assert sum(summary["actions"].values()) == 47
    people = replay(text_of(labelled()), "--summary", form="human", raw=True).stdout.decode()
    assert "2 seen, 0 missed" in people and "irsf-burst" in people


def test_rates_of_ones_own(replay, tmp_path):
    rates = tmp_path / "rates.csv"
    rates.write_text("prefix,usd_per_minute,operator\n53,4.00,any\n44,0.01,any\n")
    slow = replay(text_of(labelled()), "--summary", "--rates", rates)[0]["fraud"]["each"][1]
    assert slow["minutes_through"] == 2 and slow["usd_lost"] == 8


def test_networks_tell_where_a_call_comes_from(replay, tmp_path):
    networks = tmp_path / "networks.csv"
    networks.write_text("network,asn,country\n198.51.100.0/24,64500,GB\n198.51.100.128/25,AS64501,RU\n")
    rows = [call("home", FRIDAY, "02079460001", source_ip="198.51.100.7"),
            call("abroad", FRIDAY, "02079460001", source_ip="198.51.100.200"),
            call("nowhere", FRIDAY, "02079460001", source_ip="203.0.113.9")]
    hit = {r["call_id"]: [rule["id"] for rule in r["rules"]]
           for r in replay(text_of(rows), "--networks", networks)}
    assert "SOURCE_ABROAD" in hit["abroad"]
    assert "SOURCE_ABROAD" not in hit["home"] + hit["nowhere"]
    networks.write_text("network,asn,country\n198.51.100.1/24,1,GB\n10.0.0.0/8,x,UK\nten,1,GB\n")
    told = replay(text_of(rows), "--networks", networks, code=5, raw=True).stderr.decode()
    assert all(f"networks.csv:{line}" in told for line in (2, 3, 4))
    networks.write_text("network,asn,country\n10.0.0.0/8,1,GB\n10.0.0.0/8,2,FR\n")
    told = replay(text_of(rows), "--networks", networks, code=5, raw=True).stderr.decode()
    assert "line 3 is there already" in told


def test_holds_cut_what_is_up(replay):
    rows = [call("up", NIGHT - timedelta(seconds=100), "+3726101234", 3600),
            call("home", NIGHT - timedelta(seconds=100), "02079460001", 300)]
    rows += [call(f"n{i}", NIGHT + timedelta(seconds=i), f"+37270913{i:03d}") for i in range(2)]
    by_id = {r["call_id"]: r for r in replay(text_of(rows))}
    assert by_id["up"]["hold"] == "country.EE" and by_id["up"]["cut_after_ms"] == 95000
    assert by_id["home"]["action"] == "allow"


def test_inbound_and_unknown_callers(replay):
    rows = [call("in", FRIDAY, "+441632960007", direction="inbound", tls_san="", tls_key_bits="",
                 transport="udp", source_ip="198.51.100.1", caller="+12025550143", customer=""),
            call("nobody", FRIDAY, "+441632960007", tls_san="evil.example"),
            call("address", FRIDAY, "02079460001", tls_san="", tls_key_bits=""),
            call("weak", FRIDAY, "02079460001", tls_key_bits="1024")]
    by_id = {r["call_id"]: r for r in replay(text_of(rows))}
    assert by_id["in"]["action"] == by_id["address"]["action"] == "allow"
    assert by_id["nobody"]["rules"][0]["id"] == "IDENTITY:unknown_name"
    assert by_id["weak"]["rules"][0]["id"] == "IDENTITY:weak_key"


def test_bad_rows_are_counted_with_their_lines(replay):
    good = text_of([call("a", FRIDAY, "02079460001")])
    lines = good + "x,not a time\n\x00\n" + ",".join(["y"] * 17) + "\n" + "z,1795168860000\n" * 40
    done = replay(lines, raw=True)
    told = done.stderr.decode().splitlines()
    assert len(done.stdout.splitlines()) == 1
    assert any(":3: start: neither" in line or ":3: called: missing" in line for line in told)
    assert any(":4: the line holds a NUL byte" in line for line in told)
    assert len(told) <= 23 and "43 of 44 rows skipped" in told[-1]
    replay(lines, "--strict", code=1, raw=True)
    replay(good, "--strict")


def test_nothing_to_read_is_a_failure(replay):
    replay(b"", code=1, raw=True)
    replay("start,called\n", code=1, raw=True)
    replay("call_id,start,called\n\x00\n", code=1, raw=True)
    replay(random.Random(1).randbytes(100000), code=1, raw=True)
    assert replay("call_id,start,called\n") == []


def test_late_rows_are_left_out(replay):
    start = FRIDAY.timestamp() * 1000
    lines = ["call_id,start,called,customer"]
    lines += [f"c{i},{int(start) + i},02079460001,acme" for i in range(16400)]
    lines.append(f"late,{int(start) - 1},02079460001,acme")
    done = replay("\n".join(lines), raw=True)
    assert len(done.stdout.splitlines()) == 16400
    assert b":16402: starts before" in done.stderr


def test_odd_call_ids_stay_json(replay):
    results = replay(b"call_id,start,called,customer\n"
                     b'"a""\\\x01\xff\xc3\xa4@x",1795168860000,02079460001,acme\n')
    assert results[0]["call_id"] == 'a"\\\x01\ufffd\u00e4@x'


def test_standard_input_progress_and_usage(tmp_path):
    customers = tmp_path / "customers.yaml"
    customers.write_text(CUSTOMERS)

    def fgctl(*arguments, data=""):
        return subprocess.run([FGCTL, "replay", "--rules", ROOT / "rules", *arguments], input=data,
                              capture_output=True, text=True, timeout=60, check=False)
    done = fgctl("--customers", customers, "--calls", "-", "--progress", data=text_of(labelled()))
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 47
    assert "night-0" in done.stdout and "DEST_IRSF+35" in done.stdout
    assert fgctl("--customers", customers).returncode == 2
    assert fgctl("--calls", "-").returncode == 2
    assert fgctl("--customers", customers, "--calls", "-", "-o", "tsv").returncode == 2
    assert fgctl("--customers", customers, "--calls", tmp_path / "none").returncode == 4


@pytest.mark.parametrize("n_peers,unusual", [(5, True), (4, False)])
def test_peers_stand_in_for_a_new_customer(tmp_path, n_peers, unusual):
    """Peers who call at ten each day tell that a new customer's call at four is unusual."""
    names = [f"peer{i}" for i in range(n_peers)] + ["new"]
    customers, path = tmp_path / "customers.yaml", tmp_path / "calls.csv"
    customers.write_text("".join(
        f'- {{id: {name}, profile: office, tz: Europe/London, channels: 30, daily_limit: 2000, home_countries: ["GB"], '
        f'numbers: ["+44163296{i}000"], cert_names: ["{name}.example"], hours: [{{days: mon-sun, from: "00:00", to: "24:00"}}]}}\n' for i, name in enumerate(names)))
    rows = [call(f"{name}-{day}", FRIDAY + timedelta(days=day), "02079460001", customer=name, source_ip="", tls_san=f"{name}.example",
                 caller=f"+44163296{i}000") for i, name in enumerate(names[:-1]) for day in range(16)]
    rows += [call(f"new-{hour}", FRIDAY.replace(hour=hour) + timedelta(days=15), "009603312345", customer="new", source_ip="",
                  tls_san="new.example", caller=f"+44163296{n_peers}000") for hour in (4, 10)]
    path.write_text(text_of(rows))
    done = subprocess.run([FGCTL, "replay", "--rules", ROOT / "rules", "--customers", customers, "--calls", path, "-o", "jsonl"],
                          capture_output=True, timeout=60, check=True)
    rules = {result["call_id"]: {rule["id"] for rule in result["rules"]} for result in map(json.loads, done.stdout.splitlines())}
    assert ("HOUR_UNUSUAL_DEAR" in rules["new-4"]) == unusual
    assert "HOUR_UNUSUAL_DEAR" not in rules["new-10"]
