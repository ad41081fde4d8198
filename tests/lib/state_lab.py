# SPDX-License-Identifier: GPL-2.0-or-later
"""Relays that keep the state of their calls in one real Redis."""
import os
import time

from edge_lab import Edge, Redis, wait_until

CALLS = "fg:edge:{lab:one}:calls"


def write_keys(path, *lines):
    path.write_text("# name, key\n" + "\n".join(lines) + "\n")
    path.chmod(0o400)
    return path


class Lab:
    """A Redis, and relays that keep their state there."""

    def __init__(self, directory):
        self.directory = directory
        self.server = Redis(directory).start()
        self.keys = write_keys(directory / "keys", "a " + os.urandom(32).hex())
        self.relays = []

    def options(self, name, *more):
        return [f"--redis=unix:{self.server.path}", f"--state-key-file={self.keys}", "--state-space=lab",
                f"--state-node={name}", *more]

    def relay(self, name, *more):
        directory = self.directory / name
        directory.mkdir()
        self.relays.append(Edge(directory, *self.options(name, *more)))
        return self.relays[-1].start()

    def close(self):
        try:
            for relay in self.relays:
                relay.stop()
        finally:
            self.server.stop()


def written(relay):
    """Waits until everything that happened so far is in Redis."""
    before = relay.metrics()["sbc_edge_state_written_total"]
    time.sleep(1)
    wait_until(lambda: relay.metrics()["sbc_edge_state_written_total"] >= before)
    wait_until(lambda: relay.metrics()["sbc_edge_state_waiting"] == 0)
