# SPDX-License-Identifier: GPL-2.0-or-later
"""A real sbc-edge on loopback, an ng client in bencode, and RTP and SRTP endpoints to talk through it."""
import base64
import json
import os
import random
import re
import select
import socket
import struct
import subprocess
import time

from pylibsrtp import Policy, Session

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("FG_BUILD", "build/release"))
# FG_EDGE_IO=lookup, uring or epoll: the same tests with packets moved that way.
IO_OPTIONS = [f"--io={os.environ['FG_EDGE_IO']}"] if "FG_EDGE_IO" in os.environ else []
BINARY = os.environ.get("FG_SBC_EDGE", os.path.join(BUILD, "sbc-edge", "sbc-edge"))

CM_80 = "AES_CM_128_HMAC_SHA1_80"
PROFILES = {  # suite -> (profile of pylibsrtp, bytes of key and salt)
    CM_80: (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    "AES_CM_128_HMAC_SHA1_32": (Policy.SRTP_PROFILE_AES128_CM_SHA1_32, 30),
    "AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    "AEAD_AES_256_GCM": (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
}
KINDS = {"sdes-plain": (CM_80, None), "plain-sdes": (None, CM_80), "sdes-sdes": (CM_80, CM_80),
         "plain-plain": (None, None), "gcm-sdes": ("AEAD_AES_128_GCM", CM_80),
         "short-tag-gcm256": ("AES_CM_128_HMAC_SHA1_32", "AEAD_AES_256_GCM")}


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, dict):
        return b"d" + b"".join(bencode(k) + bencode(v) for k, v in value.items()) + b"e"
    return b"l" + b"".join(map(bencode, value)) + b"e"


def bdecode(data):
    def walk(at):
        kind = data[at:at + 1]
        if kind == b"i":
            end = data.index(b"e", at)
            return int(data[at + 1:end]), end + 1
        if kind in (b"l", b"d"):
            items, at = [], at + 1
            while data[at:at + 1] != b"e":
                item, at = walk(at)
                items.append(item)
            return (items if kind == b"l" else dict(zip(items[::2], items[1::2]))), at + 1
        colon = data.index(b":", at)
        end = colon + 1 + int(data[at:colon])
        return data[colon + 1:end].decode(), end

    value, end = walk(0)
    assert end == len(data), "bytes behind the value"
    return value


class Ng:
    """The proxy's side of the ng protocol."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(5)
        # Another client may have had the same port a moment ago: its cookies are still answered from memory.
        self.name = os.urandom(6).hex().encode()
        self.serial = 0

    def exchange(self, datagram):
        self.socket.send(datagram)
        return self.socket.recv(65536)

    def __call__(self, command, expect="ok", **keys):
        self.serial += 1
        cookie = b"%s_%d" % (self.name, self.serial)
        message = {"command": command, **{k.replace("_", "-"): v for k, v in keys.items()}}
        reply = self.exchange(cookie + b" " + bencode(message))
        assert reply.startswith(cookie + b" ")
        reply = bdecode(reply[len(cookie) + 1:])
        assert reply["result"] == expect, reply
        return reply


class Edge:
    """A running daemon. `log` is what it wrote."""

    def __init__(self, directory, *options, log_level=7, threads=2):
        # A range of ports of its own below the ephemeral ones: tests may run side by side.
        base = self._free_base()
        self.ng_port, self.http_port = base, base + 1
        self.log_path = os.path.join(str(directory), "edge.log")
        self.options = ["--foreground", "--interface=cust/127.0.0.1", "--interface=core/127.0.0.1",
                        f"--listen-ng=127.0.0.1:{self.ng_port}", f"--listen-http={self.http_port}",
                        f"--port-min={base + 10}", f"--port-max={base + 199}", "--port-rest=0",
                        f"--num-threads={threads}", f"--log-level={log_level}",
                        *IO_OPTIONS, *options]
        self.process = None

    @staticmethod
    def _free_base():
        """200 ports in a row that nobody has; those from 16000 to 21999 are for the stacks of whole chains, which have fixed ones."""
        for base in random.sample([*range(12000, 16000, 200), *range(22000, 30000, 200)], 60):
            held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(200)] + [socket.socket()]
            try:
                for i, one in enumerate(held):
                    one.bind(("127.0.0.1", base + (i if i < 200 else 1)))
                return base
            except OSError:
                continue
            finally:
                for one in held:
                    one.close()
        raise AssertionError("no free ports")

    def start(self):
        before = self.log().count("ready:") if os.path.exists(self.log_path) else 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([BINARY, *self.options], stderr=log, stdout=log)
        for _ in range(300):
            assert self.process.poll() is None, self.log()
            if self.log().count("ready:") > before:
                return self
            time.sleep(0.02)
        raise AssertionError("sbc-edge did not get ready: " + self.log())

    def stop(self):
        """Ends it; a sanitizer's complaint or a crash fails the test."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
        if self.process:
            assert self.process.wait(10) == 0, self.log()[-4000:]

    def kill(self):
        """As a crash would: nothing is put in order."""
        self.process.kill()
        self.process.wait(10)
        self.process = None

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def metrics(self):
        with socket.create_connection(("127.0.0.1", self.http_port), 5) as conn:
            conn.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            text = b""
            while chunk := conn.recv(65536):
                text += chunk
        return {m[0]: float(m[1]) for m in re.findall(r"^(\w+(?:\{[^}]*\})?) ([\d.e+]+)$", text.decode(), re.M)}


