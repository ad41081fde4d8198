# SPDX-License-Identifier: GPL-2.0-or-later
"""A relay for the tests of a module, and calls through it."""
import os
import shutil
import sys

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))

from state_lab import Lab  # noqa: E402
from edge_lab import KINDS, Call, Edge, Endpoint, Ng  # noqa: E402


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    daemon = Edge(tmp_path_factory.mktemp("edge"))
    try:
        yield daemon.start()
    finally:
        daemon.stop()


@pytest.fixture
def ng(edge):
    return Ng(edge.ng_port)


@pytest.fixture
def call(ng):
    """Makes calls that are deleted at the end of the test."""
    calls = []

    def make(kind="sdes-plain", ng=ng, **keys):
        suites = KINDS[kind]
        ends = [Endpoint(suite=suite, mux=keys.pop("mux", False)) for suite in suites]
        calls.append(Call(ng, *ends, **keys))
        return calls[-1]

    yield make
    for one in calls:
        try:
            one.ng("delete", call_id=one.id, from_tag="")
        except ConnectionError:
            pass  # its daemon has ended with the test
        one.a.close()
        one.b.close()


@pytest.fixture
def lab(tmp_path):
    """A Redis, and relays that keep the state of calls there."""
    if not shutil.which("redis-server"):
        pytest.skip("no redis-server")
    one = Lab(tmp_path)
    try:
        yield one
    finally:
        one.close()
