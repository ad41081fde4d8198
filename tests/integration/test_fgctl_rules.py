# SPDX-License-Identifier: GPL-2.0-or-later
"""fgctl at work on rules: what changes between two directories, and edits of the files in place."""
import json
import os
import pathlib
import re
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


# --- rules promote ----------------------------------------------------------------------------------------------------------------

@pytest.fixture
def pack(tmp_path):
    directory = tmp_path / "small"
    directory.mkdir()
    path = directory / "p.yaml"
    path.write_text(PACK.replace("  - id: VEL\n", "  - id: VEL   # the rate\n    maturity: 'sandbox' # new\n")
                    + "  - {id: FLOW, desc: 'é', when: {dest.home: false}, mode: shadow, score: 1}  # one line\n")
    return path


def promote(fgctl, pack, *args, code=OK):
    before = pack.read_text()
    done = fgctl("rules", "promote", *args, "--dir", pack.parent, "--color", "never", code=code)
    assert [p.name for p in pack.parent.iterdir()] == [pack.name]  # nothing is left behind
    return done, before, pack.read_text()


def test_promote_changes_the_mode_and_nothing_else(fgctl, pack):
    pack.chmod(0o640)
    done, before, after = promote(fgctl, pack, "FLOW")
    assert after == before.replace("mode: shadow", "mode: enforce")
    line = 1 + before[:before.index("id: FLOW")].count("\n")
    assert done.out.splitlines() == [f"{pack}:{line}", "-" + before.splitlines()[line - 1],
                                     "+" + after.splitlines()[line - 1]]
    assert pack.stat().st_mode & 0o777 == 0o640
    _, _, again = promote(fgctl, pack, "FLOW")
    assert again == after


@pytest.mark.parametrize("args, old, new", [
    (["VEL"], "maturity: 'sandbox'", "maturity: stable"),
    (["VEL", "--to", "off"], "# the rate\n", "# the rate\n    mode: off\n"),
    (["VEL", "--to", "10%"], "# the rate\n",
     "# the rate\n    mode: enforce\n    rollout: {percent: 10, by: customer}\n"),
    (["DEST_ISLAND", "--to", "25"], "ISLAND\n", "ISLAND\n    rollout: {percent: 25, by: customer}\n"),
    (["FLOW", "--to", "25"], "FLOW, desc: 'é', when: {dest.home: false}, mode: shadow",
     "FLOW, rollout: {percent: 25, by: customer}, desc: 'é', when: {dest.home: false}, mode: enforce"),
])
def test_promote_writes_what_is_missing(fgctl, pack, args, old, new):
    _, before, after = promote(fgctl, pack, *args)
    expected = before.replace(old, new)
    if args == ["VEL"]:
        expected = expected.replace("# the rate\n", "# the rate\n    mode: enforce\n")
    assert after == expected
    fgctl("rules", "check", pack.parent)


COMPOSITES = """composites:
  - id: BOTH   # of them
    desc: Both
    all_of: [DEST_ISLAND, VEL]
    score: 30
  - {id: EITHER, desc: Either, mode: shadow, any_of: [VEL, FLOW], score: 1}
"""


@pytest.mark.parametrize("args, old, new", [
    (["EITHER"], "EITHER, desc: Either, mode: shadow", "EITHER, desc: Either, mode: enforce"),
    (["BOTH", "--to", "shadow"], "# of them\n", "# of them\n    mode: shadow\n"),
    (["BOTH", "--to", "10"], "# of them\n", "# of them\n    rollout: {percent: 10, by: customer}\n"),
])
def test_promote_takes_composites(fgctl, pack, args, old, new):
    pack.write_text(pack.read_text() + COMPOSITES)
    _, before, after = promote(fgctl, pack, *args)
    assert after == before.replace(old, new) != before
    assert "did you mean 'EITHER'" in promote(fgctl, pack, "EITHR", code=NOT_FOUND)[0].err


def test_promote_moves_a_rollout_on(fgctl, pack):
    promote(fgctl, pack, "FLOW", "--to", "10")
    _, before, after = promote(fgctl, pack, "FLOW", "--to", "50")
    assert after == before.replace("percent: 10", "percent: 50")
    _, before, after = promote(fgctl, pack, "FLOW", "--to", "enforce")
    assert after == before.replace("percent: 50", "percent: 100")


def test_promote_can_only_tell(fgctl, pack):
    done, before, after = promote(fgctl, pack, "FLOW", "--dry-run")
    assert after == before and "+  - {id: FLOW" in done.out and "--dry-run" in done.err


