# SPDX-License-Identifier: GPL-2.0-or-later
"""The Kamailio module on real parts: Kamailio, Redis, callers and a carrier."""
import json
import os
import re
import signal
import time

import pytest

from module_fixtures import ALERTED, ALLOWED, BLOCKED, CHALLENGED, CLEAR, RULES, SECURE, THROTTLED, Node, finish, started, wait_for

COUNTED = "+442079500001"  # more than three calls: alert, more than five: block


def start(tmp_path_factory, name, **options):
    return started(Node(tmp_path_factory.mktemp(name), **options))


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    node = start(tmp_path_factory, "node")
    yield node
    finish(node)


@pytest.fixture(scope="module")
def open_node(tmp_path_factory):
    """Takes TLS clients without a certificate, or with a wrong one; no Redis."""
    node = start(tmp_path_factory, "open", verify=False, redis=False,
                 modparams='modparam("fraudguard", "carrier_sources", "192.0.2.1, 127.0.0.0/24")')
    yield node
    finish(node)


@pytest.fixture()
def fresh(tmp_path_factory):
    """A node of the test's own, with Redis."""
    node = start(tmp_path_factory, "fresh")
    yield node
    finish(node)


def explained(node, call_id):
    result = node.rpc("fraudguard.explain", call_id, "json")
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)


def events(node, kind, call_id):
    raw = node.redis_cli("--json", "xrange", "fg:events", "-", "+")
    found = []
    for _, fields in json.loads(raw or "[]"):
        event = json.loads(fields[1])
        if event["type"] == kind and event["call_id"] == call_id:
            found.append(event)
    return found


# --- verdicts


@pytest.mark.parametrize("number,rc,action,code", [(ALLOWED, 1, "allow", 0), (ALERTED, 2, "alert", 0), (THROTTLED, -1, "throttle", 503),
                                                   (CHALLENGED, -2, "challenge", 480), (BLOCKED, -3, "block", 603)])
def test_bands_and_pseudo_variables(node, number, rc, action, code):
    caller = node.caller(0 + rc + 3)
    shown = caller.show(number, caller=f"+44207000{rc + 3:04d}")
    assert (shown["rc"], shown["action"], int(shown["sip_code"])) == (rc, action, code)
    assert shown["customer"] == f"c{rc + 3}" and shown["identity"] == "source_address"
    assert shown["e164"] == number and shown["direction"] == "outbound" and shown["degraded"] == "0"
    if action == "block":
        assert shown["score"] == "90" and shown["rules"] == "BLOCKED,BLOCKED_TOO"
        assert "+4420790004" in shown["reason"] and number not in shown["reason"]  # numbers are masked where they are shown
    if action == "throttle":
        assert shown["retry_after"] == "7"


def test_refusal_carries_a_reason_and_no_rule(node):
    caller = node.caller(9)
    reply, _ = caller.invite(BLOCKED)
    assert reply.code == 603 and reply.get("reason") == 'SIP;cause=603;text="Declined"'
    assert "BLOCKED" not in reply.text and "90" not in (reply.get("reason") or "")
    reply, _ = caller.invite(THROTTLED)
    assert reply.code == 503 and reply.get("retry-after") == "7"


def test_refused_calls_leave_no_dialog_and_no_lease(node):
    caller = node.caller(30)  # two channels
    for _ in range(3):
        assert caller.invite(BLOCKED)[0].code == 603
    assert "c30" not in node.rpc("fraudguard.calls").stdout
    wait_for(lambda: not [k for k in node.redis_cli("keys", "fg:{c30}:s:*").split() if node.redis_cli("zcard", k) != "0"], what="leases go back")


def test_explain_adds_up_and_agrees_with_redis(node):
    shown = node.caller(10).show(BLOCKED)
    record = explained(node, shown["call_id"])
    assert record["action"] == "block" and sum(r["points"] for r in record["reasons"] if not r.get("shadow")) == record["score"] == int(shown["score"])
    text = node.rpc("fraudguard.explain", shown["call_id"]).stdout
    assert "BLOCKED_TOO" in text and "BLOCK  90 points" in text
    wait_for(lambda: events(node, "call.attempt", shown["call_id"]), what="event in the stream")
    assert events(node, "call.attempt", shown["call_id"])[0]["reasons"] == record["reasons"]
    missing = node.rpc("fraudguard.explain", "no-such-call")
    assert "404" in missing.stdout + missing.stderr