def rtp(seq, payload=b"\xd5" * 160, ssrc=0x11223344, timestamp=None):
    stamp = seq * 160 if timestamp is None else timestamp
    return struct.pack("!BBHII", 0x80, 8, seq & 0xffff, stamp & 0xffffffff, ssrc) + payload


def rtcp_sr(ssrc=0x11223344, count=1):
    return struct.pack("!BBHIQIII", 0x80, 200, 6, ssrc, 0x1122334455667788, 1000, count, count * 160)


class Endpoint:
    """One end of a call: an RTP and an RTCP socket, and SRTP where it has keys."""

    def __init__(self, ip="127.0.0.1", suite=None, mux=False):
        self.ip, self.suite, self.mux = ip, suite, mux
        self.rtp, self.rtcp = self._pair(ip)
        self.port = self.rtp.getsockname()[1]
        self.key = os.urandom(PROFILES[suite][1]) if suite else None
        self.peer_key = None
        self.sender = self.receiver = None
        self.remote = None
        self.remote_rtcp = None
        if suite:
            self.rekey(self.key)

    @staticmethod
    def _pair(ip):
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        for _ in range(200):
            first = socket.socket(family, socket.SOCK_DGRAM)
            second = socket.socket(family, socket.SOCK_DGRAM)
            try:
                port = random.randrange(40000, 60000, 2)
                first.bind((ip, port))
                second.bind((ip, port + 1))
                return first, second
            except OSError:
                first.close()
                second.close()
        raise AssertionError("no free ports")

    def close(self):
        self.rtp.close()
        self.rtcp.close()

    def rekey(self, key):
        self.key = key
        policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=PROFILES[self.suite][0])
        policy.allow_repeat_tx = True
        self.sender = Session(policy)

    def sdp(self, proto=None, tag=1, extra=()):
        proto = proto or ("RTP/SAVP" if self.suite else "RTP/AVP")
        address = f"IN IP{6 if ':' in self.ip else 4} {self.ip}"
        lines = ["v=0", f"o=- 1 1 {address}", "s=-", f"c={address}", "t=0 0",
                 f"m=audio {self.port} {proto} 8", "a=rtpmap:8 PCMA/8000", "a=sendrecv"]
        if self.suite:
            lines.append(f"a=crypto:{tag} {self.suite} inline:{base64.b64encode(self.key).decode()}")
        if self.mux:
            lines.append("a=rtcp-mux")
        return "\r\n".join([*lines, *extra]) + "\r\n"

    def take(self, sdp):
        """Reads what the relay wrote for this end."""
        port = int(re.search(r"^m=audio (\d+) ", sdp, re.M)[1])
        host = "::1" if ":" in self.ip else "127.0.0.1"
        assert re.search(rf"^c=IN IP{6 if ':' in self.ip else 4} {re.escape(host)}", sdp, re.M), sdp
        own_rtcp = re.search(r"^a=rtcp:(\d+)", sdp, re.M)
        self.remote = (host, port)
        muxed = self.mux and "a=rtcp-mux" in sdp
        self.remote_rtcp = self.remote if muxed else (host, int(own_rtcp[1]) if own_rtcp else port + 1)
        lines = re.findall(r"^a=crypto:(\d+) (\S+) inline:([A-Za-z0-9+/=]+)", sdp, re.M)
        for tag, suite, key in lines:
            if suite == self.suite:
                self.chosen_tag = int(tag)
                key = base64.b64decode(key + "=" * (-len(key) % 4))
                if key != self.peer_key:  # the same key keeps its rollover counter
                    self.peer_key = key
                    self.receiver = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND,
                                                   srtp_profile=PROFILES[suite][0]))
                return
        assert not self.suite, "no usable crypto line in\n" + sdp

    def wrap(self, packet):
        return self.sender.protect(packet) if self.suite else packet

    def wrap_rtcp(self, packet):
        return self.sender.protect_rtcp(packet) if self.suite else packet

    def send(self, packet):
        """One RTP packet, encrypted where this end is."""
        wire = self.wrap(packet)
        self.rtp.sendto(wire, self.remote)
        return wire

    def send_rtcp(self, packet):
        wire = self.wrap_rtcp(packet)
        (self.rtp if self.mux else self.rtcp).sendto(wire, self.remote_rtcp)
        return wire

    @staticmethod
    def _read(sock, seconds):
        if not select.select([sock], [], [], seconds)[0]:
            return None
        return sock.recv(4096)

    def receive(self, seconds=1.0):
        wire = self._read(self.rtp, seconds)
        return wire if wire is None or not self.suite else self.receiver.unprotect(wire)

    def receive_rtcp(self, seconds=1.0):
        wire = self._read(self.rtp if self.mux else self.rtcp, seconds)
        return wire if wire is None or not self.suite else self.receiver.unprotect_rtcp(wire)

    def drain(self, seconds=0.15):
        """Everything that still arrives on both sockets; the number of datagrams."""
        count = 0
        while ready := select.select([self.rtp, self.rtcp], [], [], seconds)[0]:
            for sock in ready:
                sock.recv(4096)
                count += 1
        return count


