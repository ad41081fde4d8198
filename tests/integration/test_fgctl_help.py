# SPDX-License-Identifier: GPL-2.0-or-later
"""What is made from the table of commands: help, the manual page, and completion in the shells themselves."""
import os
import re
import shlex
import subprocess

import pytest

from module_fixtures import BUILD

FGCTL = os.path.join(BUILD, "cli/fgctl")


def run(*args, **more):
    return subprocess.run(args, capture_output=True, text=True, check=False, timeout=60, **more)


def fgctl(*args):
    done = run(FGCTL, *args)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands():
    listed = fgctl("--help").split("\nCommands:\n")[1].split("\n\n")[0]
    return [re.match(r"  ((?:rules |alerts )?[a-z-]+)", line)[1] for line in listed.splitlines()]


def test_the_manual_page_names_every_command_and_is_clean(tmp_path):
    page = tmp_path / "fgctl.1"
    page.write_text(fgctl("manual"), encoding="utf-8")
    lint = run("mandoc", "-T", "lint", "-W", "warning", str(page))
    assert lint.returncode == 0 and not lint.stdout, lint.stdout
    text = run("mandoc", "-T", "ascii", str(page)).stdout
    text = re.sub(".\b", "", text)
    assert len(commands()) > 30
    for command in commands():
        assert f"fgctl {command}" in text
        for option in re.findall(r"--([a-z-]+)", fgctl(*command.split(), "--help").split("Options of every")[0].split("Options:")[-1]):
            assert f"--{option}" in text, (command, option)


def in_bash(line):
    """What bash offers for the last word of a line."""
    words = line.split(" ")
    script = f"source <({shlex.quote(FGCTL)} completion bash); COMP_WORDS=({' '.join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}; _fgctl; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = run("bash", "-c", script)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return set(done.stdout.split())


def in_fish(line):
    done = run("fish", "--no-config", "-c", f"{shlex.quote(FGCTL)} completion fish | source; complete -C {shlex.quote(line)}")
    assert done.returncode == 0 and not done.stderr, done.stderr
    return {entry.split("\t")[0] for entry in done.stdout.splitlines()}


@pytest.mark.parametrize("shell", [in_bash, in_fish])
@pytest.mark.parametrize("line, offered, absent", [
    ("fgctl ", {"rules", "holds", "block", "completion"}, {"check", "list"}),
    ("fgctl ho", {"holds"}, {"block"}),
    ("fgctl rules ", {"check", "test", "promote"}, {"holds", "rules"}),
    ("fgctl --color never rules pro", {"promote"}, {"check"}),
    ("fgctl block acme --", {"--for", "--reason", "--no-cut", "--redis"}, {"--coverage"}),
    ("fgctl rules test --", {"--coverage", "--record"}, {"--reason"}),
])
def test_completion(shell, line, offered, absent):
    got = shell(line)
    assert offered <= got and not absent & got, got


def test_bash_completes_values():
    assert in_bash("fgctl -o js") == {"json", "jsonl"}
    assert in_bash("fgctl --color ") == {"auto", "always", "never"}
    assert in_bash("fgctl block acme --reason ") == set()


def test_zsh_reads_it(tmp_path):
    script = tmp_path / "_fgctl"
    script.write_text(fgctl("completion", "zsh"), encoding="utf-8")
    checked = run("zsh", "-n", str(script))
    assert checked.returncode == 0 and not checked.stderr, checked.stderr
    # The function as zsh's completion calls it, with _describe telling what it was given.
    done = run("zsh", "-f", "-c", f"_describe() {{ print -l ${{(P)2}} }}; _files() {{ print files }}; words=(fgctl rules ''); CURRENT=3; PREFIX=; source {script}")
    assert "check:Check rule packs" in done.stdout and "holds:" not in done.stdout, done.stdout + done.stderr


def test_an_unknown_shell_is_told():
    done = run(FGCTL, "completion", "fisch")
    assert done.returncode == 2 and "did you mean 'fish'?" in done.stderr
