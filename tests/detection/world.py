# SPDX-License-Identifier: GPL-2.0-or-later
"""All of a run: customers, wanted calls, attacks; and the files they are written to."""
import datetime
import math
import random
import statistics
from dataclasses import dataclass
from pathlib import Path

import calls as calls_file
import customers as customer_maker
import incidents
import odd_days
import traffic
from numberplan import NumberPlan
from rates import Rates
from scene import ATTACKERS, CARRIER_NETWORK

ROOT = Path(__file__).resolve().parents[2]
FIRST_MONDAYS = (datetime.date(2026, 1, 5), datetime.date(2026, 12, 14))
LIMIT_OF_USUAL = 8       # a customer's daily limit against what a working day costs it
LIMIT_LEAST = 50         # [USD]
PLANS = {}


@dataclass
class World:
    seed: int
    customers: list
    calls: list
    plan: NumberPlan
    rates: Rates


def number_plan():
    """The numbering tables, read once."""
    data = ROOT / "rules" / "data"
    if data not in PLANS:
        PLANS[data] = NumberPlan(data)
    return PLANS[data]


def _first_day(seed):
    weeks = (FIRST_MONDAYS[1] - FIRST_MONDAYS[0]).days // 7
    return FIRST_MONDAYS[0] + datetime.timedelta(weeks=random.Random(f"{seed}/first day").randrange(weeks + 1))


def _set_limit(customer, made, rates):
    """What the provider agreed with the customer: a multiple of what its dearest working days cost, in steps of 50 dollars."""
    spent = [0.0] * (len(customer.clock.dates) + 2)
    for call in made:
        if call.answer and not call.inbound:
            spent[customer.clock.day_of(call.start)] += math.ceil((call.end - call.answer) / 60_000) * rates.of(call.number)
    usual = statistics.median(s for s in spent[:-2] if s > 0) if any(spent) else 0
    customer.daily_limit = max(LIMIT_LEAST, math.ceil(usual * LIMIT_OF_USUAL / 50) * 50)


def make(seed, days, n_customers, attacks_each):
    plan = number_plan()
    rates = Rates(plan)
    customers = customer_maker.make(seed, n_customers, _first_day(seed), days, plan)
    calls, people = [], []
    for customer in customers:
        honest = traffic.ordinary(customer, plan)
        _set_limit(customer, honest.calls, rates)
        odd_days.add(honest)
        people.append(honest.people)
        calls += honest.calls
    if attacks_each:
        calls += incidents.make(seed, attacks_each, customers, people, plan)
    calls.sort()
    return World(seed, customers, calls, plan, rates)


def write(world, directory):
    """Writes calls.csv, customers.yaml, rates.csv and networks.csv."""
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "calls.csv", "w", encoding="ascii", newline="\n") as file:
        file.writelines(calls_file.rows(world.calls, world.customers))
    (directory / "customers.yaml").write_text(customer_maker.customers_file(world.customers), encoding="ascii")
    rates = "".join(f"{prefix},{rate:.4f}\n" for prefix, rate in world.rates.rows())
    (directory / "rates.csv").write_text("prefix,usd_per_minute\n" + rates, encoding="ascii")
    (directory / "networks.csv").write_text(customer_maker.networks_file(world.customers, (*ATTACKERS, CARRIER_NETWORK)), encoding="ascii")
