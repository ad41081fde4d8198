# SPDX-License-Identifier: GPL-2.0-or-later
"""What the quick start tries. Each scene drives real clients against the real stack and fills rows of the report."""
import collections
import re
import time

import tone
from capture import Capture
from inbound import AnsweringPbx, CallingCarrier
from report import Row
from sip_trunk import Refused, Trunk
from stack import ECHO_NUMBER

SILENCE_MS = 20  # RTP and RTCP must stop this soon after the verdict


def reasons(record):
    """The reasons of a decision record, a line each, as `explain` has them."""
    lines = []
    for reason in record.get("reasons", []):
        points = f"({reason['points']})" if reason.get("shadow") else f"{reason['points']:+d}"
        lines.append(f"{points} {reason['id']}: {reason['why']}")
    return "\n".join(lines)


def fill(row, record):
    row.verdict = f"{record['action'].upper()} {record['score']}"
    row.reasons = reasons(record)
    total = sum(r["points"] for r in record.get("reasons", []) if not r.get("shadow"))
    row.check(total == record["score"], f"points add up to {record['score']}", f"sum of points {total}")


def settle(check, timeout=5.0, step=0.1):
    """Waits until check() gives something true; returns it, or the last false value."""
    deadline = time.monotonic() + timeout
    while True:
        value = check()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(step)


def call_of(stack, customer, since_ms):
    """The newest attempt of a customer since since_ms, from the event stream."""
    def find():
        events = [e for e in stack.events(100) if e.get("customer") == customer and e.get("type") == "call.attempt" and e["time_ms"] >= since_ms]
        return max(events, key=lambda e: e["time_ms"]) if events else None
    return settle(find)


def acme_calls_home(stack, report):
    """Office hours, a real client with certificate and SRTP, a domestic number."""
    row = Row("acme, noon, domestic call by baresip over TLS with client certificate and SRTP")
    phone, carrier = stack.pbx("acme"), stack.carrier
    since, heard_before = int(time.time() * 1000) - 50, carrier.heard()
    capture = Capture(stack.path("acme.pcap"), *stack.media_ports).start()
    mark = phone.dial(f"sip:+442079460018@{stack.domain}")
    answered = phone.wait("CALL_ESTABLISHED", "CALL_CLOSED", since=mark, timeout=15)
    up = row.check(bool(answered) and answered[1]["type"] == "CALL_ESTABLISHED", "answered", "the call is put through")
    suite = phone.wait("CALL_MENC", since=mark, timeout=2)
    row.check(bool(suite), f"customer's leg: {suite[1]['param'].split(',')[-1] if suite else 'no SRTP'}", "SRTP")
    if up:
        time.sleep(5)
        phone.hangup()
        phone.wait("CALL_CLOSED", since=mark, timeout=5)
        settle(lambda: carrier.heard() != heard_before, 3)
        time.sleep(0.5)
        for who, file, hz in (("carrier", carrier.heard(), phone.tone_hz), ("acme", phone.heard(), carrier.tone_hz)):
            part = tone.share(file, hz) if file else 0
            row.check(part > 0.8, f"{who} hears {hz} Hz: {part:.0%} of {tone.seconds(file) if file else 0:.1f} s", "over 80 %")
    packets = capture.stop()
    _check_encrypted(row, stack, phone, packets)
    record = call_of(stack, "acme", since)
    if row.check(bool(record), "verdict recorded"):
        fill(row, record)
        row.check(record["action"] == "allow", f"action {record['action']}", "allow")
        tls = record["tls"] or {}
        row.check(tls.get("version") in ("1.2", "1.3"), f"signalling: TLS {tls.get('version')} {tls.get('cipher')}", "TLS")
    trunk = next((t for t in stack.trunks() if t["customer"] == "acme"), None)
    if row.check(bool(trunk), "fgctl trunks shows the trunk"):
        row.check(trunk["tls"] and trunk["srtp_calls"] == trunk["calls"] > 0,
                  f"its padlocks: signalling TLS {(trunk['tls'] or {}).get('version', '-')}, SRTP {trunk['srtp_calls']}/{trunk['calls']} calls", "both closed")
    report.add(row)


