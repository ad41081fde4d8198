# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks that turn a customer's trunk into money: calls from the customer."""
from localtime import DAY, HOUR, MINUTE

SECOND = 1_000


def _pump(scene, start, end, numbers, channels, minutes, callers, weight_first=.5):
    """Keeps `channels` calls up until end: whenever one ends the next begins."""
    rng = scene.rng
    free = [start + rng.randrange(2 * SECOND, 20 * SECOND) * i for i in range(channels)]
    while True:
        channel = free.index(min(free))
        at = free[channel]
        if at >= end:
            return
        number = numbers[0] if rng.random() < weight_first else rng.choice(numbers)
        talk = int(rng.uniform(*minutes) * MINUTE)
        ring = rng.randrange(1 * SECOND, 6 * SECOND)
        if rng.random() < .08:
            scene.out(at, number, 0, rng.choice(callers), ring, 480)
            talk = 0
        else:
            scene.out(at, number, talk, rng.choice(callers), ring)
        free[channel] = at + ring + talk + rng.randrange(1 * SECOND, 8 * SECOND)


def _burst(scene, when, kinds=None):
    start = scene.choose_time(when)
    stems = [scene.dear_range(kinds) for _ in range(scene.rng.choice((1, 1, 2, 3)))]
    numbers = [n for stem in stems for n in scene.numbers(scene.rng.randrange(1, 4), stem)]
    _pump(scene, start, scene.within(start, scene.rng.uniform(1.5, 5)), numbers, scene.rng.randrange(4, 17), (8, 35),
          scene.extensions(scene.rng.randrange(1, 5)))


def irsf_night(scene):
    """A hacked PBX at night: a few revenue-share numbers, many calls at once, each long."""
    _burst(scene, "night")


def irsf_weekend(scene):
    """The same on a Saturday or Sunday."""
    _burst(scene, "weekend")


def irsf_slow(scene):
    """One call every few minutes through the night, under every fast limit."""
    rng = scene.rng
    at = scene.choose_time("night")
    end = scene.within(at, rng.uniform(5, 9))
    numbers = scene.numbers(rng.randrange(2, 6), scene.dear_range())
    callers = scene.extensions(2)
    while at < end:
        scene.out(at, rng.choice(numbers), int(rng.uniform(6, 18) * MINUTE), rng.choice(callers))
        at += int(rng.uniform(6, 16) * MINUTE)


def irsf_distributed(scene):
    """Many numbers in many countries, none called twice."""
    rng = scene.rng
    at = scene.choose_time(rng.choice(("night", "night", "weekend", "hours")))
    stems = [scene.dear_range() for _ in range(rng.randrange(6, 12))]
    numbers = [n for stem in stems for n in scene.numbers(rng.randrange(8, 25), stem)]
    rng.shuffle(numbers)
    callers = scene.extensions(8)
    for number in numbers:
        scene.out(at, number, int(rng.uniform(3, 15) * MINUTE), rng.choice(callers))
        at += rng.randrange(4 * SECOND, 40 * SECOND)


def irsf_ordinary(scene):
    """Valid fixed and mobile numbers in dear countries: nothing about the number itself is wrong."""
    _burst(scene, scene.rng.choice(("night", "night", "weekend", "hours")), scene.rng.choice((("fixed",), ("mobile", "fixed_or_mobile"))))


def irsf_unallocated(scene):
    """Numbers that no operator holds, at any hour."""
    _burst(scene, scene.rng.choice(("night", "hours", "any")), ("unallocated",))


def test_then_attack(scene):
    """One to three short test calls to a fresh range; half an hour to a day later the attack on the same range."""
    rng = scene.rng
    at = scene.choose_time("any")
    stem = scene.dear_range()
    for number in scene.numbers(rng.randrange(1, 4), stem):
        scene.out(at, number, rng.randrange(5 * SECOND, 30 * SECOND), scene.extensions(1)[0])
        at += rng.randrange(20 * SECOND, 400 * SECOND)
    at += int(rng.uniform(.5, 20) * HOUR)
    _pump(scene, at, scene.within(at, rng.uniform(1, 3)), scene.numbers(rng.randrange(1, 4), stem), rng.randrange(4, 12), (8, 30), scene.extensions(3))


DIAL_PREFIXES = ("", "0", "00", "000", "9", "90", "900", "9000", "011", "9011", "1011", "810", "9810", "0011", "90011", "+", "1", "91", "8", "800", "7",
                 "700", "6", "600", "*9", "#00", "99", "9900", "010", "9010", "76000", "50000", "1100", "44", "440", "100", "8810", "0900", "001", "9001")


