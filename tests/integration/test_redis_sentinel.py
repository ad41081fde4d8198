# SPDX-License-Identifier: GPL-2.0-or-later
"""Sentinels that name the master: a Kamailio, fgctl and the alert daemon's client follow a failover without a restart."""
import os
import re
import subprocess
import sys
import time
import urllib.request

import pytest

from module_fixtures import ALLOWED, BLOCKED, BUILD, TOP, NodeOf, fgctl_at, finish, free_port, started, wait_for
from redis_set import Process, RedisSet

sys.path.insert(0, os.path.join(TOP, "tests/lib"))

from edge_lab import Edge  # noqa: E402

COUNTED = "+442079501000"  # the range of the meter behind rule MANY


@pytest.fixture(name="servers")
def fixture_servers(tmp_path):
    servers = RedisSet(str(tmp_path / "redis"))
    try:
        yield servers.start()
    finally:
        servers.stop()


def judged(caller, number):
    verdict = caller.show(number)
    return verdict["degraded"], verdict["rules"]


def master_of(metrics):
    """What the exporter says of masters: their addresses, and whether they are up."""
    with urllib.request.urlopen(f"http://{metrics}/metrics", timeout=10) as answer:
        return re.findall(r'(?m)^fraudguard_redis_master_up\{master="(.*?)"\} (\d)$', answer.read().decode())


def test_calls_follow_the_master(servers, tmp_path):
    metrics = f"127.0.0.1:{free_port()}"
    node = started(NodeOf(tmp_path / "node", servers.url, words={"FG_METRICS": metrics}))
    try:
        caller = node.caller(2)
        wait_for(lambda: master_of(metrics) == [(f"127.0.0.1:{servers.master().port}", "1")], 10, "the exporter names the master")
        # A call that the store answers late is judged by the node's own counters, and counted a moment later.
        wait_for(lambda: judged(caller, COUNTED) == ("0", "MANY"), 10, "enough calls are counted")
        old = servers.master()
        wait_for(lambda: servers.servers[1].cli("dbsize") == old.cli("dbsize") != "0", what="replication of the counters")
        old.kill()
        # Verdicts go on meanwhile, from the node's own counters.
        assert caller.show(ALLOWED)["action"] == "allow"
        new = wait_for(servers.master, 30, "failover")
        assert new is not old
        wait_for(lambda: master_of(metrics) == [(f"127.0.0.1:{new.port}", "1")], 15, "the exporter names the other one")
        wait_for(lambda: caller.show(ALLOWED)["degraded"] == "0", 15, "the store is up again")
        # Redis' answer counts: with counters of its own it would be the first call.
        seen = judged(caller, COUNTED)
        assert (seen if seen[0] == "0" else judged(caller, COUNTED)) == ("0", "MANY")
        # The old one comes back as a replica; nothing is written to it, nobody is asked to restart.
        old.start()
        wait_for(lambda: old.cli("role").startswith("slave"), 30, "the old master is a replica")
        assert caller.show(BLOCKED)["degraded"] == "0"
        wait_for(lambda: "c2" in fgctl_at(servers.url, "tail").stdout, 10, "events in Redis")
    finally:
        finish(node)


def test_fgctl_asks_the_next_sentinel(servers):
    servers.sentinels[0].kill()
    put = fgctl_at(servers.url, "block", "acme", "--reason", "test", "--for", "10m")
    assert put.returncode == 0, put.stderr
    assert "acme" in fgctl_at(servers.url, "holds").stdout
    master = servers.master()
    assert "acme" in master.cli("keys", "fg:{acme}*")


def test_what_is_wrong_is_told(servers):
    told = fgctl_at(servers.url.replace("/calls", "/nobody"), "holds")
    assert told.returncode == 3 and "does not know the master's name" in told.stderr
    for one in servers.sentinels:
        one.kill()
    begun = time.monotonic()
    told = fgctl_at(servers.url, "holds")
    assert told.returncode == 3 and "Sentinel 127.0.0.1:" in told.stderr and time.monotonic() - begun < 10
    told = fgctl_at("sentinel://127.0.0.1:1", "holds")
    assert told.returncode == 2 and "sentinel://" in told.stderr


