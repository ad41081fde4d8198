# SPDX-License-Identifier: GPL-2.0-or-later
"""OpenSIPS' fraud_detection with the thresholds of its tutorial, written from a description of what it does.

Counters are per user and matched prefix. `as_documented` false: what the module does - time windows never apply, after a pause of exactly 119 s the old
calls of the minute are still there. True: what its documentation says - one of four windows of the week applies, and counters begin anew with it.
In both a total, minute and sequence are forgotten at midnight, "sequential" means the same number again, and nothing is done while a call is up."""
import datetime
from collections import deque
from dataclasses import dataclass

OK, WARNING, CRITICAL, NO_RULE = 1, -1, -2, 2


@dataclass(frozen=True)
class Thresholds:
    """(warning, critical); 0 is off."""
    cpm: tuple = (3, 5)
    total: tuple = (16, 35)
    concurrent: tuple = (3, 5)
    sequential: tuple = (6, 20)


def window_of(now_ms):
    """Which of the tutorial's four rows holds, UTC: working hours, evening, night of a working day, weekend."""
    moment = datetime.datetime.fromtimestamp(now_ms // 1000, datetime.timezone.utc)
    if moment.weekday() >= 5:
        return 3
    return 2 if moment.hour < 9 else 0 if moment.hour < 17 else 1


class Entry:
    __slots__ = ("minute", "total", "concurrent", "sequential", "last_number", "rule", "day", "interval", "last_s")

    def __init__(self):
        self.minute = deque()
        self.total = self.concurrent = self.sequential = self.interval = 0
        self.last_number = self.rule = self.day = None
        self.last_s = 0


class FraudDetection:
    def __init__(self, thresholds=Thresholds(), as_documented=False):
        self.thresholds, self.as_documented = thresholds, as_documented
        self.entries = {}
        self.windows = {}

    def _window(self, now_ms):
        quarter = now_ms // 900_000
        if quarter not in self.windows:
            self.windows[quarter] = window_of(now_ms)
        return self.windows[quarter]

    def _count_minute(self, entry, second):
        if not self.as_documented and entry.minute and second - entry.last_s == 119:
            entry.minute = deque([second] * len(entry.minute))
        while entry.minute and entry.minute[0] <= second - 60:
            entry.minute.popleft()
        entry.minute.append(second)
        entry.last_s = second

    def check(self, user, number, prefix, now_ms):
        """check_fraud(): a return code, and the handle that ended() takes back (None: nothing was counted)."""
        if prefix is None or not number.isdigit():
            return NO_RULE, None
        entry = self.entries.get((user, prefix))
        if entry is None:
            entry = self.entries[(user, prefix)] = Entry()
        rule = self._window(now_ms) if self.as_documented else 0
        day = now_ms // 86_400_000
        if entry.rule != rule or entry.day != day:
            entry.minute.clear()
            entry.total = entry.concurrent = entry.sequential = 0
            entry.interval += 1
            entry.rule, entry.day = rule, day
        self._count_minute(entry, now_ms // 1000)
        entry.total += 1
        entry.concurrent += 1
        entry.sequential = entry.sequential + 1 if number == entry.last_number else 1
        entry.last_number = number
        return self._verdict(entry), (entry, entry.interval)

    def _verdict(self, entry):
        t = self.thresholds
        pairs = ((len(entry.minute), t.cpm), (entry.total, t.total), (entry.concurrent, t.concurrent), (entry.sequential, t.sequential))
        for level, code in ((1, CRITICAL), (0, WARNING)):
            if any(limit[level] and value >= limit[level] for value, limit in pairs):
                return code
        return OK

    @staticmethod
    def ended(handle):
        entry, interval = handle
        if entry.interval == interval:
            entry.concurrent -= 1


class OpenSips:
    """The module in front of the trunks: a critical verdict refuses the call, a warning does nothing.

    Guarded are all foreign calling codes (in +1 each area code abroad) and the money ranges at home: the tutorial's rule for a dear prefix, for each.
    Numbers are given without their plus, with which the module would match no rule at all."""

    def __init__(self, world, as_documented, by_trunk):
        self.module = FraudDetection(as_documented=as_documented)
        self.plan, self.customers, self.by_trunk = world.plan, world.customers, by_trunk
        self.handles = {}
        self.prefixes = {}

    def _prefix(self, customer, number):
        known = self.prefixes.get((customer.country, number), False)
        if known is False:
            country, kind = self.plan.lookup(number)
            code = next((c for c in self.plan.codes if number.startswith(c)), number[:3])
            if country != customer.country:
                known = number[:4] if code == "1" else code
            else:
                known = number[:5] if kind in ("premium", "shared_cost", "personal", "unallocated") else None
            self.prefixes[(customer.country, number)] = known
        return known

    def attempt(self, index, call, now):
        if call.inbound:
            return False
        customer = self.customers[call.customer]
        user = customer.id if self.by_trunk else call.caller
        code, handle = self.module.check(user, call.number, self._prefix(customer, call.number), now)
        if code == CRITICAL:
            self.module.ended(handle)
            return True
        if handle:
            self.handles[index] = handle
        return False

    def end(self, index, _call, _now):
        handle = self.handles.pop(index, None)
        if handle:
            self.module.ended(handle)
