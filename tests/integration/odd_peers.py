# SPDX-License-Identifier: GPL-2.0-or-later
"""Ends of a trunk that do what no well-behaved PBX does, one message at a time."""
import re
import secrets
import select
import socket
import ssl

from stack import PBX_CALLER

CLEAR = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"


def read_message(connection, buffer):
    """A SIP message from a stream of which buffer was read already; what was read behind it."""
    while True:
        head, found, rest = buffer.partition(b"\r\n\r\n")
        size = int(re.search(rb"(?im)^content-length: *(\d+)", head).group(1)) if found else 0
        if found and len(rest) >= size:
            return head + found + rest[:size], rest[size:]
        chunk = connection.recv(65536)
        assert chunk, "Kamailio has hung up"
        buffer += chunk


class PythonTrunk:
    """A customer's end of a TLS connection that it opened, with its certificate."""

    def __init__(self, stack, customer):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(stack.ca)
        context.check_hostname = False
        context.load_cert_chain(stack.pem(customer))
        self.number = PBX_CALLER[customer]
        self.socket = context.wrap_socket(socket.create_connection((stack.customer_address, stack.sip_tls[1]), timeout=10))
        self.buffer, self.host = b"", "{}:{}".format(*self.socket.getsockname())
        self.call_id, self.tag, self.cseq = secrets.token_hex(8), secrets.token_hex(4), 0

    def send(self, method, uri, to, routes=(), body="", extra=""):
        """One request; a To tag is part of to. Returns the CSeq's number."""
        self.cseq += method != "ACK"
        self.socket.sendall((f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/TLS {self.host};branch=z9hG4bK{secrets.token_hex(6)}\r\nMax-Forwards: 70\r\n"
                             + "".join(f"Route: {route}\r\n" for route in routes)
                             + f"From: <sip:{self.number}@{self.host}>;tag={self.tag}\r\nTo: {to}\r\nCall-ID: {self.call_id}\r\nCSeq: {self.cseq} {method}\r\n"
                             f"Contact: <sip:pbx@{self.host};transport=tls>\r\n{extra}"
                             + ("Content-Type: application/sdp\r\n" if body else "") + f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
        return self.cseq

    def final(self, cseq):
        """The final reply to the request with that number: its code, and all of it."""
        while True:
            message, self.buffer = read_message(self.socket, self.buffer)
            code = re.match(rb"SIP/2.0 ([2-6]\d\d)", message)
            if code and re.search(rb"(?im)^cseq: *%d " % cseq, message):
                return int(code.group(1)), message.decode()

    def close(self):
        self.socket.close()


class PythonPbx:
    """A PBX that takes TLS connections with a customer's certificate and does what no well-behaved one does."""

    def __init__(self, stack, customer):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(stack.pem(customer))
        self.listener = context.wrap_socket(socket.create_server(("127.0.0.1", stack.pbx_ports[customer] + 1)), server_side=True)
        self.listener.settimeout(10)
        self.carrier = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.carrier.bind(("127.0.0.1", 0))
        self.carrier.settimeout(10)
        self.edge = (stack.carrier_address, stack.sip_carrier_port)
        self.connection, self.buffers = None, {}

    def carrier_calls(self, number):
        host, call_id = "{}:{}".format(*self.carrier.getsockname()), secrets.token_hex(8)
        self.carrier.sendto((f"INVITE sip:{number}@{self.edge[0]} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK{call_id};rport\r\nMax-Forwards: 70\r\n"
                             f"From: <sip:+442079460018@{host}>;tag=a\r\nTo: <sip:{number}@{self.edge[0]}>\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\n"
                             f"Contact: <sip:carrier@{host}>\r\nContent-Type: application/sdp\r\nContent-Length: {len(CLEAR)}\r\n\r\n{CLEAR}").encode(), self.edge)

    def carrier_within(self, method, answer, cseq, body=""):
        """A request of the carrier within the call that was answered so."""
        host, headers = "{}:{}".format(*self.carrier.getsockname()), {name: re.search(rf"(?im)^{name}: *(.*?)\r", answer).group(1) for name in ("from", "to", "call-id")}
        target = re.search(r"(?im)^contact:.*?<(.*?)>", answer).group(1)
        routes = "".join(f"Route: {route}\r\n" for route in re.findall(r"(?im)^record-route: *(.*?)\r", answer)[::-1])
        form = "Content-Type: application/sdp\r\n" if body else ""
        self.carrier.sendto((f"{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK{secrets.token_hex(6)};rport\r\nMax-Forwards: 70\r\n{routes}"
                             f"From: {headers['from']}\r\nTo: {headers['to']}\r\nCall-ID: {headers['call-id']}\r\nCSeq: {cseq} {method}\r\n"
                             f"Contact: <sip:carrier@{host}>\r\n{form}Content-Length: {len(body)}\r\n\r\n{body}").encode(), self.edge)

    def carrier_receives(self, start):
        while not (said := self.carrier.recv(65536)).startswith(start):
            pass
        return said.decode()

    def receive(self, start):
        """The next message that begins with start."""
        while True:
            # Kamailio may open a second connection, from the address that faces the customers.
            ready = [c for c in self.buffers if self.buffers[c] or c.pending()] or select.select([self.listener, *self.buffers], [], [], 10)[0]
            assert ready, "nothing comes"
            self.connection = ready[0]
            if self.connection is self.listener:
                self.connection, _ = self.listener.accept()
                self.connection.settimeout(10)
                self.buffers[self.connection] = b""
            message, self.buffers[self.connection] = read_message(self.connection, self.buffers[self.connection])
            if message.startswith(start):
                return message.decode()

    def reply(self, invite, line, body="", after=""):
        copied = "".join(h + "\r\n" for h in invite.partition("\r\n\r\n")[0].split("\r\n") if re.match(r"(?i)(via|from|call-id|cseq|record-route):", h))
        to, host = re.search(r"(?im)^to: .*?(?=\r)", invite).group(0), "{}:{}".format(*self.listener.getsockname())
        tag, form = "" if ";tag=" in to else ";tag=pbx", "Content-Type: application/sdp\r\n" if body else ""
        self.connection.sendall(f"SIP/2.0 {line}\r\n{copied}{to}{tag}\r\nContact: <sip:pbx@{host};transport=tls>\r\n{form}"
                                f"Content-Length: {len(body)}\r\n{after}\r\n{body}".encode())

    def close(self):
        for sock in (*self.buffers, self.listener, self.carrier):
            sock.close()