def test_promote_refuses(fgctl, pack):
    done, before, after = promote(fgctl, pack, "FLOWS", code=NOT_FOUND)
    assert "did you mean 'FLOW'" in done.err and before == after
    assert "percentage" in promote(fgctl, pack, "FLOW", "--to", "101", code=USAGE)[0].err
    replace(pack, "above: 10", "abov: 10")
    done, before, after = promote(fgctl, pack, "FLOW", code=RULES)
    assert "did you mean 'above'" in done.err and before == after


def test_promote_in_the_shipped_rules(fgctl, rules):
    for rule in ("CERT_NOT_LISTED", "DEST_IRSF"):
        fgctl("rules", "promote", rule, "--dir", rules, "--to", "10")
        changes = json.loads(fgctl("rules", "diff", ROOT / "rules", rules, "-o", "json", code=FAILED).out)["changes"]
        assert rule in [c["name"] for c in changes]
        assert {f["fact"] for c in changes for f in c["facts"]} <= {"mode", "rollout"}


# --- rules test --record ----------------------------------------------------------------------------------------------------------

CALL = '[{from: "+441632960007", to: "+9607712345", san: ["sip.acme.example"], repeat: 40, every: 1s}]'
OPEN_TESTS = f"""fraudguard_test: 1
fixtures:
  acme: {{id: acme, tz: Europe/London, home_countries: ["GB"], cert_names: ["sip.acme.example"]}}
tests:
  - name: empty   # é
    expect:   # later
    customer: acme
    clock: "2026-11-21T02:10:00Z"
    calls: {CALL}
  - name: nothing
    customer: acme
    clock: "2026-11-21T02:10:00Z"
    calls: {CALL}
    expect: null # known by then
  - {{name: in braces, customer: acme, clock: "2026-11-21T02:10:00Z", expect: {{ }}, calls: {CALL}}}
  - name: said
    customer: acme
    clock: "2026-11-21T02:10:00Z"
    calls: {CALL}
    expect:
      action: alert   # of 50
      score:  50
"""


@pytest.fixture
def open_tests(tmp_path):
    directory = tmp_path / "open"
    directory.mkdir()
    (directory / "p.yaml").write_text(
        PACK.replace("    score: 20\n", "    score: 20\n    exceptions: [{fields: [customer.id], values: [\"reef\"], "
                     "reason: 'F \"1\"', owner: noc, expires: never}]\n")
        + "  - {id: SEEN, desc: In shadow, when: {caller.present: true}, mode: shadow, score: 7}\n")
    path = directory / "p.test.yaml"
    path.write_text(OPEN_TESTS)
    return path


def test_a_test_that_expects_nothing_fails(fgctl, open_tests):
    out = fgctl("rules", "test", open_tests.parent, code=RULES).out
    assert out.count("the test expects nothing; --record fills it in") == 3
    assert open_tests.read_text() == OPEN_TESTS


def test_record_fills_in_what_is_open_and_nothing_else(fgctl, open_tests):
    replace(open_tests, "action: alert   # of 50\n      score:  50", "action: throttle   # of 40\n      score:  40")
    before = open_tests.read_text()
    out = fgctl("rules", "test", open_tests, "--record").out
    outcome = ("{action: throttle, score: 40, rules: [DEST_ISLAND, VEL], shadow_score: 47, shadow_rules: [SEEN]}")
    assert out.count("recorded  ") == 3 and outcome in out and "4 passed, 0 failed" in out
    expected = (before.replace("expect:   # later", f"expect: {outcome}   # later")
                .replace("expect: null #", f"expect: {outcome} #").replace("expect: { }", f"expect: {outcome}"))
    assert open_tests.read_text() == expected
    assert sorted(p.name for p in open_tests.parent.iterdir()) == ["p.test.yaml", "p.yaml"]
    assert "recorded" not in fgctl("rules", "test", open_tests, "--record").out
    assert open_tests.read_text() == expected


def test_record_leaves_a_test_that_is_wrong(fgctl, open_tests):
    replace(open_tests, "score:  50", "score:  51")
    fgctl("rules", "test", open_tests, "--record", code=RULES)
    assert "score:  51" in open_tests.read_text() and "expect: null" not in open_tests.read_text()


def test_record_of_an_exception(fgctl, open_tests):
    open_tests.write_text(OPEN_TESTS.replace("acme: {id: acme", "acme: {id: reef").split("  - name: nothing")[0])
    fgctl("rules", "test", open_tests, "--record")
    assert 'exceptions: ["DEST_ISLAND/F \\"1\\""]' in open_tests.read_text()
    fgctl("rules", "test", open_tests)


