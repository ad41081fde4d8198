# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of a source tree, and how the checkers of this folder report."""
import shutil
import subprocess
import sys
from pathlib import Path


def files(root):
    """Relative paths of the tree's files: what git knows, else everything that is not made by it."""
    root = Path(root)
    if (root / ".git").exists() and shutil.which("git"):
        listing = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True)
        names = [Path(name) for name in listing.stdout.decode().split("\0") if name]
    else:
        names = [path.relative_to(root) for path in root.rglob("*")]
    return sorted(name for name in names
                  if name.parts[0] not in ("build", "run", ".git") and "__pycache__" not in name.parts
                  and (root / name).is_file())


def report(what, violations):
    """Prints the violations and ends the program: 0 when there are none."""
    for violation in violations:
        print(violation)
    print(f"{what}: {len(violations)} violations")
    sys.exit(1 if violations else 0)
