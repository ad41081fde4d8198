# SPDX-License-Identifier: GPL-2.0-or-later
"""Two relays with one Redis: what becomes of the calls of one that dies."""
import signal

from edge_lab import Ng, assert_silent, talk, wait_until
from state_lab import written


def test_a_reinvite_moves_a_call_to_the_relay_that_lives(lab, call):
    one, two = lab.relay("one"), lab.relay("two")
    ng, other = Ng(one.ng_port), Ng(two.ng_port)
    moved = call("sdes-sdes", ng=ng).setup()
    blocked = call("sdes-plain", ng=ng).setup()
    talk(moved, count=30, first=65520)  # over a rollover
    ng("block media", call_id=blocked.id)
    written(one)
    # While it lives nobody takes its calls away by asking for them.
    other("query", expect="error", call_id=moved.id)
    other("delete", call_id=moved.id, from_tag="tag-a")
    talk(moved, first=20)
    written(one)
    one.kill()
    for each in (moved, blocked):
        each.ng = other
        before = each.b.remote
        each.offer(to_tag="tag-b")
        each.answer()
        assert each.b.remote != before, "still the dead relay's port"
    talk(moved, first=40)
    assert_silent(blocked, first=300)
    wait_until(lambda: two.metrics()["sbc_edge_state_taken_over_total"] == 2)
    # The one that was dead has nothing left to bring back.
    one.start()
    assert one.metrics()["sbc_edge_state_restored_total"] == 0
    ng("query", expect="error", call_id="never-heard-of")
    talk(moved, first=60)


def test_whoever_has_the_address_takes_over_all_calls(lab, call):
    one = lab.relay("one")
    ports = [option for option in one.options if option.startswith("--port-m")]
    two = lab.relay("two", "--stand-in-for=one", *ports)
    ng = Ng(one.ng_port)
    calls = [call(kind, ng=ng).setup() for kind in ("sdes-sdes", "gcm-sdes", "sdes-plain")]
    killed = call("sdes-sdes", ng=ng).setup()
    for each in calls:
        talk(each)
    ng("block media", call_id=killed.id)
    written(one)
    one.kill()
    two.process.send_signal(signal.SIGUSR1)  # as keepalived's notify script would
    wait_until(lambda: two.metrics()["sbc_edge_state_taken_over_total"] == 4)
    for each in calls:
        talk(each, first=200)  # the same ports: nobody noticed
    assert_silent(killed, first=300)
    # And back, this time without being told: the lease runs out.
    one.options += ["--stand-in-for=two"]
    one.start()
    assert one.metrics()["sbc_edge_state_restored_total"] == 0
    written(two)
    two.kill()
    wait_until(lambda: one.metrics()["sbc_edge_state_restored_total"] == 4)
    for each in calls:
        talk(each, first=400)
    assert_silent(killed, first=500)