def test_a_test_file_elsewhere_names_its_rules(fgctl, open_tests, tmp_path):
    """`rules` names a directory, `packs` some files; an option on the command line goes before both."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = elsewhere / "a.test.yaml"
    path.write_text(OPEN_TESTS.replace("fraudguard_test: 1\n", "fraudguard_test: 1\nrules: ../open\n"))
    assert "recorded" in fgctl("rules", "test", elsewhere, "--record", code=RULES).out
    replace(path, "action: alert   # of 50\n      score:  50", "action: throttle\n      score:  40")
    assert "4 passed" in fgctl("rules", "test", path).out
    replace(path, "rules: ../open", "rules: ../none")
    assert "none" in fgctl("rules", "test", path, code=NOT_FOUND).out
    assert "4 passed" in fgctl("rules", "test", path, "--rules", open_tests.parent, "--data", ROOT / "rules/data").out
    replace(path, "rules: ../none", "packs: [../open/p.yaml]")
    (elsewhere / "q.yaml").write_text('fraudguard: 1\npack: q\nversion: "1.0.0"\nrules: []\n'
                                      "scoring: {thresholds: {alert: 1, block: 80}}\n")
    shutil.copytree(ROOT / "rules/data", elsewhere / "data")
    assert "4 passed" in fgctl("rules", "test", path).out


def test_record_gives_the_shipped_tests_back(fgctl, rules):
    """What is recorded passes, for tests of all kinds: cuts, holds, overrides, faults."""
    for path in rules.glob("*.test.yaml"):
        lines = []
        for line in path.read_text().splitlines():
            head, found, _ = line.partition("    expect: {")
            lines.append(head + "    expect:" if found and line.count("{") == line.count("}") else line)
        path.write_text("\n".join(lines) + "\n")
    first = fgctl("rules", "test", rules, "--record").out
    assert first.count("recorded  ") > 20
    assert " 0 failed" in fgctl("rules", "test", rules).out


# --- rules fmt --------------------------------------------------------------------------------------------------------------------

MESSY = """

# a head\t
fraudguard:   1\t\t# the format
pack: messy
version: '1.0.0'


