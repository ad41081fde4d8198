# SPDX-License-Identifier: GPL-2.0-or-later
"""A rule author's life from an empty directory: a first rule, mistakes, advice, tests, replay, comparison."""
import json
import os
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FGCTL = ROOT / os.environ.get("FG_BUILD", "build/release") / "cli" / "fgctl"
OK, FAILED, USAGE, NOT_FOUND, RULES, REFUSED = 0, 1, 2, 4, 5, 6


@pytest.fixture
def fgctl(tmp_path):
    def run(*args, code=OK, data=ROOT / "rules/data"):
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "FRAUDGUARD_RULES": str(tmp_path / "none")}
        if data is not None:
            environment["FRAUDGUARD_DATA"] = str(data)
        done = subprocess.run([str(FGCTL), *map(str, args)], capture_output=True, timeout=60, check=False, cwd=tmp_path, env=environment)
        done.out, done.err = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == code, f"{args}: {done.returncode}\n{done.out}{done.err}"
        return done
    return run


@pytest.fixture
def mine(fgctl, tmp_path):
    """A directory with one new rule, of 90 points."""
    directory = tmp_path / "mine"
    directory.mkdir()
    fgctl("rules", "new", "ABROAD", "--group", "destination", "--dir", directory, "--write")
    pack = directory / "60-abroad.yaml"
    pack.write_text(pack.read_text().replace("    score: 10\n", "    score: 90\n"))
    return directory


def test_a_first_rule_in_an_empty_directory(fgctl, tmp_path):
    directory = tmp_path / "first"
    fgctl("rules", "new", "A", "--group", "g", "--dir", directory, "--write", code=NOT_FOUND)  # it is not there
    directory.mkdir()
    fgctl("rules", "new", "A", "--group", "g", "--dir", directory, "--write")
    fgctl("rules", "new", "B", "--group", "g", "--dir", directory, "--write")
    first, second = (directory / "60-a.yaml").read_text(), (directory / "60-b.yaml").read_text()
    assert "\nscoring:\n" in first and "scoring" not in second  # once for all packs
    assert "4 passed, 0 failed" in fgctl("rules", "test", directory).out
    assert "2 rules" in fgctl("rules", "check", directory).out
    fgctl("rules", "fmt", "--check", *directory.glob("*.yaml"))
    assert "2 of 2 rules, steps and composites covered" in fgctl("rules", "coverage", directory, "--min", "100").out
    for path in directory.glob("*.yaml"):
        kind = "test" if path.name.endswith(".test.yaml") else "pack"
        assert path.read_text().startswith(f"# yaml-language-server: $schema=/usr/share/fraudguard/schema/{kind}-v1.json\n")
        schema = json.loads((ROOT / f"rules/schema/{kind}-v1.json").read_text())
        jsonschema.validate(yaml.safe_load(path.read_text()), schema)


def test_a_rule_goes_from_shadow_to_force(fgctl, mine):
    fgctl("rules", "promote", "ABROAD", "--dir", mine)
    out = fgctl("rules", "test", mine, code=RULES).out
    assert "expected shadow rule ABROAD   it was enforced" in out and re.search(r"60-abroad\.yaml:\d+", out)
    test = mine / "60-abroad.test.yaml"
    test.write_text(test.read_text().replace("expect: {shadow_rules: [ABROAD]}", "expect:"))
    jsonschema.validate(yaml.safe_load(test.read_text()), json.loads((ROOT / "rules/schema/test-v1.json").read_text()))
    fgctl("rules", "test", mine, "--record")
    assert "expect: {action: block, score: 90, rules: [ABROAD]}" in test.read_text()
    assert "2 passed" in fgctl("rules", "test", mine).out
    assert "nothing to advise" in fgctl("rules", "lint", mine, "--strict").out


HEAD = 'fraudguard: 1\npack: p\nversion: "1.0.0"\nscoring: {thresholds: {alert: 30, block: 80}}\n'
RULE = "rules:\n  - {id: A, desc: d, when: {dest.home: false}, score: 90}\n"

