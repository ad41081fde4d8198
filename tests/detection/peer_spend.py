# SPDX-License-Identifier: GPL-2.0-or-later
"""A daily spend cap: each started minute of a dear call is charged as it starts, a cheap call when it ends; at the customer's daily limit all its calls
are ended and none is taken until its midnight."""
import math

DEAR_PER_MINUTE = 0.05  # calls from here on are charged while they are up [USD]


def dear_calls(world):
    """Indexes of the calls that are charged minute by minute."""
    of = world.rates.of
    return {i for i, call in enumerate(world.calls) if call.answer and not call.inbound and of(call.number) >= DEAR_PER_MINUTE}


class DailyCap:
    def __init__(self, world, dear):
        self.customers, self.rates, self.dear = world.customers, world.rates, dear
        self.day = [-1] * len(world.customers)
        self.spent = [0.0] * len(world.customers)
        self.live = [set() for _ in world.customers]

    def _turn_day(self, call, now):
        day = self.customers[call.customer].clock.day_of(now)
        if day != self.day[call.customer]:
            self.day[call.customer], self.spent[call.customer] = day, 0.0

    def _full(self, call):
        return self.spent[call.customer] >= self.customers[call.customer].daily_limit

    def _charge(self, call, dollars):
        self.spent[call.customer] += dollars
        return list(self.live[call.customer]) if self._full(call) else None

    def attempt(self, index, call, now):
        if call.inbound:
            return False
        self._turn_day(call, now)
        if self._full(call):
            return True
        self.live[call.customer].add(index)
        return False

    def minute(self, _index, call, now):
        self._turn_day(call, now)
        return self._charge(call, self.rates.of(call.number))

    def end(self, index, call, now):
        self.live[call.customer].discard(index)
        if call.inbound or not call.answer or index in self.dear or now <= call.answer:
            return None
        self._turn_day(call, now)
        return self._charge(call, math.ceil((now - call.answer) / 60_000) * self.rates.of(call.number))
