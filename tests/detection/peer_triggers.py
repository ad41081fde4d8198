# SPDX-License-Identifier: GPL-2.0-or-later
"""A trigger model like that of a commercial fraud service: sums of wholesale $/min or counts of attempts over 5, 15 and 60 minutes, and an action that
stays for an hour. Limits are the operator's; these grow with a customer's channels, which is kinder than one limit for all, and nobody counts the calls of a call centre."""
from collections import deque

MINUTE = 60_000
ACTION_MS = 60 * MINUTE
CHANNELS_OF_LIMITS = 30  # customers with more channels get higher limits
OUTBOUND = (  # name, what it is about, window, unit, limit
    ("targeted pumping", "number", 15 * MINUTE, "calls", 20),
    ("fast traffic pumping", "country", 5 * MINUTE, "score", 2.0),
    ("slow traffic pumping", "country", 60 * MINUTE, "score", 6.0),
    ("theft of service", "all", 60 * MINUTE, "score", 15.0),
    ("robocalling", "caller", 60 * MINUTE, "calls", 200),
    ("wangiri", "caller", 5 * MINUTE, "caller score", 3.0),
)
INBOUND = (
    ("robocalling", "caller", 60 * MINUTE, "calls", 60),
    ("wangiri", "caller", 5 * MINUTE, "caller score", 3.0),
)


class Window:
    """A sliding sum."""
    __slots__ = ("items", "sum")

    def __init__(self):
        self.items = deque()
        self.sum = 0.0

    def add(self, now, length, value):
        items = self.items
        while items and items[0][0] <= now - length:
            self.sum -= items.popleft()[1]
        items.append((now, value))
        self.sum += value
        return self.sum


class Triggers:
    def __init__(self, world, scale=1.0):
        self.plan, self.rates, self.scale = world.plan, world.rates, scale
        self.room = [max(1.0, c.channels / CHANNELS_OF_LIMITS) for c in world.customers]
        self.dials = ["dialler" in c.profile.tags for c in world.customers]
        self.windows = {}
        self.active = {}  # key -> until

    def _keys(self, call):
        """(trigger, key, value, limit) of each trigger that the call concerns."""
        room = self.room[call.customer] * self.scale
        rate = self.rates.of(call.number)
        about = {"number": call.number, "country": None, "all": "", "caller": call.caller}
        for trigger in INBOUND if call.inbound else OUTBOUND:
            name, subject, _, unit, limit = trigger
            if subject == "caller" and not call.caller or name == "robocalling" and not call.inbound and self.dials[call.customer]:
                continue
            if subject == "country":
                about["country"] = self.plan.lookup(call.number)[0]
            value = 1 if unit == "calls" else rate if unit == "score" else self.rates.of(call.caller[1:])
            yield trigger, (call.customer, call.inbound, name, about[subject]), value, limit * room

    def attempt(self, _index, call, now):
        keys = list(self._keys(call))
        for _, key, _, _ in keys:
            if self.active.get(key, 0) > now:
                return True
        refuse = False
        for trigger, key, value, limit in keys:
            if not value:
                continue
            window = self.windows.get(key)
            if window is None:
                window = self.windows[key] = Window()
            if window.add(now, trigger[2], value) >= limit:
                self.active[key] = now + ACTION_MS
                refuse = True
        return refuse

    def end(self, _index, _call, _now):
        return None
