# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls in progress: both sides hear of a cut, whoever answers how fast."""
import contextlib
import json
import os
import re
import signal
import stat
import sys
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

from edge_lab import CM_80, Call, Edge, Endpoint, Ng, assert_silent, rtp  # noqa: E402
from module_fixtures import ALLOWED, BLOCKED, RULES, Node, fgctl_at, finish, reply_to, started, wait_for  # noqa: E402

CUT = "+442079700001"  # cut in its first minute


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    node = started(Node(tmp_path_factory.mktemp("lasting"), dialogs=True))
    yield node
    finish(node)


def processes(node):
    """The node's Kamailio processes: id to description."""
    return {int(pid): what for pid, what in re.findall(r"PID:\s*(\d+)\s*DSC:\s*(.*)", node.rpc("core.psx").stdout)}


def byes(messages, call):
    """How many BYEs of the call there are, copies aside."""
    return len({m.get("via").split("branch=")[1].split(";")[0] for m in messages if m.method == "BYE" and m.get("call-id") == call["call_id"]})


@contextlib.contextmanager
def answers_overtake(node):
    """All on one processor, where the process that cuts gives way to everybody: its first BYE is answered before the second can be written."""
    everybody = wait_for(lambda: (lambda found: found if "fraudguard calls" in found.values() else None)(processes(node)), what="all processes")
    mine, one = os.sched_getaffinity(0), {min(os.sched_getaffinity(0))}
    urgent = [0] + [pid for pid, what in everybody.items() if "receiver" in what]
    try:
        for pid in [0, *everybody]:
            os.sched_setaffinity(pid, one)
        with contextlib.suppress(PermissionError):  # without it the race is rarer
            for pid in urgent:
                os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))
        yield
    finally:
        for pid in urgent:
            os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
        for pid in [0, *everybody]:
            os.sched_setaffinity(pid, mine)


def test_a_cut_reaches_both_sides_however_fast_one_answers(node):
    caller, calls = node.caller(20), []
    with answers_overtake(node):
        for _ in range(12):
            reply, call = caller.invite(CUT)
            assert reply.code == 200
            assert caller.wait_request("BYE", call, timeout=10)
            calls.append(call)
    for call in calls:
        wait_for(lambda: byes(node.carrier.seen, call), what="BYE at the carrier")
        assert byes(node.carrier.seen, call) == 1
    assert node.counter("calls_cut") == len(calls) and node.counter("cut_failures") == 0
    print(f"{node.counter('byes_repaired')} of {len(calls)} second BYEs were left out by the dialog module")


# --- what the relay tells


def media(call, customer, **facts):
    """A message as sbc-edge writes it."""
    side = {"encrypted": False, "suite": "", "codec": "PCMA", "packets": 9, "rate": 50, "loss_ppm": 0, "jitter_us": 0, "dtmf": 0, "idle_s": 0}
    return {"v": 1, "op": "media", "time_ms": 1, "node": "edge", "call_id": call["call_id"], "customer": customer, "on_hold": False, "up_s": 0, "silent_s": 0,
            "one_way_s": 0, "caller": {**side, "encrypted": True, "suite": "AES_CM_128_HMAC_SHA1_80"}, "called": side, **facts}


def rings(node, caller, number):
    call = caller.new_call(number=number)
    caller.send(caller.request("INVITE", number, call))
    wait_for(lambda: node.carrier.count("INVITE", call["call_id"]), what="INVITE at the carrier")
    wait_for(lambda: call["call_id"] in node.rpc("fraudguard.calls").stdout, what="call in the table")
    return call


def hears(node, message, heard=True):
    before = {name: node.counter(name) for name in ("media_heard", "messages_unreadable")}
    node.redis_cli("publish", "fg:media:ch", json.dumps(message))
    if heard:
        wait_for(lambda: node.counter("media_heard") == before["media_heard"] + 1, what="the message")
    return before


