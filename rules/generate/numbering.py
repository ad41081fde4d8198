#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes rules/data/{numbering,countries,emergency,rates}.csv from libphonenumber's metadata (Debian: python3-phonenumbers).

Each country's number patterns are regular expressions over the national number. They are turned into automata and walked together digit by digit;
where no pattern can tell the digits apart any more, the prefix is written with its type. What no pattern accepts stays with the calling code's own
row, or that of the digits that numbers of a country begin with which shares the code: it says `unallocated`. The same input gives the same bytes.

    rules/generate/numbering.py [--out DIR]        # needs python3-phonenumbers
    rules/generate/numbering.py --verify DIR       # checks the tables in DIR against libphonenumber's example numbers
"""
import argparse
import csv
import importlib
import io
import os
import re._parser as sre
import sys

from phonenumbers import parse, region_code_for_number
from phonenumbers.data import _COUNTRY_CODE_TO_REGION_CODE

# In this order: the first that matches gives the type. Money before the ordinary ones.
TYPES = [
    ("premium_rate", "premium"),
    ("toll_free", "toll_free"),
    ("shared_cost", "shared_cost"),
    ("personal_number", "personal"),
    ("pager", "pager"),
    ("uan", "uan"),
    ("voip", "voip"),
    ("mobile", "mobile"),
    ("fixed_line", "fixed"),
]
# Non-geographic codes whose numbers belong to satellite or global networks (ITU-T E.164, assigned country codes).
SATELLITE_CODES = {870, 881, 882, 883}
# Digits of the national number after which we stop telling patterns apart: finer ranges than this are not worth their rows.
MAX_NATIONAL_DIGITS = 7


class Automaton:
    """A regular expression over digits as a nondeterministic automaton, Thompson's construction."""

    def __init__(self, pattern):
        self.step = []  # state -> list of (set of digits, state)
        self.skip = []  # state -> list of states reached without a digit
        self.accept = self._new()
        self.start = self._build(list(sre.parse(pattern)), self.accept)
        self.start_set = self._closure({self.start})
        self.lengths = {}

    def _new(self):
        self.step.append([])
        self.skip.append([])
        return len(self.step) - 1

    def _build(self, items, end):
        for item in reversed(items):
            end = self._build_one(item, end)
        return end

    def _build_one(self, item, end):
        op, arg = item
        name = str(op)
        if name in ("LITERAL", "IN"):
            state = self._new()
            self.step[state].append((digits_of(item), end))
            return state
        if name == "SUBPATTERN":
            return self._build(list(arg[3]), end)
        if name == "BRANCH":
            state = self._new()
            for branch in arg[1]:
                self.skip[state].append(self._build(list(branch), end))
            return state
        if name == "MAX_REPEAT":
            low, high, body = arg
            assert high < 30, "unbounded repeat"
            target = end
            for i in range(high):
                inner = self._build(list(body), target)
                if high - i > low:
                    state = self._new()
                    self.skip[state] += [inner, end]
                    target = state
                else:
                    target = inner
            return target
        raise ValueError(f"pattern part {name} is not known")

    def _closure(self, states):
        todo, seen = list(states), set(states)
        while todo:
            for nxt in self.skip[todo.pop()]:
                if nxt not in seen:
                    seen.add(nxt)
                    todo.append(nxt)
        return frozenset(seen)

    def left(self, states):
        """How many more digits a number can have from here: a set."""
        if states not in self.lengths:
            found, n, reached = set(), 0, states
            while reached:
                if self.accept in reached:
                    found.add(n)
                reached = self._closure({to for state in reached for _, to in self.step[state]})
                n += 1
            self.lengths[states] = frozenset(found)
        return self.lengths[states]

    def next(self, states, digit):
        return self._closure({to for state in states for digits, to in self.step[state] if digit in digits})


def digits_of(item):
    op, arg = item
    name = str(op)
    if name == "LITERAL":
        return frozenset(chr(arg))
    digits = set()
    for sub, value in arg:
        sub = str(sub)
        if sub == "LITERAL":
            digits.add(chr(value))
        elif sub == "RANGE":
            digits |= {chr(c) for c in range(value[0], value[1] + 1)}
        elif sub == "CATEGORY":
            digits |= set("0123456789")
        else:
            raise ValueError(f"class part {sub} is not known")
    return frozenset(digits)