class Call:
    """Two endpoints and the relay between them; `a` calls `b`."""

    def __init__(self, ng, a, b, call_id=None, **offer_keys):
        self.ng, self.a, self.b = ng, a, b
        self.id = call_id or f"call-{os.urandom(6).hex()}@test"
        self.offer_keys = offer_keys
        self.offer_sdp = self.answer_sdp = None

    def offer(self, sdp=None, **keys):
        keys = {"transport_protocol": "RTP/SAVP" if self.b.suite else "RTP/AVP", **self.offer_keys, **keys}
        reply = self.ng("offer", call_id=self.id, from_tag="tag-a", sdp=sdp or self.a.sdp(),
                        replace=["origin", "session-connection"], **keys)
        self.offer_sdp = reply["sdp"]
        self.b.take(self.offer_sdp)
        return reply

    def answer(self, sdp=None, **keys):
        sdp = sdp or self.b.sdp(tag=getattr(self.b, "chosen_tag", 1))
        reply = self.ng("answer", call_id=self.id, from_tag="tag-a", to_tag="tag-b", sdp=sdp, **keys)
        self.answer_sdp = reply["sdp"]
        self.a.take(self.answer_sdp)
        return reply

    def setup(self):
        self.offer()
        self.answer()
        return self

    def query(self):
        return self.ng("query", call_id=self.id)

    def delete(self, **keys):
        return self.ng("delete", call_id=self.id, from_tag="tag-a", **keys)

    def drops(self):
        """Dropped packets by reason, of all streams."""
        total = {}
        for tag in self.query()["tags"].values():
            for media in tag["medias"]:
                for stream in media["streams"]:
                    for reason, count in stream["drops"].items():
                        total[reason] = total.get(reason, 0) + count
        return total


def talk(call, count=5, first=100):
    """RTP and RTCP both ways must arrive as they were sent."""
    for i in range(first, first + count):
        for sender, receiver in ((call.a, call.b), (call.b, call.a)):
            packet = rtp(i, payload=os.urandom(160))
            sender.send(packet)
            assert receiver.receive() == packet
    for sender, receiver in ((call.a, call.b), (call.b, call.a)):
        report = rtcp_sr(count=first)
        sender.send_rtcp(report)
        assert receiver.receive_rtcp() == report


def assert_silent(call, packets=5, first=1000):
    """Nothing that either end sends reaches the other."""
    call.a.drain(0.05)
    call.b.drain(0.05)
    for i in range(first, first + packets):
        for end in (call.a, call.b):
            end.send(rtp(i))
            end.send_rtcp(rtcp_sr(count=i))
    assert call.a.drain() == 0
    assert call.b.drain() == 0


def wait_until(condition, seconds=10):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("did not happen in time")


class expect_any(str):
    """Equal to whatever result there is."""

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


class Redis:
    """A private server on a unix socket."""

    def __init__(self, directory):
        self.path = os.path.join(str(directory), "redis.sock")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--save", "", "--appendonly", "no",
             "--dir", os.path.dirname(self.path)], stdout=subprocess.DEVNULL)
        for _ in range(200):
            if os.path.exists(self.path) and self.run("PING") == "PONG":
                return self
            time.sleep(0.02)
        raise AssertionError("no Redis")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def run(self, *command):
        return subprocess.run(["redis-cli", "-s", self.path, *map(str, command)], capture_output=True,
                              text=True).stdout.strip()

    def publish(self, message):
        return self.run("PUBLISH", "fg:holds:ch", json.dumps({"v": 1, "by": "test", "reason": "test", **message}))

    def hold(self, customer, cut, until_ms):
        record = {"v": 1, "customer": customer, "scope": "customer", "until_ms": until_ms, "cut": cut, "by": "test"}
        self.run("HSET", f"fg:{{{customer}}}:h", "customer", json.dumps(record))
        self.run("ZADD", "fg:holds", until_ms, f"{customer} customer")

    def release(self, customer):
        self.run("HDEL", f"fg:{{{customer}}}:h", "customer")
        self.run("ZREM", "fg:holds", f"{customer} customer")
        self.publish({"op": "release", "customer": customer, "scope": "customer"})
