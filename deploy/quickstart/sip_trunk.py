# SPDX-License-Identifier: GPL-2.0-or-later
"""A minimal SIP trunk over TLS, for what no well-behaved client does: attacks, wrong certificates, repeated requests."""
import base64
import os
import re
import secrets
import socket
import ssl
import time


class Reply:
    def __init__(self, text):
        head, _, self.body = text.partition("\r\n\r\n")
        lines = head.split("\r\n")
        self.line = lines[0]
        self.code = int(lines[0].split(" ")[1])
        self.phrase = lines[0].split(" ", 2)[2]
        self.headers = [(n.strip().lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines[1:])]

    def header(self, name):
        return next((v for n, v in self.headers if n == name.lower()), None)


class Refused(Exception):
    """The TLS handshake did not come off; the text is the peer's alert."""


def sdp(address, port, srtp=True):
    key = base64.b64encode(secrets.token_bytes(30)).decode()
    crypto = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\r\n" if srtp else ""
    profile = "RTP/SAVP" if srtp else "RTP/AVP"
    return (f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
            f"m=audio {port} {profile} 0 8\r\n{crypto}a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n")


class Trunk:
    """One TLS connection. pem None: no client certificate; address: where it comes from."""

    def __init__(self, server, ca, pem=None, timeout=5, address=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(ca)
        context.check_hostname = False
        if pem:
            context.load_cert_chain(pem)
        raw = socket.create_connection(server, timeout=timeout, source_address=(address, 0) if address else None)
        self.local = raw.getsockname()
        try:
            self.socket = context.wrap_socket(raw)
            # TLS 1.3 tells of a refused client certificate only after the handshake: ask for it.
            self.socket.settimeout(0.3)
            try:
                if self.socket.recv(1, ) == b"":
                    raise Refused("connection closed")
            except (TimeoutError, socket.timeout):
                pass
            self.socket.settimeout(timeout)
        except ssl.SSLError as error:
            raw.close()
            raise Refused(re.sub(r"^.*alert ", "", (error.reason or str(error)).lower().replace("_", " "))) from None
        except ConnectionError as error:
            raise Refused(str(error)) from None
        self.tls = f"{self.socket.version()} {self.socket.cipher()[0]}"
        self.buffer = b""

    def close(self):
        self.socket.close()

    def request(self, method, number, caller, call_id, from_tag, cseq, branch, to_tag=None, body="", extra="", domain="127.0.0.1"):
        host = f"{self.local[0]}:{self.local[1]}"
        to_tag = f";tag={to_tag}" if to_tag else ""
        return (f"{method} sip:{number}@{domain} SIP/2.0\r\nVia: SIP/2.0/TLS {host};branch={branch};rport\r\nMax-Forwards: 70\r\n"
                f"From: <sip:{caller}@{domain}>;tag={from_tag}\r\nTo: <sip:{number}@{domain}>{to_tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
                f"Contact: <sip:{caller}@{host};transport=tls>\r\n{extra}" + ("Content-Type: application/sdp\r\n" if body else "")
                + f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, timeout=5):
        """The next SIP message as text, or None."""
        deadline = time.monotonic() + timeout
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if found:
                length = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
                size = int(length.group(1)) if length else 0
                if len(rest) >= size:
                    self.buffer = rest[size:]
                    return (head + found + rest[:size]).decode("utf-8", "replace")
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return None
            self.socket.settimeout(remaining)
            try:
                chunk = self.socket.recv(65536)
            except (TimeoutError, socket.timeout):
                return None
            except OSError:
                return None
            if not chunk:
                return None
            self.buffer += chunk

    def invite(self, number, caller, srtp=True, timeout=8, call_id=None, cancel_after=None, rtp_port=40000):
        """One INVITE to its final reply; a 2xx is acknowledged and left up (see bye()). Returns (Reply or None, call as dict)."""
        call = {"number": number, "caller": caller, "call_id": call_id or f"{secrets.token_hex(8)}@{os.uname().nodename}", "from_tag": secrets.token_hex(4),
                "cseq": 1, "branch": "z9hG4bK" + secrets.token_hex(8)}
        self.send(self.request("INVITE", number, caller, call["call_id"], call["from_tag"], 1, call["branch"], body=sdp(self.local[0], rtp_port, srtp)))
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            text = self.receive(left)
            if text is None:
                return None, call
            if not text.startswith("SIP/2.0"):
                continue
            reply = Reply(text)
            if reply.header("call-id") != call["call_id"] or not reply.header("cseq").endswith("INVITE") or reply.code < 200:
                continue
            tag = re.search(r";tag=([^;>\s]+)", reply.header("to") or "")
            call["to_tag"] = tag.group(1) if tag else None
            call["routes"] = [v for n, v in reply.headers if n == "record-route"]
            contact = re.search(r"<([^>]+)>", reply.header("contact") or "")
            call["target"] = contact.group(1) if contact else None
            self._ack(call, reply.code)
            return reply, call
        return None, call

    def _in_dialog(self, method, call, cseq, branch):
        text = self.request(method, call["number"], call["caller"], call["call_id"], call["from_tag"], cseq, branch, to_tag=call["to_tag"]).decode()
        if call.get("target"):
            text = re.sub(r"^\S+ \S+", f"{method} {call['target']}", text, count=1)
        routes = "".join(f"Route: {r}\r\n" for r in reversed(call.get("routes", [])))
        return text.replace("Max-Forwards", routes + "Max-Forwards", 1).encode()

    def _ack(self, call, code):
        if code < 300:
            self.send(self._in_dialog("ACK", call, 1, "z9hG4bK" + secrets.token_hex(8)))
        else:
            self.send(self.request("ACK", call["number"], call["caller"], call["call_id"], call["from_tag"], 1, call["branch"], to_tag=call["to_tag"]))

    def bye(self, call, timeout=5):
        call["cseq"] += 1
        self.send(self._in_dialog("BYE", call, call["cseq"], "z9hG4bK" + secrets.token_hex(8)))
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            text = self.receive(left)
            if text is None:
                return None
            if text.startswith("SIP/2.0") and Reply(text).header("cseq").endswith("BYE"):
                return Reply(text)
        return None
