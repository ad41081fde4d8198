# SPDX-License-Identifier: GPL-2.0-or-later
"""The clients of Debian's rtpengine-utils, whose SRTP is nobody else's: 500 packets each way, none lost, none changed."""
import os
import random
import re
import socket
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
CALLS = [("sdes4", "plain4"), ("plain4", "sdes4"), ("sdes4", "sdes4"), ("plain4", "plain4"), ("sdes4", "sdes6")]


def free_ports(n, each=8):
    """n times the first of `each` free ports in a row."""
    found = []
    for first in random.sample(range(60000, 65000, each), 400):
        sockets = [socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) for _ in range(each)]  # both families
        try:
            for i, one in enumerate(sockets):
                one.bind(("::", first + i))
            found.append(first)
        except OSError:
            pass
        for one in sockets:
            one.close()
        if len(found) == n:
            return found
    raise AssertionError("no free ports")


def test_calls_between_all_kinds(edge):
    environment = {**os.environ, "RTPENGINE_HOST": "127.0.0.1", "RTPENGINE_PORT": str(edge.ng_port),
                   "RTPE_TEST_V4_ADDRS": "127.0.0.1", "RTPE_TEST_V6_ADDRS": "::1"}
    running = [subprocess.Popen(["perl", os.path.join(HERE, "ngcp_call.pl"), str(port), *kinds], env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
               for port, kinds in zip(free_ports(len(CALLS)), CALLS)]
    for kinds, process in zip(CALLS, running):
        told = process.communicate(timeout=90)[0]
        assert process.returncode == 0, f"{kinds}:\n{told}"
        sent = re.findall(r"media packets sent: (\d+) (\d+)", told)
        received = re.findall(r"media packets received: (\d+) (\d+)", told)
        assert len(sent) == 2 and min(int(rtp) for rtp, _ in sent) >= 500, f"{kinds}:\n{told}"
        assert min(int(rtcp) for _, rtcp in sent) > 0, f"{kinds}:\n{told}"
        assert received == sent[::-1] and told.count("outstanding: 0 0") == 2, f"{kinds}:\n{told}"
    metrics = edge.metrics()
    assert metrics['rtpengine_sessions{type="own"}'] == 0
