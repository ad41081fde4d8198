# SPDX-License-Identifier: GPL-2.0-or-later
"""Numbers are what was asked for, and local time is the customer's."""
import datetime
import random

import pytest

import world
from localtime import HOUR, Clock, is_holiday
from numberplan import MOBILE, ORDINARY


@pytest.mark.parametrize("country", ["US", "GB", "DE", "IT", "MV", "SL", "CU", "JP"])
def test_drawn_numbers_have_country_and_type(country):
    plan, rng = world.number_plan(), random.Random(1)
    for _ in range(50):
        assert plan.lookup(plan.draw(rng, country))[0] == country
        assert plan.lookup(plan.draw(rng, country, *MOBILE))[1] in MOBILE


@pytest.mark.parametrize("country", ["EE", "SO", "LV", "GB"])
def test_unallocated_numbers_are_in_no_range(country):
    plan, rng = world.number_plan(), random.Random(1)
    for _ in range(50):
        number = plan.draw_unallocated(rng, country)
        assert number.startswith(plan.code(country)) and plan.lookup(number)[1] == "unallocated"


@pytest.mark.parametrize("number, country, dialled", [
    ("442079460018", "GB", "02079460018"), ("442079460018", "US", "011442079460018"), ("12025550143", "US", "12025550143"),
    ("390612345678", "IT", "0612345678"), ("97215312345678", "IL", "0097215312345678"), ("97231234567", "IL", "031234567"), ("12423022730", "US", "01112423022730"), ("81312345678", "JP", "0312345678")])
def test_dialling(number, country, dialled):
    assert world.number_plan().as_dialled(number, country) == dialled


def test_every_country_dials_digits():
    plan = world.number_plan()
    for country, row in plan.dialling.items():
        if row["international"]:
            assert plan.as_dialled("442079460018" if country != "GB" else "12025550143", country).isdigit()


def test_a_country_without_the_type():
    with pytest.raises(ValueError):
        world.number_plan().draw(random.Random(1), "NR", "premium")


def test_midnight_is_local():
    clock = Clock("America/New_York", datetime.date(2026, 3, 7), 3)
    assert clock.midnights[0] == 1_772_859_600_000  # 2026-03-07T05:00:00Z
    # The second day has 23 hours.
    assert clock.midnights[2] - clock.midnights[1] == 23 * HOUR
    assert clock.day_of(clock.at(1, 12)) == 1 and clock.day_of(clock.midnights[0] - 1) == -1


def test_holidays():
    assert is_holiday("GB", datetime.date(2026, 12, 25)) and not is_holiday("GB", datetime.date(2026, 12, 24)) and not is_holiday("ZZ", datetime.date(2026, 1, 1))


def test_ordinary_types_are_what_draw_gives():
    plan, rng = world.number_plan(), random.Random(2)
    assert {plan.lookup(plan.draw(rng, "DE"))[1] for _ in range(60)} <= set(ORDINARY)
