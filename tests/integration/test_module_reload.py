# SPDX-License-Identifier: GPL-2.0-or-later
"""Reloading the Kamailio module's rules: their own tests, and going back to the rules before."""
import os
import re
import threading
import time

import pytest

from module_fixtures import ALERTED, RULES, Node, customers, finish, started, wait_for

EASED, RAISED = RULES.replace("score: 35}", "score: 34}"), RULES.replace("score: 35}", "score: 36}")

TESTS = """fraudguard_test: 1
fixtures:
  acme: {id: acme, tz: Europe/London, home_countries: ["GB"], cert_names: ["sip.acme.example"]}
tests:
"""
TEST = """  - name: {name}
    customer: acme
    clock: "2026-11-20T10:00:00Z"
    calls: [{{from: "+441632960007", to: "+442079000101", san: ["sip.acme.example"]}}]
    expect: {{{expected}}}
"""


def rule_tests(*scores):
    """A file of tests; the first of them is in its fifth line, each five lines long. Without scores: one that always passes."""
    expected = [f"score: {score}" for score in scores] or ["action: alert"]
    return TESTS + "".join(TEST.format(name=f"alerted range {i}", expected=text) for i, text in enumerate(expected))


@pytest.fixture(name="node", scope="module")
def fixture_node(tmp_path_factory):
    node = started(Node(tmp_path_factory.mktemp("reload"), redis=False, modparams='modparam("fraudguard", "max_customers", 16)'))
    yield node
    finish(node)


@pytest.fixture(autouse=True)
def as_at_first(node):
    """Every test begins with RULES in force, without tests of their own and nothing to confirm."""
    node.rpc("fraudguard.confirm")
    node.write("rules/test.yaml", RULES)
    node.write("rules/test.test.yaml", rule_tests(35))
    node.write("customers.yaml", customers())
    reload(node)


def score(node):
    return node.caller(0).show(ALERTED)["score"]


def reload(node, *parameters):
    result = node.rpc("fraudguard.reload", *parameters)
    assert result.returncode == 0 and "error:" not in result.stdout, result.stdout + result.stderr
    return result.stdout


def refused(node, *parameters):
    result = node.rpc("fraudguard.reload", *parameters)
    told = result.stdout + result.stderr
    assert "error:" in told, told
    return told


# --- the packs' own tests


def test_a_failing_test_keeps_the_old_rules(node):
    before = node.status()
    node.write("rules/test.yaml", RAISED)
    node.write("rules/test.test.yaml", rule_tests(36, 35, 36, 35))
    told = refused(node)
    assert "2 of 4 rule tests fail: test.test.yaml:10, :20" in told
    after = node.status()
    assert (after["digest"], after["generation"], after["last_reload"]) == (before["digest"], before["generation"], "refused")
    assert score(node) == "35"
    assert re.search(r"FAIL +test\.test\.yaml:10 +alerted range 1", node.log())  # what was expected is in the log
    node.write("rules/test.test.yaml", rule_tests(36, 36))
    reload(node)
    assert score(node) == "36" and node.status()["last_reload"] == "ok"
    assert re.search(r"2 tests of 1 files passed in \d+ ms", node.log())


def test_the_first_ten_failing_tests_are_named(node):
    node.write("rules/test.test.yaml", rule_tests(*[1] * 12))
    told = refused(node)
    assert "12 of 12 rule tests fail: test.test.yaml:5, :10" in told and told.rstrip().endswith(":50, ...")
    assert len(re.findall(r":\d+[,\s]", told.split("test.yaml", 1)[1])) == 10


def test_a_file_that_holds_no_tests_keeps_the_old_rules(node):
    node.write("rules/test.test.yaml", rule_tests(35).replace("expect:", "expcet:"))
    assert re.search(r"test\.test\.yaml:\d+:\d+: .*expcet", refused(node))
    assert score(node) == "35"


def test_tests_are_left_out_when_told_so(tmp_path_factory):
    node = Node(tmp_path_factory.mktemp("untested"), redis=False, modparams='modparam("fraudguard", "reload_tests", "no")')
    try:
        node.start()
        node.write("rules/test.test.yaml", rule_tests(1))
        node.write("rules/test.yaml", RAISED)
        reload(node)
        assert score(node) == "36"
    finally:
        node.stop()


