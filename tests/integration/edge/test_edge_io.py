# SPDX-License-Identifier: GPL-2.0-or-later
"""The ways of moving packets: each takes all calls, keeps order and ports, and outlives a flood."""
import os
import re
import select
import signal
import socket
import threading
import time

import pytest

from edge_lab import Call, Edge, Endpoint, Ng, rtp, talk, wait_until

KINDS = ["lookup", "uring", "epoll"]


@pytest.fixture(scope="module", params=KINDS)
def edge(request, tmp_path_factory):
    daemon = Edge(tmp_path_factory.mktemp("io"), f"--io={request.param}", "--interface=six/::1")
    try:
        daemon.start()
    except AssertionError:
        refused = re.search(rf"--io={request.param}: .*", daemon.log())
        if not refused or daemon.process.wait(10) == 0:
            raise
        pytest.skip(refused[0])
    daemon.io = request.param
    try:
        yield daemon
    finally:
        daemon.stop()


def test_the_choice_is_told(edge, ng):
    assert f"packets by {edge.io}: asked for" in edge.log()
    assert "SRTP by openssl" in edge.log()
    assert ng("statistics")["statistics"]["packet path"] == {"io": edge.io, "srtp": "openssl"}
    assert edge.metrics()[f'sbc_edge_info{{io="{edge.io}",srtp="openssl"}}'] == 1


def test_what_only_the_start_needs_is_given_up(edge):
    """CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF, in every thread."""
    for task in os.listdir(f"/proc/{edge.process.pid}/task"):
        with open(f"/proc/{edge.process.pid}/task/{task}/status") as status:
            sets = re.findall(r"^Cap(Inh|Prm|Eff|Amb):\s+(\w+)", status.read(), re.M)
        assert len(sets) == 4
        for name, bits in sets:
            assert int(bits, 16) & (1 << 12 | 1 << 13 | 1 << 39) == 0, (task, name, bits)


def test_without_an_option_one_is_chosen_and_why_is_told(tmp_path):
    daemon = Edge(tmp_path).start()
    try:
        assert re.search("packets by (lookup: permitted here|epoll: lookup is not to be had: .+)", daemon.log())
        call = Call(Ng(daemon.ng_port), Endpoint(suite="AES_CM_128_HMAC_SHA1_80"), Endpoint())
        talk(call.setup(), count=10)
    finally:
        daemon.stop()


@pytest.mark.parametrize("size", [0, 1, 160, 1180, 1201, 1400])
def test_any_size_leaves_by_its_port(call, size):
    one = call("plain-plain").setup()
    payload = os.urandom(size)
    one.a.send(rtp(1, payload))
    assert select.select([one.b.rtp], [], [], 5)[0]
    packet, source = one.b.rtp.recvfrom(4096)
    assert packet == rtp(1, payload)
    assert source == one.b.remote
    # No checksum is left to chance: the kernel delivers none that is wrong.
    one.b.send(rtp(2, payload))
    assert one.a.receive(5) == rtp(2, payload)


def test_type_of_service(call):
    one = call("plain-plain", TOS=96).setup()
    one.b.rtp.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    one.a.send(rtp(1))
    assert select.select([one.b.rtp], [], [], 5)[0]
    _, ancillary, _, _ = one.b.rtp.recvmsg(4096, 64)
    assert ancillary == [(socket.IPPROTO_IP, socket.IP_TOS, b"\x60")]


def test_order_is_kept(call):
    """Bursts of a stream come out as they went in, whatever else is relayed with them."""
    streams = [call("plain-plain").setup() for _ in range(4)]
    for burst in range(15):
        for seq in range(burst * 40, burst * 40 + 40):
            for one in streams:
                one.a.send(rtp(seq))
        for one in streams:
            for seq in range(burst * 40, burst * 40 + 40):
                assert one.b.receive(5) == rtp(seq)


