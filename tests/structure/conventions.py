#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What every file of the tree keeps to: licence line, size, names, and words that do not belong.

    conventions.py [ROOT]
"""
import re
import sys
from pathlib import Path

from source_tree import files, report

LICENCE = "SPDX-License-Identifier: GPL-2.0-or-later"
CODE = {".c", ".h", ".py", ".sh", ".cmake", ".def", ".inc", ".lua"}
MAX_LINES = 600
# A name that says nothing about what is inside.
VAGUE_NAME = re.compile(r"(^|_|-)(utils?|helpers?|common|misc|manager|stuff)(_|-|\.|$)")

# Put together from pieces so that this file does not hold them.
UNWANTED = {
    "unfinished work": r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b",
    "a path of one workplace": r"(?<![\w.])/(" + "wo" + r"rk|home/\w+|root)/(?!\.\.\.)",
    "a tracker's number": r"\b[Ii]" + r"ssue\s+#?\d+|\(#\d+\)",
    "a document outside the tree": r"\b(DESI" + r"GN\.md|sha" + r"red/refer" + r"ence|the br" + r"ief)\b",
    "who or what wrote it": r"\b([Ss]ub-?ag" + r"ents?|LL" + r"M|language mo" + r"del|[Cc]lau" + r"de|AI[- ]gener"
                            + r"ated|another bui" + r"lder|this ses" + r"sion)\b",
}
UNWANTED = {what: re.compile(pattern) for what, pattern in UNWANTED.items()}
# Other people's numbers and lists are data, not our words.
DATA_FOLDERS = (Path("rules/data"), Path("rules/lists"), Path("tests/fuzz/corpus"))


def is_script(text):
    return text.startswith("#!")


def check_file(path, text):
    lines = text.split("\n")
    if path.suffix in CODE or is_script(text) or path.name == "CMakeLists.txt":
        if LICENCE not in "\n".join(lines[:2]):
            yield f"{path}:1: the first line must say {LICENCE}"
        if len(lines) > MAX_LINES:
            yield f"{path}: {len(lines)} lines, {MAX_LINES} at most; split it by concern"
        if VAGUE_NAME.search(path.name):
            yield f"{path}: name the file after what is in it"
    if path.suffix == ".h" and not re.search(r"^#pragma once$", text, re.MULTILINE):
        yield f"{path}: #pragma once is missing"
    for number, line in enumerate(lines, 1):
        for what, pattern in UNWANTED.items():
            found = pattern.search(line)
            if found:
                yield f"{path}:{number}: {what}: {found[0]}"


def check(root):
    violations = []
    for path in files(root):
        if any(folder in path.parents for folder in DATA_FOLDERS) or path.name == "LICENSE":
            continue
        try:
            text = (Path(root) / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an audio file, a capture
        violations.extend(check_file(path, text))
    return violations


if __name__ == "__main__":
    report("conventions", check(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]))
