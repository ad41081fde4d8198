#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the engine's core needs from outside, and that it keeps no state of its own.

    symbols.py ARCHIVE

Meant for an archive built without sanitizers or coverage, which bring symbols of their own.
"""
import re
import subprocess
import sys
from pathlib import Path

from source_tree import report

ALLOWED = {
    "abort", "bsearch", "qsort",
    "memchr", "memcmp", "memcpy", "memmove", "memset",
    "strchr", "strcmp", "strcspn", "strlen", "strncmp", "strnlen", "strpbrk", "strrchr", "strspn",
    "strstr",
    "snprintf", "vsnprintf",
    # Arithmetic of HyperLogLog and of learned averages.
    "ceil", "exp", "fabs", "floor", "ldexp", "llround", "log", "log2", "lround", "pow", "sqrt",
    # What the compiler adds.
    "_GLOBAL_OFFSET_TABLE_", "__assert_fail", "__stack_chk_fail",
}
FORTIFIED = re.compile(r"^__(\w+)_chk$")
# Symbol -> objects that may use it: memory comes through struct fg_heap, whose default is libc's.
ONLY_IN = {"malloc": {"heap.c.o"}, "free": {"heap.c.o"}}


def lines_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def undefined_symbols(archive):
    """Pairs (object, symbol) that no object of the archive defines."""
    defined = {line.split()[-1] for line in lines_of("nm", "-A", "--defined-only", archive) if line}
    for line in lines_of("nm", "-A", "--undefined-only", archive):
        where, symbol = line.rsplit(None, 1)
        if symbol not in defined:
            yield where.split(":")[1], symbol


def writable_objects(archive):
    """Pairs (object, symbol) of data that can change while the program runs."""
    current = "?"
    for line in lines_of("objdump", "-t", archive):
        if line.endswith("elf64-x86-64") or ":     file format" in line:
            current = line.split(":")[0]
        match = re.match(r"^[0-9a-f]+ (.{7}) (\S+)\s+[0-9a-f]+ (.*)$", line)
        if match and "O" in match[1]:
            section = match[2]
            if re.match(r"\.(data|bss|tdata|tbss)(\.|$)", section) \
                    and not section.startswith(".data.rel.ro"):
                yield current, match[3].split()[-1]


def check(archive):
    if not Path(archive).exists():
        return [f"{archive} has not been built"]
    violations = []
    for where, symbol in undefined_symbols(archive):
        fortified = FORTIFIED.match(symbol)
        plain = fortified[1] if fortified else symbol
        if plain in ONLY_IN:
            if where not in ONLY_IN[plain]:
                violations.append(f"{where}: {symbol} only in {', '.join(ONLY_IN[plain])}")
        elif plain not in ALLOWED:
            violations.append(f"{where}: {symbol} has no place in the engine's core")
    for where, symbol in writable_objects(archive):
        violations.append(f"{where}: {symbol} is a variable that outlives a call")
    if not lines_of("nm", "-A", "--defined-only", archive):
        violations.append(f"{archive} defines nothing")
    return violations


if __name__ == "__main__":
    report("symbols", check(sys.argv[1]))
