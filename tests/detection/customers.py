# SPDX-License-Identifier: GPL-2.0-or-later
"""The customers of a run: who they are, and what the provider's customers file and networks file say of them."""
import datetime
import hashlib
import json
import math
import random

from localtime import Clock, is_holiday
from numberplan import FIXED
from profiles import PROFILES

HOMES = (  # country, time zones, weight
    ("US", ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"), 10), ("GB", ("Europe/London",), 8),
    ("DE", ("Europe/Berlin",), 7), ("FR", ("Europe/Paris",), 5), ("ES", ("Europe/Madrid",), 3), ("IT", ("Europe/Rome",), 3),
    ("NL", ("Europe/Amsterdam",), 3), ("SE", ("Europe/Stockholm",), 2), ("PL", ("Europe/Warsaw",), 2), ("CH", ("Europe/Zurich",), 2),
    ("IE", ("Europe/Dublin",), 1), ("CA", ("America/Toronto", "America/Vancouver"), 2), ("AE", ("Asia/Dubai",), 1), ("IL", ("Asia/Jerusalem",), 1),
    ("IN", ("Asia/Kolkata",), 2), ("SG", ("Asia/Singapore",), 2), ("JP", ("Asia/Tokyo",), 2), ("AU", ("Australia/Sydney", "Australia/Perth"), 2),
    ("NZ", ("Pacific/Auckland",), 1), ("ZA", ("Africa/Johannesburg",), 1), ("BR", ("America/Sao_Paulo",), 2),
)
NUMBERS = 100          # a customer's numbers
EXTENSIONS = 40        # of them, those that call
ASN_FIRST = 64512


class Customer:
    def __init__(self, index, profile, seed, plan, first, days, taken):
        self.rng = rng = random.Random(f"{seed}/customer/{index}")
        self.index, self.profile = index, profile
        self.id = f"c{index:03d}-{profile.name.replace(' ', '-')}"
        home = rng.choices(HOMES, [h[2] for h in HOMES])[0]
        self.country, self.tz = home[0], rng.choice(home[1])
        self.weekend_days = (4, 5) if self.country == "IL" else (5, 6)
        self.clock = Clock(self.tz, first, days)
        self.size = profile.calls * math.exp(rng.gauss(0, profile.spread))
        self.first_day = rng.randrange(1, max(2, days // 2)) if profile.name == "new customer" else 0
        self.network = f"198.{18 + index // 256}.{index % 256}"
        self.base = self._numbers(plan, taken)
        self.source_ip = f"{self.network}.10"
        self.fingerprint = self._fingerprint(0)
        self.key_bits = rng.choice((256, 256, 384, 2048, 3072))
        self.san = f"pbx.{self.id}.example"
        self.lists_source, self.lists_fingerprint = rng.random() < .6, rng.random() < .4
        self.tells_hours = rng.random() < profile.tells_hours
        self.tells_foreign_caller = rng.random() < (.9 if profile.name == "reseller" else .3)
        self.dials_national = rng.random() < .3
        self.srtp = rng.random() < .9
        busiest = max(profile.hours) / sum(profile.hours)
        busy_minutes = self.size * (1 + profile.inbound) * busiest * profile.minutes * 1.6
        self.channels = max(10, int(math.ceil(busy_minutes / 60 * 2.5 / 5)) * 5)
        self.daily_limit = 50  # set when its wanted calls are known
        self.renewal_day = rng.randrange(days) if rng.random() < .2 else None
        self.relocation_day = rng.randrange(days) if rng.random() < .06 else None
        self.own_holiday = rng.randrange(days) if rng.random() < .25 else None
        self.holidays = [d for i, d in enumerate(self.clock.dates) if is_holiday(self.country, d) or i == self.own_holiday]

    def _numbers(self, plan, taken):
        while True:
            base = plan.draw(self.rng, self.country, *FIXED)[:-2]
            block = {f"{base}{n:02d}" for n in range(NUMBERS)}
            if not any(base.startswith(t) or t.startswith(base) for t in taken) and all(plan.lookup(n)[1] in FIXED for n in block):
                taken.append(base)
                return base

    def _fingerprint(self, generation):
        return hashlib.sha256(f"{self.id}/{generation}".encode()).hexdigest()

    def number(self, n):
        return f"{self.base}{n:02d}"

    def works(self, day):
        date = self.clock.dates[day]
        return date.weekday() not in self.weekend_days and date not in self.holidays

    def source_on(self, day):
        """A customer that has moved signals from another provider's network."""
        moved = self.relocation_day is not None and day >= self.relocation_day
        return f"{self.network}.200" if moved else self.source_ip

    def fingerprint_on(self, day):
        renewed = self.renewal_day is not None and day >= self.renewal_day
        return self._fingerprint(1) if renewed else self.fingerprint

    def entry(self):
        """Its entry of the customers file, as it was written before the run."""
        entry = {
            "id": self.id, "name": f"{self.profile.name.capitalize()} {self.index}", "profile": self.profile.declared, "tags": list(self.profile.tags),
            "since": str(self.clock.dates[self.first_day] if self.first_day else self.clock.dates[0] - datetime.timedelta(days=400 + self.index)),
            "tz": self.tz, "channels": self.channels, "daily_limit": self.daily_limit, "currency": "USD",
            "numbers": [f"+{self.base}00-+{self.base}99"], "home_countries": [self.country], "cert_names": [self.san],
            "holidays": [str(d) for d in self.holidays], "media": {"srtp": "preferred"},
        }
        if self.lists_source:
            entry["source_ips"] = [self.source_ip]
        if self.lists_fingerprint:
            entry["cert_fingerprints"] = [self.fingerprint]
        if self.tells_hours:
            days, begin, end = self.profile.open
            if self.country == "IL" and days == "mon-fri":
                entry["hours"] = [{"days": "sun", "from": begin, "to": end}, {"days": "mon-thu", "from": begin, "to": end}]
            else:
                entry["hours"] = [{"days": days, "from": begin, "to": end}]
        if not entry["tags"]:
            del entry["tags"]
        return entry


def make(seed, n, first, days, plan):
    """n customers, their profiles in the shares of PROFILES; every profile occurs once there are as many customers as profiles."""
    deck = [p for p in PROFILES for _ in range(p.share)]
    order = list(PROFILES)
    random.Random(f"{seed}/profiles").shuffle(deck)
    while len(order) < n:
        order += deck
    taken = []
    return [Customer(i, order[i], seed, plan, first, days, taken) for i in range(n)]


def customers_file(customers):
    """JSON is YAML."""
    return "[\n" + ",\n".join(json.dumps(c.entry()) for c in customers) + "\n]\n"


def networks_file(customers, foreign):
    """network, asn, country: each customer's first provider and the one it may move to; networks of attackers and carriers."""
    lines = ["network,asn,country"]
    for c in customers:
        lines += [f"{c.network}.0/25,{ASN_FIRST + c.index % 40},{c.country}", f"{c.network}.128/25,{ASN_FIRST + 40 + c.index % 7},{c.country}"]
    lines += [f"{network},{asn},{country}" for network, asn, country in foreign]
    return "\n".join(lines) + "\n"
