# SPDX-License-Identifier: GPL-2.0-or-later
"""An operator's wholesale rates [USD/min]: by country and type of number, of the order that public rate decks show."""

# Countries whose ordinary numbers are dear to call: fixed, mobile. Revenue-share fraud lives here.
DEAR = {
    "AC": (1.60, 1.60), "AL": (0.22, 0.42), "AZ": (0.28, 0.32), "BA": (0.20, 0.40), "BF": (0.34, 0.40), "BI": (0.50, 0.55), "BY": (0.38, 0.42),
    "CF": (0.48, 0.60), "CG": (0.42, 0.48), "CU": (0.72, 0.75), "DZ": (0.10, 0.62), "EE": (0.10, 0.35), "ER": (0.32, 0.34), "FK": (1.55, 1.60),
    "GM": (0.52, 0.58), "GN": (0.48, 0.62), "GW": (0.58, 0.70), "HT": (0.28, 0.36), "IO": (1.60, 1.60), "KI": (1.05, 1.10), "KM": (0.55, 0.60),
    "KY": (0.10, 0.13), "LI": (0.12, 0.55), "LT": (0.14, 0.30), "LV": (0.12, 0.40), "MC": (0.11, 0.45), "MG": (0.55, 0.62), "MR": (0.52, 0.70),
    "MV": (0.85, 0.92), "NE": (0.36, 0.42), "NR": (1.15, 1.20), "PG": (0.75, 0.85), "RS": (0.12, 0.35), "SB": (1.15, 1.25), "SH": (1.60, 1.60),
    "SL": (0.48, 0.58), "SM": (0.11, 0.60), "SN": (0.38, 0.50), "SO": (0.58, 0.65), "ST": (1.05, 1.15), "TD": (0.55, 0.66), "TG": (0.34, 0.42),
    "TL": (0.75, 0.82), "TN": (0.40, 0.66), "TO": (0.55, 0.62), "TV": (1.05, 1.10), "VU": (0.85, 0.95), "WS": (0.62, 0.70), "ZW": (0.20, 0.48),
}
# Countries that are cheap to call.
CHEAP = frozenset("US CA GB IE DE FR ES IT NL BE LU CH AT SE NO DK FI PL CZ HU PT GR JP KR CN HK SG AU NZ IN IL BR AR MX".split())
BY_TYPE = {"premium": 1.50, "shared_cost": 0.15, "toll_free": 0.0, "personal": 0.40, "pager": 0.30}
SATELLITE = 4.80


def usd_per_minute(country, kind):
    fixed, mobile = DEAR.get(country) or ((0.01, 0.03) if country in CHEAP else (0.05, 0.11))
    if kind == "satellite":
        return SATELLITE
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    if kind == "unallocated":
        # Nobody's range is billed as the dearest ordinary one of its country.
        return max(fixed, mobile)
    return mobile if kind == "mobile" else fixed


class Rates:
    def __init__(self, plan):
        self.plan = plan
        self.known = {}

    def of(self, number):
        """Rate of E.164 digits."""
        rate = self.known.get(number)
        if rate is None:
            rate = self.known[number] = usd_per_minute(*self.plan.lookup(number))
        return rate

    def rows(self):
        """prefix, rate, sorted; a longer prefix only where it differs from the shorter one above it."""
        written = {}
        for prefix in sorted(self.plan.table):
            rate = usd_per_minute(*self.plan.table[prefix])
            above = next((written[prefix[:n]] for n in range(len(prefix) - 1, 0, -1) if prefix[:n] in written), None)
            if rate != above:
                written[prefix] = rate
        return sorted(written.items())