def answers(node, caller, call):
    invite = next(m for m in node.carrier.seen if m.method == "INVITE" and m.get("call-id") == call["call_id"])
    node.carrier.socket.sendto(reply_to(invite, 200, "OK", "carrier", f"Contact: <sip:carrier@127.0.0.1:{node.carrier.port}>\r\n"), ("127.0.0.1", node.sip_port))
    reply = caller.final(call)
    call.update(to_tag="carrier", routes=list(reversed(reply.all("record-route"))), target=re.search(r"<([^>]+)>", reply.get("contact")).group(1))
    caller.in_dialog("ACK", call, cseq=1)


def told(node, kind, call):
    return wait_for(lambda: [e for e in stream(node) if e["type"] == kind and e["call_id"] == call["call_id"]], what=kind)[-1]


def stream(node):
    return [json.loads(fields[1]) for _, fields in json.loads(node.redis_cli("--json", "xrange", "fg:events", "-", "+") or "[]")]


def test_a_call_without_talk_is_told_and_cut(node):
    caller = node.caller(34)
    silent, loud = rings(node, caller, "+442079800180"), rings(node, caller, "+442079800180")
    before = hears(node, media(silent, "c33", silent_s=900), heard=False)  # of somebody else
    hears(node, {"v": 1, "op": "media"}, heard=False)
    wait_for(lambda: node.counter("messages_unreadable") == before["messages_unreadable"] + 1, what="the unreadable one")
    assert node.counter("media_heard") == before["media_heard"]
    hears(node, media(silent, "c34", silent_s=120))
    hears(node, media(loud, None, silent_s=99))
    answers(node, caller, loud)
    answers(node, caller, silent)
    assert caller.wait_request("BYE", silent, timeout=10)
    reasons = told(node, "call.minute", silent)["reasons"]
    assert [(r["id"], r["value"]) for r in reasons if r["points"]] == [("DEAD_AIR", 120)]
    assert node.carrier.count("BYE", loud["call_id"]) == 0
    # What was told last also counts at the end; the called side is not the customer's, and the customer's is encrypted.
    caller.bye(loud)
    assert told(node, "call.end", loud)["score"] == 0
    wait_for(lambda: (json.loads(node.redis_cli("hget", "fg:trunks", "c34") or "{}").get("media") or {}).get("suite") == "AES_CM_128_HMAC_SHA1_80", what="trunk")


def test_the_customers_side_is_known_by_its_label(node):
    """An INVITE without an offer: the called side makes it, and the relay takes it for the caller."""
    caller = node.caller(33)
    call = rings(node, caller, "+442079810180")
    sides = media(call, "c33")
    hears(node, media(call, "c33", caller={**sides["called"], "label": "carrier"}, called={**sides["caller"], "label": "customer", "suite": "AEAD_AES_256_GCM"}))
    wait_for(lambda: (json.loads(node.redis_cli("hget", "fg:trunks", "c33") or "{}").get("media") or {}).get("suite") == "AEAD_AES_256_GCM", what="trunk")
    answers(node, caller, call)
    caller.bye(call)
    told(node, "call.end", call)


def test_the_end_knows_what_was_told(node):
    caller = node.caller(34)
    call = rings(node, caller, "+442079810180")
    side = media(call, "c34")["called"]
    answers(node, caller, call)
    hears(node, media(call, "c34", caller={**side, "dtmf": 4}))
    caller.bye(call)
    end = told(node, "call.end", call)
    assert [r["id"] for r in end["reasons"] if r["points"]] == ["KEYS"]