def test_customers_have_room_and_give_it_back(node):
    def trunks():
        return set(re.findall(r"customer: (c\d+)", node.rpc("fraudguard.trunks").stdout))

    def call(numbers):
        for i in numbers:
            assert node.caller(i).show(ALERTED)["action"] == "alert"
        return trunks()

    everybody = {f"c{i}" for i in range(40)}
    assert call(range(40)) == everybody, "max_customers is but the least"
    node.write("customers.yaml", customers(10))
    reload(node)
    assert trunks() == {f"c{i}" for i in range(10)}
    node.write("customers.yaml", customers())
    reload(node)
    assert call(range(40)) == everybody
    # Made for 42: 84 have room, and that there are more is told once.
    node.write("customers.yaml", customers(120))
    reload(node)
    assert len(call(range(40, 120))) <= 84
    assert node.log().count("no room for all customers") == 1


def test_warnings_of_a_load_are_in_the_log(node):
    node.write("rules/overrides.d/old.yaml", """fraudguard: 1
overrides:
  - match: {customer.id: c9}
    rule: ALERTED
    replace: {score: 1}
    reason: "was agreed on"
    owner: "NOC"
    expires: "2020-01-01"
""")
    try:
        reload(node)
    finally:
        os.remove(node.path("rules/overrides.d/old.yaml"))
    assert re.search(r"WARNING.*old\.yaml:\d+:\d+: warning: .* expired on 2020-01-01", node.log())


# --- to be confirmed


def test_a_confirmed_reload_stays(node):
    node.write("rules/test.test.yaml", rule_tests())
    node.write("rules/test.yaml", RAISED)
    assert "unless fraudguard.confirm comes until 20" in reload(node, "confirm=2s")
    status = node.status()
    assert re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", status["pending_confirm_until"]) and "module-test" in status["goes_back_to"]
    assert node.rpc("fraudguard.confirm").returncode == 0
    assert "pending_confirm_until" not in node.status()
    time.sleep(2.5)
    assert score(node) == "36" and node.status()["last_reload"] == "ok"
    assert "404" in str(vars(node.rpc("fraudguard.confirm")))


def test_an_unconfirmed_reload_is_taken_back_as_a_whole(node):
    before, hits = node.status(), node.counter("reloads_taken_back")
    node.write("rules/test.test.yaml", rule_tests())
    node.write("rules/test.yaml", RAISED)
    node.write("customers.yaml", customers(n=3))
    reload(node, "confirm=2s")
    assert score(node) == "36" and node.status()["customers"] == "5"
    assert node.caller(7).show(ALERTED)["identity"] == "unknown"
    wait_for(lambda: node.status()["last_reload"] == "taken back", 4, "going back")
    after = node.status()
    assert (after["digest"], after["customers"]) == (before["digest"], before["customers"]) and "pending_confirm_until" not in after
    assert int(after["generation"]) == int(before["generation"]) + 2 and node.counter("reloads_taken_back") == hits + 1
    assert score(node) == "35" and node.caller(7).show(ALERTED)["customer"] == "c7"
    assert "were not confirmed in time: back to module-test 1.0.0" in node.log()


def test_a_second_reload_keeps_the_set_to_go_back_to(node):
    node.write("rules/test.test.yaml", rule_tests())
    node.write("rules/test.yaml", RAISED)
    reload(node, "confirm=60s")
    node.write("rules/test.yaml", EASED)
    until = node.status()["pending_confirm_until"]
    assert until in reload(node)  # a plain one is no confirmation, and gives no more time
    assert score(node) == "34"
    node.write("rules/test.yaml", "no rules")
    refused(node)
    assert node.status()["pending_confirm_until"] == until
    node.write("rules/test.yaml", RAISED)
    for _ in range(4):  # more sets than there are counters for at once
        reload(node, "confirm=1s")
    wait_for(lambda: "pending_confirm_until" not in node.status(), 4, "going back")
    assert score(node) == "35"


def test_calls_are_judged_while_rules_come_and_go(node):
    node.write("rules/test.test.yaml", rule_tests())
    node.write("rules/test.yaml", RAISED)
    shown, stop = set(), threading.Event()

    def call():
        caller = node.caller(1)
        while not stop.is_set():
            shown.add(caller.show(ALERTED)["score"])
            time.sleep(0.15)  # the customer has 50 channels

    caller = threading.Thread(target=call)
    caller.start()
    try:
        for _ in range(3):
            reload(node, "confirm=1s")
            wait_for(lambda: "pending_confirm_until" not in node.status(), 4, "going back")
    finally:
        stop.set()
        caller.join()
    assert shown == {"35", "36"}


@pytest.mark.parametrize("parameter", ["confirm=", "confirm=10", "confirm=0s", "confirm=25h", "confirm=99999999999999999999s", "confirm=5d", "conform=5s"])
def test_durations_that_are_none(node, parameter):
    generation = node.status()["generation"]
    assert "400" in str(vars(node.rpc("fraudguard.reload", parameter)))
    assert node.status()["generation"] == generation