def test_shadow_rules_only_show(node):
    shown = node.caller(11).show("+442079000501")
    assert (shown["rc"], shown["action"], shown["score"], shown["shadow_score"]) == (1, "allow", "0", "90")


def test_script_attributes_reach_rules(node):
    assert node.caller(12).show(ALLOWED, extra="X-Campaign: autumn\r\n")["rules"] == "CAMPAIGN"
    assert node.caller(12).show(ALLOWED, extra="X-Campaign: spring\r\n")["rules"] == "<null>"


def test_an_identity_of_the_customers_own_making_goes_no_further(node):
    reply, call = node.caller(13).invite(ALLOWED, extra="y: forged\r\nn: <https://forged.example/>\r\nIDENTITY: forged\r\nIdentity-Info: forged\r\nX-Kept: forged\r\n")
    assert reply.code == 200
    sent = next(m for m in node.carrier.seen if m.method == "INVITE" and m.get("call-id") == call["call_id"])
    assert [name for name, value in sent.headers if "forged" in value] == ["x-kept"]
    node.caller(13).bye(call)


def test_srtp_offers_are_seen(node):
    caller = node.caller(13)
    assert caller.show("+442079000601", body=CLEAR)["rules"] == "NO_SRTP"
    assert caller.show("+442079000601", body=SECURE)["rules"] == "<null>"


def test_required_encryption_is_asked_for(node):
    caller = node.caller(36)
    assert caller.show(ALLOWED, body=SECURE)["media_policy"] == "required"
    reply, call = caller.invite(ALLOWED, body=CLEAR)
    assert reply.code == 488 and "SRTP" in reply.get("reason") and node.carrier.count("INVITE", call["call_id"]) == 0
    for number, body in ((ALLOWED, SECURE), ("112", CLEAR)):
        reply, call = caller.invite(number, body=body)
        assert reply.code == 200
        caller.bye(call)


def test_required_encryption_is_asked_for_in_every_offer(node):
    caller = node.caller(36)
    # No offer at all, a second stream in the clear, a second description beside the first.
    for body in ("", SECURE + "m=audio 4002 RTP/AVP 0\r\n"):
        assert caller.invite(ALLOWED, body=body)[0].code == 488
    call = caller.new_call()
    parts = "".join(f"--b\r\nContent-Type: application/sdp\r\n\r\n{body}" for body in (SECURE, CLEAR)) + "--b--\r\n"
    caller.send(caller.request("INVITE", ALLOWED, call, body=parts).replace("application/sdp", "multipart/mixed;boundary=b", 1))
    assert caller.final(call).code == 488
    reply, call = caller.invite(ALLOWED, body=SECURE)
    assert reply.code == 200
    for cseq, body, code in ((2, CLEAR, 488), (3, "", 488), (4, SECURE, 200)):
        caller.in_dialog("INVITE", call, cseq=cseq, body=body)
        assert caller.final(call, cseq=cseq).code == code
    caller.in_dialog("UPDATE", call, cseq=5, body=CLEAR)
    while (reply := caller.receive()).get("cseq") != "5 UPDATE":
        pass
    assert reply.code == 488
    caller.in_dialog("UPDATE", call, cseq=6)  # as a session timer has it
    wait_for(lambda: node.carrier.count("UPDATE", call["call_id"]), what="UPDATE at the carrier")
    assert node.carrier.count("INVITE", call["call_id"]) == 2 and node.carrier.count("UPDATE", call["call_id"]) == 1
    caller.bye(call)
    reply, urgent = caller.invite("112", body=CLEAR)
    caller.in_dialog("INVITE", urgent, cseq=2, body=CLEAR)
    assert caller.final(urgent, cseq=2).code == 200
    caller.bye(urgent)


