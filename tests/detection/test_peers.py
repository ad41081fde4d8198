# SPDX-License-Identifier: GPL-2.0-or-later
"""The models of peers, against what is known of them: replies measured on the real OpenSIPS, and the published meaning of the others' terms."""
from types import SimpleNamespace

import pytest

from calls import Call
from peer_opensips import FraudDetection, Thresholds
from peer_spend import DailyCap
from peer_triggers import ACTION_MS, Triggers
from playback import REFUSED, play

MINUTE = 60_000
SATURDAY_NIGHT = 1_795_302_000_000  # 2026-11-21T23:00:00Z
TUESDAY_0259 = 1_794_884_340_000    # 2026-11-17T02:59:00Z


def codes(module, times_and_numbers, user="alice", prefix="44", end_at_once=False):
    result = []
    for at, number in times_and_numbers:
        code, handle = module.check(user, number, prefix, at)
        if end_at_once and handle:
            module.ended(handle)
        result.append(code)
    return result


def only(**limits):
    return Thresholds(**{"cpm": (0, 0), "total": (0, 0), "concurrent": (0, 0), "sequential": (0, 0), **limits})


def test_calls_per_minute():
    calls = [(SATURDAY_NIGHT + i * 140, f"44{i}") for i in range(7)]
    assert codes(FraudDetection(only(cpm=(3, 5))), calls) == [1, 1, -1, -1, -2, -2, -2]


def test_plus_matches_no_rule():
    assert codes(FraudDetection(only(cpm=(3, 5))), [(SATURDAY_NIGHT, "+4412")] * 6) == [2] * 6


def test_failed_calls_are_not_concurrent():
    calls = [(SATURDAY_NIGHT + i * 1000, f"44{i}") for i in range(6)]
    assert codes(FraudDetection(only(concurrent=(2, 4))), calls, end_at_once=True) == [1] * 6
    assert codes(FraudDetection(only(concurrent=(2, 4))), calls) == [1, -1, -1, -2, -2, -2]


def test_same_number_again():
    assert codes(FraudDetection(only(sequential=(3, 5))), [(SATURDAY_NIGHT + i, "4477") for i in range(6)]) == [1, 1, -1, -1, -2, -2]


def test_numbers_in_a_row_are_not_seen():
    assert codes(FraudDetection(only(sequential=(3, 5))), [(SATURDAY_NIGHT + i, f"5371000{i}") for i in range(8)]) == [1] * 8


def test_each_from_user_has_its_own_counters():
    module = FraudDetection(only(cpm=(3, 5)))
    assert [codes(module, [(SATURDAY_NIGHT + i, "4477")], user=f"u{i}")[0] for i in range(7)] == [1] * 7


@pytest.mark.parametrize("as_documented, expected", [(False, -2), (True, 1)])
def test_the_pause_of_119_seconds(as_documented, expected):
    module = FraudDetection(only(cpm=(3, 5)), as_documented)
    codes(module, [(SATURDAY_NIGHT, "4477")] * 30)
    assert codes(module, [(SATURDAY_NIGHT + 119_000, "4477")]) == [expected]


def test_midnight_forgets():
    module = FraudDetection(only(total=(6, 8)))
    before = codes(module, [(SATURDAY_NIGHT + 50 * MINUTE + i * 1000, "4477") for i in range(5)])
    after = codes(module, [(SATURDAY_NIGHT + 61 * MINUTE + i * 1000, "4477") for i in range(5)])
    assert before + after == [1] * 10


def test_documented_windows_begin_anew():
    times = [(TUESDAY_0259 + i * 1000, "4477") for i in range(5)] + [(TUESDAY_0259 + 6 * 60 * MINUTE + 2 * MINUTE, "4477")]
    assert codes(FraudDetection(only(total=(3, 5)), as_documented=True), times)[-1] == 1
    assert codes(FraudDetection(only(total=(3, 5))), times)[-1] == -2


# --- the others

def call(start, talk, number="5352123456", customer=0, inbound=False):
    return Call(start, start + 1000 + talk, start + 1000 if talk else 0, customer, inbound, "+441632960001", "+" + number, number, 200 if talk else 480,
                "198.18.0.10", "" if inbound else "00", "A", "")


def tiny_world(calls, limit=5, channels=30, rate=.5):
    clock = SimpleNamespace(day_of=lambda ms: ms // 86_400_000)
    customers = [SimpleNamespace(id="a", country="GB", channels=channels, daily_limit=limit, clock=clock, profile=SimpleNamespace(tags=()))]
    plan = SimpleNamespace(lookup=lambda number: ("CU", "mobile"), codes=["53"])
    return SimpleNamespace(calls=calls, customers=customers, plan=plan, rates=SimpleNamespace(of=lambda number: rate))


def test_trigger_fires_and_holds_for_an_hour():
    calls = [call(SATURDAY_NIGHT + i * 1000, 5_000) for i in range(6)] + [call(SATURDAY_NIGHT + 3_000 + ACTION_MS - 1, 0),
                                                                            call(SATURDAY_NIGHT + 3_000 + ACTION_MS + 1, 0)]
    stops = play(calls, Triggers(tiny_world(calls)))
    # 2.0 $/min of attempts to one country in five minutes: the fourth call of 0.5.
    assert sorted(stops) == [3, 4, 5, 6] and all(cut == REFUSED for cut in stops.values())


def test_slow_attempts_stay_below_the_fast_trigger():
    calls = [call(SATURDAY_NIGHT + i * 6 * MINUTE, 1_000) for i in range(5)]
    assert not play(calls, Triggers(tiny_world(calls)))


def test_daily_cap_cuts_and_refuses_until_midnight():
    calls = [call(SATURDAY_NIGHT, 30 * MINUTE), call(SATURDAY_NIGHT + 20 * MINUTE, MINUTE), call(SATURDAY_NIGHT + 61 * MINUTE, MINUTE)]
    stops = play(calls, DailyCap(tiny_world(calls), {0, 1, 2}), {0, 1, 2})
    # 5 dollars at 0.5 a started minute: the tenth minute begins nine minutes after the answer.
    assert stops == {0: 9 * MINUTE, 1: REFUSED}


def test_cheap_calls_are_charged_when_they_end():
    calls = [call(SATURDAY_NIGHT, 10 * MINUTE), call(SATURDAY_NIGHT + 11 * MINUTE, MINUTE)]
    assert play(calls, DailyCap(tiny_world(calls), set()), set()) == {1: REFUSED}