class Walk:
    """All patterns of the regions of one calling code, walked together."""

    def __init__(self, code, regions, rows):
        self.code, self.rows = code, rows
        self.automata = []  # (country, type, automaton)
        for region, meta in regions:
            country = "001" if region == "001" else region
            for field, kind in TYPES:
                desc = getattr(meta, field)
                if desc is None or not desc.national_number_pattern or desc.national_number_pattern == "NA":
                    continue
                if code in SATELLITE_CODES:
                    kind = "satellite"
                self.automata.append((country, kind, Automaton(desc.national_number_pattern)))

    def run(self):
        start = tuple(a.start_set for _, _, a in self.automata)
        self._walk("", start, None)

    def _next(self, states, digit):
        return tuple(a.next(s, digit) if s else s for s, (_, _, a) in zip(states, self.automata))

    def _value(self, states):
        alive = [(c, k) for s, (c, k, _) in zip(states, self.automata) if s]
        if not alive:
            return None
        country = alive[0][0]
        kinds = [k for c, k in alive if c == country]
        if "mobile" in kinds and "fixed" in kinds:
            first = kinds[0]
            return (country, "fixed_or_mobile" if first in ("mobile", "fixed") else first)
        return (country, kinds[0])

    def _digits(self, prefix, states, country):
        """The fewest and the most digits of the country's numbers behind prefix, the calling code's included."""
        left = {n for s, (c, _, a) in zip(states, self.automata) if s and c == country for n in a.left(s)}
        whole = len(str(self.code)) + len(prefix)
        return (min(15, whole + min(left)), min(15, whole + max(left))) if left else ()

    def _uniform(self, states):
        """True when from here on the digits do not matter any more: only how many of them there are."""
        while any(states):
            nexts = {self._next(states, d) for d in "0123456789"}
            if len(nexts) != 1:
                return False
            states = nexts.pop()
        return True

    def _walk(self, prefix, states, inherited):
        value = self._value(states)
        if value is None:
            if inherited is not None:
                self.rows.append((f"{self.code}{prefix}", None))
            return
        if len(prefix) >= MAX_NATIONAL_DIGITS or (prefix and self._uniform(states)):
            if value != inherited:
                self.rows.append((f"{self.code}{prefix}", (*value, self._digits(prefix, states, value[0]))))
            return
        children = [(d, self._next(states, d)) for d in "0123456789"]
        for digit, child in children:
            self._walk(prefix + digit, child, inherited)


def metadata(region):
    module = importlib.import_module(f"phonenumbers.data.region_{region}")
    return getattr(module, f"PHONE_METADATA_{region}")


def merge(rows):
    """Where all ten digits behind a prefix say the same, the prefix says it; repeated until nothing merges."""
    table = dict(rows)
    for length in range(max(map(len, table)), 2, -1):
        parents = {}
        for prefix in [p for p in table if len(p) == length]:
            parents.setdefault(prefix[:-1], []).append(prefix)
        for parent, kids in parents.items():
            values = {table[k] and table[k][:2] for k in kids}
            if len(kids) == 10 and len(values) == 1 and parent not in table:
                value = values.pop()
                ends = [n for kid in kids if table[kid] for n in table[kid][2]]
                table[parent] = value and (*value, (min(ends), max(ends)) if ends else ())
                for kid in kids:
                    del table[kid]
    return table


def numbering():
    table = {}
    for code, regions in sorted(_COUNTRY_CODE_TO_REGION_CODE.items()):
        rows = []
        metas = [(r, metadata(str(code) if r == "001" else r)) for r in regions]
        Walk(code, metas, rows).run()
        main = "001" if regions[0] == "001" else regions[0]
        table.update(merge(rows) if rows else {})
        kind = "satellite" if code in SATELLITE_CODES else "unallocated"
        table.setdefault(str(code), (main, kind, ()))
        for region, meta in metas[1:]:
            for prefix in leading(meta):
                if table.get(f"{code}{prefix}") is None:
                    table[f"{code}{prefix}"] = (region, "unallocated", ())
    return table


