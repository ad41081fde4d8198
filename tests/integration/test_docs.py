# SPDX-License-Identifier: GPL-2.0-or-later
"""What the documents tell people to type: commands and options that exist, files and sections that are there."""
import glob
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import types

import pytest

from module_fixtures import BUILD, TOP

FGCTL = os.path.join(BUILD, "cli/fgctl")
DOCUMENTS = sorted(glob.glob(os.path.join(TOP, "docs/*.md")) + glob.glob(os.path.join(TOP, "*.md")) + glob.glob(os.path.join(TOP, "deploy/*/README.md"))
                   + glob.glob(os.path.join(TOP, "grafana/runbooks/*.md")))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def fgctl(*args):
    return subprocess.run([FGCTL, *args], capture_output=True, text=True, check=False, timeout=20, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})


def commands_in(text):
    """Each `fgctl ...` of a line of its own or between backquotes."""
    found = re.findall(r"^ {4,}(?:build/release/cli/)?fgctl ([a-z].*)$", text, re.MULTILINE)
    found += [one for one in re.findall(r"`fgctl ([a-z][^`]*)`", text) if "…" not in one and "..." not in one]
    return [re.split(r"\s+#\s|\s*\|\s|; ", one)[0] for one in found]


def groups():
    return {name.split()[0] for name in re.findall(r"^  ((?:rules|alerts) [a-z]+)", fgctl("--help").stdout, re.MULTILINE)}


HELP = {}


def help_of(words):
    """The help of the command that words begin with; None where there is none."""
    name = words[:2] if words[0] in groups() else words[:1]
    key = " ".join(name)
    if key not in HELP:
        done = fgctl(*name, "--help")
        HELP[key] = done.stdout if done.returncode == 0 else None
    return HELP[key]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: os.path.relpath(path, TOP))
def test_commands_exist(path):
    wrong = []
    for line in commands_in(read(path)):
        # Alternatives stand for one of them: `status|tail`, and what is optional for itself.
        words = [word for word in shlex.split(line.replace("[", " ").replace("]", " ").replace("'", " "), posix=True) if word]
        for first in words[0].split("|"):
            if first.startswith("{") or not re.fullmatch(r"[a-z]+", first):
                continue
            text = help_of([first] + words[1:])
            if text is None and len(words) == 1 and first in groups():
                continue
            if text is None:
                wrong.append(f"fgctl {line}: no such command")
                continue
            for option in re.findall(r"(?<!\S)--([a-z][a-z-]*)", " ".join(words)):
                if f"--{option}" not in text:
                    wrong.append(f"fgctl {line}: no option --{option}")
    assert not wrong, "\n".join(wrong)


def quickstart_hints(directory):
    """What ./quickstart prints for a look around."""
    spec = importlib.util.spec_from_file_location("quickstart_main", os.path.join(TOP, "deploy/quickstart/__main__.py"))
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module.hints(types.SimpleNamespace(build_dir=os.path.join(TOP, "build/release"), run_dir=directory, path=lambda *names: os.path.join(directory, *names), guard_metrics="127.0.0.1:9464",
                                              metrics_port=9465, ng_port=2223))


def test_addresses_to_try_are_taken(tmp_path):
    """A wrong one is refused before anything is asked; a right one is just not there."""
    told = quickstart_hints(str(tmp_path))
    assert "/trunks\n" in told and len(commands_in(told)) >= 6 and all(help_of(line.split()) for line in commands_in(told))
    addresses = re.findall(r"FRAUDGUARD_REDIS=(\S+)", read(os.path.join(TOP, "README.md")) + told)
    assert len(addresses) >= 2
    for address in addresses:
        done = fgctl("--redis", address.replace("$PWD", str(tmp_path)), "holds")
        assert done.returncode == 3, f"{address}: {done.stderr}"


def slug(heading):
    """A heading's name in a link, as hosts of Markdown make it."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: os.path.relpath(path, TOP))
def test_links_lead_somewhere(path):
    wrong = []
    text = re.sub(r"```.*?```", "", read(path), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, section = target.partition("#")
        file = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
        if not os.path.exists(file):
            wrong.append(f"{target}: no such file")
        elif section and file.endswith(".md"):
            headings = {slug(heading) for heading in re.findall(r"^#+ (.*)$", read(file), re.MULTILINE)}
            if section not in headings:
                wrong.append(f"{target}: no such section")
    assert not wrong, "\n".join(wrong)
