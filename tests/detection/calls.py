# SPDX-License-Identifier: GPL-2.0-or-later
"""A call of the generated traffic, and the calls file."""
from typing import NamedTuple

COLUMNS = ("call_id", "start", "answer", "end", "direction", "customer", "source_ip", "transport", "tls_san", "tls_fingerprint", "tls_key_bits",
           "caller", "called", "sip_status", "srtp", "attest", "label")
CARRIERS = ("192.0.2.20", "192.0.2.36", "192.0.2.52")


class Call(NamedTuple):
    """Times in Unix ms; sorts by start. Everything has one type, so that a tie has one order too."""
    start: int
    end: int
    answer: int       # 0: not answered
    customer: int     # index
    inbound: bool
    caller: str       # with +, as in the message; may be empty
    called: str       # as dialled
    number: str       # E.164 digits of the called number; what was dialled where that is no number
    status: int
    source_ip: str
    fingerprint: str  # empty for inbound calls
    attest: str
    label: str        # empty: wanted


def outbound(customer, day, start, ring, talk, caller, number, status=200, called=None, label="", source_ip=None, fingerprint=None):
    """A call out. ring and talk in ms; talk 0: not answered."""
    answer = start + ring if talk else 0
    own = caller.startswith("+" + customer.base)
    return Call(start, start + ring + talk, answer, customer.index, False, caller, called or "+" + number, number, status,
                source_ip or customer.source_on(day), fingerprint or customer.fingerprint_on(day), "A" if own else "B", label)


def inbound(customer, start, ring, talk, caller, number, status=200, label="", attest="", carrier=0):
    """A call in, to one of the customer's numbers."""
    answer = start + ring if talk else 0
    return Call(start, start + ring + talk, answer, customer.index, True, caller, "+" + number, number, status, CARRIERS[carrier], "", attest, label)


def call_id(index):
    return f"call-{index:07d}"


def rows(calls, customers):
    """The lines of the calls file; the n-th call is call_id(n)."""
    yield ",".join(COLUMNS) + "\n"
    known = [(c.id, c.san, c.key_bits, int(c.srtp)) for c in customers]
    for index, call in enumerate(calls):
        who, san, bits, srtp = known[call.customer]
        answer = call.answer or ""
        if call.inbound:
            yield (f"call-{index:07d},{call.start},{answer},{call.end},inbound,{who},{call.source_ip},udp,,,,"
                   f"{call.caller},{call.called},{call.status},0,{call.attest},{call.label}\n")
        else:
            yield (f"call-{index:07d},{call.start},{answer},{call.end},outbound,{who},{call.source_ip},tls,{san},{call.fingerprint},{bits},"
                   f"{call.caller},{call.called},{call.status},{srtp},{call.attest},{call.label}\n")
