# SPDX-License-Identifier: GPL-2.0-or-later
"""What is really on the wire: tcpdump on loopback, and the packets it saw."""
import struct
import subprocess
import time


class Packet:
    __slots__ = ("time", "source", "target", "payload")

    def __init__(self, when, source, target, payload):
        self.time, self.source, self.target, self.payload = when, source, target, payload

    @property
    def is_rtcp(self):
        return len(self.payload) > 1 and 192 <= self.payload[1] <= 223

    @property
    def is_rtp(self):
        return len(self.payload) >= 12 and self.payload[0] >> 6 == 2 and not self.is_rtcp


class Capture:
    """UDP on loopback between start() and stop(), ports low to high."""

    def __init__(self, path, low, high, snap_bytes=400):
        self.path, self.low, self.high, self.snap_bytes, self.process = path, low, high, snap_bytes, None

    def start(self):
        self.process = subprocess.Popen(["tcpdump", "-i", "lo", "-U", "--immediate-mode", "-B", "8192", "-s", str(self.snap_bytes), "-w", self.path,
                                         f"udp and portrange {self.low}-{self.high}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        start_new_session=True)
        # tcpdump says "listening on" once it captures.
        line = self.process.stderr.readline()
        while line and b"listening on" not in line:
            line = self.process.stderr.readline()
        if not line:
            raise RuntimeError("tcpdump cannot capture on loopback: it needs root")
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            time.sleep(0.3)
            self.process.terminate()
            self.process.wait(5)
        return list(packets(self.path))


def packets(path):
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 24:
        return
    at = 24  # pcap global header, microseconds, Ethernet (loopback)
    while at + 16 <= len(data):
        seconds, micros, length, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16: at + 16 + length]
        at += 16 + length
        if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
            continue
        header = 14 + (frame[14] & 15) * 4
        sport, dport = struct.unpack_from(">HH", frame, header)
        source, target = ".".join(map(str, frame[26:30])), ".".join(map(str, frame[30:34]))
        yield Packet(seconds + micros / 1e6, (source, sport), (target, dport), frame[header + 8:])