def test_caller_of_another_customer_is_a_signal(node):
    caller = node.caller(14)
    shown = caller.show(ALLOWED, caller="+442070000001")
    assert shown["customer"] == "c14" and shown["rules"] == "OTHERS" and shown["action"] == "block"
    # Whichever header says it: an asserted identity does not hide a From that is not theirs.
    hidden = caller.show(ALLOWED, caller="+442070000001", extra="P-Asserted-Identity: <sip:+442070000014@x>\r\n")
    assert hidden["rules"] == "OTHERS"
    other_way = caller.show(ALLOWED, caller="+442070000014", extra="P-Asserted-Identity: <sip:+442070000001@x>\r\n")
    assert other_way["rules"] == "OTHERS"


# --- called numbers


@pytest.mark.parametrize("user", ["+442079000401", "00442079000401", "02079000401", "%2B442079000401", "+44-20-7900-0401", "+442079000401;isub=1",
                                  "+442079000401:secret", "%30%30442079000401", "2079000401;phone-context=+44"])
def test_spellings_of_a_blocked_number(node, user):
    shown = node.caller(15).show(user)
    assert "BLOCKED" in shown["rules"] or shown["identity"] == "unreadable", shown


def test_emergency_calls_always_pass(node):
    caller = node.caller(16)
    node.rpc("fraudguard.hold", "c16", "customer", "60", "test", "keep")
    assert caller.show(ALLOWED)["action"] == "block"
    for number, target in (("112", None), ("999", None), ("+44999", None), ("9999", None), ("999%23", None), ("112", "urn:service:sos"),
                           ("112", "urn:service:sos.fire")):
        shown = caller.show(number, target=target)
        assert (shown["rc"], shown["action"]) == (1, "allow") and "EMERGENCY" in shown["rules"]


# --- what cannot be read


@pytest.mark.parametrize("mangle", [
    lambda t: t.replace("INVITE sip:", "INVITE <sip:", 1).replace(" SIP/2.0\r\n", "> SIP/2.0\r\n", 1),
    lambda t: re.sub(r"INVITE \S+", "INVITE sip:127.0.0.1", t, count=1),
    lambda t: re.sub(r"INVITE \S+", "INVITE http://127.0.0.1/", t, count=1),
    lambda t: re.sub(r"(From: [^\r]*);tag=[^\r]*", r"\1", t, count=1),
    lambda t: t.replace("Max-Forwards: 70", "Max-Forwards: 70\r\nX-A: b\rX-Hidden: c", 1),
    lambda t: t.replace("Max-Forwards: 70", "Max-Forwards: 70\r\nX-A: b\n X-Hidden: c", 1),
    lambda t: re.sub(r"sip:\S+@127", "sip:" + "9" * 8000 + "@127", t, count=1),
    lambda t: re.sub(r"sip:\S+@127", "sip:@127", t, count=1),
])
def test_unreadable_messages_are_refused_and_counted(node, mangle):
    caller, before = node.caller(17), node.counter("block")
    call = caller.new_call()
    caller.send(mangle(caller.request("INVITE", ALLOWED, call)))
    reply = caller.final(call, 1.5)
    assert reply is None or reply.code >= 400
    assert node.carrier.count("INVITE", call["call_id"]) == 0
    if reply is not None and reply.get("reason"):
        assert node.counter("block") == before + 1
    assert caller.show(ALLOWED)["rc"] > 0 and node.kamailio.poll() is None


# --- counted once


def test_retransmission_fork_retry_and_reinvite_count_once(node):
    caller = node.caller(18)
    call = caller.new_call()
    for _ in range(3):  # retransmissions, as a stateless reply leaves them
        assert caller.show(COUNTED, call=call)["action"] == "allow"
    # Each at once after the reply: it gives its Call-ID back before it goes.
    fork = {**call, "branch": "z9hG4bKfork"}
    assert caller.show(COUNTED, call=fork)["action"] == "allow"
    assert caller.show(COUNTED, call=fork, cseq=2, extra='Proxy-Authorization: Digest username="x"\r\n')["action"] == "allow"
    assert caller.show(COUNTED)["rules"] == "<null>"  # the second call, not the sixth
    reply, up = caller.invite(COUNTED)
    assert reply.code == 200
    for cseq in (2, 3, 4):
        caller.in_dialog("INVITE", up, cseq=cseq)
        assert caller.final(up).code == 200
    shown = caller.show(COUNTED)  # the fourth: above 3
    assert shown["rules"] == "MANY" and shown["action"] == "alert"
    assert node.counter("repeated") >= 4
    caller.bye(up)