def acme_hears_itself(stack, report):
    """The test number: what the customer says comes back, encrypted, and the trunk's padlocks tell with what."""
    row = Row(f"acme dials the test number {ECHO_NUMBER}")
    phone, carrier = stack.pbx("acme"), stack.carrier
    since, heard_before, carrier_heard = int(time.time() * 1000) - 50, phone.heard(), carrier.heard()
    capture = Capture(stack.path("echo.pcap"), *stack.media_ports).start()
    mark = phone.dial(f"sip:{ECHO_NUMBER}@{stack.domain}")
    answered = phone.wait("CALL_ESTABLISHED", "CALL_CLOSED", since=mark, timeout=15)
    if row.check(bool(answered) and answered[1]["type"] == "CALL_ESTABLISHED", "answered by the trunk edge itself", "the call is answered"):
        time.sleep(4)
        phone.hangup()
        phone.wait("CALL_CLOSED", since=mark, timeout=5)
        settle(lambda: phone.heard() != heard_before, 3)
    packets = [p for p in capture.stop() if p.is_rtp]
    part = tone.share(phone.heard(), phone.tone_hz) if phone.heard() else 0
    row.check(part > 0.8, f"acme hears its own {phone.tone_hz} Hz: {part:.0%}", "over 80 %")
    there = {p.payload[12:172] for p in packets if not stack.sent_by_relay(p)}
    back = [p.payload for p in packets if stack.sent_by_relay(p)]
    row.check(len(back) > 100 and len(back) <= len(there) and not any(payload[12:172] in there for payload in back) and {len(payload) for payload in back} == {182},
              f"capture: {len(there)} SRTP packets there, {len(back)} back, none of them the same bytes", "one for one at most, encrypted anew")
    row.check(all(stack.is_customer_leg(p) for p in packets) and carrier.heard() == carrier_heard, "no carrier hears of it", "nothing on the carriers' side")
    record = call_of(stack, "acme", since)
    if row.check(bool(record), "verdict recorded"):
        fill(row, record)
        row.check(record["action"] == "allow" and record["identity"] == "certificate", "judged like any call", "allow, by certificate")
    media = settle(lambda: next((t.get("media") for t in stack.trunks() if t["customer"] == "acme"), None), 10) or {}
    row.check(media.get("encrypted") and media.get("suite"), f"fgctl trunks: media {media.get('suite') or 'in clear'}", "an SRTP suite, as the relay has seen it")
    report.add(row)


def _check_encrypted(row, stack, phone, packets):
    """The customer's leg carries nothing that reads as the carrier leg's audio."""
    customer = [p for p in packets if stack.is_customer_leg(p)]
    carrier = [p for p in packets if stack.is_carrier_leg(p)]
    clear_packets = [p.payload[12:] for p in carrier if p.is_rtp]
    clear = set(clear_packets)
    leaked = sum(p.payload[12:12 + 160] in clear for p in customer if p.is_rtp)
    sizes = collections.Counter(len(p.payload) for p in customer if p.is_rtp)
    row.check(len(clear_packets) > 100 and sizes and leaked == 0 and min(sizes) >= 12 + 160 + 10,
              f"capture: {sum(sizes.values())} SRTP packets of {min(sizes) if sizes else 0} bytes, {leaked} readable",
              f"only SRTP on the customer's leg, carrier's leg seen ({len(clear_packets)} packets)")


# Called number, what it is, and whether the hold on the first blocked call's country stops it.
GLOBEX_BURST = [
    ("+37165150001", "Latvia, an ordinary number: the test call", False),
    ("+2392912345", "Sao Tome, unallocated, listed", False),
    ("+2392912399", "Sao Tome again", True),
    ("+37270913001", "Estonia, unallocated, listed", False),
]


