# SPDX-License-Identifier: GPL-2.0-or-later
"""Honest calls that look odd: each of these has made an operator's telephone ring at night."""
import heapq

from localtime import HOUR, MINUTE
from numberplan import ORDINARY
from profiles import HOLIDAY_LANDS, MARKETS
from rates import DEAR
from traffic import lands_of


def alarm_panel(honest):
    """A machine that reports at three in the morning, every night, to the same number at home."""
    number = honest.plan.draw(honest.rng, honest.customer.country)
    caller = "+" + honest.customer.number(39)
    for day in range(honest.customer.first_day, len(honest.customer.clock.dates)):
        honest.call(day, honest.customer.clock.at(day, 3) + honest.rng.randrange(90_000), number, median=.3, answered=.97, caller=caller)


def guest_calls_home_at_night(honest):
    """A hotel guest from far away talks to the family at their evening: dear, long, at night, more than once."""
    rng, customer = honest.rng, honest.customer
    land = rng.choice(lands_of(honest.plan, HOLIDAY_LANDS + tuple(sorted(DEAR)), customer.country))
    number = honest.plan.draw(rng, land)
    caller = "+" + customer.number(rng.randrange(40))
    first = rng.randrange(len(customer.clock.dates))
    for day in range(first, min(first + rng.randrange(1, 4), len(customer.clock.dates))):
        start = customer.clock.at(day, rng.uniform(0, 5))
        for _ in range(rng.choice((1, 1, 2))):
            honest.call(day, start, number, median=14, answered=.8, caller=caller)
            start += rng.randrange(20, 60) * MINUTE


def new_market(honest):
    """An exporter's new country: from one day on several calls a day, some of them early or late."""
    rng, customer = honest.rng, honest.customer
    days = len(customer.clock.dates)
    lands = lands_of(honest.plan, MARKETS + tuple(sorted(DEAR)), customer.country)
    land = rng.choice([c for c in lands if c not in honest.people.lands])
    numbers = [honest.plan.draw(rng, land) for _ in range(rng.randrange(3, 12))]
    for day in range(rng.randrange(days // 3, days), days):
        if customer.works(day):
            for _ in range(rng.randrange(2, 15)):
                hour = rng.uniform(8, 18) if rng.random() < .85 else rng.choice((rng.uniform(5, 8), rng.uniform(18, 23)))
                honest.call(day, customer.clock.at(day, hour), rng.choice(numbers), median=4, answered=.55)


def satellite_phone(honest):
    """A colleague on a ship or an expedition is called, once or a few times, mostly in hours."""
    rng, customer = honest.rng, honest.customer
    day = rng.randrange(customer.first_day, len(customer.clock.dates))
    number = honest.plan.fill(rng, rng.choice(("8816", "870", "8821")))
    start = customer.clock.at(day, rng.uniform(8, 18) if rng.random() < .8 else rng.uniform(0, 24))
    for _ in range(rng.randrange(1, 4)):
        honest.call(day, start, number, median=4, answered=.6)
        start += rng.randrange(10, 240) * MINUTE


def night_shift(honest):
    """A deadline: some people telephone through one night, at home and with their usual countries."""
    rng, customer = honest.rng, honest.customer
    day = rng.randrange(customer.first_day, len(customer.clock.dates))
    for _ in range(rng.randrange(8, 30)):
        start = customer.clock.at(day, rng.uniform(19, 28))
        number = honest.people.foreign_number() if rng.random() < .4 else honest.people.number()
        honest.call(day, start, number)


def parents_are_told(honest):
    """Snow: a school's system calls all parents before eight, short announcements to many numbers, on half of its channels."""
    rng, customer = honest.rng, honest.customer
    day = rng.randrange(len(customer.clock.dates))
    start = customer.clock.at(day, 6.4)
    for _ in range(rng.randrange(150, 400)):
        start += int(rng.uniform(.7, 1.3) * 45_000 / (customer.channels / 2))
        honest.call(day, start, rng.choice(honest.people.contacts) if rng.random() < .2 else honest.plan.draw(rng, customer.country), median=.4, answered=.8,
                    caller="+" + customer.number(0))


def campaign(honest):
    """A call centre's announced campaign: for two days twice as many calls."""
    rng, customer = honest.rng, honest.customer
    first = rng.randrange(len(customer.clock.dates) - 1)
    for day in (first, first + 1):
        for start in honest.times(day, customer.size, customer.profile.hours):
            honest.call(day, start, honest.plan.draw(rng, customer.country))


def flash_crowd(honest):
    """Everybody calls the customer at once, for half an hour or more: known people and strangers, ordinary talks, many find it busy."""
    rng, customer = honest.rng, honest.customer
    day = rng.randrange(customer.first_day, len(customer.clock.dates))
    start = customer.clock.at(day, rng.uniform(9, 19))
    until = start + rng.randrange(25, 70) * MINUTE
    pace = max(HOUR / (customer.size * customer.profile.inbound / 10 * 20), 1_200)  # twenty times an hour of a working day
    ends = []
    while start < until:
        start += int(rng.expovariate(1 / pace)) + 1
        while ends and ends[0] <= start:
            heapq.heappop(ends)
        known = rng.random() < .6
        caller = "+" + (rng.choice(honest.people.callers) if known else honest.plan.draw(rng, customer.country, *ORDINARY))
        honest.inbound_call(start, caller=caller, to=customer.number(0), median=1.2, busy=len(ends) >= .6 * customer.channels)
        heapq.heappush(ends, honest.calls[-1].end)


def conference_abroad(honest):
    """One long call, hours, to a country that is called every day."""
    rng, customer = honest.rng, honest.customer
    for _ in range(rng.randrange(1, 4)):
        day = rng.randrange(customer.first_day, len(customer.clock.dates))
        number = rng.choice(honest.people.abroad[honest.people.lands[0]])
        honest.call(day, customer.clock.at(day, rng.uniform(9, 17)), number, median=75, answered=.95)


# What happens to whom: profile -> (what, how likely in a run).
ODD = {
    "office": ((alarm_panel, .3), (satellite_phone, .12), (night_shift, .3), (conference_abroad, .3), (flash_crowd, .05)),
    "law firm": ((night_shift, .7), (conference_abroad, .8), (satellite_phone, .15), (alarm_panel, .2)),
    "hotel": ((guest_calls_home_at_night, 1), (guest_calls_home_at_night, .6), (flash_crowd, .2), (satellite_phone, .1)),
    "call centre": ((campaign, .8), (flash_crowd, .4)),
    "school": ((parents_are_told, .6), (flash_crowd, .6), (alarm_panel, .5)),
    "hospital": ((flash_crowd, .4), (satellite_phone, .1), (guest_calls_home_at_night, .3)),
    "exporter": ((new_market, .8), (satellite_phone, .4), (night_shift, .5), (conference_abroad, .4)),
    "reseller": ((guest_calls_home_at_night, .8), (satellite_phone, .4), (new_market, .5)),
    "new customer": ((new_market, .25), (alarm_panel, .2), (night_shift, .2)),
}


def add(honest):
    for what, likely in ODD[honest.customer.profile.name]:
        if honest.rng.random() < likely:
            what(honest)