def leading(meta):
    """What the numbers of a country begin with that shares its calling code with a larger one."""
    return expand(sre.parse(meta.leading_digits)) if meta.leading_digits else []


INTERNATIONAL_MAX = 16  # prefixes of one dial plan that the engine holds


def expand(items):
    """The texts that a pattern of prefixes allows, sorted; "x" stands for a class of all ten digits."""
    texts = [""]
    for op, arg in items:
        name = str(op)
        if name in ("LITERAL", "IN"):
            digits = sorted(digits_of((op, arg)))
            choices = ["x"] if len(digits) == 10 else digits
        elif name == "SUBPATTERN":
            choices = expand(arg[3])
        elif name == "BRANCH":
            choices = [text for branch in arg[1] for text in expand(branch)]
        elif name == "MAX_REPEAT":
            low, high, body = arg
            once = expand(body)
            choices = []
            for n in range(low, high + 1):
                repeated = [""]
                for _ in range(n):
                    repeated = [r + o for r in repeated for o in once]
                choices += repeated
        else:
            raise ValueError(f"pattern part {name} is not known")
        texts = [text + choice for text in texts for choice in choices]
    return sorted(set(texts))


def widen(prefixes):
    """Makes them few enough: the largest group that differs in one digit becomes one prefix with an x there, until they fit."""
    while len(prefixes) > INTERNATIONAL_MAX:
        groups = {}
        for prefix in prefixes:
            for i in range(len(prefix)):
                groups.setdefault(prefix[:i] + "x" + prefix[i + 1:], set()).add(prefix)
        wide = min(groups, key=lambda g: (-len(groups[g]), g))
        prefixes = sorted(set(prefixes) - groups[wide] | {wide})
    return prefixes


def international(meta):
    """All prefixes that mean "international follows", the preferred one (else the shortest) first."""
    prefixes = widen(expand(sre.parse(meta.international_prefix or "00")))
    preferred = meta.preferred_international_prefix
    return sorted(prefixes, key=lambda p: (p != preferred, len(p), p))


def national_max(meta):
    """Digits of the longest fixed or mobile number: what is longer, and has no prefix, was dialled with its country code."""
    longest = 0
    for desc in (meta.fixed_line, meta.mobile):
        if desc is None or not desc.national_number_pattern or desc.national_number_pattern == "NA":
            continue
        lengths = desc.possible_length or meta.general_desc.possible_length
        longest = max(longest, *lengths)
    return min(longest, 15 - len(str(meta.country_code))) if longest > 0 else ""


def countries():
    rows = []
    for code, regions in sorted(_COUNTRY_CODE_TO_REGION_CODE.items()):
        for region in regions:
            if region == "001":
                continue
            meta = metadata(region)
            trunk = meta.national_prefix if meta.national_prefix and meta.national_prefix.isdigit() else ""
            rows.append((region, code, " ".join(international(meta)), trunk, national_max(meta)))
    return sorted(rows)


def emergency():
    from phonenumbers.shortdata import _AVAILABLE_REGION_CODES as available

    codes = {r: c for c, regions in _COUNTRY_CODE_TO_REGION_CODE.items() for r in regions}
    rows = {("", "112"), ("", "911")}
    for region in available:
        module = importlib.import_module(f"phonenumbers.shortdata.region_{region}")
        desc = getattr(module, f"PHONE_METADATA_{region}").emergency
        if region not in codes or desc is None or not desc.national_number_pattern:
            continue
        automaton = Automaton(desc.national_number_pattern)
        todo = [("", automaton.start_set)]
        while todo:
            digits, states = todo.pop()
            if automaton.accept in states:
                rows.add((str(codes[region]), digits))
            todo += [(digits + d, n) for d in "0123456789" if (n := automaton.next(states, d)) and len(digits) < 8]
    return sorted(rows)