def test_a_made_up_dialog_is_judged_and_refused(node):
    caller = node.caller(35)
    call = caller.new_call(number=BLOCKED, to_tag="forged", target=f"sip:{BLOCKED}@127.0.0.1:{node.carrier.port}",
                           routes=[f"<sip:127.0.0.1:{node.sip_port};lr>"])
    caller.in_dialog("INVITE", call)
    reply = caller.final(call)
    assert reply.code == 481 and node.carrier.count("INVITE", call["call_id"]) == 0
    reasons = [reason["id"] for reason in explained(node, call["call_id"])["reasons"]]
    assert reasons == ["DIALOG:missing", "BLOCKED", "BLOCKED_TOO"]


def test_same_call_id_of_another_customer_is_another_call(node):
    call = node.caller(19).new_call()
    assert node.caller(19).show(ALLOWED, call=call)["action"] == "allow"
    assert node.caller(20).show(BLOCKED, call=call)["action"] == "block"


# --- who calls


def test_certificate_names(open_node, node):
    node.pki.issue("certs", "c1.example", dns=["c0x.example", "SIP.Certs.Example"])
    shown = node.caller(pem=node.pki.path("certs.pem")).show(ALLOWED)
    assert (shown["customer"], shown["identity"]) == ("certs", "certificate")  # all SANs, any case, never the CN beside them
    node.pki.issue("uri", "x", uris=["sip:uri.certs.example"], dns=["unknown.example"])
    assert node.caller(pem=node.pki.path("uri.pem")).show(ALLOWED)["customer"] == "certs"
    node.pki.issue("user", "x", uris=["sip:c1@uri.certs.example"])
    assert node.caller(pem=node.pki.path("user.pem")).show(ALLOWED)["identity"] == "unknown_name"
    node.pki.issue("cn", "cn.named.example")
    assert node.caller(pem=node.pki.path("cn.pem")).show(ALLOWED)["customer"] == "named"
    node.pki.issue("cn-san", "cn.named.example", addresses=["127.0.0.1"])
    assert node.caller(pem=node.pki.path("cn-san.pem")).show(ALLOWED)["identity"] == "unknown_name"
    node.pki.issue("wild", "x", dns=["*.certs.example"])
    assert node.caller(pem=node.pki.path("wild.pem")).show(ALLOWED)["identity"] == "unknown_name"
    node.pki.issue("two", "x", dns=["c1.example", "c2.example"])
    assert node.caller(pem=node.pki.path("two.pem")).show(ALLOWED)["identity"] == "ambiguous"
    many = [f"n{i}.nobody.example" for i in range(200)]
    node.pki.issue("many", "x", dns=many + ["sip.certs.example"])
    assert node.caller(pem=node.pki.path("many.pem")).show(ALLOWED)["customer"] == "certs"


def test_certificate_of_a_connection_is_read_once(node):
    node.pki.issue("once", "x", dns=["sip.certs.example"])
    caller, misses = node.caller(pem=node.pki.path("once.pem")), node.counter("tls_cache_misses")
    for _ in range(5):
        assert caller.show(ALLOWED)["customer"] == "certs"
    assert node.counter("tls_cache_misses") == misses + 1


def test_wrong_certificates_have_their_own_reasons(open_node):
    open_node.pki.issue("self", "c1.example", dns=["c1.example"], self_signed=True)
    open_node.pki.issue("late", "c1.example", dns=["c1.example"], days=-1)
    none = open_node.caller(34, tls=True).show(ALLOWED)
    assert (none["identity"], none["rc"], none["sip_code"]) == ("no_certificate", -3, "403") and "IDENTITY:no_certificate" in none["rules"]
    # Without verify_certificate the server never asks for one: the source address is not looked at instead.
    by_address = open_node.caller(3, tls=True).show(ALLOWED)
    assert by_address["identity"] == "no_certificate" and by_address["customer"] == "<null>"


