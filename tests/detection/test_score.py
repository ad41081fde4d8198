# SPDX-License-Identifier: GPL-2.0-or-later
"""The arithmetic of the scores and of the table, and reading the replay's verdicts."""
from collections import Counter
from types import SimpleNamespace

from calls import inbound, outbound
from guard import read_verdicts
from playback import REFUSED, Stops
from score import Score, Traffic, percentile, score
from table import figures, human, report

MINUTE = 60_000
BEGIN = 1_795_302_000_000


def customer(index):
    clock = SimpleNamespace(day_of=lambda ms: (ms - BEGIN) // 86_400_000)
    return SimpleNamespace(index=index, base="4416329600", clock=clock, profile=SimpleNamespace(name="office"),
                           source_on=lambda day: "198.18.0.10", fingerprint_on=lambda day: "00")


def world(*lines):
    """lines: (minute, minutes of talk, label, customer)."""
    customers = [customer(0), customer(1)]
    calls = [outbound(customers[who], 0, BEGIN + int(at * MINUTE), 0, int(talk * MINUTE), "+441632960001", "5352123456", label=label)
             for at, talk, label, who in lines]
    return SimpleNamespace(calls=calls, customers=customers, rates=SimpleNamespace(of=lambda number: .5))


def test_incident_stopped_after_its_third_call():
    w = world(*((i, 10, "irsf-1", 0) for i in range(10)))
    stops = Stops({i: REFUSED for i in range(2, 10)} | {1: int(1.5 * MINUTE)})
    incident = score(Traffic(w), stops).incidents[0]
    assert (incident.calls, incident.stopped_calls, incident.through) == (10, 9, 1)
    assert incident.minutes == 10 + 2 and incident.usd == 6.0 and incident.usd_all == 50.0
    assert incident.delay_s == 120 and incident.at_call == 3 and incident.stopped


def test_incident_that_goes_on_is_not_stopped():
    w = world(*((i, 10, "irsf-1", 0) for i in range(10)))
    incident = score(Traffic(w), Stops({2: REFUSED, 5: REFUSED})).incidents[0]
    assert incident.delay_s == 120 and not incident.stopped


def test_untouched_incident():
    incident = score(Traffic(world((0, .5, "slow-1", 0))), Stops()).incidents[0]
    assert incident.delay_s is None and incident.at_call is None and not incident.stopped and incident.minutes == 1


def test_wanted_calls_and_lost_days():
    w = world(*((i, 1, "", 0) for i in range(5)), *((i, 1, "", 1) for i in range(5)), (1440, 1, "", 0))
    total = score(Traffic(w), Stops({i: REFUSED for i in range(5)} | {7: 0, 10: REFUSED})).wanted()
    # The second day of customer 0 has one call only: too few to call the day lost.
    assert (total.calls, total.hurt, total.days, total.days_lost) == (11, 7, 2, 1)


def test_harm_during_an_attack_is_told_apart():
    w = world((0, 1, "irsf-1", 0), (1, 1, "", 0), (1, 1, "", 1))
    total = score(Traffic(w), Stops({1: REFUSED, 2: REFUSED})).wanted()
    assert total.hurt == 2 and total.hurt_in_attack == 1


def test_scores_add_up():
    w = world((0, 1, "irsf-1", 0), (1, 1, "", 0))
    pooled = Score()
    for _ in range(2):
        pooled.add(score(Traffic(w), Stops()))
    assert len(pooled.incidents) == 2 and pooled.wanted().calls == 2


def test_percentile():
    assert percentile([3, 1, 2], .5) == 2 and percentile(range(1, 101), .95) == 95 and percentile([], .5) is None


def test_figures_and_table():
    w = world(*((i, 10, "irsf-1", 0) for i in range(4)), (5, 1, "", 1))
    scores = {"ours": score(Traffic(w), Stops({1: REFUSED, 2: REFUSED, 3: REFUSED})), "theirs": score(Traffic(w), Stops({4: REFUSED}))}
    f = figures(scores["ours"].incidents)
    assert f["stopped"] == 1 and f["calls_stopped_share"] == .75 and f["within_goal"] == 1 and f["at_call_p50"] == 2
    text = human(report(scores), ["head"])
    assert "irsf" in text and "theirs" in text and "100,000.0 (0)" in text


def test_minutes_of_calls_out_are_told_apart():
    w = world(*((i, 10, "irsf-1", 0) for i in range(2)), (5, 4, "", 1))
    flood = [inbound(w.customers[1], BEGIN + i, 0, 30 * MINUTE, "+441632960001", "441632960000", label="tdos-1") for i in range(3)]
    w.calls += flood
    f = report({"ours": score(Traffic(w), Stops())})["ours"]["all"]
    # A call in costs the customer nothing, whatever its length.
    assert f["minutes_through_mean"] == (20 + 90) / 2 and f["minutes_through_mean_out"] == 20 and f["outbound_attacks"] == 1


def test_no_incident_of_calls_out():
    f = figures([])
    assert f["minutes_through_mean_out"] is None and f["minutes_through_mean"] is None


def test_reading_verdicts():
    stops, actions, rules = Stops(), Counter(), {}
    read_verdicts(['{"call_id":"call-0000000","action":"allow","score":0,"shadow_score":0,"rules":[],"at":"attempt"}\n',
                   '{"call_id":"call-0000001","action":"alert","score":30,"shadow_score":30,"rules":[{"id":"A","points":30}],"at":"attempt"}\n',
                   '{"call_id":"call-0000002","action":"block","score":80,"shadow_score":90,"rules":[{"id":"A","points":80},'
                   '{"id":"B","points":10,"shadow":true}],"at":"attempt"}\n',
                   '{"call_id":"call-0000003","action":"block","score":100,"shadow_score":100,"rules":[{"id":"HOLD","points":100}],"at":"minute",'
                   '"cut_after_ms":4000,"hold":"risky"}\n'], stops, actions, rules)
    assert stops == {2: REFUSED, 3: 4000} and actions == {"allow": 1, "alert": 1, "block": 2}
    assert rules == {2: ("block", ("A",)), 3: ("block", ("HOLD",))}