# Default prices [USD/min] by class. They are estimates of retail level for a provider that has not loaded its own rates; the order of magnitude is what
# the rules need. Tiers: countries whose termination is dear, and small territories that revenue-share fraud prefers.
CLASS_PRICE = {"premium": 1.50, "satellite": 5.00, "shared_cost": 0.25, "personal": 0.40, "unallocated": 0.90, "pager": 0.30, "uan": 0.10, "toll_free": 0.0}
CHEAP = "US CA GB DE FR ES IT NL BE AT CH IE DK SE NO FI IS PT PL CZ SK HU GR LU AU NZ JP KR SG HK TW CN IN IL".split()
DEAR = ("CU SO MV SB VU TO TV KI NR NU TK WS FK AC SH GW ST KM DJ TD CF ER SL LR GM GN BF MR MG PG TL WF NC PF CK MM KP LA MC SM AF YE SY LB "
        "LV LT EE BA AL MK ME RS BY MD AZ AM GE TN DZ LY MA ZW JM GD DM VC AG KN HT GY SR").split()


def rates(table):
    base = {}
    for code, regions in _COUNTRY_CODE_TO_REGION_CODE.items():
        region = regions[0]
        price = 5.0 if code in SATELLITE_CODES else 1.0 if region == "001" else 0.02 if region in CHEAP else 0.45 if region in DEAR else 0.15
        base[str(code)] = price
    rows = dict(base)
    for prefix, value in table.items():
        if value is None or prefix in base:
            continue
        country, kind, _ = value
        code = next(prefix[:n] for n in (1, 2, 3) if prefix[:n] in base)
        price = CLASS_PRICE.get(kind) if kind != "unallocated" else None
        if price is None and kind == "mobile" and country in CHEAP:
            price = 0.04
        if price is None and country in DEAR and base[code] < 0.45:
            price = 0.45
        if price is not None and price != rows.get(code):
            rows[prefix] = price
    return sorted((p, f"{v:.4f}") for p, v in rows.items())


def write(path, header, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    with open(path, "w", encoding="ascii") as file:
        file.write(text.getvalue())
    print(f"{path}: {len(rows)} rows")


def generate(out):
    table = numbering()
    rows = []
    for prefix, value in sorted(table.items()):
        if value is None:
            continue
        rows.append((prefix, *value[:2], "-".join(map(str, dict.fromkeys(value[2])))))
    write(os.path.join(out, "numbering.csv"), ("prefix", "country", "type", "digits"), rows)
    write(os.path.join(out, "countries.csv"), ("country", "calling_code", "international", "trunk", "national_max"), countries())
    write(os.path.join(out, "emergency.csv"), ("calling_code", "code"), emergency())
    write(os.path.join(out, "rates.csv"), ("prefix", "usd_per_minute"), rates(table))


def verify(directory):
    with open(os.path.join(directory, "numbering.csv"), encoding="ascii") as file:
        table = {row["prefix"]: (row["country"], row["type"]) for row in csv.DictReader(file)}
    right = wrong = money = money_right = 0
    for code, regions in sorted(_COUNTRY_CODE_TO_REGION_CODE.items()):
        for region in regions:
            meta = metadata(str(code) if region == "001" else region)
            for field, kind in TYPES:
                desc = getattr(meta, field)
                if desc is None or not desc.example_number:
                    continue
                number = f"{code}{desc.example_number}"
                got = next((table[number[:n]] for n in range(len(number), 0, -1) if number[:n] in table), ("??", "?"))
                # Ranges that several countries share (toll free in +1) belong to the one libphonenumber names.
                owner = region_code_for_number(parse(f"+{number}"))
                if got[0] in (region, owner):
                    right += 1
                else:
                    wrong += 1
                    print(f"country of +{number}: {got[0]}, expected {owner}")
                if kind in ("premium", "shared_cost") and code not in SATELLITE_CODES:
                    money += 1
                    money_right += got[1] in ("premium", "shared_cost")
    print(f"countries right {right} of {right + wrong} ({100 * right / (right + wrong):.2f} %), premium and shared cost found {money_right} of {money}")
    return 0 if right / (right + wrong) >= 0.995 and money_right / money >= 0.98 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data"))
    parser.add_argument("--verify", metavar="DIR")
    args = parser.parse_args()
    if args.verify:
        return verify(args.verify)
    generate(os.path.normpath(args.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
