# SPDX-License-Identifier: GPL-2.0-or-later
"""One incident of an attack: its victim, its hour, its numbers, and the calls it adds."""
import random

from calls import inbound, outbound
from localtime import HOUR
from numberplan import MOBILE, ORDINARY
from rates import DEAR

# Networks from which stolen credentials are used, with the AS and country that the networks file gives them.
ATTACKERS = tuple((f"100.{64 + i}.0.0/16", 65000 + i, country)
                  for i, country in enumerate(("PS", "RU", "NL", "EG", "VN", "US", "DE", "MD", "ID", "BR", "PK", "SC")))
CARRIER_NETWORK = ("192.0.2.0/24", 64496, "US")
# Kinds of revenue-share numbers and how often a range is of that kind; almost half of them belong to nobody.
RANGE_KINDS = ((("unallocated",), .45), (("mobile", "fixed_or_mobile"), .25), (("fixed",), .15), (("premium",), .09), (("network",), .06))


class Scene:
    def __init__(self, seed, name, number, customers, people, plan):
        self.label = f"{name}-{number}"
        self.rng = random.Random(f"{seed}/attack/{self.label}")
        self.customers, self.people, self.plan = customers, people, plan
        self.calls = []
        self.victim = None
        self.day = 0
        self.source_ip = None
        self.fingerprint = None

    # --- when

    def choose_time(self, when):
        """Local start on self.day: night, weekend (the day is one), office hours or any."""
        rng = self.rng
        hours = {"night": rng.uniform(22.5, 27.5), "weekend": rng.uniform(2, 20), "hours": rng.uniform(9, 14.5), "any": rng.uniform(0, 23)}[when]
        return self.victim.clock.at(self.day, hours)

    # --- where to

    def dear_range(self, kinds=None):
        """The beginning of a revenue-share range: digits to which two or three more are added. kinds: types of it, by chance if not given."""
        rng, plan = self.rng, self.plan
        chosen = kinds or rng.choices([k for k, _ in RANGE_KINDS], [share for _, share in RANGE_KINDS])[0]
        if chosen == ("network",):
            return plan.fill(rng, rng.choice(("882", "883", "979")))[:-3]
        if chosen == ("premium",):
            countries = [c for c in ("GB", "DE", "FR", "IT", "LT", "RS", "BA", "AL", "TN", "DZ", "SN", "SM", "LI", "PL", "BY") if c != self.victim.country]
            return plan.draw(rng, rng.choice(countries), "premium")[:-2]
        while True:
            country = rng.choice(sorted(DEAR))
            if chosen == ("unallocated",) and "unallocated" in plan.ranges[country]:
                return plan.draw_unallocated(rng, country)[:-2]
            if country != self.victim.country and plan.has(country, *chosen):
                return plan.draw(rng, country, *chosen)[:-2]

    def numbers(self, n, stem):
        """n numbers of a range, one of them the favourite."""
        room = 100 if n <= 100 else 1000
        width = len(str(room - 1))
        return [stem + str(tail).zfill(width) for tail in self.rng.sample(range(room), n)]

    def home_number(self, *types):
        country, types = self.victim.country, types or ORDINARY
        if not self.plan.has(country, *types):  # +1: what countries share is filed under one of them
            country = next(c for c in sorted(self.plan.ranges) if self.plan.has(c, *types) and c in self.plan.dialling
                           and self.plan.code(c) == self.plan.code(country))
        return self.plan.draw(self.rng, country, *types)

    def foreign_mobile(self):
        while True:
            country = self.rng.choice(sorted(DEAR))
            if country != self.victim.country and self.plan.has(country, *MOBILE):
                return self.plan.draw(self.rng, country, *MOBILE)

    # --- who

    def extensions(self, n):
        return ["+" + self.victim.number(i) for i in self.rng.sample(range(40), n)]

    def stolen(self):
        """From now on calls come from the attacker's own network, with the victim's certificate."""
        network = self.rng.choice(ATTACKERS)[0].split(".")
        self.source_ip = f"{network[0]}.{network[1]}.{self.rng.randrange(256)}.{self.rng.randrange(1, 255)}"

    # --- calls

    def out(self, start, number, talk, caller, ring=None, status=200, called=None, victim=None):
        victim = victim or self.victim
        ring = self.rng.randrange(1_000, 6_000) if ring is None else ring
        self.calls.append(outbound(victim, max(0, min(victim.clock.day_of(start), len(victim.clock.dates) - 1)), start, ring, talk, caller, number,
                                   200 if talk else status if status != 200 else 480, called, self.label, self.source_ip, self.fingerprint))

    def inn(self, start, number, talk, caller, ring=3_000, status=200, attest="C"):
        self.calls.append(inbound(self.victim, start, ring, talk, caller, number, status if talk else 487, self.label, attest, 1))

    def wanted_in(self, start, number, talk, caller):
        """A call in that is part of the incident, but costs nobody anything: it counts as wanted."""
        self.calls.append(inbound(self.victim, start, 2_000, talk, caller, number, 200, "", "C", 1))

    def within(self, start, hours):
        """The end of something that lasts so long, but not longer than the run."""
        return min(start + int(hours * HOUR), self.victim.clock.midnights[-1] - HOUR)
