# SPDX-License-Identifier: GPL-2.0-or-later
"""fgctl at work on rules: what changes between two directories, and edits of the files in place."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FGCTL = ROOT / os.environ.get("FG_BUILD", "build/release") / "cli" / "fgctl"
OK, FAILED, USAGE, DOWN, NOT_FOUND, RULES, REFUSED, DEGRADED = range(8)


@pytest.fixture
def fgctl():
    def run(*args, code=OK):
        done = subprocess.run([str(FGCTL), *map(str, args)], capture_output=True, timeout=60, check=False,
                              env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                                   "FRAUDGUARD_RULES": str(ROOT / "rules")})
        done.out, done.err = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == code, f"{args}: {done.returncode}\n{done.out}{done.err}"
        return done
    return run


@pytest.fixture
def rules(tmp_path):
    """A copy of the shipped rules to be edited."""
    target = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", target)
    return target


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


# --- rules diff -------------------------------------------------------------------------------------------------------------------

PACK = """fraudguard: 1
pack: small
version: "1.0.0"
scoring:
  thresholds: {alert: 25, throttle: 50, challenge: 70, block: 90}
  group_caps: {velocity: 40}
lists:
  islands: {type: e164_prefix, items: ["+960", "+248", "+677"]}
meters:
  calls_1m: {count: calls, per: [customer], over: 1m}
rules:
  - id: DEST_ISLAND
    desc: An island
    group: velocity
    when: {dest.prefix: {in: islands}}
    score: 20
  - id: VEL
    desc: Too many calls
    group: velocity
    measure: meters.calls_1m
    steps: [{above: 10, score: 10}, {above: 30, score: 30, action_at_least: throttle}]
"""


def two(tmp_path, *edits):
    for name in "old", "new":
        (tmp_path / name).mkdir()
        (tmp_path / name / "p.yaml").write_text(PACK)
    for old, new in edits:
        replace(tmp_path / "new" / "p.yaml", old, new)
    return tmp_path / "old", tmp_path / "new"


def test_diff_of_the_same_rules(fgctl, rules):
    assert fgctl("rules", "diff", ROOT / "rules", rules).out == "no difference\n"
    # Text may change where the rules do not.
    replace(rules / "20-toll-fraud.yaml", "rules:\n", "# a comment\nrules:\n\n")
    fgctl("rules", "diff", ROOT / "rules", rules)
    assert json.loads(fgctl("rules", "diff", ROOT / "rules", rules, "-o", "json").out)["changes"] == []


@pytest.mark.parametrize("edit, told", [
    (("score: 20", "score: 25\n    mode: shadow"),
     ["rule DEST_ISLAND changed", "  score: 20 -> 25", "  mode: enforce -> shadow"]),
    (("over: 1m", "over: 2m"),
     ["meter calls_1m changed", "  over: 1m -> 2m", "  another meter now: it starts counting anew"]),
    (('"+248"', '"+252", "+231"'), ["list islands changed", "  2 added: +231 +252", "  1 removed: +248"]),
    (("{velocity: 40}", "{velocity: 45}"), ["scoring caps changed", "  velocity: 40 -> 45"]),
    (("block: 90", "block: 95"), ["scoring thresholds changed", "  block: 90 -> 95"]),
    (("{above: 10, score: 10}", "{above: 12.5, score: 10, notify: noc}"),
     ["rule VEL changed", "  steps: over 10: 10 points; over 30: 30 points, at least throttle -> "
      "over 12.5: 10 points, tells noc; over 30: 30 points, at least throttle"]),
    (("{in: islands}}", "{in: islands}, dest.home: false}"),
     ["  when: dest.prefix in list islands -> dest.prefix in list islands and dest.home is false"]),
    (("score: 20", 'score: 20\n    exceptions: [{fields: [customer.id], values: ["acme"], reason: "F-1", '
      'owner: "noc", expires: "2099-03-31"}]'),
     ["  exception F-1: (none) -> customer.id is acme (noc, expires 2099-03-31)"]),
    (("  - id: VEL\n", "  - id: VELOCITY\n"), ["rule VEL removed", "rule VELOCITY added"]),
])
def test_diff_tells_what_changes(fgctl, tmp_path, edit, told):
    out = fgctl("rules", "diff", *two(tmp_path, edit), code=FAILED).out.splitlines()
    for line in told:
        assert line in out


def test_diff_for_machines(fgctl, tmp_path):
    old, new = two(tmp_path, ("over: 1m", "over: 2m"), ('"+248"', '"+252"'))
    changes = json.loads(fgctl("rules", "diff", old, new, "-o", "json", code=FAILED).out)["changes"]
    lines = fgctl("rules", "diff", old, new, "-o", "jsonl", code=FAILED).out.splitlines()
    assert [json.loads(line) for line in lines] == changes
    found = {(c["kind"], c["name"]): c for c in changes}
    assert found["meter", "calls_1m"]["counts_anew"] is True
    assert found["meter", "calls_1m"]["facts"] == [{"fact": "over", "old": "1m", "new": "2m"}]
    assert found["list", "islands"]["added"] == {"count": 1, "first": ["+252"]}
    assert found["list", "islands"]["removed"] == {"count": 1, "first": ["+248"]}
    assert len(found) == 2


def test_diff_tells_trouble_from_difference(fgctl, tmp_path, rules):
    assert "no such directory" in fgctl("rules", "diff", tmp_path / "none", rules, code=NOT_FOUND).err
    replace(rules / "20-toll-fraud.yaml", "rules:", "rulez:")
    assert "did you mean 'rules'" in fgctl("rules", "diff", ROOT / "rules", rules, code=RULES).err
