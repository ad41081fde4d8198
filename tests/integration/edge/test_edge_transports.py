# SPDX-License-Identifier: GPL-2.0-or-later
"""ng over UDP6, UNIX sockets and TCP, and media between IPv4 and IPv6."""
import os
import resource
import socket
import stat

import pytest

from edge_lab import CM_80, Edge, Endpoint, Ng, bdecode, bencode


class Stream:
    """A connection, with or without cookies."""

    def __init__(self, where):
        is_path = isinstance(where, str)
        self.socket = socket.socket(socket.AF_UNIX if is_path else socket.AF_INET, socket.SOCK_STREAM)
        self.socket.connect(where)
        self.socket.settimeout(10)

    def read(self, reply=b""):
        """One dictionary; what was read is never more."""
        while True:
            chunk = self.socket.recv(65536)
            assert chunk, "the connection ended"
            reply += chunk
            try:
                return bdecode(reply[reply.index(b"d"):])
            except (ValueError, IndexError, AssertionError):
                continue

    def ask(self, **message):
        self.socket.sendall(bencode({k.replace("_", "-"): v for k, v in message.items()}))
        return self.read()


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    directory = tmp_path_factory.mktemp("s")
    path = os.path.join(str(directory), "ng.sock")
    with socket.socket(socket.AF_UNIX) as left_over:  # of a daemon that was killed
        left_over.bind(path)
    daemon = Edge(directory, f"--listen-ng=unix:{path}", "--interface=six/::1")
    daemon.tcp_port = daemon.ng_port + 2
    daemon.options += [f"--listen-ng=tcp:{daemon.tcp_port}", f"--listen-ng=udp:[::1]:{daemon.ng_port}"]
    daemon.path = path
    try:
        yield daemon.start()
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
    finally:
        daemon.stop()
    assert not os.path.exists(path)


def test_kamailio_on_a_unix_socket_sends_no_cookie(edge):
    caller = Endpoint(suite=CM_80)
    call = {"call_id": "unix@test", "from_tag": "a"}
    # A connection for each command, as Kamailio does it.
    assert Stream(edge.path).ask(command="ping") == {"result": "pong"}
    offered = Stream(edge.path).ask(command="offer", sdp=caller.sdp(), transport_protocol="RTP/AVP", **call)
    assert offered["result"] == "ok" and "m=audio" in offered["sdp"]
    assert Stream(edge.path).ask(command="query", call_id="unix@test")["result"] == "ok"
    assert Ng(edge.ng_port)("query", call_id="unix@test")["result"] == "ok"  # all transports reach all calls
    assert Stream(edge.path).ask(command="delete", **call)["result"] == "ok"
    assert Stream(edge.path).ask(command="query", call_id="unix@test")["error-reason"] == "Unknown call-id"


@pytest.mark.parametrize("transport", ["unix", "tcp"])
def test_many_requests_in_pieces_on_one_connection(edge, transport):
    stream = Stream(edge.path if transport == "unix" else ("127.0.0.1", edge.tcp_port))
    for byte in b"c1 " + bencode({"command": "ping"}):
        stream.socket.sendall(bytes([byte]))
    assert stream.read() == {"result": "pong"}
    stream.socket.sendall((b"c2 " + bencode({"command": "ping"})) * 3 + b"\n")
    reply = b""
    while reply.count(b"c2 ") < 3:
        reply += stream.socket.recv(4096)
    assert reply == b"c2 d6:result4:ponge" * 3
    stream.socket.sendall(b'{"command":"ping"}')
    assert stream.socket.recv(4096) == b'{"result":"pong"}'
    # Dozens of large answers, all of them whole.
    for _ in range(30):
        assert "statistics" in stream.ask(command="statistics")


def test_nonsense_ends_its_connection_only(edge):
    good = Stream(edge.path)
    for nonsense in (b"GET / HTTP/1.0\r\n\r\n", b"x" * 300, b"c1 d1:", b"c1 " + b"l" * 200):
        bad = Stream(edge.path)
        bad.socket.sendall(nonsense)
        bad.socket.shutdown(socket.SHUT_WR)
        assert bad.socket.recv(100) == b""
    wrong = Stream(edge.path)
    wrong.socket.sendall(bencode({"command": "query", "call-id": "x"})[:-1] + b"3:abci007ee")
    assert wrong.read()["error-reason"] == "Could not decode bencode dictionary"
    assert good.ask(command="ping") == {"result": "pong"}


def test_more_connections_than_there_is_room_for(edge):
    streams = [Stream(edge.path) for _ in range(300)]
    assert streams[-1].ask(command="ping") == {"result": "pong"}
    assert streams[0].socket.recv(10) == b"", "the quietest one makes room"
    for stream in streams:
        stream.socket.close()
    assert Stream(edge.path).ask(command="ping") == {"result": "pong"}


def test_connections_without_descriptors_for_them(edge):
    _, hard = resource.prlimit(edge.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(edge.process.pid, resource.RLIMIT_NOFILE, (80, hard))
    try:
        streams = [Stream(edge.path) for _ in range(120)]
        assert streams[-1].ask(command="ping") == {"result": "pong"}, "others make room"
    finally:
        resource.prlimit(edge.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
    for stream in streams:
        stream.socket.close()
    assert Stream(edge.path).ask(command="ping") == {"result": "pong"}


def test_ng_over_ipv6(edge):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect(("::1", edge.ng_port))
        client.send(b"six " + bencode({"command": "ping"}))
        assert client.recv(100) == b"six d6:result4:ponge"
