# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guard's stops are worth: per incident, and what they cost those who did nothing.

stopped   a call of the incident was refused or cut, and so were nine in ten of its calls that began from then on, that one included
through   calls that ran their whole course; minutes are started minutes until the end or the cut; money is minutes times the deck's rate
delay     from the start of the incident's first call to the first refusal or cut; `at_call` counts its calls that had begun by then
day lost  a customer's local day with at least DAY_CALLS wanted calls out, or in, all of which were refused or cut"""
import math
from dataclasses import dataclass, field

from playback import REFUSED

DAY_CALLS = 5
STOPPED_SHARE = .9
AFTERMATH_MS = 60 * 60_000  # a hold outlives its incident


def class_of(label):
    return label.rsplit("-", 1)[0]


def _minutes(ms):
    return math.ceil(ms / 60_000)


@dataclass
class Incident:
    label: str
    outbound: bool
    calls: int = 0
    stopped_calls: int = 0
    through: int = 0
    minutes: int = 0
    usd: float = 0.0
    usd_all: float = 0.0
    delay_s: float | None = None
    at_call: int | None = None
    stopped: bool = False


@dataclass
class Wanted:
    calls: int = 0
    hurt: int = 0            # refused or cut
    hurt_in_attack: int = 0  # of those, while the customer was attacked or within an hour
    days: int = 0
    days_lost: int = 0

    def add(self, other):
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Score:
    incidents: list = field(default_factory=list)
    profiles: dict = field(default_factory=dict)  # name -> Wanted

    def wanted(self):
        total = Wanted()
        for one in self.profiles.values():
            total.add(one)
        return total

    def add(self, other):
        self.incidents += other.incidents
        for name, wanted in other.profiles.items():
            self.profiles.setdefault(name, Wanted()).add(wanted)


def _incident(label, members, stops, rates):
    """members: (index, call) of the incident's calls in the order of their starts."""
    incident = Incident(label, any(not call.inbound for _, call in members), len(members))
    first_stop = None
    for index, call in members:
        cut = stops.get(index)
        full = call.end - call.answer if call.answer else 0
        talked = full if cut is None else 0 if cut == REFUSED else min(cut, full)
        rate = 0 if call.inbound else rates.of(call.number)
        incident.minutes += _minutes(talked)
        incident.usd += _minutes(talked) * rate
        incident.usd_all += _minutes(full) * rate
        if cut is None:
            incident.through += 1
        else:
            incident.stopped_calls += 1
            at = call.start if cut == REFUSED else (call.answer or call.start) + cut
            first_stop = at if first_stop is None else min(first_stop, at)
    if first_stop is not None:
        incident.delay_s = (first_stop - members[0][1].start) / 1000
        incident.at_call = sum(call.start <= first_stop for _, call in members)
        later = [index for index, call in members if call.start >= first_stop]
        incident.stopped = sum(index in stops for index in later) >= STOPPED_SHARE * len(later)
    return incident


class Traffic:
    """What of the traffic every score needs, worked out once."""

    def __init__(self, world):
        self.world = world
        self.attacks = {}
        self.calls_of = [0] * len(world.customers)
        self.days = {}  # (customer, inbound, local day) -> wanted calls
        for index, call in enumerate(world.calls):
            if call.label:
                self.attacks.setdefault(call.label, []).append((index, call))
                continue
            self.calls_of[call.customer] += 1
            key = (call.customer, call.inbound, world.customers[call.customer].clock.day_of(call.start))
            self.days[key] = self.days.get(key, 0) + 1
        self.under_attack = [[] for _ in world.customers]
        for members in self.attacks.values():
            for who in sorted({call.customer for _, call in members}):
                own = [call for _, call in members if call.customer == who]
                self.under_attack[who].append((own[0].start, max(call.end for call in own) + AFTERMATH_MS))

    def in_attack(self, call):
        return any(begin <= call.start <= end for begin, end in self.under_attack[call.customer])


def score(traffic, stops):
    world, result = traffic.world, Score()
    result.incidents = [_incident(label, members, stops, world.rates) for label, members in sorted(traffic.attacks.items())]
    for customer, n in zip(world.customers, traffic.calls_of):
        result.profiles.setdefault(customer.profile.name, Wanted()).calls += n
    lost = {}
    for index in stops:
        call = world.calls[index]
        if call.label:
            continue
        customer = world.customers[call.customer]
        wanted = result.profiles[customer.profile.name]
        wanted.hurt += 1
        wanted.hurt_in_attack += traffic.in_attack(call)
        key = (call.customer, call.inbound, customer.clock.day_of(call.start))
        lost[key] = lost.get(key, 0) + 1
    for key, n in traffic.days.items():
        if n >= DAY_CALLS:
            wanted = result.profiles[world.customers[key[0]].profile.name]
            wanted.days += 1
            wanted.days_lost += lost.get(key, 0) == n
    return result


def percentile(values, share):
    """The value that `share` of the values do not exceed; None of nothing."""
    values = sorted(values)
    return values[min(len(values) - 1, math.ceil(share * len(values)) - 1)] if values else None
