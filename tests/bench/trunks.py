# SPDX-License-Identifier: GPL-2.0-or-later
"""The shipped configuration with customers who call by trunk_load.c, a program of its own: Python would take the processor from what is measured."""
import json
import os
import socket
import subprocess
import sys
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "deploy", "quickstart"))

from stack import Stack  # noqa: E402


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.bind(("127.0.0.1", 0))
        return tcp.getsockname()[1]


class TrunkStack(Stack):
    """n customers c0, c1, ... and one that floods; the carrier answers at once."""

    def __init__(self, run_dir, build_dir, base_port, customers, redis_url=None):
        super().__init__(run_dir, build_dir, base_port, say=lambda _: None)
        self.customers, self.redis_url, self.loads = customers, redis_url, []
        # Addresses that nobody else has, so that all their ports are free.
        net = f"127.{64 + os.getpid() % 128}.{os.getpid() // 128 % 256}"
        self.customer_address, self.carrier_address = f"{net}.1", f"{net}.2"
        self.sip_tls, self.domain = (self.customer_address, self.sip_tls[1]), f"{self.customer_address}:{self.sip_tls[1]}"
        self.guard_metrics, self.media_ports = f"{self.customer_address}:{base_port + 91}", (20000, 59999)
        self.ng_port, self.metrics_port = free_port(), free_port()
        self.shared_memory_mb = 512  # of many connections and calls, see docs/module.md

    def prepare(self):
        super().prepare()
        rows = []
        for name, number in [(f"c{i}", f"+44163296{i:04d}") for i in range(self.customers)] + [("attacker", "+441632960999")]:
            self.authority.issue(name, f"{name}.example", dns=[f"{name}.example"])
            rows.append(f'- {{id: {name}, tz: Etc/UTC, profile: wholesale, channels: 500, daily_limit: 50000, numbers: ["{number}"], '
                        f'home_countries: ["GB"], cert_names: ["{name}.example"], media: {{srtp: preferred}}}}\n')
        self._write("customers.yaml", "".join(rows))

    def kamailio_site(self, **other):
        return super().kamailio_site(**({"FG_REDIS": self.redis_url} if self.redis_url else {}), **other)

    def start(self):
        self.prepare()
        self.load = self.path("trunk_load")
        subprocess.run(["cc", "-O2", "-std=gnu17", "-D_GNU_SOURCE", "-o", self.load, os.path.join(TOP, "tests/bench/trunk_load.c"), "-lssl", "-lcrypto"], check=True)
        self.start_redis()
        self._redis("topology", self.path("topology.sock"))
        self.start_edge()
        self.start_kamailio()
        self._spawn("carrier", [self.load, "carrier", self.customer_address, str(self.carrier_port)])
        return self

    def stop(self):
        for process in self.loads + [self.processes.get("carrier")]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        super().stop()

    def _load(self, *arguments):
        self.loads.append(subprocess.Popen([self.load, *map(str, arguments), self.sip_tls[0], str(self.sip_tls[1]), self.path("pki")], stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, text=True))
        return self.loads[-1]

    def calls(self, rate, seconds, hold_ms):
        return self._load("calls", self.customers, rate, seconds, hold_ms)

    def flood(self, rate, seconds):
        return self._load("flood", rate, seconds)

    def kamailio_cpu_s(self):
        """Processor time of all its processes."""
        pid = self.processes["kamailio"].pid
        pids = [pid]
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                pids += map(int, file.read().split())
        total = 0
        for pid in pids:
            with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    def metrics(self):
        with urllib.request.urlopen(f"http://{self.guard_metrics}/metrics", timeout=10) as reply:
            return Metrics(reply.read().decode())


class Metrics:
    """What the guard told at once."""

    def __init__(self, text):
        self.values = [line.rpartition(" ")[::2] for line in text.splitlines() if not line.startswith("#")]

    def sum(self, name):
        """Over all labels, when none are named."""
        return sum(float(value) for series, value in self.values if series.startswith((name + " ", name + "{")) or series == name)

    def store_waits(self):
        """How many requests waited for the store over 25 ms, and how many there were."""
        name = "fraudguard_redis_duration_seconds"
        requests = self.sum(f'{name}_count{{op="evaluate"}}')
        return requests - self.sum(f'{name}_bucket{{op="evaluate",le="0.025"}}'), requests

    def degraded(self):
        return self.sum("fraudguard_degraded_verdicts_total")


def told(process):
    """What the load printed, once it is over."""
    out = process.stdout.read()
    if process.wait() != 0:
        raise RuntimeError("the load failed, see above")
    return json.loads(out)


def end(process):
    """No new calls; see told()."""
    process.stdin.close()


def load_average():
    return f"load {os.getloadavg()[0]:.1f} of {os.cpu_count()} processors"