def globex_is_hijacked(stack, report):
    """Two in the morning, bursts to revenue-share and unallocated numbers, over globex's own certificate."""
    trunk = Trunk(stack.sip_tls, stack.ca, stack.pem("globex"))
    blocked_at = 0
    for number, (called, what, held) in enumerate(GLOBEX_BURST, 1):
        row = Row(f"globex, 02:00, hijacked PBX, INVITE {number}: {what}")
        reply, call = trunk.invite(called, "+12125550101")
        record = settle(lambda c=call: stack.explain(c["call_id"]))
        if row.check(bool(reply) and bool(record), f"reply {reply.code if reply else 'none'}"):
            fill(row, record)
            if reply.code < 300:
                trunk.bye(call)
            elif not blocked_at:
                blocked_at = number
            if number == 1:
                row.check(reply.code == 200, "put through: nothing is known against it yet", "200")
            elif blocked_at:
                row.check("Q.850" in (reply.header("reason") or "") or "SIP" in (reply.header("reason") or ""), f"Reason: {reply.header('reason')}", "a Reason header")
            if number == 3:
                row.check(0 < blocked_at <= 3, f"first block at INVITE {blocked_at}", "at the third at the latest")
            if number > 1:
                row.check(reply.code >= 400, "refused", "a refusal")
            if held:
                row.check(any(r["id"] == "HOLD" for r in record["reasons"]), "refused by the hold", "reason HOLD")
        report.add(row)
    holds = stack.holds()
    row = Row("a hold follows")
    hold = next((h for h in holds if h["customer"] == "globex"), None)
    if row.check(bool(hold), "fgctl holds shows it", "a hold on globex"):
        row.verdict, row.reasons = "HOLD", hold["reason"]
        row.evidence.append(f"scope {hold['scope']}, {max(0, hold['until_ms'] / 1000 - time.time()) / 60:.0f} min left, by {hold['by']}")
    report.add(row)
    trunk.close()


def initech_is_cut(stack, report):
    """A call up to an expensive number; an operator blocks the customer: media silent, BYE both ways."""
    row = Row("initech, call up to Cuba; fgctl block initech --reason \"PBX broken into\"")
    phone, carrier = stack.pbx("initech"), stack.carrier
    since = int(time.time() * 1000) - 50
    capture = Capture(stack.path("initech.pcap"), *stack.media_ports).start()
    carrier.poll()
    carrier_mark = len(carrier.events)
    mark = phone.dial(f"sip:+5352123456@{stack.domain}")
    answered = phone.wait("CALL_ESTABLISHED", "CALL_CLOSED", since=mark, timeout=15)
    if not row.check(bool(answered) and answered[1]["type"] == "CALL_ESTABLISHED", "call up", "the call is put through"):
        capture.stop()
        report.add(row)
        return
    time.sleep(6.0)  # long enough for RTCP reports of both sides
    record = call_of(stack, "initech", since)
    result = stack.fgctl("block", "initech", "--for", "10m", "--reason", "PBX broken into")
    row.check(result.returncode == 0, "blocked", result.stderr.strip())
    hold = next((h for h in stack.holds() if h["customer"] == "initech"), None)
    for who, end, since_event in (("initech", phone, mark), ("carrier", carrier, carrier_mark)):
        closed = end.wait("CALL_CLOSED", since=since_event, timeout=5)
        row.check(bool(closed), f"{who} got BYE" if closed else f"{who} got no BYE", "BYE")
    time.sleep(0.5)
    packets = capture.stop()
    if hold and record:
        _check_silence(row, stack, packets, hold["since_ms"] / 1000)
        fill(row, record)
        row.verdict = f"{record['action'].upper()} {record['score']}, then CUT"
        row.reasons += f"\noperator: {hold['reason']}"
    proof = settle(lambda: stack.proof(record["call_id"])) if record else None
    row.check(bool(proof) and proof["forwarded_after_verdict"] == 0,
              f"fgctl proof: forwarded after the verdict {proof['forwarded_after_verdict']}, dropped {proof['dropped']}" if proof else "no proof from the relay",
              "0 packets")
    report.add(row)
    row = Row("initech, next call while blocked")
    since = int(time.time() * 1000)
    mark = phone.dial(f"sip:+493022730000@{stack.domain}")
    closed = phone.wait("CALL_CLOSED", "CALL_ESTABLISHED", since=mark, timeout=10)
    record = call_of(stack, "initech", since)
    if row.check(bool(closed) and closed[1]["type"] == "CALL_CLOSED" and bool(record), closed[1].get("param", "") if closed else "no answer", "refused"):
        fill(row, record)
        row.check(any(r["id"] == "HOLD" for r in record["reasons"]), "refused by the hold")
    stack.fgctl("unblock", "initech", "--reason", "end of the demonstration")
    report.add(row)


