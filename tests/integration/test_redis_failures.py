# SPDX-License-Identifier: GPL-2.0-or-later
"""All that a Redis can do to us, under a Kamailio: each call has its verdict, and no count is lost once it is over."""
import multiprocessing
import os
import re
import socket
import subprocess
import threading
import time
import urllib.request

import pytest

from module_fixtures import Node, finish, free_port, started, wait_for
from redis_set import Process
from store_calls import COUNTING, PATIENT, Counting

PASS, DRIP, GARBAGE = range(3)


def mistreat(listener, port, mode):
    """A proxy that passes requests on, and mistreats what is answered."""
    def answers(server, client):
        while data := server.recv(65536):
            if mode.value == GARBAGE:
                client.sendall(b"\x00garbage\r\n" * 3)
            elif mode.value == DRIP:
                for byte in data:
                    client.sendall(bytes([byte]))
                    time.sleep(0.01)
            else:
                client.sendall(data)

    def requests(client):
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            threading.Thread(target=quietly, args=(answers, server, client), daemon=True).start()
            while data := client.recv(65536):
                server.sendall(data)

    def quietly(job, *sockets):
        try:
            job(*sockets)
        except OSError:
            for one in sockets:
                one.close()

    while True:
        threading.Thread(target=quietly, args=(requests, listener.accept()[0]), daemon=True).start()


class FailingNode(Node):
    """Its Redis stands behind the proxy."""

    def __init__(self, run_dir):
        self.metrics_port = free_port()
        super().__init__(run_dir, rules=COUNTING, modparams=PATIENT + f'modparam("fraudguard", "metrics", "127.0.0.1:{self.metrics_port}")\n')
        self.server, self.proxy, self.proxy_mode = None, None, multiprocessing.Value("i", PASS)
        self.listener = socket.create_server(("127.0.0.1", 0))

    def prepare(self):
        super().prepare()
        with open(self.path("kamailio.cfg"), encoding="utf-8") as file:
            text = file.read()
        self.write("kamailio.cfg", text.replace(f"unix:{self.path('redis.sock')}", f"127.0.0.1:{self.listener.getsockname()[1]}"))

    def start_redis(self):
        self.server = Process(self.run, "server", 'save ""\nappendonly no\nenable-debug-command yes\nbusy-reply-threshold 20\n')
        self.server.start()
        self.proxy = multiprocessing.get_context("fork").Process(target=mistreat, args=(self.listener, self.server.port, self.proxy_mode), daemon=True)
        self.proxy.start()

    def stop(self):
        super().stop()
        if self.proxy:
            self.proxy.kill()
            self.proxy.join()
        if self.server:
            self.server.kill()
        self.listener.close()

    def errors(self, kind):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as page:
            text = page.read().decode()
        return float(re.search(rf'^fraudguard_redis_errors_total{{reason="{kind}"}} (\S+)$', text, re.M).group(1))


@pytest.fixture(name="node", scope="module")
def fixture_node(tmp_path_factory):
    node = started(FailingNode(tmp_path_factory.mktemp("failures")))
    try:
        yield node
    finally:
        finish(node)


@pytest.fixture(name="counting", scope="module")
def fixture_counting(node):
    counting = Counting(node, (3,))
    counting.exact(3)
    return counting


def proxy_does(mode):
    def do(node):
        node.proxy_mode.value = mode
    return do


def commands(*texts):
    def do(node):
        for text in texts:
            said = node.server.cli(*text.split())
            assert said == "OK" or said.isdigit(), (text, said)
    return do


def spin(node):
    """A script that does not end."""
    subprocess.Popen(["redis-cli", "-p", str(node.server.port), "eval", "while true do end", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL)
    wait_for(lambda: node.server.cli("get", "x").startswith("BUSY"), 10, "a busy server")


def load_slowly(node):
    """A restart whose data takes long to read."""
    assert node.server.cli("debug", "populate", 200, "filler", 4000) == "OK" and node.server.cli("save") == "OK"
    node.server.kill()
    node.server.process = subprocess.Popen(["redis-server", os.path.join(node.server.path, "conf"), "--key-load-delay", "50000",
                                            "--loading-process-events-interval-bytes", "1024"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)
    wait_for(lambda: node.server.cli("get", "x").startswith("LOADING"), 10, "a server that reads its data")


FAILURES = {
    "drip": (proxy_does(DRIP), proxy_does(PASS), "timeout"),
    "garbage": (proxy_does(GARBAGE), proxy_does(PASS), "protocol"),
    "slow": (commands("client pause 60000 write"), commands("client unpause"), "timeout"),
    "oom": (commands("config set maxmemory 1"), commands("config set maxmemory 0"), "oom"),
    "readonly": (commands("replicaof 127.0.0.1 1"), commands("replicaof no one"), "readonly"),
    "noperm": (commands("acl setuser default -fcall"), commands("acl setuser default +fcall"), "noperm"),
    "noauth": (commands("acl setuser other on nopass ~* &* +@all", "acl setuser default resetpass >secret", "--user other --pass x client kill type normal"),
               commands("--user other --pass x acl setuser default nopass"), "noauth"),
    "busy": (spin, commands("script kill"), "busy"),
    "loading": (load_slowly, commands("config set key-load-delay 0"), "loading"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_calls_go_on_and_are_counted(node, counting, failure):
    begin, end, kind = FAILURES[failure]
    before = node.errors(kind)
    begin(node)
    try:
        wait_for(lambda: not counting.call(3)[0] and node.errors(kind) > before, 10, f"a verdict of the node's own, and {kind}")
        assert not counting.call(3)[0]
    finally:
        end(node)
    counting.exact(3)
    assert node.status()["backlog_lost"] == "0"


def test_a_server_that_lost_its_functions_gets_them_back(node, counting):
    before = node.errors("function")
    assert node.server.cli("function", "flush") == "OK"
    counting.exact(3)
    assert node.server.cli("function", "list") != "" and node.errors("function") >= before


def test_a_server_that_lost_all_counts_from_the_beginning(node, counting):
    assert node.server.cli("flushall") == "OK"
    counting.made.clear()
    counting.exact(3)