# What stands in line 5 of a pack: where the message points, and what it says.
MISTAKES = [
    ('lists: {l: {type: country, items: [NO]}}', 36, 'country must be quoted: write "NO" (unquoted NO is \'false\' to other tools)'),
    ('lists: {l: {type: country, items: [uk]}}', 36, 'country must be quoted: write "GB"'),
    ('lists: {l: {type: country, items: ["UK"]}}', 36, "unknown country 'UK'; did you mean \"GB\"?"),
    ('lists: {l: {type: e164_prefix, items: [+44]}}', 40, 'write "+44" (unquoted +44 is the number 44 to other tools)'),
    ('lists: {l: {type: e164_prefix, items: [0033]}}', 40, 'write "+33" (unquoted 0033 is the number 27 to other tools)'),
    ('lists: {l: {type: e164_prefix, items: ["0033"]}}', 40, 'must be in E.164 form; did you mean "+33"?'),
    ('lists: {l: {type: e164_prefix, items: ["+96O"]}}', 40, "must be \"+\" and 1 to 15 digits (E.164), not '+96O'"),
    ('lists: {l: {type: e164_prefix, file: gone.csv}}', 38, "cannot read '{dir}/gone.csv': No such file or directory"),
    ('calendars: {c: {open: 12:30, tz: UTC}}', 23, 'write "12:30" (unquoted 12:30 is the number 750 to other tools)'),
    ('calendars: {c: {open: [{days: mon}], tz: UTC}}', 24, 'opening hours are "Mon-Fri 07:30-19:00" or customer, not a mapping'),
    ('calendars: {c: {open: customer, tz: Europe/Londn}}', 37, "unknown time zone 'Europe/Londn'; did you mean 'Europe/London'?"),
    ('meters: {calls: {count: call, per: customer, over: 1m}}', 25, "unknown count 'call'; did you mean 'calls'?"),
    ('meters: {calls: {count: calls, per: customer, over: 60}}', 53, "over must be a duration such as 30s, 15m, 2h or 1d, not '60'"),
    ('composites: [{id: C, desc: c, all_of: [AA], score: 5}]', 40, "unknown rule 'AA'; did you mean 'A'?"),
    ('pack: again', 1, "duplicate key 'pack'; it is already in line 2"),
    ('\tpack: x', 1, "tab"),
]


@pytest.mark.parametrize("line, column, says", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_remedy(fgctl, tmp_path, line, column, says):
    (tmp_path / "p.yaml").write_text(f"{HEAD}{line}\n{RULE}")
    done = fgctl("rules", "check", tmp_path, code=RULES)
    said = [text for text in done.out.splitlines() if f"{tmp_path}/p.yaml:5:{column}: error: " in text]
    assert said and says.replace("{dir}", str(tmp_path)) in said[0], done.out


def test_a_version_of_two_numbers(fgctl, tmp_path):
    for version in ("1.10", '"1.10"'):
        (tmp_path / "p.yaml").write_text(HEAD.replace('"1.0.0"', version) + RULE)
        assert f"{tmp_path}/p.yaml:3:10: error: the version must be three numbers in quotes, such as \"1.0.0\", not '1.10'" \
            in fgctl("rules", "check", tmp_path, code=RULES).out


def test_what_loads_but_is_not_meant(fgctl, tmp_path):
    (tmp_path / "old.csv").write_text("prefix,note\n+881,satellite\n")
    os.utime(tmp_path / "old.csv", (1700000000, 1700000000))
    (tmp_path / "p.yaml").write_text(HEAD + """lists:
  near: {type: e164_prefix, items: ["+960", "+9607"]}
  old: {type: e164_prefix, file: old.csv, max_age: 30d}
rules:
  - {id: A, desc: d, when: {dest.prefix: {in: near}}, score: 40}
  - {id: B, desc: d, when: {dest.prefix: {in: old}}, score: 10}
overrides:
  - {match: {customer.id: acme}, rule: A, replace: {score: 1}, reason: r, owner: o, expires: "2025-01-01"}
""")
    out = fgctl("rules", "lint", tmp_path).out
    for says in ("p.yaml:6:45: warning: +960 covers '+9607' already",
                 "days old; it may be 30 [FG208]",
                 "p.yaml:4:42: warning: no call reaches 'block' by the rules",
                 "p.yaml:9:10: warning: no test makes rule 'A' hit",
                 "p.yaml:12:94: warning: the override expired on 2025-01-01 and no longer applies"):
        assert says in out, out
    fgctl("rules", "lint", tmp_path, "--strict", code=RULES)


def test_numbering_data_is_looked_for(fgctl, mine):
    done = fgctl("rules", "check", mine, code=NOT_FOUND, data=None)
    assert "there is no numbering data in" in done.err and "--data DIR or $FRAUDGUARD_DATA says where it is" in done.err
    fgctl("rules", "check", mine, "--rules", ROOT / "rules", data=None)  # beside the usual packs


def test_the_bound_says_what_it_needs(fgctl, mine):
    assert "--customers FILE, or --channels N and --daily-limit USD" in fgctl("rules", "bound", mine, code=USAGE).err
    fgctl("rules", "bound", mine, "--channels", "30", "--daily-limit", "100")


# --- calls

COLUMNS = "call_id,start,answer,end,customer,caller,called,label\n"


@pytest.fixture
def calls(fgctl, mine, tmp_path):
    fgctl("rules", "promote", "ABROAD", "--dir", mine)
    (tmp_path / "c.yaml").write_text('- {id: acme, tz: Europe/London, home_countries: ["GB"]}\n')
    rows = [f"c{i},{1795168800000 + i * 1000},{1795168805000 + i * 1000},{1795168865000 + i * 1000},acme,+441632960007,"
            + (f"+96077123{i % 100:02d},irsf-1" if i % 10 == 0 else f"+4420794600{i % 100:02d},") for i in range(500)]
    path = tmp_path / "calls.csv"
    path.write_text(COLUMNS + "\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("text, code, says", [
    (b"", FAILED, "x.csv:1: the file is empty; a header with call_id, start and called is expected"),
    (b"\n# nothing\n", FAILED, "x.csv:2: the file is empty"),
    (b"\x7fELF\x02\x00\x01\n" * 50, FAILED, "x.csv:1: the line holds a NUL byte"),
    (b"call_id,start,caled\nx,1,+44\n", FAILED, "x.csv:1: the header has no column 'called'"),
    (b"call_id,start,called\n", OK, "x.csv: there is no call in it"),
    (b"call_id,start,called\nx,yesterday,+44\n", FAILED, "x.csv:2: start: neither RFC 3339 nor Unix milliseconds: 'yesterday'"),
    (b"call_id,start,called\nx,1795168860,+44\n", FAILED, "x.csv:2: start: seconds? milliseconds are expected: '1795168860'"),
    (b"call_id,start,called,custmer\nx,1795168860000,+44,acme\ny,1,+44,acme\n", OK, "x.csv:1: columns that are not read: 'custmer' (did you mean 'customer'?)"),
    (b"call_id,start,called,source_ip\na,1795168860000,+44,\nb,1795168860000,+44,10.0.0\xff\x1b[2J\n", OK, "x.csv:3: source_ip: not an IP address: '10.0.0??[2J'"),
    (b"call_id,start,called\na,1795168860000,+44\n\"b,2,+44\n", OK, "x.csv:3: a quote is not closed"),
])
def test_files_that_are_no_calls(fgctl, calls, mine, tmp_path, text, code, says):
    (tmp_path / "x.csv").write_bytes(text)
    done = fgctl("replay", "--rules", mine, "--customers", "c.yaml", "--calls", "x.csv", code=code)
    assert says in done.err
    if code == OK and b"\n" in text[:-1]:
        fgctl("replay", "--rules", mine, "--customers", "c.yaml", "--calls", "x.csv", "--strict", code=FAILED)
    assert calls.exists()


