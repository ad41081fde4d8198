# SPDX-License-Identifier: GPL-2.0-or-later
"""fgctl's advice on rules: lint, coverage and skeletons, on the shipped packs and planted mistakes."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FGCTL = ROOT / os.environ.get("FG_BUILD", "build/release") / "cli" / "fgctl"
OK, FAILED, USAGE, RULES, REFUSED = 0, 1, 2, 5, 6


def fgctl(*args, code=OK):
    done = subprocess.run([str(FGCTL), *map(str, args)], capture_output=True, text=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, check=False)
    assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


@pytest.fixture
def rules(tmp_path):
    """A copy of the shipped rules, to be spoilt."""
    return pathlib.Path(shutil.copytree(ROOT / "rules", tmp_path / "rules"))


def spoil(rules):
    (rules / "70-more.yaml").write_text(
        'fraudguard: 1\npack: more\nversion: "1.0.0"\nrules:\n'
        "  - id: UNTESTED\n    desc: No test knows it\n    when: {customer.id: nobody}\n    score: 1\n"
        '    falsepositives: ["x"]\n')


def test_the_shipped_rules_deserve_no_advice():
    assert "nothing to advise" in fgctl("rules", "lint", ROOT / "rules", "--strict").stdout


def test_advice_is_shown_with_its_place_and_is_no_error(rules):
    spoil(rules)
    out = fgctl("rules", "lint", rules).stdout.splitlines()
    assert out[0] == f"{rules}/70-more.yaml:5:9: warning: no test makes rule 'UNTESTED' hit [FG202]"
    assert out[1].strip() == "- id: UNTESTED"
    assert out[2].index("^") == out[1].index("UNTESTED")
    fgctl("rules", "lint", rules, "--strict", code=RULES)


def test_advice_as_json(rules):
    spoil(rules)
    line, = fgctl("rules", "lint", rules, "-o", "jsonl").stdout.splitlines()
    diag = json.loads(line)
    assert (diag["code"], diag["severity"], diag["line"], diag["column"]) == (
        "FG202", "warning", 5, 9)
    assert len(json.loads(fgctl("rules", "lint", rules, "-o", "json").stdout)["diagnostics"]) == 1


def test_what_the_loader_says_is_said_too(rules):
    (rules / "70-more.yaml").write_text('fraudguard: 1\npack: m\nversion: "1.0.0"\nrulez: []\n')
    assert "FG010" in fgctl("rules", "lint", rules, code=RULES).stdout


def test_coverage_counts_tests_by_rule_and_step(rules):
    spoil(rules)
    rows = [json.loads(line)
            for line in fgctl("rules", "coverage", rules, "-o", "jsonl").stdout.splitlines()]
    by_key = {(row["rule"], row.get("step")): row for row in rows}
    assert by_key["UNTESTED", None]["tests"] == 0
    assert by_key["CALLER_OTHERS", None]["tests"] >= 1
    assert by_key["DEST_RATE", 1]["above"] == "0.4"
    assert by_key["DEST_RATE", 1]["tests"] > by_key["DEST_RATE", 2]["tests"] > 0
    assert "not covered" in fgctl("rules", "coverage", rules).stdout


def test_composites_are_covered_or_not(rules):
    (rules / "70-more.yaml").write_text(
        'fraudguard: 1\npack: more\nversion: "1.0.0"\n'
        "composites:\n  - {id: UNSEEN, desc: Never together, all_of: [IN_FLOOD, DEST_IRSF], score: 1}\n")
    rows = {row["rule"]: row for row in map(json.loads, fgctl("rules", "coverage", rules, "-o", "jsonl").stdout.splitlines())}
    assert rows["UNSEEN"]["tests"] == 0 and rows["UNSEEN"]["line"] == 5
    assert rows["RISKY_CLOSED"]["tests"] > 0
    assert "no test makes composite 'UNSEEN' hit [FG202]" in fgctl("rules", "lint", rules).stdout
    assert "not covered: UNSEEN" in fgctl("rules", "test", rules, "--coverage").stdout


def test_coverage_can_be_asked_for(rules):
    fgctl("rules", "coverage", rules, "--min", "50")
    spoil(rules)
    assert "100% are asked for" in fgctl("rules", "coverage", rules, "--min", "100",
                                         code=RULES).stderr
    for wrong in ("101", "-1", "x", ""):
        fgctl("rules", "coverage", rules, "--min", wrong, code=USAGE)


def test_a_new_rule_loads_and_its_test_passes(rules):
    printed = fgctl("rules", "new", "MY_RULE", "--group", "destination", "--dir", rules).stdout
    assert not (rules / "60-my-rule.yaml").exists()
    written = fgctl("rules", "new", "MY_RULE", "--group", "destination", "--dir", rules, "--write")
    files = [pathlib.Path(line) for line in written.stdout.splitlines()]
    assert files == [rules / "60-my-rule.yaml", rules / "60-my-rule.test.yaml"]
    assert all(file.read_text() in printed for file in files)
    fgctl("rules", "check", rules)
    assert "2 passed, 0 failed" in fgctl("rules", "test", files[1]).stdout
    fgctl("rules", "lint", rules, "--strict")


def test_a_new_rule_is_new(rules):
    refused = fgctl("rules", "new", "DEST_RATE", "--group", "x", "--dir", rules, code=REFUSED)
    assert f"exists already: {rules}/20-toll-fraud.yaml:" in refused.stderr
    (rules / "60-a.test.yaml").write_text("fraudguard_test: 1\ntests: []\n")
    fgctl("rules", "new", "A", "--group", "destination", "--dir", rules, "--write", code=FAILED)
    assert (rules / "60-a.test.yaml").read_text() == "fraudguard_test: 1\ntests: []\n"
    assert not (rules / "60-a.yaml").exists()


def test_a_new_rule_that_would_not_load_is_not_written(rules):
    before = sorted(rules.iterdir())
    refused = fgctl("rules", "new", "FOO", "--group", "destinatoin", "--dir", rules, "--write", code=RULES)
    assert "60-foo.yaml:" in refused.stderr and "did you mean 'destination'" in refused.stderr
    assert sorted(rules.iterdir()) == before and refused.stdout == ""
    fgctl("rules", "new", "A" * 64, "--group", "destination", "--dir", rules, "--write")
    fgctl("rules", "check", rules)


@pytest.mark.parametrize("args", [("lower", "--group", "x"), ("A",), ("A", "--group", "../x"),
                                  ("A B", "--group", "x"), ("A" * 65, "--group", "x")])
def test_a_new_rule_needs_sane_names(rules, args):
    fgctl("rules", "new", *args, "--dir", rules, code=USAGE)