def test_a_real_relay_hears_nothing_and_proves_the_cut(node, tmp_path):
    """Media flows before the call is answered, and nobody speaks: the first minute knows. The relay then shows that nothing went on."""
    relay = Edge(tmp_path, f"--redis=unix:{node.path('redis.sock')}", "--facts-interval=1", threads=1).start()
    caller, ends = node.caller(35), [Endpoint(suite=CM_80), Endpoint()]
    try:
        call = rings(node, caller, "+442079900180")
        media = Call(Ng(relay.ng_port), *ends, call_id=call["call_id"], metadata="customer=c35").setup()
        wait_for(lambda: relay.metrics()["sbc_edge_redis_up"] == 1, what="the relay's Redis")
        before, seq = node.counter("media_heard"), 0

        def silence():
            nonlocal seq
            for end in ends:
                end.send(rtp(seq))  # 0xd5: A-law's zero
            seq += 1
            time.sleep(0.01)
            return node.counter("media_heard") >= before + 2  # of which the second tells of a second without a sound

        wait_for(silence, what="media facts")
        answers(node, caller, call)
        assert caller.wait_request("BYE", call, timeout=10)
        reasons = told(node, "call.minute", call)["reasons"]
        assert [r["id"] for r in reasons if r["points"]] == ["DEAD_AIR_SOON"]
        wait_for(lambda: media.query()["verdict"].get("reason") == "killed", what="the relay's verdict")
        assert_silent(media, first=seq)
        media.delete()
        proof = wait_for(lambda: [e for e in stream(node) if e["type"] == "media.silenced"], what="proof")[-1]
        assert proof["call_id"] == call["call_id"] and proof["customer"] == "c35" and proof["forwarded_after"] == 0
        assert {leg["verdict"]["reason"] for leg in proof["legs"]} == {"killed"} and proof["media"]["silent_s"] >= 1
        explained = fgctl_at(f"unix:{node.path('redis.sock')}", "explain", call["call_id"]).stdout
        assert "media silenced: 0 packet(s) forwarded after the verdict" in explained, explained
        assert all(leg["verdict"]["dropped"]["packets"] >= 5 for leg in proof["legs"])
    finally:
        relay.stop()
        for end in ends:
            end.close()


# --- over a restart


def gauge(node, customer):
    keys = node.redis_cli("keys", f"fg:{{{customer}}}:s:*").split()
    return sum(int(node.redis_cli("zcount", key, str(int(time.time() * 1000)), "+inf")) for key in keys)


def settles(node, customer, n):
    wait_for(lambda: gauge(node, customer) == n, 10, f"{n} calls in progress, not {gauge(node, customer)}")


def live(node):
    return node.rpc("fraudguard.calls").stdout


def ended(node, call):
    """The end event of a call, once it is in the stream."""
    def found():
        for _, fields in json.loads(node.redis_cli("--json", "xrange", "fg:events", "-", "+") or "[]"):
            event = json.loads(fields[1])
            if event["type"] == "call.end" and event["call_id"] == call["call_id"]:
                return event
        return None
    return wait_for(found, what="end of the call in the stream")


def called(caller, number=ALLOWED, **more):
    reply, call = caller.invite(number, **more)
    assert reply.code == 200
    return call


def reinvite(caller, call, cseq):
    caller.in_dialog("INVITE", call, cseq=cseq)
    return caller.final(call, cseq=cseq)


def saved_after(node, since):
    wait_for(lambda: os.stat(node.path("state", "calls")).st_mtime > since, 15, "calls on disk")