def _check_silence(row, stack, packets, verdict_s):
    """What the relay itself sent after the verdict, on both legs, RTP and RTCP."""
    for leg, mine in (("customer", stack.is_customer_leg), ("carrier", stack.is_carrier_leg)):
        sent = [p for p in packets if mine(p) and stack.sent_by_relay(p)]
        rtp, rtcp = [p for p in sent if p.is_rtp], [p for p in sent if p.is_rtcp]
        last = max((p.time for p in sent), default=0)
        late_ms = (last - verdict_s) * 1000
        row.check(len(rtp) > 50 and len(rtcp) >= 1 and late_ms <= SILENCE_MS,
                  f"{leg} leg: {len(rtp)} RTP, {len(rtcp)} RTCP; last one {abs(late_ms):.0f} ms {'after' if late_ms > 0 else 'before'} the verdict",
                  f"silent within {SILENCE_MS} ms")


def wrong_certificates(stack, report):
    """Certificates that must not pass, each refused with its own reason."""
    row = Row("globex's certificate, but acme's number as the caller")
    trunk = Trunk(stack.sip_tls, stack.ca, stack.pem("globex"))
    reply, call = trunk.invite("+12025550143", "+441632960007")
    record = settle(lambda: stack.explain(call["call_id"]))
    if row.check(bool(reply) and reply.code >= 400 and bool(record), f"reply {reply.code} {reply.phrase}" if reply else "no reply", "refused"):
        fill(row, record)
        row.check(any(r["id"] == "CALLER_OTHERS" for r in record["reasons"]), "identity is the certificate's", "CALLER_OTHERS")
    trunk.close()
    report.add(row)

    row = Row("a certificate of our CA that no customer has")
    trunk = Trunk(stack.sip_tls, stack.ca, stack.pem("stranger"))
    reply, call = trunk.invite("+442079460018", "+441632960007")
    record = settle(lambda: stack.explain(call["call_id"]))
    if row.check(bool(reply) and reply.code >= 400 and bool(record), f"reply {reply.code} {reply.phrase}" if reply else "no reply", "refused"):
        fill(row, record)
        row.check(any("unknown_name" in r["id"] for r in record["reasons"]), "unknown name", "IDENTITY:unknown_name")
    trunk.close()
    report.add(row)

    for file, tried, alert in (("expired", "acme's name, expired", "expired"), ("selfsigned", "acme's name, self-signed", "unknown ca"),
                               (None, "no certificate", "certificate required|handshake failure")):
        row = Row(f"TLS handshake: {tried}")
        try:
            trunk = Trunk(stack.sip_tls, stack.ca, stack.pem(file) if file else None)
            reply, _ = trunk.invite("+442079460018", "+441632960007", timeout=2)
            row.check(False, f"the handshake came off; reply {reply.code if reply else 'none'}", "a refused handshake")
            trunk.close()
        except Refused as refused:
            row.verdict, row.reasons = "REFUSED", f"TLS alert: {refused}"
            row.check(re.search(alert, str(refused)) is not None, "no SIP message was read", alert)
        report.add(row)


REFUSED = (503, 603)
KNOWN_CALLER, FLOODED, QUIET = "+442071838750", "+441632960042", "+441632960043"
KNOWN_AFTER_S = 21.5  # rules/40-tdos.yaml: who has talked for more than 20 s is known
FLOOD_CALLS = 50


class Callers:
    """A carrier's callers, and acme's PBX that answers them. One of them talks with acme while the other scenes go on, and so is known."""

    def __init__(self, stack):
        self.pbx = AnsweringPbx(stack.sip_tls, stack.ca, stack.pem("acme")).open()
        self.carrier = CallingCarrier((stack.carrier_address, stack.sip_carrier_port), stack.customer_address)
        self.since, (self.reply, self.talk) = time.monotonic(), self.carrier.call(FLOODED, KNOWN_CALLER)

    def end_talk(self):
        time.sleep(max(0.0, self.since + KNOWN_AFTER_S - time.monotonic()))
        return self.carrier.bye(self.talk)

    def close(self):
        self.carrier.close()
        self.pbx.close()


