# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls, and verdicts about them, outlive a relay: state in a real Redis."""
import os
import time

from edge_dtls import DtlsEndpoint, shake
from edge_lab import Call, Endpoint, Ng, assert_silent, rtp, talk, wait_until
from state_lab import CALLS, write_keys, written


def test_calls_and_verdicts_outlive_a_crash(lab, call):
    relay = lab.relay("one")
    ng = Ng(relay.ng_port)
    around = call("sdes-sdes", ng=ng, metadata="customer=acme").setup()
    crossing = call("gcm-sdes", ng=ng).setup()
    plain = call("sdes-plain", ng=ng).setup()
    blocked = call("sdes-sdes", ng=ng).setup()
    half = call("plain-sdes", ng=ng).setup()
    early = call("sdes-plain", ng=ng)
    killed = call("sdes-plain", ng=ng).setup()
    held = call("sdes-plain", ng=ng, metadata="customer=initech").setup()
    ended = call("sdes-plain", ng=ng).setup()
    for one in (around, crossing, plain, blocked, half, killed):
        talk(one)
    talk(around, count=30, first=65520)  # one rollover before the state is written
    talk(crossing, count=10, first=65500)
    ended.delete()
    written(relay)
    talk(crossing, count=50, first=65510)  # this one between the state and the crash
    ng("block media", call_id=blocked.id)
    ng("block media", call_id=half.id, from_tag="tag-a")
    ng("block media", call_id=early.id)
    lab.server.publish({"op": "kill", "call_id": killed.id, "customer": "x", "until_ms": int(time.time() * 1000) + 60000})
    lab.server.hold("initech", True, int(time.time() * 1000) + 60000)
    lab.server.publish({"op": "hold", "customer": "initech", "scope": "customer", "cut": True,
                        "until_ms": int(time.time() * 1000) + 60000})
    for one in (killed, held):
        wait_until(lambda: one.query()["verdict"]["blocked"] == 1)
    time.sleep(0.2)
    ports = {one.id: (one.a.remote, one.b.remote) for one in (around, crossing, plain)}
    keys = lab.server.run("--no-raw", "HGETALL", CALLS)
    assert around.id not in keys and "tag-a" not in keys, "state in clear"
    relay.kill()
    relay.start()
    assert relay.metrics()["sbc_edge_state_restored_total"] == 7
    talk(around, count=10, first=100)
    talk(crossing, count=10, first=60)
    talk(plain, count=10, first=200)
    for one in (blocked, killed, held):
        assert_silent(one, first=5000)
    half.a.send(rtp(5000))
    half.b.send(rtp(5000))
    assert half.a.receive() == rtp(5000)
    assert half.b.drain() == 0
    assert_silent(early.setup())
    verdict = blocked.query()["verdict"]
    assert verdict["reason"] == "blocked" and verdict["forwarded_after_verdict"] == 0
    ng("query", expect="error", call_id=ended.id)
    # Signalling goes on, too: same keys, same ports, and a rollover counter that stays.
    around.offer(to_tag="tag-b")
    around.answer()
    assert (around.a.remote, around.b.remote) == ports[around.id]
    talk(around, count=5, first=300)
    ng("unblock media", call_id=blocked.id)
    talk(blocked, first=5100)
    relay.stop()  # a planned end leaves the newest state
    relay.start()
    talk(around, count=5, first=400)
    assert_silent(killed, first=9000)


def test_media_keyed_by_dtls_goes_on_and_the_next_offer_begins_anew(lab):
    relay = lab.relay("one")
    one = Call(Ng(relay.ng_port), DtlsEndpoint(), Endpoint(), transport_protocol="RTP/AVP").setup()

    def is_up():
        return one.query()["tags"]["tag-a"]["medias"][0]["srtp"].get("dtls", {}).get("state") == "established"

    assert shake(one.a)
    wait_until(is_up)
    talk(one)
    written(relay)
    first = one.a.peer_print
    relay.kill()
    relay.start()
    talk(one, first=300)
    one.offer(to_tag="tag-b")
    one.answer()
    assert one.a.peer_print != first and "a=crypto" not in one.answer_sdp
    assert shake(one.a)
    wait_until(is_up)
    talk(one, first=400)
    one.delete()
    one.a.close()
    one.b.close()


def test_redis_may_be_away_and_what_is_damaged_is_passed_over(lab, call):
    relay = lab.relay("one")
    ng = Ng(relay.ng_port)
    one, other = call("sdes-plain", ng=ng).setup(), call("sdes-plain", ng=ng).setup()
    talk(one)
    lab.server.stop()
    wait_until(lambda: relay.metrics()["sbc_edge_state_up"] == 0)
    talk(one, first=200)
    third = call("plain-sdes", ng=ng).setup()
    other.delete()
    lab.server.start()  # empty
    wait_until(lambda: relay.metrics()["sbc_edge_state_up"] == 1)
    wait_until(lambda: lab.server.run("HLEN", CALLS) == "2")
    written(relay)
    relay.kill()
    fields = lab.server.run("HKEYS", CALLS).split()
    for i, junk in enumerate(("", "\\x01", "A" * 300)):
        lab.server.run("HSET", CALLS, f"{i:032x}", junk)
    lab.server.run("HSET", CALLS, "f" * 32, "\x02 another layout")
    swapped = lab.server.run("EVAL", f"return redis.call('HSET', '{CALLS}', '{'e' * 32}', redis.call('HGET', '{CALLS}', '{fields[0]}'))", 0)
    assert swapped == "1"
    # The first key of the file seals; the others open.
    lab.keys.chmod(0o600)
    write_keys(lab.keys, "b " + os.urandom(32).hex(), *lab.keys.read_text().splitlines()[1:])
    relay.start()
    figures = relay.metrics()
    assert figures["sbc_edge_state_restored_total"] == 2
    assert figures["sbc_edge_state_damaged_total"] + figures["sbc_edge_state_foreign_total"] >= 4
    talk(one, first=300)
    talk(third, first=300)
