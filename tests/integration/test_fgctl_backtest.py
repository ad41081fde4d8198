# SPDX-License-Identifier: GPL-2.0-or-later
"""fgctl rules backtest: one calls file against the shipped rules and changed ones."""
import json
import shutil
import subprocess

import pytest

from test_replay import COLUMNS, CUSTOMERS, FGCTL, ROOT, labelled, text_of

# A rule that stops every call of the working day.
HARSH = """fraudguard: 1
pack: harsh
version: "0.1.0"
defaults: {direction: outbound}
rules:
  - id: TEST_HARSH
    group: tdos
    desc: Stops everybody
    when: {caller.present: true}
    score: 90
"""


@pytest.fixture(name="harsh")
def harsh_rules(tmp_path):
    shutil.copytree(ROOT / "rules", tmp_path / "harsh")
    (tmp_path / "harsh" / "60-harsh.yaml").write_text(HARSH)
    return tmp_path / "harsh"


@pytest.fixture(name="backtest")
def backtest_tool(tmp_path):
    customers = tmp_path / "customers.yaml"
    customers.write_text(CUSTOMERS)

    def run(calls, new, old, *options, code=0, form="json"):
        path = tmp_path / "calls.csv"
        path.write_text(calls)
        done = subprocess.run([FGCTL, "rules", "backtest", "--customers", customers, "--calls", path,
                               "--pack", new, "--against", old, "-o", form, *options],
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == code, done.stderr
        return done
    return run


SHIPPED = ROOT / "rules"


def test_the_same_rules_differ_in_nothing(backtest):
    found = json.loads(backtest(text_of(labelled()), SHIPPED, SHIPPED, "--max-new-blocks", "0").stdout)
    assert found["calls"] == 47 and found["blocked_old"] == found["blocked_new"] == 7
    assert found["newly_blocked"] == found["no_longer_blocked"] == 0
    assert found["rules"] == found["customers"] == []


def test_newly_blocked(backtest, harsh):
    done = backtest(text_of(labelled()), harsh, SHIPPED, form="jsonl")
    *lines, figures = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["call_id"] for line in lines} == {f"day-{i}" for i in range(40)}
    for line in lines:
        assert line["change"] == "newly_blocked" and line["customer"] == "acme" and line["label"] == ""
        assert line["old"]["action"] == "allow" and line["new"]["action"] == "block"
        assert line["rule"] in [r["id"] for r in line["new"]["rules"]]
    assert lines[0]["rule"] == "TEST_HARSH"
    assert figures["newly_blocked"] == figures["wanted"]["newly_blocked"] == 40
    assert figures["no_longer_blocked"] == 0 and figures["labels"] == "present"
    assert figures["blocked_new"] == 47 and figures["usd_lost"] == 0 < figures["usd_saved"]
    assert sum(rule["newly_blocked"] for rule in figures["rules"]) == 40
    assert figures["customers"][0]["id"] == "acme"


def test_no_longer_blocked(backtest, harsh):
    found = json.loads(backtest(text_of(labelled()), SHIPPED, harsh, "--max-new-blocks", "0").stdout)
    assert (found["newly_blocked"], found["no_longer_blocked"]) == (0, 40)
    assert found["wanted"]["no_longer_blocked"] == 40 and found["usd_saved"] == 0 < found["usd_lost"]


def test_limit_of_new_blocks(backtest, harsh):
    calls = text_of(labelled())
    assert b"40 calls are newly blocked" in backtest(calls, harsh, SHIPPED, "--max-new-blocks", "39",
                                                     code=6).stderr
    backtest(calls, harsh, SHIPPED, "--max-new-blocks", "40")
    assert b"number of calls" in backtest(calls, harsh, SHIPPED, "--max-new-blocks", "x", code=2).stderr


def test_labels_absent(backtest, harsh):
    calls = text_of(labelled(), [c for c in COLUMNS if c != "label"])
    found = json.loads(backtest(calls, harsh, SHIPPED).stdout)
    assert found["labels"] == "absent" and found["wanted"] is None
    assert b"labels absent" in backtest(calls, harsh, SHIPPED, form="human").stdout
    people = backtest(text_of(labelled()), harsh, SHIPPED, form="human").stdout.decode()
    assert "wanted calls       40 newly blocked, 0 no longer" in people and "TEST_HARSH" in people


def test_the_same_bytes_again(backtest, harsh):
    calls = text_of(labelled())
    for form in ("jsonl", "json", "human"):
        assert backtest(calls, harsh, SHIPPED, form=form).stdout == \
            backtest(calls, harsh, SHIPPED, form=form).stdout


def test_bad_rows_and_wrong_use(backtest, harsh, tmp_path):
    calls = text_of(labelled()) + "bad,never,,,,,,,,,,,,,,,\n"
    done = backtest(calls, harsh, SHIPPED)
    assert json.loads(done.stdout)["skipped"] == 1
    assert b"calls.csv:49:" in done.stderr and b"1 of 48 rows skipped" in done.stderr
    assert b"output is" in backtest(calls, harsh, SHIPPED, form="tsv", code=2).stderr
    (harsh / "60-harsh.yaml").write_text("fraudguard: 1\nrules: [{id: X}]\n")
    backtest(calls, harsh, SHIPPED, code=5)
    done = subprocess.run([FGCTL, "rules", "backtest", "--pack", harsh], capture_output=True, check=False)
    assert done.returncode == 2 and b"are needed" in done.stderr