def test_unknown_source_is_refused(node):
    shown = node.caller().show(ALLOWED, extra="X-Fraudguard-Customer: c1\r\nP-Asserted-Identity: <sip:+442070000001@x>\r\n")
    assert (shown["identity"], shown["customer"], shown["rc"], shown["sip_code"]) == ("unknown", "<null>", -3, "403")


def test_inbound_belongs_to_the_called_number(node):
    shown = node.caller().show("+442070000021", direction="inbound", caller="+12025550143")
    assert (shown["customer"], shown["identity"], shown["direction"], shown["action"]) == ("c21", "called_number", "inbound", "allow")
    nobody = node.caller().show("+442071111111", direction="inbound", caller="+12025550143")
    assert nobody["customer"] == "<null>" and nobody["rc"] == -3


def test_direction_follows_the_carriers_addresses(open_node):
    inbound = open_node.caller().show("+442070000021", caller="+12025550143")  # from 127.0.0.1, a carrier here
    assert (inbound["direction"], inbound["customer"]) == ("inbound", "c21")
    outbound = open_node.caller(21).show(ALLOWED)
    assert (outbound["direction"], outbound["customer"]) == ("outbound", "c21")
    # Reaching the carriers' listener makes nobody a carrier.
    other = open_node.caller(22).show("+442070000021", direction="inbound", caller="+12025550143")
    assert (other["direction"], other["identity"], other["customer"], other["rc"]) == ("inbound", "not_a_carrier", "<null>", -3)


# --- rules on a running node


def test_a_broken_pack_keeps_the_old_rules(fresh):
    digest = fresh.status()["digest"]
    fresh.write("rules/test.yaml", RULES.replace("score: 35}", "scoer: 35}"))
    result = fresh.rpc("fraudguard.reload")
    assert re.search(r"test\.yaml:\d+:\d+", result.stdout + result.stderr), result.stdout + result.stderr
    assert re.search(r"test\.yaml:\d+:\d+.*scoer", fresh.log())
    status = fresh.status()
    assert (status["digest"], status["last_reload"], status["generation"]) == (digest, "refused", "1")
    assert fresh.caller(0).show(ALERTED)["rules"] == "ALERTED"
    fresh.write("rules/test.yaml", RULES.replace("score: 35}", "score: 36}"))
    assert fresh.rpc("fraudguard.reload").returncode == 0
    assert fresh.caller(0).show(ALERTED)["score"] == "36" and fresh.status()["last_reload"] == "ok"


def test_many_reloads_under_traffic_free_the_old_rules(fresh):
    def shared_bytes():
        return int(re.search(r"real_used: (\d+)", fresh.rpc("core.shmmem").stdout).group(1))

    fresh.pki.issue("one", "x", dns=["c1.example"])
    callers = [fresh.caller(0), fresh.caller(pem=fresh.pki.path("one.pem"))]
    assert fresh.rpc("fraudguard.reload").returncode == 0
    time.sleep(1.2)
    before = shared_bytes()
    for i in range(12):
        fresh.write("rules/test.yaml", RULES.replace("score: 35}", f"score: {36 + i}}}" if i % 2 else "score: x}"))
        fresh.rpc("fraudguard.reload")
        for caller in callers:
            assert caller.show(ALERTED)["action"] == "alert"
    time.sleep(1.2)
    assert shared_bytes() < before * 1.3 + 200000


# --- holds


def test_hold_and_release_by_rpc(node):
    caller = node.caller(22)
    assert caller.show(ALLOWED)["action"] == "allow"
    assert node.rpc("fraudguard.hold", "c22", "customer", "60", "operator says so").returncode == 0
    held = caller.show(ALLOWED)
    assert held["action"] == "block" and held["rules"] == "HOLD" and "operator says so" in held["reason"]
    wait_for(lambda: node.redis_cli("hexists", "fg:{c22}:h", "customer") == "1", what="hold in Redis")
    assert "operator says so" in node.rpc("fraudguard.holds").stdout
    assert node.rpc("fraudguard.release", "c22").returncode == 0
    wait_for(lambda: caller.show(ALLOWED)["action"] == "allow", 2, "release")
    wait_for(lambda: node.redis_cli("hexists", "fg:{c22}:h", "customer") == "0", what="hold gone from Redis")
    assert "404" in str(vars(node.rpc("fraudguard.hold", "nobody")))
    assert "400" in str(vars(node.rpc("fraudguard.hold", "c22", "planet")))


