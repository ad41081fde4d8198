#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which part includes what: the arrows between the parts, and each library in its one place.

    includes.py [ROOT]
"""
import re
import sys
from pathlib import Path

from source_tree import files, report

# Part -> parts of the tree whose headers it may include besides its own.
ENGINE = {"engine/core", "engine/pack", "engine/store", "engine/record", "engine/packtest",
          "engine/replay", "engine/bound"}
ARROWS = {
    "engine/core": set(),
    "engine/bound": {"engine/core"},
    "engine/pack": {"engine/core"},
    "engine/store": {"engine/core"},
    "engine/record": {"engine/core"},
    "engine/packtest": {"engine/core", "engine/pack", "engine/store"},
    "engine/replay": {"engine/core", "engine/pack", "engine/store"},
    "modules/fraudguard": ENGINE,
    "cli": ENGINE,
    "alerts": ENGINE,
    "sbc-edge": {"engine/core", "engine/store"},
}

# Part -> parts whose private headers it may include, too.
PARTNERS = {
    "engine/packtest": {"engine/pack"},  # test files are read with the packs' own YAML readers
    "alerts": {"engine/pack"},  # so is the daemon's configuration
}

# Library header (or folder of headers, ending in /) -> part -> in how many of its files.
LIBRARIES = {
    "curl/": {"alerts": 1},
    "glib.h": {"engine/pack": 2, "sbc-edge": 1},  # time zones; digests; configuration files
    "hiredis/": {"engine/store": 1, "alerts": 1},
    "jansson.h": {"engine/record": 1, "engine/packtest": 1, "modules/fraudguard": 1, "cli": 1,
                  "alerts": 1, "sbc-edge": 1},
    "libfyaml.h": {"engine/pack": 1},
    "liburing.h": {"sbc-edge": 1},
    "maxminddb.h": {"engine/pack": 1},
    "microhttpd.h": {"modules/fraudguard": 1, "sbc-edge": 1},
    "ncurses.h": {"cli": 1},
    "openssl/": {"modules/fraudguard": 3, "alerts": 1, "sbc-edge": 6},
    "srtp2/": {"sbc-edge": 1},
}
KAMAILIO_FOLDERS = ("core/", "lib/", "modules/")
KAMAILIO_PART = "modules/fraudguard"

# All of the C library that the engine's core may see: nothing that reads a clock, opens or waits.
CORE_HEADERS = {
    "assert.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdalign.h", "stdarg.h",
    "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h",
}
SYSTEM_HEADERS = CORE_HEADERS | {
    "ctype.h", "dirent.h", "endian.h", "fcntl.h", "fnmatch.h", "getopt.h", "glob.h", "grp.h",
    "ifaddrs.h", "langinfo.h", "libgen.h", "locale.h", "netdb.h", "poll.h", "pthread.h", "pwd.h",
    "sched.h", "signal.h", "stdatomic.h", "stdnoreturn.h", "strings.h", "syslog.h", "termios.h",
    "threads.h", "time.h", "unistd.h", "wchar.h",
}
SYSTEM_FOLDERS = ("arpa/", "linux/", "net/", "netinet/", "sys/")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def part_of(path):
    """The part a file belongs to; None for tests and whatever else is free to include anything."""
    for part in ARROWS:
        if Path(part) in path.parents:
            return part
    return None


def library_of(header):
    for name in LIBRARIES:
        if header == name or (name.endswith("/") and header.startswith(name)):
            return name
    return None


def is_kamailio(header):
    return re.sub(r"^(\.\./)+", "", header).startswith(KAMAILIO_FOLDERS)


class Tree:
    """The tree's C files, and who owns which header."""

    def __init__(self, root):
        self.root = Path(root)
        self.sources = [p for p in files(root) if p.suffix in (".c", ".h", ".def", ".inc")]
        self.public = {}  # "fg/x.h" -> part
        self.private = {}  # part -> names its files can be included by
        for path in self.sources:
            part = part_of(path)
            if part is None:
                continue
            inside = path.relative_to(part)
            if inside.parts[0] == "include":
                self.public[Path(*inside.parts[1:]).as_posix()] = part
            names = self.private.setdefault(part, set())
            names.update((inside.as_posix(), path.name))


def check_include(tree, path, part, header, quoted, library_files):
    """A complaint about one include, or None."""
    if header in tree.public and (quoted or header.startswith("fg/")):
        owner = tree.public[header]
        if owner == part or owner in ARROWS[part]:
            return None
        return f"{path}: {part} must not include {header}, which belongs to {owner}"
    if quoted and any(header in tree.private.get(partner, ()) for partner in PARTNERS.get(part, ())):
        return None
    if quoted and (header in tree.private[part]
                   or (tree.root / path.parent / header).resolve().is_relative_to(
                       (tree.root / part).resolve())
                   and (tree.root / path.parent / header).exists()):
        return None
    if is_kamailio(header):
        if part == KAMAILIO_PART:
            return None
        return f"{path}: {header} is Kamailio's; only {KAMAILIO_PART} may include it"
    library = library_of(header)
    if library:
        if part not in LIBRARIES[library]:
            return f"{path}: {part} must not use {header}"
        library_files.setdefault((library, part), set()).add(path)
        return None
    if part == "engine/core":
        if header not in CORE_HEADERS:
            return f"{path}: {header} has no place in the engine's core"
    elif header not in SYSTEM_HEADERS and not header.startswith(SYSTEM_FOLDERS):
        return f"{path}: {header} is neither this part's nor in the tables of {Path(__file__).name}"
    return None


def check(root):
    tree = Tree(root)
    violations, library_files = [], {}
    for path in tree.sources:
        part = part_of(path)
        text = (tree.root / path).read_text(errors="replace")
        for kind, header in INCLUDE.findall(text):
            if part is None:
                if is_kamailio(header) and header not in tree.public and path.parts[0] != "tests":
                    violations.append(f"{path}: {header} is Kamailio's; "
                                      f"only {KAMAILIO_PART} may include it")
                continue
            complaint = check_include(tree, path, part, header, kind == '"', library_files)
            if complaint:
                violations.append(complaint)
    for (library, part), users in sorted(library_files.items()):
        allowed = LIBRARIES[library][part]
        if len(users) > allowed:
            names = ", ".join(map(str, sorted(users)))
            violations.append(f"{part}: {library} is included in {len(users)} files, "
                              f"{allowed} allowed: {names}")
    return violations


if __name__ == "__main__":
    report("includes", check(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]))
