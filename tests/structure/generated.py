#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What fgctl writes from the tables in the code is what the tree holds, and the packs conform.

    generated.py ROOT FGCTL
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import yaml

GENERATED = {
    "rules/schema/pack-v1.json": ["rules", "schema", "pack"],
    "rules/schema/overrides-v1.json": ["rules", "schema", "overrides"],
    "rules/schema/test-v1.json": ["rules", "schema", "test"],
    "docs/rules.md": ["rules", "reference"],
}


class Loader(yaml.SafeLoader):
    """Scalars as YAML 1.2 editors read them: `on`, `no` and dates are texts."""


Loader.yaml_implicit_resolvers = {}
for tag, regex, first in [("bool", r"true|false", "tf"),
                          ("int", r"[-+]?[0-9]+", "-+0123456789"),
                          ("float", r"[-+]?[0-9]+\.[0-9]*", "-+0123456789"),
                          ("null", r"~|null|", "~n")]:
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{regex})$"),
                                 list(first))


def stale(root, fgctl):
    for name, arguments in GENERATED.items():
        made = subprocess.run([fgctl, *arguments], capture_output=True, check=True).stdout
        path = root / name
        if not path.is_file() or path.read_bytes() != made:
            yield f"{name}: is not what 'fgctl {' '.join(arguments)}' writes"


def kind_of(path, document):
    if path.name.endswith(".test.yaml"):
        return "test"
    return "pack" if "pack" in document else "overrides"


def nonconforming(root):
    paths = sorted(root.glob("rules/*.yaml")) + sorted(root.glob("rules/overrides.d/*.yaml"))
    if len(paths) < 4:
        yield "rules: there are hardly any packs to look at"
    for path in paths:
        document = yaml.load(path.read_text(), Loader)
        schema = json.loads((root / f"rules/schema/{kind_of(path, document)}-v1.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        for error in jsonschema.Draft7Validator(schema).iter_errors(document):
            yield f"{path.relative_to(root)}: {error.json_path}: {error.message}"


def slipping(root):
    """A schema that lets everything pass is no schema."""
    schema = json.loads((root / "rules/schema/pack-v1.json").read_text())
    good = {"fraudguard": 1, "pack": "p", "version": "1.0.0", "rules": [
        {"id": "A", "when": {"dest.type": "premium"}, "score": 5}]}
    validator = jsonschema.Draft7Validator(schema)
    if not validator.is_valid(good):
        yield "pack-v1.json: refuses a good pack"
    for wrong in ({"scoer": 1}, {"score": "5"}, {"when": {"dest.tpye": "premium"}},
                  {"when": {"dest.type": "premuim"}}, {"mode": "shadw"}, {"rollout": {}},
                  {"exceptions": [{"fields": ["customer.id"], "values": ["a"]}]}):
        if validator.is_valid({**good, "rules": [{**good["rules"][0], **wrong}]}):
            yield f"pack-v1.json: accepts a rule with {wrong}"


PACK = """fraudguard: 1
pack: p
version: "1.0.0"
scoring: {thresholds: {alert: 30, block: 80}}
lists: {x: {type: text, items: [%(items)s]}}
rules:
  - {id: A, desc: %(desc)s, score: %(score)s,
     when: {attr.foo: %(attr)s, sip.user_agent: {in: x}, dest.home: %(home)s}}
"""
GOOD = {"items": "a, \"1.10\"", "desc": "d", "score": "20", "attr": "y", "home": "true"}
TRAPS = [("score", '"20"'), ("home", '"true"'), *(("desc", word) for word in ("yes", "null", "12:30", "1.10", "2026-11-20")),
         *(("attr", word) for word in ("yes", "~", "-7", "0x")), *(("items", f"a, {word}") for word in ("yes", "1.10", "12:30", "null", "on"))]


def out_of_step(root, fgctl):
    """What tools of YAML 1.1 take for something else is refused by the loader and by the schema."""
    schema = json.loads((root / "rules/schema/pack-v1.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "p.yaml"
        for key, value in [("desc", "d"), *TRAPS]:
            text = PACK % {**GOOD, key: value}
            path.write_text(text)
            done = subprocess.run([fgctl, "rules", "check", "--data", root / "rules/data", place],
                                  capture_output=True, check=False)
            accepted = {"loader": done.returncode == 0,
                        "schema": validator.is_valid(yaml.safe_load(text))}
            wanted = value in ("d", "0x")
            for reader, accepts in accepted.items():
                if accepts != wanted:
                    yield f"{key}: {value}: the {reader} {'accepts' if accepts else 'refuses'} it"


def main():
    root, fgctl = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    problems = [*stale(root, fgctl), *nonconforming(root), *slipping(root), *out_of_step(root, fgctl)]
    print(*problems, f"generated: {len(problems)} problems", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