def pbx_probing(scene):
    """Which prefix gives an outside line? The same number behind every prefix; almost all fail."""
    rng = scene.rng
    at = scene.choose_time(rng.choice(("night", "any")))
    stem = scene.dear_range(rng.choice((("mobile", "fixed_or_mobile"), ("fixed",), ("unallocated",))))
    tail = scene.numbers(1, stem)[0]
    caller = scene.extensions(1)[0]
    right = rng.choice(("+", "00")) if scene.plan.dialling[scene.victim.country]["international"].split()[:1] == ["00"] else "+"
    order = list(DIAL_PREFIXES)
    rng.shuffle(order)
    scene.stolen()
    for prefix in order * rng.choice((1, 2)):
        dialled = prefix + tail
        if prefix == right:
            scene.out(at, tail, rng.randrange(4 * SECOND, 15 * SECOND), caller, called=dialled)
        else:
            scene.out(at, dialled.strip("+*#"), 0, caller, rng.randrange(100, 900), rng.choice((404, 404, 484, 403, 503)), dialled)
        at += rng.randrange(700, 9 * SECOND)


def sequential(scene):
    """n, n+1, n+2 ...: which numbers of a dear range pay?"""
    rng = scene.rng
    at = scene.choose_time(rng.choice(("night", "any", "hours")))
    first = int(scene.dear_range(rng.choice((("mobile", "fixed_or_mobile"), ("fixed",), None))) + "00")
    callers = scene.extensions(2)
    for i in range(rng.randrange(80, 250)):
        answered = rng.random() < .4
        scene.out(at, str(first + i), rng.randrange(2 * SECOND, 9 * SECOND) if answered else 0, rng.choice(callers), status=200 if answered else 404)
        at += rng.randrange(2 * SECOND, 15 * SECOND)


def wangiri_out(scene):
    """One ring to very many mobiles with a dear number as the caller, hoping to be called back."""
    rng = scene.rng
    at = scene.choose_time(rng.choice(("hours", "any")))
    callers = ["+" + n for n in scene.numbers(rng.randrange(1, 6), scene.dear_range(("mobile", "fixed_or_mobile")))]
    for _ in range(rng.randrange(250, 600)):
        scene.out(at, scene.home_number("mobile", "fixed_or_mobile"), 0, rng.choice(callers), rng.randrange(900, 2_500), 487)
        at += rng.randrange(300, 2_500)


def wangiri_callback(scene):
    """Users of many customers call back the dear number that rang them once."""
    rng = scene.rng
    start = scene.choose_time("hours")
    numbers = scene.numbers(2, scene.dear_range(rng.choice((("mobile", "fixed_or_mobile"), ("fixed",)))))
    for victim in [scene.victim, *rng.sample(scene.customers, min(len(scene.customers), 12))]:
        for _ in range(rng.randrange(1, 5)):
            scene.out(start + rng.randrange(2 * HOUR), rng.choice(numbers), int(rng.uniform(.5, 5) * MINUTE), "+" + victim.number(rng.randrange(40)), victim=victim)


def forwarding(scene):
    """Call forwarding set to a dear number: each call in goes out again at once, with the outside caller's number."""
    rng = scene.rng
    at = scene.choose_time(rng.choice(("night", "weekend")))
    numbers = scene.numbers(rng.randrange(1, 3), scene.dear_range())
    end = scene.within(at, rng.uniform(1.5, 4))
    while at < end:
        caller = "+" + scene.home_number("mobile", "fixed_or_mobile")
        talk = int(rng.uniform(6, 30) * MINUTE)
        scene.wanted_in(at, scene.victim.number(7), talk + 4_000, caller)
        scene.out(at + rng.randrange(300, 2_000), rng.choice(numbers), talk, caller)
        at += rng.randrange(15 * SECOND, 180 * SECOND)


def domestic_pumping(scene):
    """Access stimulation: long calls to one exchange at home that shares its revenue."""
    rng = scene.rng
    at = scene.choose_time("any")
    stem = scene.home_number("fixed", "fixed_or_mobile")[:-4]
    numbers = [stem + f"{rng.randrange(10_000):04d}" for _ in range(30)]
    _pump(scene, at, scene.within(at, rng.uniform(3, 6)), numbers, rng.randrange(12, 40), (15, 60), scene.extensions(20), .1)