def test_hold_of_another_node_cuts_calls_in_progress(node):
    caller, other = node.caller(23), node.caller(24)
    (reply, call), (_, untouched) = caller.invite(ALLOWED), other.invite(ALLOWED)
    answered, emergency = caller.invite("112")
    assert (reply.code, answered.code) == (200, 200)
    wait_for(lambda: emergency["call_id"] in node.rpc("fraudguard.calls").stdout, what="live calls")
    until = int(time.time() * 1000) + 60000
    node.redis_cli("publish", "fg:holds:ch", json.dumps({"v": 1, "op": "hold", "customer": "c23", "scope": "customer", "until_ms": until,
                                                         "since_ms": until - 60000, "cut": True, "reason": "from elsewhere", "by": "fgctl:test"}))
    bye = caller.wait_request("BYE", call)
    assert bye is not None and "Reason" in bye.text
    wait_for(lambda: node.carrier.count("BYE", call["call_id"]), what="BYE to the carrier")
    assert node.carrier.count("BYE", untouched["call_id"]) == 0
    assert node.carrier.count("BYE", emergency["call_id"]) == 0
    caller.bye(emergency)
    assert caller.show(ALLOWED)["rules"] == "HOLD"
    wait_for(lambda: events(node, "call.end", call["call_id"]), what="end event")
    node.redis_cli("publish", "fg:holds:ch", json.dumps({"v": 1, "op": "release", "customer": "c23", "scope": "customer", "by": "fgctl:test"}))
    wait_for(lambda: caller.show(ALLOWED)["action"] == "allow", what="release")
    other.bye(untouched)


def test_kill_message_ends_one_call(node):
    caller = node.caller(25)
    (_, first), (_, second) = caller.invite(ALLOWED), caller.invite(ALLOWED)
    wait_for(lambda: second["call_id"] in node.rpc("fraudguard.calls").stdout, what="live calls")
    node.redis_cli("publish", "fg:holds:ch", json.dumps({"v": 1, "op": "kill", "call_id": first["call_id"], "customer": "c25",
                                                         "until_ms": int(time.time() * 1000) + 60000, "reason": "x", "by": "fgctl:test"}))
    assert caller.wait_request("BYE", first) is not None
    time.sleep(0.3)
    assert node.carrier.count("BYE", second["call_id"]) == 0
    caller.bye(second)


def test_a_hold_with_cut_ends_a_ringing_call_once_it_is_answered_or_leaves_it_to_ring(node):
    caller = node.caller(26)
    call = caller.new_call()
    call["number"] = "+442079460180"
    caller.send(caller.request("INVITE", call["number"], call))
    wait_for(lambda: node.carrier.count("INVITE", call["call_id"]), what="INVITE at the carrier")
    node.rpc("fraudguard.hold", "c26", "customer", "60", "cut it")
    time.sleep(0.4)
    invite = next(m for m in node.carrier.seen if m.method == "INVITE" and m.get("call-id") == call["call_id"])
    from module_fixtures import reply_to
    node.carrier.socket.sendto(reply_to(invite, 200, "OK", "carrier", f"Contact: <sip:carrier@127.0.0.1:{node.carrier.port}>\r\n"),
                               ("127.0.0.1", node.sip_port))
    reply = caller.final(call)
    assert reply.code == 200
    call["to_tag"] = "carrier"
    call["routes"] = list(reversed(reply.all("record-route")))
    call["target"] = re.search(r"<([^>]+)>", reply.get("contact")).group(1)
    caller.in_dialog("ACK", call, cseq=1)
    assert caller.wait_request("BYE", call) is not None
    wait_for(lambda: node.carrier.count("BYE", call["call_id"]), what="BYE to the carrier")


# --- calls in progress


