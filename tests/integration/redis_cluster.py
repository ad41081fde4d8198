# SPDX-License-Identifier: GPL-2.0-or-later
"""A Redis Cluster of three masters, with a replica of one of them, on loopback below one directory."""
import subprocess

from module_fixtures import free_port, wait_for
from redis_set import Process

NODE_TIMEOUT_MS = 1000
EACH = ('save ""\nappendonly no\nrepl-diskless-sync-delay 0\ncluster-enabled yes\ncluster-config-file nodes.conf\n'
        f"cluster-node-timeout {NODE_TIMEOUT_MS}\ncluster-replica-validity-factor 0\ncluster-require-full-coverage no\n")


class RedisCluster:
    def __init__(self, directory, masters=3, more=""):
        self.masters = [Process(directory, f"node{i}", f"{EACH}cluster-port {free_port()}\n{more}") for i in range(masters)]
        self.replica = Process(directory, "replica", f"{EACH}cluster-port {free_port()}\n{more}")
        self.directory = directory
        self.login = ()

    @property
    def servers(self):
        return self.masters + [self.replica]

    def url(self, login=""):
        return "cluster://" + login + ",".join(f"127.0.0.1:{one.port}" for one in self.masters[:2])

    def start(self, replica_of=None):
        """replica_of: a key; its master gets the replica."""
        for one in self.servers:
            one.start()
        made = subprocess.run(["redis-cli", *self.login, "--cluster", "create", *(f"127.0.0.1:{one.port}" for one in self.masters), "--cluster-yes"],
                              capture_output=True, text=True, check=False, timeout=60)
        assert made.returncode == 0, made.stdout + made.stderr
        self.wait_ok(self.masters)
        if replica_of is not None:
            master = self.master_of(replica_of)
            joined = subprocess.run(["redis-cli", *self.login, "--cluster", "add-node", f"127.0.0.1:{self.replica.port}", f"127.0.0.1:{master.port}",
                                     "--cluster-slave", "--cluster-master-id", self.id_of(master)], capture_output=True, text=True, check=False, timeout=60)
            assert joined.returncode == 0, joined.stdout + joined.stderr
            self.wait_ok(self.servers)
            wait_for(lambda: "master_link_status:up" in self.replica.cli("info", "replication"), 20, "replication")
        return self

    @staticmethod
    def wait_ok(servers):
        for one in servers:
            wait_for(lambda one=one: "cluster_state:ok" in one.cli("cluster", "info"), 30, f"a cluster that is whole on {one.port}")

    @staticmethod
    def id_of(server):
        return server.cli("cluster", "myid")

    def slot(self, key):
        return int(self.masters[0].cli("cluster", "keyslot", key))

    def master_of(self, key):
        """The server that has the key by what most of those that live say; None when it is none of them."""
        slot = self.slot(key) if self.masters[0].process.poll() is None else int(self.masters[1].cli("cluster", "keyslot", key))
        for one in self.servers:
            if one.process is None or one.process.poll() is not None:
                continue
            mine = next((line for line in one.cli("cluster", "nodes").splitlines() if "myself" in line), "")
            ranges = [part.split("-") for part in mine.split()[8:] if not part.startswith("[")]
            if "master" in mine and any(int(part[0]) <= slot <= int(part[-1]) for part in ranges):
                return one
        return None

    def stop(self):
        for one in self.servers:
            one.kill()
