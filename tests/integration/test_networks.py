# SPDX-License-Identifier: GPL-2.0-or-later
"""Databases of networks: what fgctl makes of them, against another reader of the format."""
import json
import os
import random
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path

import maxminddb
import pytest

ROOT = Path(__file__).resolve().parents[2]
FGCTL = ROOT / os.environ.get("FG_BUILD", "build/dev") / "cli/fgctl"
MAKE = ROOT / "tests/lib/make_mmdb.pl"
COUNTRIES = ["GB", "FR", "NO", "DE", "SE", "US", "MV", "CU"]


def fgctl(*arguments):
    return subprocess.run([FGCTL, *map(str, arguments), "--rules", ROOT / "rules"], capture_output=True, text=True, check=False, timeout=60)


def make(path, rows, shape="geolite", version=6, size=28):
    text = "".join(f"{network},{country},{asn}\n" for network, country, asn in rows)
    subprocess.run([MAKE, path, shape, str(version), str(size)], input=text, text=True, check=True, timeout=120)
    return path


def places(files, addresses):
    told = fgctl("address", "--networks", ",".join(map(str, files)), "-o", "jsonl", *addresses)
    assert told.returncode == 0, told.stderr
    return {row["address"]: (row["country"], row["asn"]) for row in map(json.loads, told.stdout.splitlines())}


def random_rows(rng, version):
    rows = []
    for _ in range(90):
        v4 = version == 4 or rng.random() < .6
        bits = rng.randrange(8, 33) if v4 else rng.randrange(16, 65)
        base = rng.randrange(1 << 24, 223 << 24) if v4 else (0x20010400 << 96) + rng.randrange(1 << 90)
        rows.append((ip_network((base, bits), strict=False), rng.choice(COUNTRIES), rng.choice(["", rng.randrange(1, 1 << 32)])))
    return rows


def near(rng, rows):
    """Addresses inside, at the edges of and just outside the networks."""
    found = set()
    for network, _, _ in rows:
        first, last = int(network[0]), int(network[-1])
        for value in (first, last, first - 1, last + 1, rng.randrange(first, last + 1)):
            found.add(str(ip_address(value) if network.version == 4 and value < 1 << 32 else ip_address(value).__class__(value)))
    return sorted(found)


@pytest.mark.parametrize("version,size", [(4, 24), (6, 24), (6, 28), (6, 32)])
@pytest.mark.parametrize("shape", ["geolite", "flat"])
def test_every_address_reads_as_by_another_reader(tmp_path, version, size, shape):
    rng = random.Random(f"{version} {size} {shape}")
    rows = random_rows(rng, version)
    file = make(tmp_path / "n.mmdb", rows, shape, version, size)
    addresses = near(rng, rows)
    with maxminddb.open_database(file) as other:
        for chunk in range(0, len(addresses), 60):
            for address, (country, asn) in places([file], addresses[chunk:chunk + 60]).items():
                entry = other.get(address) or {}
                if shape == "geolite":
                    expected = entry.get("country", {}).get("iso_code"), entry.get("autonomous_system_number")
                else:
                    expected = entry.get("country_code"), int(entry["asn"][2:]) if "asn" in entry else None
                assert (country, asn) == expected, address


def test_an_earlier_file_counts_and_a_later_one_completes(tmp_path):
    own = tmp_path / "own.csv"
    own.write_text("network,asn,country\n192.0.2.64/26,,NO\n")
    countries = make(tmp_path / "country.mmdb", [("192.0.2.0/24", "GB", ""), ("198.51.100.0/24", "FR", "")])
    numbers = make(tmp_path / "asn.mmdb", [("192.0.0.0/16", "", 64500), ("203.0.113.0/24", "", 64501)])
    assert places([own, countries, numbers], ["192.0.2.1", "192.0.2.65", "192.0.3.1", "198.51.100.1", "203.0.113.1", "8.8.8.8"]) == {
        "192.0.2.1": ("GB", 64500), "192.0.2.65": ("NO", 64500), "192.0.3.1": (None, 64500),
        "198.51.100.1": ("FR", None), "203.0.113.1": (None, 64501), "8.8.8.8": (None, None)}


def test_a_database_without_places_is_refused(tmp_path):
    told = fgctl("address", "--networks", make(tmp_path / "city.mmdb", [("192.0.2.0/24", "", "")], "city"), "192.0.2.1")
    assert told.returncode == 5 and "city.mmdb" in told.stderr and "'test-city'" in told.stderr and "without countries" in told.stderr


def test_a_broken_database_is_refused(tmp_path):
    """Cut short or overwritten anywhere: an error that names the file, or another table; never a crash."""
    rng = random.Random(7)
    whole = make(tmp_path / "whole.mmdb", random_rows(rng, 6)).read_bytes()
    refused = 0
    for i in range(24):
        broken = bytearray(whole)
        if i % 2:
            del broken[100:rng.randrange(101, 4000)]  # the metadata at the end stays
        else:
            for _ in range(20):
                broken[rng.randrange(len(broken) // 2)] = rng.randrange(256)
        file = tmp_path / "broken.mmdb"
        file.write_bytes(broken)
        told = fgctl("address", "--networks", file, "192.0.2.1")
        assert told.returncode in (0, 5), told.stderr
        if told.returncode == 5:
            refused += 1
            assert "broken.mmdb" in told.stderr and "error" in told.stderr
    assert refused >= 6


def test_mistakes_are_told():
    assert fgctl("address", "192.0.2.1").returncode == 2
    told = fgctl("address", "--networks", "/nowhere.mmdb", "192.0.2.1")
    assert told.returncode == 4 and "/nowhere.mmdb" in told.stderr
    told = fgctl("address", "--networks", "/nowhere.mmdb", "192.0.2.256", "acme")
    assert told.returncode == 2 and "'192.0.2.256'" in told.stderr and "'acme'" in told.stderr