def test_live_calls_are_counted_and_given_back(node):
    caller = node.caller(31)  # two channels
    (first, one), (second, two) = caller.invite(ALLOWED), caller.invite(ALLOWED)
    assert (first.code, second.code) == (200, 200)
    third, _ = caller.invite(ALLOWED)
    assert third.code == 603
    wait_for(lambda: events(node, "call.answer", one["call_id"]), what="answer event")
    assert int(node.status()["live_calls"]) >= 2
    caller.bye(one)
    wait_for(lambda: events(node, "call.end", one["call_id"]), what="end event")
    fourth, again = caller.invite(ALLOWED)
    assert fourth.code == 200
    for call in (two, again):
        caller.bye(call)
    wait_for(lambda: "c31" not in node.rpc("fraudguard.calls").stdout, what="no live call is left")


def test_a_minute_event_can_cut_a_call(node):
    caller = node.caller(32)
    reply, call = caller.invite("+442079700001")
    assert reply.code == 200  # nothing against it before it costs money
    assert caller.wait_request("BYE", call) is not None
    wait_for(lambda: node.carrier.count("BYE", call["call_id"]), what="BYE to the carrier")
    wait_for(lambda: call["call_id"] in node.redis_cli("zrange", "fg:kills", "0", "-1"), what="kill for the relay")
    minute = wait_for(lambda: events(node, "call.minute", call["call_id"]), what="minute event")[0]
    assert minute["action"] == "block" and minute["reasons"][0]["id"] == "CUT"
    assert explained(node, call["call_id"])["action"] == "block"  # what explains the call now
    wait_for(lambda: events(node, "call.end", call["call_id"]), what="end event")


def test_a_call_over_tls_is_cut_over_its_own_connection(node):
    node.pki.issue("cut", "x", dns=["c33.example"])
    caller = node.caller(pem=node.pki.path("cut.pem"))
    reply, call = caller.invite(ALLOWED)
    assert reply.code == 200
    wait_for(lambda: call["call_id"] in node.rpc("fraudguard.calls").stdout, what="live call")
    assert node.rpc("fraudguard.hold", "c33").returncode == 0
    assert caller.wait_request("BYE", call) is not None
    trunk = node.rpc("fraudguard.trunks").stdout.split("}")
    assert any("c33" in row and "TLS_AES" in row and "c33.example" in row for row in trunk)


def test_calls_that_fail_end_too(node):
    caller = node.caller(27)
    reply, call = caller.invite("+442079460486")
    assert reply.code == 486
    wait_for(lambda: events(node, "call.end", call["call_id"]), what="end event")
    assert not events(node, "call.answer", call["call_id"])
    assert call["call_id"] not in node.rpc("fraudguard.calls").stdout


# --- Redis away


def test_a_frozen_redis_degrades_and_recovers(fresh):
    caller = fresh.caller(0)
    assert caller.show(COUNTED)["degraded"] == "0"
    fresh.redis.send_signal(signal.SIGSTOP)
    started, shown = time.monotonic(), [caller.show(COUNTED) for _ in range(5)]
    assert time.monotonic() - started < 2
    assert all(s["degraded"] == "1" for s in shown)
    assert shown[-1]["rules"].startswith("MANY") and shown[-1]["action"] in ("alert", "block")  # velocity goes on from shared memory
    assert explained(fresh, shown[-1]["call_id"])["degraded"] is True
    risky = [fresh.caller(1).show(f"+4490987900{n}") for n in range(10, 14)]
    assert risky[0]["action"] != "block" and risky[-1]["action"] == "block" and "DEGRADED" in risky[-1]["rules"]
    assert fresh.caller(2).show("112")["action"] == "allow"
    assert fresh.rpc("fraudguard.hold", "c3", "customer", "60", "while away").returncode == 0
    assert fresh.caller(3).show(ALLOWED)["rules"].startswith("HOLD")
    fresh.redis.send_signal(signal.SIGCONT)
    wait_for(lambda: fresh.status()["store"] == "up", what="store up again")
    wait_for(lambda: fresh.status()["backlog"] == "0", what="backlog merged")
    wait_for(lambda: fresh.redis_cli("hexists", "fg:{c3}:h", "customer") == "1", what="hold written after all")
    back = fresh.caller(4).show(ALLOWED)
    assert back["degraded"] == "0"
    wait_for(lambda: events(fresh, "call.attempt", shown[-1]["call_id"]), what="events of the outage")