def test_a_replica_is_never_written_to(servers):
    """A Sentinel set that still names a demoted server: the server's own word counts."""
    replica = servers.servers[1]
    for one in servers.sentinels[1:]:
        one.kill()
    liar = servers.sentinels[0]
    liar.kill()
    with open(os.path.join(liar.path, "conf"), "w", encoding="utf-8") as file:
        file.write(f"port {liar.port}\nbind 127.0.0.1\ndir {liar.path}\nsentinel monitor calls 127.0.0.1 {replica.port} 1\nsentinel down-after-milliseconds calls 60000\n")
    liar.start()
    told = fgctl_at(f"sentinel://127.0.0.1:{liar.port}/calls", "block", "acme", "--reason", "test")
    assert told.returncode == 3 and "is no master" in told.stderr, told.stderr


def test_the_alert_daemon_follows_the_master(servers, tmp_path):
    config, log = tmp_path / "alerts.yaml", tmp_path / "alertd.log"
    config.write_text(f"""fraudguard_alerts: 1
redis: "{servers.url}"
provider: {{name: Example Telecom, contact: "+44 20 7946 0000", portal_url: "https://portal.example/fraud/"}}
customers: []
""")
    with open(log, "ab") as out:
        daemon = subprocess.Popen([os.path.join(BUILD, "alerts/fg-alertd"), "--config", config], stderr=out, stdin=subprocess.DEVNULL)
    try:
        def leads(server):
            return server.cli("get", "fg:{alerts}:leader") != "" and int(server.cli("pttl", "fg:{alerts}:leader")) > 0

        old = wait_for(servers.master, 10, "master")
        wait_for(lambda: leads(old), 10, "the daemon leads")
        old.kill()
        new = wait_for(servers.master, 30, "failover")
        new.cli("del", "fg:{alerts}:leader")  # what was replicated of it
        wait_for(lambda: leads(new), 20, "the daemon leads on the new master")
        assert daemon.poll() is None
    finally:
        daemon.terminate()
        assert daemon.wait(15) == 0, log.read_text()


def test_the_relay_follows_the_master(servers, tmp_path):
    edge = Edge(tmp_path, f"--redis={servers.url}").start()
    try:
        wait_for(lambda: edge.metrics()["sbc_edge_redis_up"] == 1, 10, "the relay listens")
        old = servers.master()
        old.kill()
        new = wait_for(servers.master, 30, "failover")
        wait_for(lambda: new.cli("pubsub", "numsub", "fg:holds:ch").split()[-1:] == ["1"] and edge.metrics()["sbc_edge_redis_up"] == 1, 20,
                 "the relay listens to the new master")
        heard = edge.metrics()["sbc_edge_redis_messages_total"]
        assert fgctl_at(servers.url, "block", "acme", "--reason", "test").returncode == 0
        wait_for(lambda: edge.metrics()["sbc_edge_redis_messages_total"] == heard + 1, 5, "the hold is heard")
    finally:
        edge.stop()


def test_the_relay_logs_in(tmp_path):
    """An ACL user of the least rights; the password is in no log."""
    server = Process(str(tmp_path), "server", 'save ""\nuser default off\n'
                     "user relay on >s3cret-word ~fg:* &fg:holds:ch +subscribe +ping +zrange +zremrangebyscore +get +hget\nuser noc on >noc ~* &* +@all\n")
    server.start()
    edges = []
    try:
        edges.append(Edge(tmp_path, f"--redis=redis://relay:s3cret-word@127.0.0.1:{server.port}").start())
        wait_for(lambda: edges[0].metrics()["sbc_edge_redis_up"] == 1, 10, "the relay listens")
        assert fgctl_at(f"redis://noc:noc@127.0.0.1:{server.port}", "block", "acme", "--reason", "test").returncode == 0
        wait_for(lambda: edges[0].metrics()["sbc_edge_redis_messages_total"] == 1, 5, "the hold is heard")
        (tmp_path / "wrong").mkdir()
        edges.append(Edge(tmp_path / "wrong", f"--redis=redis://relay:wr0ng-word@127.0.0.1:{server.port}").start())
        time.sleep(1)
        assert edges[1].metrics()["sbc_edge_redis_up"] == 0
        assert not any(word in edge.log() for word in ("s3cret-word", "wr0ng-word") for edge in edges)
    finally:
        for edge in edges:
            edge.stop()
        server.kill()
