# SPDX-License-Identifier: GPL-2.0-or-later
"""A Redis master with replicas and the Sentinels that watch them, on loopback below one directory."""
import os
import subprocess

from module_fixtures import free_port, wait_for

MASTER = "calls"


class Process:
    def __init__(self, directory, name, config, arguments=()):
        self.port = free_port()
        self.path = os.path.join(directory, name)
        os.makedirs(self.path)
        self.config, self.arguments, self.process = config, arguments, None
        with open(os.path.join(self.path, "conf"), "w", encoding="utf-8") as file:
            file.write(f"port {self.port}\nbind 127.0.0.1\ndir {self.path}\nlogfile {self.path}/log\nprotected-mode no\n{config}\n")

    def start(self):
        self.process = subprocess.Popen(["redis-server", os.path.join(self.path, "conf"), *self.arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.cli("ping") in ("PONG", "NOAUTH Authentication required."), 15, f"redis on {self.port}")

    def cli(self, *arguments):
        return subprocess.run(["redis-cli", "-p", str(self.port), *map(str, arguments)], capture_output=True, text=True, check=False).stdout.strip()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class RedisSet:
    """servers[0] is the master at first."""

    def __init__(self, directory, replicas=1, sentinels=3, down_after_ms=800):
        plain = 'save ""\nappendonly no\nrepl-diskless-sync-delay 0\n'
        self.servers = [Process(directory, "server0", plain)]
        self.servers += [Process(directory, f"server{i}", plain + f"replicaof 127.0.0.1 {self.servers[0].port}\n") for i in range(1, replicas + 1)]
        watched = (f"sentinel monitor {MASTER} 127.0.0.1 {self.servers[0].port} {sentinels // 2 + 1}\nsentinel down-after-milliseconds {MASTER} {down_after_ms}\n"
                   f"sentinel failover-timeout {MASTER} 4000\n")
        self.sentinels = [Process(directory, f"sentinel{i}", watched, ("--sentinel",)) for i in range(sentinels)]
        self.url = "sentinel://" + ",".join(f"127.0.0.1:{one.port}" for one in self.sentinels) + f"/{MASTER}"

    def start(self):
        for one in self.servers + self.sentinels:
            one.start()
        for replica in self.servers[1:]:
            wait_for(lambda one=replica: "master_link_status:up" in one.cli("info", "replication"), 15, "replication")
        known = len(self.sentinels) - 1
        wait_for(lambda: all(self._fact(one, "num-other-sentinels") == str(known) and self._fact(one, "num-slaves") == str(len(self.servers) - 1)
                             for one in self.sentinels), 20, "Sentinels that know each other")
        return self

    @staticmethod
    def _fact(sentinel, name):
        lines = sentinel.cli("sentinel", "master", MASTER).splitlines()
        return lines[lines.index(name) + 1] if name in lines else None

    def master(self):
        """The server that the Sentinels agree on, once it says so itself; else None."""
        told = {one.cli("sentinel", "get-master-addr-by-name", MASTER) for one in self.sentinels if one.process.poll() is None}
        if len(told) != 1:
            return None
        port = int(told.pop().split()[1])
        server = next(one for one in self.servers if one.port == port)
        return server if server.cli("role").startswith("master") else None

    def stop(self):
        for one in self.sentinels + self.servers:
            one.kill()
