# SPDX-License-Identifier: GPL-2.0-or-later
"""Wanted calls: what a customer's day looks like, and the odd but honest days."""
import itertools
import math

from calls import inbound, outbound
from localtime import HOUR, MINUTE
from numberplan import FIXED, MOBILE, ORDINARY

FAILED = (480, 486, 487, 487, 408, 404, 503)
REDIAL = .25        # of busy or failed calls


def lands_of(plan, lands, home):
    return [c for c in lands if c != home and plan.has(c, *ORDINARY)]


class People:
    """Whom a customer talks to: contacts at home, its foreign lands and contacts there, and who calls it."""

    def __init__(self, customer, plan, rng):
        profile = customer.profile
        self.plan, self.rng, self.home = plan, rng, customer.country
        self.customer = customer
        self.contacts = [self._home_number() for _ in range(profile.contacts)]
        self.lands = rng.sample(lands_of(plan, dict.fromkeys(profile.lands), self.home), profile.n_lands)
        self.land_weights = list(itertools.accumulate(1 / (i + 1) for i in range(len(self.lands))))
        self.odd_lands = lands_of(plan, profile.odd_lands, self.home)
        self.abroad = {land: [plan.draw(rng, land) for _ in range(rng.randrange(3, 14))] for land in self.lands}
        self.callers = [self._home_number() for _ in range(profile.contacts)]
        # Like 1/rank: some are called all the time, most seldom.
        self.ranks = list(itertools.accumulate(1 / (i + 4) for i in range(profile.contacts)))

    def _home_number(self):
        return self.plan.draw(self.rng, self.home, *(FIXED if self.rng.random() < .5 else MOBILE))

    def service_number(self):
        """Toll-free, shared-cost and premium services at home: banks, enquiries, help desks."""
        kind = self.rng.choices(("toll_free", "shared_cost", "premium", "uan"), (70, 22, 3, 5))[0]
        return self.plan.draw(self.rng, self.home, kind) if self.plan.has(self.home, kind) else self._home_number()

    def foreign_number(self):
        profile, rng = self.customer.profile, self.rng
        if self.odd_lands and rng.random() < profile.odd:
            return self.plan.draw(rng, rng.choice(self.odd_lands))
        land = rng.choices(self.lands, cum_weights=self.land_weights)[0]
        if rng.random() < profile.new_numbers:
            return self.plan.draw(rng, land)
        return rng.choice(self.abroad[land])

    def number(self):
        """Whom the next call is for."""
        profile, rng = self.customer.profile, self.rng
        dice = rng.random()
        if dice < profile.foreign:
            return self.foreign_number()
        if dice < profile.foreign + profile.services:
            return self.service_number()
        if rng.random() < profile.new_numbers:
            return self._home_number()
        return rng.choices(self.contacts, cum_weights=self.ranks)[0]

    def caller(self):
        rng = self.rng
        dice = rng.random()
        if dice < .03:
            return ""
        if dice < .03 + self.customer.profile.foreign * .8:
            return "+" + self.foreign_number()
        return "+" + (self._home_number() if rng.random() < .5 else rng.choices(self.callers, cum_weights=self.ranks)[0])


def misdial(rng, number):
    """Two digits of the end changed places, or one is another."""
    at = rng.randrange(len(number) - 5, len(number) - 1)
    if rng.random() < .5:
        return number[:at] + number[at + 1] + number[at] + number[at + 2:]
    return number[:at] + str(rng.randrange(10)) + number[at + 1:]


class Honest:
    """Makes one customer's wanted calls."""

    def __init__(self, customer, plan):
        self.customer, self.plan, self.rng = customer, plan, customer.rng
        self.people = People(customer, plan, customer.rng)
        self.calls = []

    def times(self, day, mean, hours):
        """Starts [ms] of about `mean` calls over the day's hours."""
        rng = self.rng
        n = max(0, round(rng.gauss(mean, math.sqrt(mean) * 1.3)))
        midnight = self.customer.clock.midnights[day]
        chosen = rng.choices(range(24), hours, k=n)
        return [midnight + hour * HOUR + rng.randrange(HOUR) for hour in chosen]

    def _talk(self, median, foreign):
        rng = self.rng
        if rng.random() < .12:
            return rng.randrange(2_000, 15_000)  # voicemail, wrong number
        minutes = median * math.exp(rng.gauss(0, .95)) * (1.4 if foreign else 1)
        return int(min(minutes, 150) * MINUTE) + 1_000

    def caller_number(self):
        customer, rng = self.customer, self.rng
        if rng.random() < .02 and customer.tells_foreign_caller:
            return self.people.caller() or "+" + customer.number(0)  # forwarded, with the first caller's number
        return "+" + customer.number(0 if rng.random() < .4 else rng.randrange(40))

    def call(self, day, start, number, median=None, answered=None, caller=None):
        """A call to number, and what follows when it fails: some dial again."""
        customer, rng = self.customer, self.rng
        profile = customer.profile
        foreign = self.plan.lookup(number)[0] != customer.country
        caller = caller or self.caller_number()
        again = 0
        while True:
            dialled = self.plan.as_dialled(number, customer.country) if customer.dials_national else None
            if rng.random() < (profile.answered if answered is None else answered):
                self.calls.append(outbound(customer, day, start, rng.randrange(2_500, 22_000), self._talk(median or profile.minutes, foreign), caller,
                                           number, called=dialled))
                return
            ring = rng.randrange(800, 35_000)
            self.calls.append(outbound(customer, day, start, ring, 0, caller, number, rng.choice(FAILED), dialled))
            again += 1
            if again > 4 or rng.random() > REDIAL:
                return
            start += ring + rng.randrange(4_000, 180_000)

    def inbound_call(self, start, caller=None, to=None, median=None, busy=False):
        customer, rng = self.customer, self.rng
        number = customer.number(0 if rng.random() < .5 else rng.randrange(100)) if to is None else to
        talk = self._talk(median or customer.profile.minutes, False) if not busy and rng.random() < .8 else 0
        self.calls.append(inbound(customer, start, 200 if busy else rng.randrange(2_000, 25_000), talk, self.people.caller() if caller is None else caller, number,
                                  200 if talk else 486 if busy else rng.choice((480, 486, 487)), attest=rng.choice(("A", "A", "B", "C", "")), carrier=rng.randrange(3)))

    def ordinary_day(self, day):
        customer, rng, profile = self.customer, self.rng, self.customer.profile
        works = customer.works(day)
        mean = customer.size * (1 if works else profile.weekend)
        hours = profile.hours if works else profile.weekend_hours
        for start in self.times(day, mean, hours):
            number = self.people.number()
            if rng.random() < profile.misdialled:
                wrong = misdial(rng, number)
                allocated = self.plan.lookup(wrong)[1] != "unallocated"
                self.call(day, start, wrong, median=.2, answered=.5 if allocated else 0)
                start += rng.randrange(20_000, 60_000)
            self.call(day, start, number)
        for start in self.times(day, mean * profile.inbound, hours):
            self.inbound_call(start)


def ordinary(customer, plan):
    """The customer's days without anything special; returns the maker, to which odd days can be added."""
    honest = Honest(customer, plan)
    for day in range(customer.first_day, len(customer.clock.dates)):
        honest.ordinary_day(day)
    return honest
