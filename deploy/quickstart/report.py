# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of what was tried, the verdict with its reasons, and the evidence."""
import os
import shutil
import sys
import textwrap


class Row:
    """One thing that was tried. check() collects what must hold; the row is right when all of it does."""

    def __init__(self, tried):
        self.tried, self.verdict, self.reasons, self.evidence, self.failures = tried, "-", "", [], []

    def check(self, holds, shown, expected=""):
        if holds:
            self.evidence.append(shown)
        else:
            self.failures.append(f"{shown}{' (expected: ' + expected + ')' if expected else ''}")
        return holds

    @property
    def right(self):
        return not self.failures


class Report:
    def __init__(self, out=sys.stdout):
        self.rows, self.out = [], out
        self.colour = out.isatty() and "NO_COLOR" not in os.environ

    def add(self, row):
        self.rows.append(row)
        mark = self._paint("ok", 32) if row.right else self._paint("DIFFERS", 31)
        print(f"    {mark}", file=self.out, flush=True)

    def _paint(self, text, colour):
        return f"\033[{colour}m{text}\033[0m" if self.colour else text

    def print(self):
        width = min(max(shutil.get_terminal_size((150, 40)).columns, 100), 180)
        columns = [("TRIED", 0.24), ("VERDICT", 0.09), ("REASONS", 0.27), ("EVIDENCE", 0.36)]
        widths = [max(8, int(width * share)) for _, share in columns]
        line = "  ".join(title.ljust(w) for (title, _), w in zip(columns, widths))
        print("\n     " + line, file=self.out)
        for row in self.rows:
            evidence = list(row.evidence) + [f"DIFFERS: {failure}" for failure in row.failures]
            cells = [[row.tried], [row.verdict], row.reasons.split("\n"), evidence]
            wrapped = [[piece for text in cell for piece in (textwrap.wrap(text, w) or [""])] for cell, w in zip(cells, widths)]
            for i in range(max(map(len, wrapped))):
                mark = ("ok " if row.right else "NO ") if i == 0 else "   "
                mark = self._paint(mark, 32 if row.right else 31) if i == 0 else mark
                print(" " + mark + " " + "  ".join((cell[i] if i < len(cell) else "").ljust(w) for cell, w in zip(wrapped, widths)).rstrip(), file=self.out)
        print(file=self.out, flush=True)

    def failed(self):
        return sum(not row.right for row in self.rows)
