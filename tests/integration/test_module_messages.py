# SPDX-License-Identifier: GPL-2.0-or-later
"""The module and messages that are hard to read, lie or smuggle: over UDP and TLS, on one Kamailio that must live through all of it."""
import re
import time

import pytest

from hostile_messages import CLOSED, FORGED, torture
from module_fixtures import ALLOWED, BLOCKED, CLEAR, Caller, Node, faults_in, finish, started, wait_for

SHOWN_TO = {"udp": 5, "tls": 4}  # calls of c5 and c4 from their addresses are judged and answered, never put through


ENDLESS = {"no empty line"}  # over a stream the rest may still come


class Tortured(Node):
    def prepare(self):
        super().prepare()
        with open(self.path("kamailio.cfg"), encoding="utf-8") as file:
            text = file.read()
        text = text.replace("request_route {\n", "request_route {\n    force_rport();\n", 1)
        text = text.replace("if ($hdr(X-Show) != $null) {", 'if ($hdr(X-Show) != $null || $si =~ "^127.0.1.[45]$") {', 1)
        self.write("kamailio.cfg", text)
        self.pki.issue("c4", "c4.example", dns=["c4.example"])
        self.pki.issue("c6", "c6.example", dns=["c6.example"])


@pytest.fixture(scope="module", name="node")
def fixture_node(tmp_path_factory):
    node = started(Tortured(tmp_path_factory.mktemp("messages"), redis=False))
    yield node
    finish(node)


def caller_of(node, transport, customer):
    if transport == "udp":
        return node.caller(customer)
    return node.caller(customer, pem=node.pki.path(f"c{customer}.pem"))


class Outcome:
    """What became of one message: a reply, a verdict that was counted, or lines in the log."""

    def __init__(self, node):
        self.node, self.reply = node, None
        self.attempts, self.logged = node.counter("attempts"), len(node.log())

    def wait(self, caller, timeout=15.0):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.reply = caller.receive(0.05)
            while self.reply is not None and self.reply.code < 200:
                self.reply = caller.receive(0.05)
            if self.reply is not None:
                return "judged" if self.reply.get("x-rc") else "refused"
            if self.node.counter("attempts") > self.attempts:
                return "judged"
            if re.search(r"ERROR|WARNING", self.node.log()[self.logged:]):
                return "dropped"
        return None


def lives(node):
    """It works as before, in all its processes: none that died was replaced."""
    faults = faults_in(node.log())
    assert not faults and node.kamailio.poll() is None, faults
    return node.caller(12).show(ALLOWED)["rc"] == 1


JUDGED = {"esc01", "longreq", "ltgtruri", "escruri", "baddate", "invut", "sdp01", "ipv6-in-sdp", "mult-ip-in-sdp", "ipv4-mapped-ipv6"}


@pytest.mark.parametrize("transport", ["udp", "tls"])
@pytest.mark.parametrize("file", ["rfc4475.txt", "rfc5118.txt"])
def test_torture(node, transport, file):
    became = {}
    for name, message in torture(file):
        caller = caller_of(node, transport, SHOWN_TO[transport])
        outcome = Outcome(node)
        caller.send(message)
        if message.startswith(b"INVITE") and not (name == "clerr" and transport == "tls"):  # its body never ends
            became[name] = outcome.wait(caller)
        caller.close()
    assert None not in became.values(), became
    assert {name for name in became if became[name] != "judged"}.isdisjoint(JUDGED), became
    assert lives(node)


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_no_trick_gets_a_closed_number_through(node, transport):
    became, through = {}, {}
    for name, mangle in CLOSED.items():
        caller = caller_of(node, transport, 6)
        call, outcome, seen = caller.new_call(), Outcome(node), len(node.carrier.seen)
        caller.send(mangle(caller.request("INVITE", BLOCKED, call, body=CLEAR).encode()))
        if not (name in ENDLESS and transport == "tls"):
            became[name] = outcome.wait(caller)
        if any(message.method == "INVITE" for message in node.carrier.seen[seen:]):
            through[name] = node.carrier.seen[-1].text
        caller.close()
    assert not through
    assert None not in became.values(), became
    assert lives(node)


def test_a_customer_cannot_forge_what_we_say(node):
    caller = node.caller(7)
    for header in [*FORGED, "\r\n".join(FORGED)]:
        reply, call = caller.invite(ALLOWED, extra=header + "\r\nSubject: kept\r\n")
        assert reply.code == 200, header
        sent = next(m for m in node.carrier.seen if m.method == "INVITE" and m.get("call-id") == call["call_id"])
        assert sent.get("subject") == "kept"
        assert not re.search(r"(?i)fraudguard|reason|identity", sent.text.split("\r\n\r\n")[0]), sent.text
        caller.bye(call)