def tollfree_pumping(scene):
    """Silent calls to toll-free numbers, whose owners pay; the caller number changes with each call."""
    rng = scene.rng
    at = scene.choose_time("any")
    numbers = [scene.home_number("toll_free") for _ in range(rng.randrange(3, 30))]
    end = scene.within(at, rng.uniform(1, 3))
    while at < end:
        scene.out(at, rng.choice(numbers), rng.randrange(40 * SECOND, 240 * SECOND), "+" + scene.home_number())
        at += rng.randrange(3 * SECOND, 15 * SECOND)


def long_hold(scene):
    """A few calls to dear numbers that nobody ends, for hours."""
    rng = scene.rng
    at = scene.choose_time(rng.choice(("hours", "night", "any")))
    numbers = scene.numbers(2, scene.dear_range(rng.choice((("mobile", "fixed_or_mobile"), ("fixed",), None))))
    for _ in range(rng.randrange(1, 6)):
        scene.out(at, rng.choice(numbers), int(rng.uniform(3, 8) * HOUR), scene.extensions(1)[0])
        at += rng.randrange(30 * SECOND, 20 * 60 * SECOND)


def in_hours_low(scene):
    """Hidden in the day's traffic: a call every ten to twenty minutes in office hours, days long, not the dearest numbers."""
    rng = scene.rng
    numbers = scene.numbers(rng.randrange(4, 10), scene.dear_range(rng.choice((("mobile", "fixed_or_mobile"), ("fixed",)))))
    callers = scene.extensions(5)
    begin = scene.victim.clock.at(scene.day, 9)
    for day in range(rng.randrange(1, 4)):
        at = begin + day * DAY + rng.randrange(HOUR)
        end = scene.within(begin + day * DAY, 8.5)
        while at < end:
            scene.out(at, rng.choice(numbers), int(rng.uniform(3, 9) * MINUTE), rng.choice(callers))
            at += int(rng.uniform(9, 22) * MINUTE)


def stolen_certificate(scene):
    """The right certificate, used from another network: a mixture of foreign calls."""
    rng = scene.rng
    scene.stolen()
    at = scene.choose_time("any")
    stems = [scene.dear_range() for _ in range(rng.randrange(2, 5))]
    numbers = [n for stem in stems for n in scene.numbers(6, stem)]
    callers = scene.extensions(3)
    for _ in range(rng.randrange(40, 150)):
        scene.out(at, rng.choice(numbers), int(rng.uniform(2, 15) * MINUTE), rng.choice(callers))
        at += rng.randrange(10 * SECOND, 70 * SECOND)


def spoofing(scene):
    """Calls to people at home under numbers of others: of banks, of the called person's own exchange, of other customers."""
    rng = scene.rng
    at = scene.choose_time("hours")
    banks = ["+" + scene.home_number("fixed", "fixed_or_mobile") for _ in range(2)]
    for _ in range(rng.randrange(100, 300)):
        number = scene.home_number("mobile", "fixed_or_mobile")
        caller = rng.choice((rng.choice(banks), "+" + number[:-4] + f"{rng.randrange(10_000):04d}", "+" + rng.choice(scene.customers).number(0)))
        scene.out(at, number, rng.randrange(8 * SECOND, 80 * SECOND) if rng.random() < .5 else 0, caller)
        at += rng.randrange(2 * SECOND, 15 * SECOND)


# name -> (what it does, the day it needs)
ATTACKS = {
    "irsf-night": (irsf_night, "any day"), "irsf-weekend": (irsf_weekend, "weekend"), "irsf-slow": (irsf_slow, "any day"),
    "irsf-distributed": (irsf_distributed, "any day"), "irsf-ordinary": (irsf_ordinary, "any day"), "irsf-unallocated": (irsf_unallocated, "any day"),
    "test-then-attack": (test_then_attack, "any day"), "pbx-probing": (pbx_probing, "any day"), "sequential": (sequential, "any day"),
    "wangiri-out": (wangiri_out, "any day"), "wangiri-callback": (wangiri_callback, "working day"), "forwarding": (forwarding, "any day"),
    "domestic-pumping": (domestic_pumping, "any day"), "tollfree-pumping": (tollfree_pumping, "any day"), "long-hold": (long_hold, "any day"),
    "in-hours-low": (in_hours_low, "working day"), "stolen-certificate": (stolen_certificate, "any day"), "spoofing": (spoofing, "working day"),
}
