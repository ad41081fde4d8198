# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks on a customer: calls to its numbers that are meant to fill them, annoy, or be called back."""
import math

from localtime import MINUTE

SECOND = 1_000


def _target(scene):
    return scene.victim.number(0 if scene.rng.random() < .7 else scene.rng.randrange(100))


def _gap(rng, mean_ms):
    return int(rng.expovariate(1 / mean_ms)) + 1


def tdos_volume(scene):
    """One source floods one number."""
    rng = scene.rng
    at, number = scene.choose_time("any"), _target(scene)
    callers = ["+" + scene.home_number() for _ in range(rng.randrange(1, 4))]
    pace = rng.uniform(100, 400)
    for _ in range(rng.randrange(800, 1600)):
        scene.inn(at, number, rng.randrange(5 * SECOND, 40 * SECOND) if rng.random() < .4 else 0, rng.choice(callers))
        at += _gap(rng, pace)


def tdos_distributed(scene):
    """Very many callers, each calls once."""
    rng = scene.rng
    at, number = scene.choose_time("any"), _target(scene)
    pace = rng.uniform(300, 900)
    for _ in range(rng.randrange(700, 1400)):
        scene.inn(at, number, rng.randrange(4 * SECOND, 60 * SECOND) if rng.random() < .5 else 0, "+" + scene.home_number())
        at += _gap(rng, pace)


def tdos_ramp(scene):
    """From a few calls an hour up by 1.2 percent a minute, many callers."""
    rng = scene.rng
    start, number = scene.choose_time("any"), _target(scene)
    at, end = start, scene.within(start, rng.uniform(3, 4.5))
    while at < end:
        scene.inn(at, number, rng.randrange(4 * SECOND, 90 * SECOND) if rng.random() < .5 else 0, "+" + scene.home_number())
        at += _gap(rng, 60 * SECOND * math.exp(-.012 * (at - start) / MINUTE))


def tdos_hold(scene):
    """Calls that are answered and then stay, until no channel is free."""
    rng = scene.rng
    at, number = scene.choose_time("any"), _target(scene)
    callers = ["+" + scene.home_number() for _ in range(rng.randrange(10, 60))]
    for _ in range(int(scene.victim.channels * rng.uniform(1.2, 2.5)) + 20):
        scene.inn(at, number, int(rng.uniform(25, 60) * MINUTE), rng.choice(callers))
        at += _gap(rng, rng.uniform(3, 8) * SECOND)


def tdos_abandon(scene):
    """Some callers ring, hang up within two seconds, and ring again, for hours."""
    rng = scene.rng
    start, number = scene.choose_time("any"), _target(scene)
    callers = ["+" + scene.home_number() for _ in range(rng.randrange(8, 30))]
    at, end = start, scene.within(start, rng.uniform(1, 2.5))
    while at < end:
        scene.inn(at, number, rng.randrange(500, 1_900) if rng.random() < .5 else 0, rng.choice(callers), rng.randrange(500, 2_000))
        at += _gap(rng, 9 * SECOND)


def robocalls(scene):
    """A machine calls the customer's numbers one after the other with one caller number, or with one of the neighbourhood."""
    rng = scene.rng
    at = scene.choose_time("hours")
    one = "+" + scene.home_number()
    neighbours = rng.random() < .4
    for i in range(rng.randrange(150, 350)):
        number = scene.victim.number(i % 100)
        caller = "+" + number[:-4] + f"{rng.randrange(10_000):04d}" if neighbours else one
        scene.inn(at, number, rng.randrange(6 * SECOND, 40 * SECOND) if rng.random() < .5 else 0, caller, 8 * SECOND)
        at += _gap(rng, 5 * SECOND)


def wangiri_in(scene):
    """One ring from a dear number at each of the customer's numbers."""
    rng = scene.rng
    at = scene.choose_time("any")
    callers = ["+" + n for n in scene.numbers(3, scene.dear_range(("mobile", "fixed_or_mobile")))]
    for i in range(rng.randrange(60, 200)):
        scene.inn(at, scene.victim.number(i * 7 % 100), 0, rng.choice(callers), rng.randrange(900, 2_500))
        at += _gap(rng, 4 * SECOND)


ATTACKS = {
    "tdos-volume": (tdos_volume, "any day"), "tdos-distributed": (tdos_distributed, "any day"), "tdos-ramp": (tdos_ramp, "any day"),
    "tdos-hold": (tdos_hold, "any day"), "tdos-abandon": (tdos_abandon, "any day"), "robocalls": (robocalls, "working day"),
    "wangiri-in": (wangiri_in, "any day"),
}
