# SPDX-License-Identifier: GPL-2.0-or-later
"""A Redis Cluster: calls are counted exactly while a slot moves and while a master dies, without a restart."""
import os
import re
import subprocess
import sys
import urllib.request

from module_fixtures import BUILD, TOP, NodeOf, fgctl_at, finish, free_port, started, wait_for
from redis_cluster import RedisCluster
from store_calls import COUNTING, OWN, PATIENT, SHARED, Counting

sys.path.insert(0, os.path.join(TOP, "tests/lib"))

from edge_lab import Edge  # noqa: E402

CUSTOMERS = (2, 5, 7)


def least_rights(password):
    """The line that the documentation has."""
    with open(os.path.join(TOP, "docs/redis-schema.md"), encoding="utf-8") as file:
        line = next(line for line in file if line.startswith("    user fraudguard on >PASSWORD"))
    return line.strip().replace("PASSWORD", password) + "\n"


class Daemon:
    def __init__(self, directory, url):
        self.config, self.log = directory / "alerts.yaml", directory / "alertd.log"
        self.config.write_text(f"""fraudguard_alerts: 1
redis: "{url}"
provider: {{name: Example Telecom, contact: "+44 20 7946 0000", portal_url: "https://portal.example/fraud/"}}
customers: []
""")
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen([os.path.join(BUILD, "alerts/fg-alertd"), "--config", self.config], stderr=out, stdin=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(15) == 0, self.log.read_text()


def move_slot(servers, key, during):
    """Moves the key's slot to another master, by hand and slowly; during() is called where clients have to ask twice."""
    source = servers.master_of(key)
    target = next(one for one in servers.masters if one is not source)
    slot, ids = servers.slot(key), [servers.id_of(source), servers.id_of(target)]
    assert target.cli("cluster", "setslot", slot, "importing", ids[0]) == "OK"
    assert source.cli("cluster", "setslot", slot, "migrating", ids[1]) == "OK"
    during()
    while keys := source.cli("cluster", "getkeysinslot", slot, 100).split():
        moved = source.cli("migrate", "127.0.0.1", target.port, "", 0, 5000, "keys", *keys)
        assert moved in ("OK", "NOKEY"), moved
    during()
    for one in (target, source, *servers.masters):
        assert one.cli("cluster", "setslot", slot, "node", ids[1]) == "OK"
    assert servers.master_of(key) is target


def hold_is_heard(url, callers, edge):
    heard = edge.metrics()["sbc_edge_redis_messages_total"]
    assert fgctl_at(url, "block", "c7", "--reason", "test", "--for", "10m").returncode == 0
    wait_for(lambda: callers[7].show(OWN)["action"] == "block", 10, "the hold stops calls")
    wait_for(lambda: edge.metrics()["sbc_edge_redis_messages_total"] > heard, 10, "the relay hears of it")
    assert fgctl_at(url, "unblock", "c7", "--reason", "test").returncode == 0
    wait_for(lambda: callers[7].show(OWN)["action"] == "allow", 10, "it is over")


def masters(metrics):
    """Evaluations by master, as the exporter tells them."""
    with urllib.request.urlopen(f"http://{metrics}/metrics", timeout=10) as answer:
        found = re.findall(r'(?m)^fraudguard_redis_master_evaluations_total\{master="(.*?)"\} (\d+)$', answer.read().decode())
    return {master: int(n) for master, n in found}


def test_calls_are_counted_while_a_slot_moves_and_a_master_dies(tmp_path):
    servers = RedisCluster(str(tmp_path / "redis"), more=least_rights("s3cret-word"))
    node = edge = alerts = None
    try:
        servers.start(replica_of="fg:{c2}")
        url = servers.url("fraudguard:s3cret-word@")
        metrics = f"127.0.0.1:{free_port()}"
        node = started(NodeOf(tmp_path / "node", url, rules=COUNTING, modparams=PATIENT, words={"FG_METRICS": metrics}))
        wait_for(lambda: sorted(masters(metrics)) == sorted(f"127.0.0.1:{one.port}" for one in servers.masters), 10, "the exporter names all masters")
        alerts = Daemon(tmp_path, url)
        edge = Edge(tmp_path, f"--redis={url}").start()
        wait_for(lambda: edge.metrics()["sbc_edge_redis_up"] == 1, 10, "the relay listens")
        counting = Counting(node, CUSTOMERS)
        hold_is_heard(url, counting.callers, edge)
        assert len({servers.master_of(f"fg:{{c{customer}}}") for customer in CUSTOMERS[:2]}) == 2

        def all_exact():
            for customer in CUSTOMERS[:2]:
                counting.exact(customer)
                counting.exact(customer, SHARED)

        all_exact()
        move_slot(servers, "fg:{c5}", lambda: [counting.call(5) for _ in range(4)] and counting.call(2, SHARED))
        all_exact()

        # A master dies under calls; the others' customers do not notice.
        old = servers.master_of("fg:{c2}")
        wait_for(lambda: old.cli("wait", 1, 1000) == "1" and servers.replica.cli("dbsize") == old.cli("dbsize"), 10, "replication")
        old.kill()
        while servers.replica.cli("role").startswith("slave"):
            counting.call(2)
            counting.call(5)
        all_exact()
        assert node.status()["backlog_lost"] == "0"
        hold_is_heard(url, counting.callers, edge)
        wait_for(lambda: f"127.0.0.1:{servers.replica.port}" in masters(metrics) and f"127.0.0.1:{old.port}" not in masters(metrics), 15, "the new master is told")
        assert masters(metrics)[f"127.0.0.1:{servers.replica.port}"] > 0
        wait_for(lambda: any("c2" in line for line in fgctl_at(url, "tail").stdout.splitlines()), 10, "events in Redis")
        leader = wait_for(lambda: servers.master_of("fg:{alerts}"), 10, "the alerts' master")
        wait_for(lambda: leader.cli("get", "fg:{alerts}:status") != "" and int(leader.cli("pttl", "fg:{alerts}:leader")) > 0, 20, "the daemon leads")
        assert "s3cret-word" not in node.log() + alerts.log.read_text() + edge.log()
    finally:
        if edge:
            edge.stop()
        if node:
            finish(node)
        servers.stop()
        if alerts:
            alerts.stop()


def test_what_is_wrong_is_told():
    told = fgctl_at("cluster://127.0.0.1:1,127.0.0.1:2", "holds")
    assert told.returncode == 3 and "Redis does not answer" in told.stderr, told
    told = fgctl_at("cluster://127.0.0.1:1/0", "holds")
    assert told.returncode == 2 and "cluster://" in told.stderr