def test_calls_go_on_over_a_restart(node):
    caller, holder, short = node.caller(1), node.caller(2), node.caller(3)
    kept, hung_up, held, expiring = called(caller), called(caller), called(holder), called(short, extra="X-Lifetime: 2\r\n")
    ringing = caller.new_call(number="+442079460180")
    caller.send(caller.request("INVITE", "+442079460180", ringing))
    wait_for(lambda: node.carrier.count("INVITE", ringing["call_id"]), what="a call that rings")
    settles(node, "c1", 3)
    node.halt()
    for name in ("calls", "spool"):
        assert os.stat(node.path("state", name)).st_mode & 0o777 == 0o600
    node.launch()
    settles(node, "c1", 2)  # the one that rang is over
    assert ended(node, ringing)["duration_s"] == 0
    assert reinvite(caller, kept, 3).code == 200
    # Their names are theirs still.
    assert caller.invite(ALLOWED, call={**kept, "branch": "z9hG4bKagain"})[0].code == 482
    caller.bye(hung_up)
    settles(node, "c1", 1)
    assert ended(node, hung_up)["duration_s"] >= 0
    # The longest duration is kept, and an operator can cut.
    assert short.wait_request("BYE", expiring, timeout=20)
    node.rpc("fraudguard.hold", "c2", "customer", "60", "test", "cut")
    assert holder.wait_request("BYE", held)
    for call in (expiring, held):
        wait_for(lambda: byes(node.carrier.seen, call), what="BYE at the carrier")
    settles(node, "c2", 0)
    settles(node, "c3", 0)
    # Once more, and Kamailio is killed while one is up that the last stop knew, one that it did not, and one of them has ended since.
    over = called(caller)
    node.halt()
    node.launch()
    assert node.counter("calls_resumed") == 2 and node.counter("calls_orphaned") == 0
    settles(node, "c1", 2)
    assert reinvite(caller, kept, 5).code == 200
    caller.bye(over)
    fresh = called(caller)
    settles(node, "c1", 2)
    saved_after(node, time.time())
    node.halt(signal.SIGKILL)
    node.launch()
    settles(node, "c1", 1)
    assert ended(node, fresh)
    assert (node.counter("calls_resumed"), node.counter("calls_orphaned")) == (1, 1)
    assert reinvite(caller, kept, 7).code == 200
    assert caller.invite(ALLOWED, call={**over, "branch": "z9hG4bKlater"})[0].code == 200  # nobody has its names
    settles(node, "c1", 2)
    caller.bye(kept)
    settles(node, "c1", 1)
    assert kept["call_id"] not in live(node)


def made(make, path):
    """Whether it could be made: what the module just writes goes first."""
    try:
        make(path)
    except FileExistsError:
        return False
    return True


def release(node, customer):
    """Redis knows of it before the next test takes Redis away, and counts what comes to disk."""
    node.rpc("fraudguard.release", customer)
    wait_for(lambda: node.redis_cli("hexists", f"fg:{{{customer}}}:h", "customer") == "0", 15, "the release in Redis")


def test_damaged_files_end_no_call(node):
    caller = node.caller(22)
    kept = called(caller)
    wait_for(lambda: made(os.mkdir, node.path("state", "calls.new")), what="nothing that can be saved")
    wait_for(lambda: not os.path.exists(node.path("state", "calls")), 15, "no stale file of calls")
    node.halt()
    os.mkfifo(node.path("state", "calls"))
    with open(node.path("state", "spool"), "r+b") as file:
        file.write(bytes(16))
    node.launch()
    assert os.path.getsize(node.path("state", "spool")) == 16 and os.path.exists(node.path("state", "spool.bad"))
    assert "spool is damaged" in node.log() and "calls is no file" in node.log()
    assert node.counter("calls_untracked") >= 1 and node.counter("calls_orphaned") == 0
    assert reinvite(caller, kept, 3).code == 200
    caller.bye(kept)
    os.rmdir(node.path("state", "calls.new"))


def test_a_disk_that_stalls_stops_no_hold(node):
    caller = node.caller(23)
    call = called(caller)
    fifo = node.path("state", "calls.new")
    wait_for(lambda: made(os.mkfifo, fifo), what="a file that nobody takes")  # opening it to write waits
    time.sleep(2.2)  # by then the next save hangs
    node.rpc("fraudguard.hold", "c24", "customer", "300", "stalled")
    wait_for(lambda: node.redis_cli("hlen", "fg:{c24}:h") == "1", 15, "the hold in Redis")
    assert stat.S_ISFIFO(os.stat(fifo).st_mode)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    since = time.time()
    try:
        wait_for(lambda: os.path.exists(node.path("state", "calls")) and stat.S_ISREG(os.stat(node.path("state", "calls")).st_mode)
                 and os.stat(node.path("state", "calls")).st_mtime > since, 15, "calls on disk")
    finally:
        os.close(reader)
    release(node, "c24")
    caller.bye(call)
    assert ended(node, call)


# --- while Redis is away


