# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls that come in: a carrier over UDP, and a customer's PBX that takes them over a TLS connection of its own. No media; for what softphones cannot do."""
import re
import secrets
import socket
import threading
import time

from sip_trunk import Reply, Trunk, sdp


def _header(text, name):
    found = re.search(rf"(?im)^{name}:\s*(.*?)\r$", text)
    return found.group(1) if found else ""


def _answer(request, line, to_tag, extra="", body=""):
    head = request.partition("\r\n\r\n")[0].split("\r\n")[1:]
    copied = "".join(f"{h}\r\n" for h in head if h.split(":")[0].lower() in ("via", "record-route", "from", "call-id", "cseq"))
    to = _header(request, "To")
    to += "" if ";tag=" in to else f";tag={to_tag}"
    return (f"SIP/2.0 {line}\r\n{copied}To: {to}\r\n{extra}" + ("Content-Type: application/sdp\r\n" if body else "")
            + f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


class AnsweringPbx(threading.Thread):
    """Opens a TLS connection with a customer's certificate, says so with OPTIONS, and answers every call that comes in over it."""

    def __init__(self, server, ca, pem):
        super().__init__(daemon=True)
        self.trunk, self.alive, self.calls, self.replied = Trunk(server, ca, pem), True, [], threading.Event()

    def open(self):
        self.start()
        return self.ping()

    def ping(self):
        """Returns once Kamailio knows the connection as the one heard from last."""
        self.replied.clear()
        host = f"{self.trunk.local[0]}:{self.trunk.local[1]}"
        self.trunk.send((f"OPTIONS sip:{host} SIP/2.0\r\nVia: SIP/2.0/TLS {host};branch=z9hG4bK{secrets.token_hex(6)};rport\r\nMax-Forwards: 70\r\n"
                         f"From: <sip:ping@{host}>;tag=p\r\nTo: <sip:ping@{host}>\r\nCall-ID: {secrets.token_hex(6)}\r\nCSeq: 1 OPTIONS\r\n"
                         "Content-Length: 0\r\n\r\n").encode())
        if not self.replied.wait(10):
            raise RuntimeError("no reply to OPTIONS")
        return self

    def run(self):
        while self.alive:
            text = self.trunk.receive(0.2)
            if not text:
                continue
            if text.startswith("SIP/2.0"):
                self.replied.set()
                continue
            method = text.split(" ", 1)[0]
            if method == "INVITE":
                self.calls.append(text)
                contact = f"Contact: <sip:pbx@{self.trunk.local[0]}:{self.trunk.local[1]};transport=tls>\r\n"
                self.trunk.send(_answer(text, "200 OK", "pbx", contact, sdp(self.trunk.local[0], 40000, "RTP/SAVP" in text)))
            elif method != "ACK":
                self.trunk.send(_answer(text, "200 OK", "pbx"))

    def close(self):
        self.alive = False
        self.join(2)
        self.trunk.close()


class CallingCarrier:
    """A carrier that hands over calls, over UDP."""

    def __init__(self, edge, address="127.0.0.1"):
        self.edge = edge
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.host = "{}:{}".format(*self.socket.getsockname())

    def close(self):
        self.socket.close()

    def _send(self, method, call, cseq, branch, to="", target=None, routes=(), body=""):
        target = target or f"sip:{call['number']}@{self.edge[0]}:{self.edge[1]}"
        lines = "".join(f"Route: {r}\r\n" for r in routes)
        self.socket.sendto((f"{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {self.host};branch={branch};rport\r\nMax-Forwards: 70\r\n{lines}"
                            f"From: <sip:{call['caller']}@{self.host}>;tag={call['tag']}\r\nTo: {to or '<' + target + '>'}\r\nCall-ID: {call['call_id']}\r\n"
                            f"CSeq: {cseq} {method}\r\nContact: <sip:carrier@{self.host}>\r\n" + ("Content-Type: application/sdp\r\n" if body else "")
                            + f"Content-Length: {len(body)}\r\n\r\n{body}").encode(), self.edge)

    def _final(self, call, method, timeout):
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                text = self.socket.recv(65536).decode("utf-8", "replace")
            except (TimeoutError, socket.timeout):
                return None, ""
            if text.startswith("SIP/2.0") and not text.startswith("SIP/2.0 1") and _header(text, "Call-ID") == call["call_id"] and _header(text, "CSeq").endswith(method):
                return Reply(text), text
        return None, ""

    def call(self, number, caller, timeout=8):
        """One call to its final reply, which is acknowledged. Returns (Reply or None, call)."""
        call = {"number": number, "caller": caller, "call_id": secrets.token_hex(8), "tag": secrets.token_hex(4), "branch": "z9hG4bK" + secrets.token_hex(6)}
        self._send("INVITE", call, 1, call["branch"], body=sdp(self.host.split(":")[0], 40002, False))
        reply, text = self._final(call, "INVITE", timeout)
        if not reply:
            return None, call
        call["to"] = _header(text, "To")
        call["routes"] = [v for n, v in reply.headers if n == "record-route"][::-1]
        contact = re.search(r"<([^>]+)>", reply.header("contact") or "")
        call["target"] = contact.group(1) if contact else None
        if reply.code < 300:
            self._send("ACK", call, 1, "z9hG4bK" + secrets.token_hex(6), call["to"], call["target"], call["routes"])
        else:
            self._send("ACK", call, 1, call["branch"], call["to"])
        return reply, call

    def bye(self, call, timeout=5):
        self._send("BYE", call, 2, "z9hG4bK" + secrets.token_hex(6), call["to"], call["target"], call["routes"])
        return self._final(call, "BYE", timeout)[0]