def test_a_closed_port_is_nobodys(call, ng, edge):
    one = call("plain-plain").setup()
    talk(one, count=3)
    before = edge.metrics()["sbc_edge_packets_received_total"]
    one.delete()
    for seq in range(5):
        one.a.send(rtp(seq))
    two = call("plain-plain").setup()
    talk(two, count=3)
    assert one.b.drain() == 0
    assert edge.metrics()["sbc_edge_packets_received_total"] - before <= 6 + 5


def test_ipv6(ng):
    ends = []
    for _ in range(2):
        ends.append(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        ends[-1].bind(("::1", 0))
    sdps = [f"v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio {end.getsockname()[1]} RTP/AVP 8\r\n"
            for end in ends]
    offer = ng("offer", call_id="six", from_tag="a", sdp=sdps[0], direction=["six", "six"], address_family="IP6")
    answer = ng("answer", call_id="six", from_tag="a", to_tag="b", sdp=sdps[1])
    ports = [int(re.search(r"^m=audio (\d+)", reply["sdp"], re.M)[1]) for reply in (offer, answer)]
    try:
        for i in range(2):
            ends[i].sendto(rtp(7), ("::1", ports[1 - i]))
            assert select.select([ends[1 - i]], [], [], 5)[0]
            packet, source = ends[1 - i].recvfrom(4096)
            assert packet == rtp(7)
            assert source[:2] == ("::1", ports[i])
    finally:
        ng("delete", call_id="six", from_tag="a")
        for end in ends:
            end.close()


def flood(targets, stop, sent):
    """As many datagrams as one thread can send, none of them genuine."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packet = rtp(1) + bytes(10)
    while not stop.is_set():
        for target in targets:
            try:
                sock.sendto(packet, target)
            except OSError:
                continue
        sent.append(len(targets))
    sock.close()


def test_a_flood_costs_its_ports_only(call):
    flooded = [call("sdes-plain").setup() for _ in range(8)]
    other = call("sdes-plain").setup()
    stop, sent = threading.Event(), []
    threads = [threading.Thread(target=flood, args=([one.a.remote for one in flooded], stop, sent)) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        arrived = 0
        for seq in range(50):
            other.a.send(rtp(seq))
            arrived += other.b.receive(2) is not None
            time.sleep(0.01)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert sum(sent) > 2000
    assert arrived >= 49
    # Nothing of the flood lasts longer than itself.
    for seq, one in enumerate(flooded):
        def comes_through(one=one, seqs=iter(range(100 * seq, 100 * seq + 100))):
            one.a.send(rtp(next(seqs)))
            return one.b.receive(0.2) is not None
        wait_until(comes_through, 5)


def test_a_flooded_port_is_limited_while_a_worker_is_behind(edge, call):
    """What waits is more than it can read in four turns: from then on the lookup program drops what is too much."""
    if edge.io != "lookup":
        pytest.skip("each port has a queue of its own")
    flooded, other = call("sdes-plain").setup(), call("sdes-plain").setup()
    stop, sent = threading.Event(), []
    thread = threading.Thread(target=flood, args=([flooded.a.remote], stop, sent))
    thread.start()

    def is_shed():
        before = len(sent)
        edge.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: len(sent) - before > 4000, 30)
        edge.process.send_signal(signal.SIGCONT)
        time.sleep(0.6)  # it counts twice a second
        return edge.metrics()['sbc_edge_drops_total{reason="flood"}'] > 0

    try:
        wait_until(is_shed, 20)
        other.a.send(rtp(1))
        assert other.b.receive(5) == rtp(1)
    finally:
        edge.process.send_signal(signal.SIGCONT)
        stop.set()
        thread.join()
    # And everything passes again: what one port may bring in a burst, too.
    seqs = iter(range(2, 60000))

    def burst_passes():
        packets = [rtp(next(seqs)) for _ in range(150)]
        for packet in packets:
            other.a.send(packet)
        return [other.b.receive(1) for _ in packets] == packets

    wait_until(burst_passes, 10)