scoring:
    thresholds: {alert: 25,
        throttle: 50, # half   \n                 challenge: 70, block: 90}
    # of groups
    group_caps:
          velocity: 40   \n
rules:
# about the island
-   id: DEST_ISLAND
    # why
    desc: |
        An   island # no comment

          deeper
    group: velocity
    when:
        dest.prefix: {in: ["+960", '+248']}
        # - id: TAKEN_OUT
        #   score: 3
    score: 20



-   id: TWO
    desc: it's a "text"   with # a comment
    explain: "folded
        over lines"
    when: {dest.home: false}
    score: 1
# the end"""
NEAT = """# a head
fraudguard:   1  # the format
pack: messy
version: '1.0.0'

scoring:
  thresholds: {alert: 25,
      throttle: 50, # half
               challenge: 70, block: 90}
  # of groups
  group_caps:
    velocity: 40

rules:
  # about the island
  - id: DEST_ISLAND
    # why
    desc: |
        An   island # no comment

          deeper
    group: velocity
    when:
      dest.prefix: {in: ["+960", '+248']}
      # - id: TAKEN_OUT
      #   score: 3
    score: 20

  - id: TWO
    desc: it's a "text"   with # a comment
    explain: "folded
        over lines"
    when: {dest.home: false}
    score: 1
# the end
"""


def test_fmt_lays_out(fgctl, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(MESSY)
    fgctl("rules", "fmt", "--check", path, code=FAILED)
    assert path.read_text() == MESSY
    assert fgctl("rules", "fmt", path).out == f"{path}\n"
    assert path.read_text() == NEAT
    assert fgctl("rules", "fmt", path).out == "" and path.read_text() == NEAT
    fgctl("rules", "fmt", "--check", path)


def test_fmt_finds_the_shipped_rules_in_order(fgctl):
    fgctl("rules", "fmt", "--check", *(ROOT / "rules").glob("**/*.yaml"))


@pytest.mark.parametrize("step", [1, 3, 4, 7])
def test_fmt_brings_any_indentation_back(fgctl, rules, step):
    for path in rules.glob("*.yaml"):
        text = path.read_text()
        if step == 1:
            wide = text.replace("\n", "  \n\n\n")
        else:
            wide = re.sub(r"^( *)(- )?", lambda m: " " * (len(m[1]) // 2 * step)
                          + (m[2] and "-" + " " * (step - 1) or ""), text, flags=re.MULTILINE)
        path.write_text(wide)
        fgctl("rules", "fmt", path)
        lines = [line for line in text.splitlines() if line.strip()]
        assert [line for line in path.read_text().splitlines() if line.strip()] == lines
    assert fgctl("rules", "diff", ROOT / "rules", rules).out == "no difference\n"


def test_fmt_refuses(fgctl, tmp_path):
    path = tmp_path / "p.yaml"
    for text, code in (("a: [1\n", RULES), ("a:\n\t- b\n", RULES), ("a: |+\n  text\n\n\n\nb: 1\n", REFUSED)):
        path.write_text(text)
        fgctl("rules", "fmt", path, code=code)
        assert path.read_text() == text


# --- what the documentation shows ---------------------------------------------------------------------------------------------------

def test_the_examples_of_what_is_usual(fgctl, tmp_path):
    text = (ROOT / "docs" / "pack-format.md").read_text()
    pack, tests = re.findall(r"```yaml\n(.*?)```", text[text.index("**Three examples**"):], re.S)[:2]
    (tmp_path / "usual.yaml").write_text(pack)
    (tmp_path / "usual.test.yaml").write_text(tests)
    data = ("--data", ROOT / "rules" / "data")
    assert re.match(r"[4-9] passed, 0 failed, 0 skipped .*100%", fgctl("rules", "test", tmp_path, *data).out)
    fgctl("rules", "lint", "--strict", tmp_path, *data)
    # Without peers a customer of whom nothing is known calls at any hour.
    replace(tmp_path / "usual.yaml", "{typical: calls, per: customer}", "{typical: calls, per: customer, peers: false}")
    assert "no typical meter that learns from peers" in fgctl("rules", "test", tmp_path, *data, code=RULES).out


def test_a_fifo_is_no_file(fgctl, tmp_path):
    """Nobody writes into it: whoever waits for that waits for ever."""
    fifo = tmp_path / "60-fifo.yaml"
    os.mkfifo(fifo)
    for args in (("rules", "fmt", fifo), ("number", "--rules", ROOT / "rules", "--file", fifo),
                 ("rules", "bound", "--assert", fifo, ROOT / "rules")):
        assert f"{fifo}: not a regular file" in fgctl(*args, code=FAILED).err


# --- the same mistake has the same exit code everywhere ---------------------------------------------------------------------------

def test_what_is_not_there_is_not_found(fgctl, tmp_path, rules):
    none = tmp_path / "none"
    for args in (("check", none), ("lint", none), ("bound", none, "--channels", 5), ("coverage", none), ("test", none),
                 ("promote", "DEST_RATE", "--dir", none), ("new", "A", "--group", "g", "--dir", none), ("diff", none, rules),
                 ("check", none / "a.yaml"), ("fmt", none), ("bound", rules, "--assert", none), ("check", rules, "--customers", none)):
        assert f"{none}" in fgctl("rules", *args, code=NOT_FOUND).err + fgctl("rules", *args, code=NOT_FOUND).out, args
    for args in (("replay", "--rules", rules), ("rules", "backtest", "--pack", rules, "--against", rules)):
        customers = ("--customers", rules / "customers/example.yaml")
        assert f"{none}: No such file" in fgctl(*args, *customers, "--calls", none, code=NOT_FOUND).err
    assert "nope.test.yaml: No such file" in fgctl("rules", "test", rules / "nope.test.yaml", code=NOT_FOUND).err


def test_a_mistake_in_a_pack_counts_whatever_else_is_missing(fgctl, tmp_path):
    (tmp_path / "a.yaml").write_text('fraudguard: 1\npack: a\nversion: "1.0.0"\nrulez: []\n')
    for command in ("check", "lint", "coverage", "bound", "test"):
        fgctl("rules", command, tmp_path, "--data", tmp_path, *(("--channels", 5) if command == "bound" else ()), code=RULES)
    (tmp_path / "a.yaml").write_bytes(b"#" * (17 << 20))
    assert re.search(r"a\.yaml: error: .*too big \[FG004\]", fgctl("rules", "check", tmp_path, code=RULES).out)


def test_check_of_files_that_belong_to_packs(fgctl, rules):
    for name in ("overrides.d/campaign.yaml", "lists/irsf_ranges.csv"):
        assert "ok: " in fgctl("rules", "check", rules / name).out
    pack = rules / "overrides.d/campaign.yaml"
    replace(pack, "VEL_CALLS", "VEL_CALSL")
    assert "campaign.yaml:8" in fgctl("rules", "check", pack, code=RULES).out
    assert "--assert" in fgctl("rules", "check", ROOT / "rules/bounds/bounds.yaml", code=USAGE).err
    assert "--customers" in fgctl("rules", "check", ROOT / "rules/customers/example.yaml", code=USAGE).err
    done = fgctl("rules", "lint", pack, code=USAGE)
    assert done.err == f"fgctl: {pack}: not a directory\n"
