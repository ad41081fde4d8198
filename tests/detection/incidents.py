# SPDX-License-Identifier: GPL-2.0-or-later
"""Which attacks happen in a run, to whom and when."""
import random

import attacks_in
import attacks_out
from localtime import DAY, HOUR
from scene import Scene

ATTACKS = {**attacks_out.ATTACKS, **attacks_in.ATTACKS}
QUIET_DAYS = 3       # at the beginning, nothing happens: a guard may learn
APART = 8 * HOUR     # incidents of one customer


def _days(scene, need, quiet):
    clock = scene.victim.clock
    last = len(clock.dates) - 2
    days = range(max(quiet, scene.victim.first_day + 1), last)
    weekend = [d for d in days if clock.dates[d].weekday() in (5, 6)]
    working = [d for d in days if scene.victim.works(d)]
    return {"any day": list(days), "weekend": weekend, "working day": working}[need]


def _overlaps(busy, begin, end):
    return any(begin < until + APART and end > since - APART for since, until in busy)


def make(seed, each, customers, people, plan):
    """`each` incidents of every attack; their calls. No customer has two at a time, except that it calls back a wangiri number."""
    rng = random.Random(f"{seed}/incidents")
    days = len(customers[0].clock.dates)
    quiet = min(QUIET_DAYS, days - 4)
    busy = {c.index: [] for c in customers}
    calls = []
    jobs = [(name, i) for name in ATTACKS for i in range(1, each + 1)]
    rng.shuffle(jobs)
    for name, number in jobs:
        act, need = ATTACKS[name]
        for attempt in range(40):
            # Later attempts are less choosy about the distance in time.
            scene = Scene(f"{seed}/{attempt}", name, number, customers, people, plan)
            scene.victim = scene.rng.choice(customers)
            fitting = _days(scene, need, quiet)
            if not fitting:
                continue
            scene.day = scene.rng.choice(fitting)
            begin = scene.victim.clock.at(scene.day, 0)
            if attempt < 30 and _overlaps(busy[scene.victim.index], begin, begin + DAY):
                continue
            act(scene)
            break
        else:
            raise RuntimeError(f"no room for {name}-{number}: more customers or days are needed")
        busy[scene.victim.index].append((scene.calls[0].start, scene.calls[-1].end))
        calls += scene.calls
    return calls
