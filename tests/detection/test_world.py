# SPDX-License-Identifier: GPL-2.0-or-later
"""The generated traffic: the same seed gives the same bytes, and what is generated is what it says it is."""
import csv
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import calls as calls_file
import customers
import incidents
import world
from numberplan import FIXED, MOBILE, ORDINARY
from profiles import PROFILES
from scene import RANGE_KINDS, Scene

HERE = Path(__file__).resolve().parent


def digests(directory):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(directory.iterdir())}


def generate(directory, seed, hash_seed):
    subprocess.run([sys.executable, HERE / "run", "--seed", str(seed), "--days", "8", "--customers", "9", "--attacks", "1", "--generate", "--dir", directory],
                   check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": str(hash_seed)})
    return digests(directory / f"seed-{seed}")


def test_same_seed_same_bytes(tmp_path):
    first = generate(tmp_path / "a", 5, 1)
    assert set(first) == {"calls.csv", "customers.yaml", "rates.csv", "networks.csv"}
    assert first == generate(tmp_path / "b", 5, 2)


def test_other_seed_other_calls(tmp_path):
    assert generate(tmp_path, 5, 1)["calls.csv"] != generate(tmp_path, 6, 1)["calls.csv"]


def test_every_attack_occurs(small):
    assert {call.label for call in small.calls if call.label} == {f"{name}-1" for name in incidents.ATTACKS}


def test_every_profile_occurs(small):
    assert {c.profile.name for c in small.customers} == {p.name for p in PROFILES}


def test_calls_are_in_order_and_sane(small):
    assert all(a.start <= b.start for a, b in zip(small.calls, small.calls[1:]))
    for call in small.calls:
        assert call.start <= call.end and (call.answer == 0 or call.start <= call.answer <= call.end)
        assert (call.status == 200) == bool(call.answer)
        assert call.inbound == (call.fingerprint == "")
        assert not call.inbound or call.number.startswith(small.customers[call.customer].base)


def test_wanted_calls_go_to_valid_numbers_nearly_always(small):
    kinds = Counter(small.plan.lookup(call.number)[1] for call in small.calls if not call.label)
    assert kinds["unallocated"] < .002 * sum(kinds.values())
    assert kinds["premium"] < .002 * sum(kinds.values())


def test_attacks_wait_until_the_quiet_days_are_over(small):
    for call in small.calls:
        if call.label:
            assert small.customers[call.customer].clock.day_of(call.start) >= 2


def test_offices_sleep_at_night_in_their_own_time_zone(small):
    for customer in small.customers:
        if customer.profile.name == "school":
            hours = [(call.start - customer.clock.midnights[max(0, customer.clock.day_of(call.start))]) // 3_600_000
                     for call in small.calls if call.customer == customer.index and not call.label and not call.inbound]
            assert sum(6 <= h < 19 for h in hours) > .85 * len(hours)


def test_unallocated_ranges_are_unallocated(small):
    numbers = {call.number for call in small.calls if call.label == "irsf-unallocated-1"}
    assert numbers and all(small.plan.lookup(n)[1] == "unallocated" for n in numbers)


def test_every_home_has_the_numbers_that_attacks_need():
    plan = world.number_plan()
    for country, _, _ in customers.HOMES:
        scene = Scene(1, "irsf-night", 1, [], [], plan)
        scene.victim = SimpleNamespace(country=country)
        for types in ((), FIXED, MOBILE, ("toll_free",)):
            assert plan.lookup(scene.home_number(*types))[1] in (types or ORDINARY)
        for kinds, _ in RANGE_KINDS:
            assert scene.dear_range(kinds).isdigit()


def test_ordinary_ranges_are_valid(small):
    kinds = {small.plan.lookup(call.number)[1] for call in small.calls if call.label == "irsf-ordinary-1"}
    assert kinds and kinds <= {"fixed", "mobile", "fixed_or_mobile"}


def test_customers_file(small):
    entries = json.loads(customers.customers_file(small.customers))
    assert [e["id"] for e in entries] == [c.id for c in small.customers]
    ranges = [e["numbers"][0] for e in entries]
    assert len(set(ranges)) == len(ranges)
    assert all(e["daily_limit"] >= world.LIMIT_LEAST and e["channels"] >= 10 for e in entries)


def test_calls_file_has_the_columns(small):
    rows = list(csv.DictReader(calls_file.rows(small.calls[:500], small.customers)))
    assert len(rows) == 500 and list(rows[0]) == list(calls_file.COLUMNS)
    assert all(row["tls_san"] and row["tls_fingerprint"] for row in rows if row["direction"] == "outbound")
    assert not any(row["tls_san"] for row in rows if row["direction"] == "inbound")


def test_rates_are_those_of_the_longest_prefix(small):
    written = dict(small.rates.rows())
    for call in small.calls[::97]:
        found = next(written[call.number[:n]] for n in range(len(call.number), 0, -1) if call.number[:n] in written)
        assert found == small.rates.of(call.number)
