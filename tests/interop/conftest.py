# SPDX-License-Identifier: GPL-2.0-or-later
"""Other people's clients and proxies against the relay and the shipped configuration."""
import os
import sys

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests", "lib"), os.path.join(TOP, "deploy", "quickstart")]

from edge_lab import Edge  # noqa: E402


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    directory = tmp_path_factory.mktemp("e")
    path = os.path.join(str(directory), "ng.sock")
    daemon = Edge(directory, "--interface=six/::1", f"--listen-ng=unix:{path}")
    daemon.path = path
    try:
        yield daemon.start()
    finally:
        daemon.stop()
