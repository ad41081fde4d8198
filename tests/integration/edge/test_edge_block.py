# SPDX-License-Identifier: GPL-2.0-or-later
"""What ng silences."""

from edge_lab import assert_silent, rtcp_sr, rtp, talk


def test_block_and_unblock_media(call, ng):
    one = call("sdes-sdes").setup()
    talk(one)
    ng("block media", call_id=one.id)
    assert_silent(one)
    verdict = one.query()["verdict"]
    assert verdict["blocked"] == 1 and verdict["reason"] == "blocked"
    assert verdict["forwarded_after_verdict"] == 0
    assert verdict["last_forwarded_us"] <= verdict["verdict_at_us"]
    assert verdict["dropped_after_verdict"]["packets"] == 20 and verdict["dropped_after_verdict"]["bytes"] > 20 * 60
    ng("unblock media", call_id=one.id)
    talk(one, first=2000)


def test_block_one_direction(call, ng):
    one = call("plain-sdes").setup()
    ng("block media", call_id=one.id, from_tag="tag-a")
    one.a.send(rtp(1))
    one.a.send_rtcp(rtcp_sr())
    assert one.b.drain() == 0
    one.b.send(rtp(1))
    assert one.a.receive() == rtp(1)
    tags = one.query()["tags"]
    assert tags["tag-a"]["verdict"]["blocked"] == 1 and tags["tag-b"]["verdict"]["blocked"] == 0
    ng("unblock media", call_id=one.id, flags=["all"])
    talk(one, first=50)


def test_a_block_waits_for_the_offer(call, ng):
    one = call()
    assert ng("block media", call_id=one.id)["warning"]
    assert_silent(one.setup())
    assert one.query()["verdict"]["blocked"] == 1
    ng("unblock media", call_id=one.id)
    talk(one, first=2000)


def test_drop_traffic(call):
    one = call()
    one.offer(drop_traffic="start")
    one.answer()
    assert_silent(one)
    one.answer(drop_traffic="stop")
    talk(one, first=2000)


def test_silence_media_is_a_block(call, ng):
    one = call().setup()
    ng("silence media", call_id=one.id)
    assert_silent(one)
    ng("unsilence media", call_id=one.id)
    talk(one, first=2000)