def test_a_killed_redis_comes_back_empty(fresh):
    caller = fresh.caller(5)
    fresh.redis.kill()
    fresh.redis.wait()
    reply, call = caller.invite(ALLOWED)
    assert reply.code == 200
    assert caller.show(ALLOWED)["degraded"] == "1"
    fresh.start_redis()
    wait_for(lambda: fresh.status()["store"] == "up", what="store up again")
    assert caller.show(ALLOWED)["degraded"] == "0"
    caller.bye(call)
    assert fresh.rpc("fraudguard.hold", "c5", "customer", "60", "x").returncode == 0
    wait_for(lambda: fresh.redis_cli("hexists", "fg:{c5}:h", "customer") == "1", what="the writer is back")
    fresh.redis_cli("hdel", "fg:{c5}:h", "customer")
    assert caller.show(ALLOWED)["action"] == "block"  # this node still remembers
    fresh.redis_cli("publish", "fg:holds:ch", json.dumps({"v": 1, "op": "release", "customer": "c5", "scope": "customer", "by": "x"}))
    wait_for(lambda: caller.show(ALLOWED)["action"] != "block", what="the listener is back")


def test_local_only(open_node):
    shown = open_node.caller(6).show(BLOCKED)
    assert (shown["action"], shown["degraded"]) == ("block", "0") and open_node.status()["store"] == "local"
    (_, call) = open_node.caller(7).invite(ALLOWED)
    assert open_node.rpc("fraudguard.hold", "c7", "customer", "60", "x").returncode == 0
    wait_for(lambda: open_node.carrier.count("BYE", call["call_id"]), what="BYE without Redis")


# --- modes and other languages


def test_shadow_mode_blocks_nothing(tmp_path_factory):
    """The mode of an installation that says nothing about it."""
    node = start(tmp_path_factory, "shadow", mode=None)
    try:
        caller = node.caller(0)
        shown = caller.show(BLOCKED)
        assert (shown["rc"], shown["action"]) == (1, "block")
        reply, call = caller.invite(BLOCKED)
        assert reply.code == 200
        assert node.counter("shadowed") == 2 and node.counter("holds_set") == 0
        caller.bye(call)
        unencrypted = node.caller(36)  # who must encrypt
        reply, call = unencrypted.invite(ALLOWED, body=CLEAR)
        assert reply.code == 200 and node.counter("media_refused") == 0
        unencrypted.bye(call)
    finally:
        finish(node)


@pytest.mark.skipif(not os.path.exists("/usr/lib/x86_64-linux-gnu/kamailio/modules/app_lua.so"), reason="needs kamailio-lua-modules")
def test_kemi(tmp_path_factory):
    node = start(tmp_path_factory, "kemi", lua=True)
    try:
        for extra in ("", "X-Direction: outbound\r\n"):
            reply, _ = node.caller(0).invite(BLOCKED, extra=extra)
            assert (reply.get("x-rc"), reply.get("x-action")) == ("-3", "block") and "CAMPAIGN" in reply.get("x-rules")
            assert (reply.get("x-none"), reply.get("x-user"), reply.get("x-functions")) == ("-1,-1,-2", "1", "1,-1,-1,1,1,-1,-1,1,1")
    finally:
        finish(node)


@pytest.mark.parametrize("options,complaint", [
    ({"mode": "observe"}, "it must be enforce or shadow"),
    ({"modparams": 'modparam("fraudguard", "redis_deadline_ms", 0)'}, "redis_deadline_ms is 0"),
    ({"modparams": 'modparam("fraudguard", "carrier_sources", "10.0.0.0/40")'}, "is no address or network"),
    ({"rules": RULES.replace("when: {dest.prefix", "when: {dest.prefx", 1)}, "dest.prefx"),
])
def test_mistakes_stop_the_start(tmp_path_factory, options, complaint):
    node = Node(tmp_path_factory.mktemp("mistake"), **options)
    try:
        with pytest.raises(AssertionError):
            node.start()
        assert complaint in node.log()
    finally:
        node.stop()