def away(node):
    node.redis.kill()
    node.redis.wait()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_redis_has_not_taken_outlives_a_restart(node, how):
    caller = node.caller(10 + how)
    customer = f"c{10 + how}"
    away(node)
    before = node.counter("spooled")
    refused = [caller.invite(BLOCKED)[1]["call_id"] for _ in range(3)]
    held = node.rpc("fraudguard.hold", customer, "customer", "300", "while away")
    assert held.returncode == 0, held.stderr
    wait_for(lambda: node.counter("spooled") >= before + 4, 15, "records on disk")
    node.halt(how)
    with open(node.path("state", "spool"), "ab") as file:
        file.write(b"torn")
    node.launch()
    assert customer in node.rpc("fraudguard.holds").stdout  # in force before Redis is back
    assert caller.invite(ALLOWED)[0].code == 603
    assert int(node.status()["spool_waiting_bytes"]) > 0
    node.start_redis()
    wait_for(lambda: {e["call_id"] for e in stream(node) if e["type"] == "call.attempt"} >= set(refused), 15, "events in the stream")
    wait_for(lambda: node.status()["spool_waiting_bytes"] == "0", 15, "an empty spool")
    wait_for(lambda: "while away" in node.redis_cli("xrange", "fg:audit", "-", "+"), what="audit")
    assert os.path.getsize(node.path("state", "spool")) == 16
    settled = [(e["call_id"], e["time_ms"]) for e in stream(node) if e.get("call_id") in refused]
    assert len(settled) == len(set(settled)) == 3
    release(node, customer)


def test_what_redis_refuses_for_good_stops_nothing_else(node):
    before = node.counter("writes_refused")
    node.redis_cli("set", "fg:{c20}:h", "of another type")
    for customer in ("c20", "c21"):
        assert node.rpc("fraudguard.hold", customer, "customer", "300", "refused").returncode == 0
    wait_for(lambda: node.redis_cli("hlen", "fg:{c21}:h") == "1", 15, "the other customer's hold in Redis")
    assert node.counter("writes_refused") == before + 1
    assert "c20" in node.rpc("fraudguard.holds").stdout  # in force on this node
    assert "WRONGTYPE" in node.log()
    node.redis_cli("del", "fg:{c20}:h")
    for customer in ("c20", "c21"):
        node.rpc("fraudguard.release", customer)
    wait_for(lambda: node.status()["spool_waiting_bytes"] == "0", 15, "an empty spool")


# --- what calls come to, and which one ends


DEAR = "+88216123456"  # 5.00 a minute


def exposure(node, customer):
    """What Redis keeps of what the customer's calls in progress have come to, in bytes; empty: nothing."""
    return [int(node.redis_cli("strlen", key)) for key in node.redis_cli("keys", f"fg:{{{customer}}}:r:*").split()]


def test_what_calls_in_progress_come_to_is_known_to_all_nodes(node):
    caller = node.caller(22)
    first = called(caller, DEAR)
    reply, _ = caller.invite(DEAR)
    assert reply.code == 503  # another minute of it would be too much
    wait_for(lambda: exposure(node, "c22") == [2 + 21], what="the first call alone: the refused one gave its place back")
    caller.bye(first)
    wait_for(lambda: exposure(node, "c22") == [], what="nothing left")
    caller.bye(called(caller, DEAR))


def test_the_dearest_call_ends_first(tmp_path_factory):
    rules = RULES + "  - {id: MANY_LIVE, desc: Many, on: minute, measure: meters.live_calls, steps: [{above: 3, score: 95}], cut_dearest: true}\n"
    node = started(Node(tmp_path_factory.mktemp("dearest"), redis=False, rules=rules))
    try:
        caller = node.caller(5)
        first, dear, second = called(caller), called(caller, DEAR), called(caller)
        wait_for(lambda: node.counter("minute_events") == 3, what="three minutes judged")
        last = called(caller)  # one too many, and not the dearest
        assert caller.wait_request("BYE", dear)
        wait_for(lambda: byes(node.carrier.seen, dear), what="BYE at the carrier")
        wait_for(lambda: node.counter("end_events") == 1, what="end of the dear call")
        wait_for(lambda: node.counter("minute_events") == 4, what="its minute judged")
        assert node.counter("calls_cut") == 1
        assert all(call["call_id"] in live(node) for call in (first, second, last)) and dear["call_id"] not in live(node)
    finally:
        finish(node)