def test_replay_twice_gives_the_same_bytes(fgctl, calls, mine):
    arguments = ("replay", "--rules", mine, "--customers", "c.yaml", "--calls", calls)
    for form in ([], ["-o", "jsonl"], ["--summary"], ["--summary", "-o", "json"]):
        first, second = (fgctl(*arguments, *form).stdout for _ in range(2))
        assert first == second and len(first) > 100
    lines = fgctl(*arguments, "-o", "jsonl").out.splitlines()
    assert len(lines) == 500 and sum(json.loads(line)["action"] == "block" for line in lines) == 50
    shown = fgctl(*arguments, "--progress").err
    assert re.search(r"100 % +500 calls, \d+ a second", shown)
    assert fgctl(*arguments).err == ""  # no terminal


def test_backtest_judges_new_blocks(fgctl, calls, mine, tmp_path):
    mild = tmp_path / "mild"
    mild.mkdir()
    for path in mine.glob("*.yaml"):
        (mild / path.name).write_text(path.read_text().replace("score: 90", "score: 10"))
    arguments = ("rules", "backtest", "--calls", calls, "--customers", "c.yaml", "--pack", mine, "--against", mild)
    assert "newly blocked      50" in fgctl(*arguments).out
    assert "newly blocked      50" in fgctl(*arguments, "--max-new-blocks", "50").out
    refused = fgctl(*arguments, "--max-new-blocks", "49", code=REFUSED)
    assert "50 calls are newly blocked, more than 49" in refused.err and "newly blocked      50" in refused.out
    fgctl(*arguments, "--max-new-blocks", "many", code=USAGE)
    lines = [json.loads(line) for line in fgctl(*arguments, "-o", "jsonl").out.splitlines()]
    assert [line["change"] for line in lines[:-1]] == ["newly_blocked"] * 50 and lines[-1]["blocked_new"] == 50
    fgctl("rules", "diff", mild, mine, code=FAILED)  # as diff(1): 1 is different


@pytest.mark.parametrize("command", ["new", "check", "lint", "fmt", "test", "coverage", "diff", "promote", "bound", "backtest"])
def test_help_names_the_exit_codes(fgctl, command):
    out = fgctl("rules", command, "--help").out
    assert "Exit codes: 0 ok, 1 failed, 2 usage" in out and "5 rules invalid" in out
