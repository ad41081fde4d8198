# SPDX-License-Identifier: GPL-2.0-or-later
"""fgctl rules bound: asserted limits hold, are refused when exceeded; holes are named."""
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FGCTL = ROOT / os.environ.get("FG_BUILD", "build/release") / "cli" / "fgctl"
OK, USAGE, NOT_FOUND, RULES, REFUSED = 0, 2, 4, 5, 6


def fgctl(*arguments, **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FRAUDGUARD_")} | variables
    return subprocess.run([FGCTL, *map(str, arguments)], capture_output=True, text=True,
                          env=environment, check=False)


def bounds(*arguments):
    run = fgctl("rules", "bound", *arguments, "-o", "json", ROOT / "rules")
    assert run.returncode == OK, run.stderr
    return json.loads(run.stdout)["bounds"]


def asserted(path, row):
    path.write_text(f"fraudguard_bounds: 1\nbounds:\n  - {{{row}}}\n")
    return fgctl("rules", "bound", "--assert", path, ROOT / "rules")


def test_the_shipped_packs_keep_what_is_asserted():
    rows = bounds()
    assert len(rows) == 4
    assert all(row["verdict"] == "bounded" for row in rows)


def test_customers_of_a_file_and_one_of_them():
    customers = ROOT / "rules/customers/example.yaml"
    rows = bounds("--customers", customers)
    assert [row["customer"] for row in rows] == ["acme", "globex", "initech"]
    assert bounds("--customers", customers, "--customer", "globex") == [rows[1]]
    assert rows[0]["weekend_usd"] > rows[0]["hour_usd"] > rows[0]["daily_limit"]
    assert rows[0]["hour_rules"] == "SPEND_DAY_ALL"
    unknown = fgctl("rules", "bound", "--customers", customers, "--customer", "acne",
                    ROOT / "rules")
    assert unknown.returncode == NOT_FOUND and "acme" in unknown.stderr


def test_more_is_lost_with_higher_limits():
    row = [bounds("--channels", n, "--daily-limit", usd)[0]["hour_usd"]
           for n, usd in ((10, 100), (20, 100), (20, 200))]
    assert row == sorted(row) and row[0] < row[2]


def test_a_gauge_that_cannot_count_so_far_leaves_a_hole():
    row = bounds("--channels", 600, "--daily-limit", 100)[0]
    assert row["hour_usd"] is None and row["weekend_usd"] is None
    assert "in progress" in row["verdict"] and row["dearest_usd_per_minute"] > 1


def test_cheaper_rates_make_it_less(tmp_path):
    rates = tmp_path / "rates.csv"
    rates.write_text("prefix,usd_per_minute\n44,0.01\n881,1.00\n")
    mine = ("--channels", 30, "--daily-limit", 200)
    assert bounds(*mine, "--rates", rates)[0]["hour_usd"] < bounds(*mine)[0]["hour_usd"]


def test_a_limit_that_is_exceeded_is_refused(tmp_path):
    path = tmp_path / "bounds.yaml"
    row = "profile: office, channels: 30, daily_limit: 200"
    assert asserted(path, f"{row}, hour_usd: 5000").returncode == OK
    run = asserted(path, f"{row}, hour_usd: 300, weekend_usd: 99999")
    assert run.returncode == REFUSED
    assert f"{path}:3" in run.stderr and "an hour" in run.stderr and "weekend" not in run.stderr


@pytest.mark.parametrize("row", ["profile: office, channels: 30", "profile: [], channels: 1",
                                 "profile: office, channels: -1, daily_limit: 5, hour: 3"])
def test_a_bad_file_is_told(tmp_path, row):
    run = asserted(tmp_path / "bounds.yaml", row)
    assert run.returncode == RULES and "bounds.yaml:3" in run.stderr


def test_bad_numbers_are_refused():
    assert fgctl("rules", "bound", "--channels", "many", ROOT / "rules").returncode == USAGE


CUSTOMERS = ROOT / "rules/customers/example.yaml"


@pytest.mark.parametrize("options", [
    ("--assert", "nowhere.yaml", "--channels", 10), ("--assert", "nowhere.yaml", "--customers", CUSTOMERS),
    ("--customers", CUSTOMERS, "--customer", "acme", "--channels", 5), ("--assert", "nowhere.yaml", "--profile", "office"),
    ("--customer", "acme"), ("--profile", "office")])
def test_nothing_asked_for_is_left_out(options):
    run = fgctl("rules", "bound", *options, ROOT / "rules")
    assert (run.returncode, run.stdout) == (USAGE, ""), run.stderr
    assert "exclude" in run.stderr or "give --customers" in run.stderr


def test_the_environment_does_not_replace_the_check(tmp_path):
    variables = {"FRAUDGUARD_CUSTOMERS": str(CUSTOMERS)}
    run = fgctl("rules", "bound", "-o", "json", ROOT / "rules", **variables)
    assert {row["customer"] for row in json.loads(run.stdout)["bounds"]} == {"any"}, run.stderr
    one = fgctl("rules", "bound", "-o", "json", "--customer", "acme", ROOT / "rules", **variables)
    assert [row["customer"] for row in json.loads(one.stdout)["bounds"]] == ["acme"]
    path = tmp_path / "bounds.yaml"
    path.write_text("fraudguard_bounds: 1\nbounds: [{profile: office, channels: 30, daily_limit: 200, hour_usd: 1}]\n")
    assert fgctl("rules", "bound", "--assert", path, ROOT / "rules", **variables).returncode == REFUSED


@pytest.mark.parametrize("text,says", [
    ("[]", "empty"), ("[{profile: ofice, channels: 1, daily_limit: 5, hour_usd: 3}]", "did you mean 'office'"),
    ("[{profile: office, channels: 1, daily_limit: 5}]", "asserts nothing")])
def test_a_file_that_asserts_nothing_is_no_proof(tmp_path, text, says):
    path = tmp_path / "bounds.yaml"
    path.write_text(f"fraudguard_bounds: 1\nbounds: {text}\n")
    run = fgctl("rules", "bound", "--assert", path, ROOT / "rules")
    assert run.returncode == RULES and says in run.stderr, run.stderr


def test_profiles_must_be_known():
    for options in (("--channels", 5), ("--customers", CUSTOMERS)):
        run = fgctl("rules", "bound", "--profile", "ofice", *options, ROOT / "rules")
        assert run.returncode == USAGE and "did you mean 'office'" in run.stderr
    run = fgctl("rules", "bound", "--profile", "hotel", "--customers", CUSTOMERS, "--customer", "acme", ROOT / "rules")
    assert run.returncode == NOT_FOUND and "hotel" in run.stderr


def test_no_daily_limit_is_no_limit_of_nothing():
    run = fgctl("rules", "bound", "--channels", 5, "-o", "tsv", ROOT / "rules")
    assert run.stdout.splitlines()[1].split("\t")[3] == "-"
    assert bounds("--channels", 5)[0]["daily_limit"] is None
