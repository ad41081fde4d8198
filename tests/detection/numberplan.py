# SPDX-License-Identifier: GPL-2.0-or-later
"""Telephone numbers drawn from the numbering tables: valid ones of a country and type, and ones that nobody holds."""
import csv
import functools

# Digits of a whole number with its calling code; others get the code and eight more.
DIGITS = {"1": 11, "7": 11, "20": 12, "27": 11, "30": 12, "31": 11, "32": 11, "33": 11, "34": 11, "36": 11, "39": 12, "40": 11, "41": 11, "43": 12,
          "44": 12, "45": 10, "46": 11, "47": 10, "48": 11, "49": 12, "51": 11, "52": 12, "53": 10, "54": 12, "55": 13, "56": 11, "57": 12, "60": 11,
          "61": 11, "62": 12, "63": 12, "64": 11, "65": 10, "66": 11, "81": 12, "82": 12, "84": 11, "86": 13, "90": 12, "91": 12, "92": 12, "94": 11,
          "98": 12, "353": 12, "356": 11, "357": 11, "371": 11, "372": 11, "852": 11, "971": 12, "972": 12, "882": 13, "883": 13, "881": 12, "870": 12,
          "960": 10, "676": 10, "677": 10, "678": 10, "679": 10, "670": 10, "290": 9, "247": 9, "500": 8, "246": 10, "239": 10}
CARRIER = str.maketrans("xX", "11")
FIXED = ("fixed", "fixed_or_mobile")
MOBILE = ("mobile", "fixed_or_mobile")
ORDINARY = ("fixed", "mobile", "fixed_or_mobile")


class NumberPlan:
    def __init__(self, data):
        """data: the folder with numbering.csv and countries.csv."""
        self.table = {}
        self.lengths = {}  # prefix -> least and most digits of a whole number, where they are known
        self.ranges = {}  # country -> type -> prefixes in the order of the file
        with open(data / "numbering.csv", encoding="ascii", newline="") as file:
            for row in csv.DictReader(file):
                self.table[row["prefix"]] = (row["country"], row["type"])
                if row.get("digits"):
                    least, _, most = row["digits"].partition("-")
                    self.lengths[row["prefix"]] = (int(least), int(most or least))
                self.ranges.setdefault(row["country"], {}).setdefault(row["type"], []).append(row["prefix"])
        with open(data / "countries.csv", encoding="ascii", newline="") as file:
            self.dialling = {row["country"]: row for row in csv.DictReader(file)}
        self.codes = sorted({row["calling_code"] for row in self.dialling.values()} | {"870", "881", "882", "883", "979"}, key=len)
        self.lookup = functools.lru_cache(maxsize=None)(self._lookup)

    def _lookup(self, digits):
        """(country, type) of E.164 digits."""
        for n in range(len(digits), 0, -1):
            found = self.table.get(digits[:n])
            if found:
                return found
        return ("", "unallocated")

    def code(self, country):
        return self.dialling[country]["calling_code"]

    def has(self, country, *types):
        return any(kind in self.ranges.get(country, {}) for kind in types)

    def fill(self, rng, prefix):
        """A number that begins with prefix, of the usual length where its range has such numbers."""
        code = next((c for c in self.codes if prefix.startswith(c)), prefix[:3])
        least, most = self.lengths.get(prefix, (0, 15))
        missing = max(min(max(DIGITS.get(code, len(code) + 8), least), most) - len(prefix), 2)
        return prefix + str(rng.randrange(10 ** missing)).zfill(missing)

    def draw(self, rng, country, *types):
        """A number of the country that has one of the types (ordinary ones when none is given)."""
        types = [kind for kind in types or ORDINARY if kind in self.ranges[country]]
        if not types:
            raise ValueError(f"{country} has no such numbers")
        while True:
            number = self.fill(rng, rng.choice(self.ranges[country][rng.choice(types)]))
            if self.lookup(number)[0] == country and self.lookup(number)[1] in types:
                return number

    def draw_unallocated(self, rng, country):
        """A number with the country's code that falls into no range."""
        code = self.code(country)
        while True:
            number = self.fill(rng, rng.choice(self.ranges[country]["unallocated"]) if "unallocated" in self.ranges[country] else code)
            if self.lookup(number)[1] == "unallocated":
                return number

    def as_dialled(self, number, country):
        """How a telephone in the country dials the E.164 digits: national or with the international prefix."""
        plan = self.dialling[country]
        known = plan["international"].split()
        if self.lookup(number)[0] == country and number.startswith(plan["calling_code"]):
            national = plan["trunk"] + number[len(plan["calling_code"]):]
            # What the country's exchanges take for a call abroad (0153... in Israel, where 015 is a carrier) is not dialled so.
            if not any(national.startswith(prefix) for prefix in known):
                return national
        # The first prefix that is digits only; where each one names a carrier ("00x") its letters are ones.
        return next((p for p in known if p.isdigit()), known[0].translate(CARRIER)) + number