@pytest.mark.parametrize("header", ["X-A: a\rX-Fraudguard-Score: 0", "X-A: a\n X-Fraudguard-Score: 0", "X-A: a\nX-Fraudguard-Score: 0", "X-A: a\0\r\nX-B: b"])
def test_smuggled_headers_are_refused(node, header):
    caller, before = node.caller(8), node.counter("unreadable")
    reply, call = caller.invite(ALLOWED, extra=header + "\r\n")
    assert (reply.code, reply.get("reason")) == (403, 'SIP;cause=403;text="Forbidden"')
    assert node.counter("unreadable") == before + 1 and node.carrier.count("INVITE", call["call_id"]) == 0


@pytest.mark.parametrize("lengths", ["0", "{size}\r\nContent-Length: 0", "0\r\nl: {size}", "9999", "{less}"])
def test_nothing_hides_behind_a_wrong_length(node, lengths):
    """A request in the body of another: the next server, which believes another length, would take it for ours."""
    caller = node.caller(9)
    outer, hidden = caller.new_call(), caller.new_call()
    body = caller.request("INVITE", ALLOWED, hidden)
    message = caller.request("INVITE", ALLOWED, outer).replace("Content-Length: 0", "Content-Length: " + lengths.format(size=len(body), less=len(body) - 9))
    before = node.counter("unreadable")
    caller.send(message + body)
    wait_for(lambda: node.counter("unreadable") == before + 1)
    reply = caller.final(outer, 0.2 if "\r\n" in lengths else 3.0)  # Kamailio cannot answer what it takes for no message
    assert reply.code == 403 if reply else "\r\n" in lengths
    assert node.carrier.count("INVITE", outer["call_id"]) == node.carrier.count("INVITE", hidden["call_id"]) == 0


def test_nothing_hides_within_a_call_either(node):
    caller, hidden = node.caller(9), Caller.new_call()
    reply, call = caller.invite(ALLOWED)
    assert reply.code == 200
    body = caller.request("INVITE", ALLOWED, hidden)
    before = node.counter("unreadable")
    for cseq, lengths in enumerate(("0", "{size}\r\nContent-Length: 0", "9999"), 2):
        request = caller.request("INFO", ALLOWED, call, cseq=cseq, branch=f"z9hG4bKframed{cseq}", to_tag=call["to_tag"], target=call["target"], routes=call["routes"])
        caller.send(request.replace("Content-Length: 0", "Content-Length: " + lengths.format(size=len(body))) + body)
        wait_for(lambda cseq=cseq: node.counter("unreadable") == before + cseq - 1, what="it is refused")
    assert node.carrier.count("INFO", call["call_id"]) == node.carrier.count("INVITE", hidden["call_id"]) == 0
    caller.in_dialog("INFO", call, cseq=9)
    wait_for(lambda: node.carrier.count("INFO", call["call_id"]) == 1, what="a sound one goes on")
    caller.bye(call)


def test_empty_lines_behind_a_message_do_no_harm(node):
    caller = node.caller(10)
    call = caller.new_call()
    caller.send(caller.request("INVITE", ALLOWED, call, body=CLEAR) + "\r\n\r\n")
    assert caller.final(call).code == 200


def test_every_identity_that_a_message_claims_counts(node):
    caller = node.caller(11)
    own, others = "<sip:+442070000011@x>", "<sip:+442070000012@x>"
    for extra in (f"P-Asserted-Identity: {own}\r\nP-Asserted-Identity: {others}\r\n", f"P-Asserted-Identity: {own}, {others}\r\n",
                  f'P-Asserted-Identity: "{own}" {others}\r\n', f"P-Asserted-Identity: {own}, <tel:+442070000012>\r\n",
                  f"P-Asserted-Identity : \r\n {others}\r\n", f"P-Preferred-Identity: {others}\r\n", f"Remote-Party-ID: {others};party=calling\r\n"):
        shown = caller.show(ALLOWED, caller="+442070000011", extra=extra)
        assert shown["rules"] == "OTHERS", extra
    shown = caller.show(ALLOWED, caller="+442070000011", extra=f"P-Asserted-Identity: {own}\r\nRemote-Party-ID: {own}\r\nP-Asserted-Identity: {own}\r\n")
    assert (shown["rules"], shown["customer"]) == ("<null>", "c11")