def acme_is_flooded(stack, report):
    """Strangers ring one of acme's numbers and hang up, again and again; somebody who has talked with acme before calls in the middle of it."""
    callers = stack.callers or Callers(stack)
    row = Row(f"{FLOOD_CALLS} strangers ring {FLOODED} and hang up when somebody answers")
    over = callers.end_talk() if callers.reply and callers.reply.code == 200 else None
    row.check(bool(over) and over.code == 200, "before it: a caller talks for 22 s", "a call that is put through and ended")
    settle(lambda: any(e["type"] == "call.end" and e["call_id"] == callers.talk["call_id"] for e in stack.events(200)))
    time.sleep(1.5)  # the rules count in seconds since when somebody is known
    callers.pbx.ping()  # acme's softphone has a connection, too: calls come over the one that was heard from last
    codes, refused = [], None
    for i in range(FLOOD_CALLS):
        reply, call = callers.carrier.call(FLOODED, f"+4420718380{i:02d}"[:13])
        codes.append(reply.code if reply else 0)
        if codes[-1] == 200:
            callers.carrier.bye(call)
        elif codes[-1]:
            refused = call
        time.sleep(0.04)  # the ends of calls are told ten times a second
    first = next((i for i, code in enumerate(codes, 1) if code in REFUSED), 0)
    row.check(0 < first <= 40, f"refused from call {first} on, {codes.count(200)} put through", "by the fortieth")
    row.check(all(code in REFUSED for code in codes[-10:]), f"{codes.count(503)} told to come back later (503), {codes.count(603)} blocked", "the last ten refused")
    record = settle(lambda: stack.explain(refused["call_id"])) if refused else None
    if row.check(bool(record), "verdict recorded"):
        fill(row, record)
        row.check(record["direction"] == "inbound" and record["action"] in ("throttle", "block"), f"{record['direction']}, {record['action']}", "inbound, throttle or block")
    report.add(row)
    for title, number, caller in (("in the middle of it, who talked with acme before", FLOODED, KNOWN_CALLER), ("a stranger rings another number of acme's", QUIET, "+442071839999")):
        row = Row(title)
        reply, call = callers.carrier.call(number, caller)
        record = settle(lambda c=call: stack.explain(c["call_id"]))
        if record:
            fill(row, record)
        if row.check(bool(reply) and reply.code == 200 and bool(record), f"reply {reply.code if reply else 'none'}", "200"):
            callers.carrier.bye(call)
        report.add(row)
    callers.close()
    stack.callers = None


NEW_NETWORK = "127.0.7.7"


def umbrella_has_a_new_certificate(stack, report):
    """The customer's name in a certificate nobody was told of, from an address that is not the customer's: news at home, more than that abroad."""
    calls = [("umbrella, its own certificate from its own address, to Sao Tome", "umbrella", None, "+2392912345"),
             ("a new certificate with umbrella's name from a new network, at home", "umbrella-new", NEW_NETWORK, "+442079460018"),
             ("the new certificate from the new network, to Sao Tome", "umbrella-new", NEW_NETWORK, "+2392912399")]
    scores = []
    for title, pem, address, number in calls:
        row, trunk = Row(title), Trunk(stack.sip_tls, stack.ca, stack.pem(pem), address=address)
        reply, call = trunk.invite(number, "+441632960201")
        record = settle(lambda c=call: stack.explain(c["call_id"]))
        if row.check(bool(reply) and bool(record), f"reply {reply.code if reply else 'none'}", "a reply"):
            fill(row, record)
            found = {r["id"] for r in record["reasons"]}
            scores.append(record["score"])
            if pem == "umbrella":
                row.check(not found & {"CERT_NOT_LISTED", "SOURCE_NOT_LISTED"}, "certificate and address as listed")
            else:
                row.check(found >= {"CERT_NOT_LISTED", "SOURCE_NOT_LISTED"}, "told: neither is listed", "CERT_NOT_LISTED, SOURCE_NOT_LISTED")
                row.check(record["identity"] == "certificate" and record["customer"] == "umbrella", "it is umbrella's name all the same")
            if number == "+442079460018":
                row.check(reply.code == 200, "put through: a renewal looks the same", "200")
            if reply.code < 300:
                trunk.bye(call)
        trunk.close()
        report.add(row)
    row.check(len(scores) == 3 and reply is not None and reply.code >= 400 and scores[2] > scores[0], f"refused: {scores[2:]} points, not {scores[:1]}", "a refusal, by more points")


PREMIUM = [f"+4490987901{i:02d}" for i in range(6)]


def two_nodes_share_a_limit(stack, report):
    """initech calls premium numbers by turns over two Kamailio nodes: what one has counted the other knows."""
    row = Row("initech calls premium numbers by turns over two Kamailio nodes")
    stack.start_second_node()
    trunks = [Trunk(server, stack.ca, stack.pem("initech")) for server in (stack.sip_tls, stack.sip_tls_2)]
    actions, nodes, record = [], set(), None
    for i, number in enumerate(PREMIUM):
        reply, call = trunks[i % 2].invite(number, "+4930901820")
        record = settle(lambda c=call: stack.explain(c["call_id"])) or record
        actions.append(record["action"] if record else "?")
        nodes.add(record["node"] if record else "?")
        if reply and reply.code == 200:
            trunks[i % 2].bye(call)
    if row.check(bool(record), "verdicts recorded"):
        fill(row, record)
    row.check(len(nodes) == 2, f"judged by {' and '.join(sorted(nodes))}", "two nodes")
    first = actions.index("block") + 1 if "block" in actions else 0
    row.check(0 < first <= 4 and set(actions[first - 1:]) == {"block"}, ", ".join(actions), "block by the fourth, on either node, as with one node")
    for trunk in trunks:
        trunk.close()
    stack.fgctl("unblock", "initech", "--reason", "end of the demonstration")
    report.add(row)


def redis_dies(stack, report):
    """Redis killed under traffic: calls go on, degraded; velocity still limits; then it comes back."""
    trunk = Trunk(stack.sip_tls, stack.ca, stack.pem("hooli"))
    row = Row("Redis killed with -9 under traffic: hooli's domestic calls")
    stack.kill_redis()
    codes, slowest_ms, degraded, verdicts = [], 0.0, 0, []
    for i in range(12):
        reply, call = trunk.invite(f"+1202555{1000 + i}", "+14155550101")
        codes.append(reply.code if reply else 0)
        record = stack.explain_rpc(call["call_id"])
        if record:
            verdicts.append(record)
            degraded += bool(record["degraded"])
            slowest_ms = max(slowest_ms, record["store_us"] / 1000)
        if reply and reply.code == 200:
            trunk.bye(call)
    row.verdict = f"{verdicts[-1]['action'].upper()} {verdicts[-1]['score']}" if verdicts else "-"
    row.check(codes.count(200) == 12, f"{codes.count(200)} of 12 put through", "all")
    row.check(degraded == 12, f"{degraded} verdicts marked degraded", "all")
    row.check(slowest_ms <= 25, f"longest wait for the store {slowest_ms:.1f} ms", "25 ms")
    report.add(row)

    row = Row("Redis still down: hooli calls premium numbers one after the other")
    actions = []
    for i in range(4):
        reply, call = trunk.invite(f"+4490987900{10 + i}", "+14155550101")
        record = stack.explain_rpc(call["call_id"])
        actions.append(record["action"] if record else "?")
        if record:
            row.verdict, row.reasons = f"{record['action'].upper()} {record['score']}", reasons(record)
        if reply and reply.code == 200:
            trunk.bye(call)
    row.check(actions[0] in ("allow", "alert") and "block" in actions[:4], "velocity from shared memory: " + ", ".join(actions), "block by the fourth")
    report.add(row)

    row = Row("Redis back, empty")
    stack.start_redis()
    back = settle(lambda: stack.status().get("store") == "up", 10)
    row.check(bool(back), "store is up again", "up")
    merged = settle(lambda: stack.status().get("backlog", 1) == 0, 5)
    row.check(bool(merged), "counts made meanwhile merged", "backlog 0")
    reply, call = trunk.invite("+12025559999", "+14155550101")
    record = settle(lambda: stack.explain(call["call_id"]))
    if row.check(bool(record) and bool(reply) and reply.code == 200, f"reply {reply.code if reply else 'none'}", "200"):
        fill(row, record)
        row.check(not record["degraded"], "verdict not degraded")
        trunk.bye(call)
    trunk.close()
    report.add(row)


SCENES = [
    ("acme calls a domestic number in office hours", acme_calls_home),
    ("acme dials the test number", acme_hears_itself),
    ("globex's PBX is hijacked at night", globex_is_hijacked),
    ("initech's call is cut by an operator", initech_is_cut),
    ("certificates that must not pass", wrong_certificates),
    ("umbrella's name in a new certificate, from a new network", umbrella_has_a_new_certificate),
    ("two Kamailio nodes share one limit", two_nodes_share_a_limit),
    ("one of acme's numbers is flooded", acme_is_flooded),
    ("Redis dies and comes back", redis_dies),
]


def run(stack, report, only=None):
    stack.callers = None if only else Callers(stack)
    for title, scene in SCENES:
        if only and only not in scene.__name__:
            continue
        print(f"  {title} …", flush=True)
        scene(stack, report)
