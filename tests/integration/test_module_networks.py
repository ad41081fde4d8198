# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a caller's address is: databases of networks in a running Kamailio, replaced without a restart."""
import os
import shutil
import subprocess
import time
import urllib.request

import pytest

from module_fixtures import RULES, TOP, Node, finish, free_port, started

PLACED = RULES + """  - {id: ABROAD, desc: From a country that is not the customer's, when: {src.home: false}, score: 41}
  - {id: NETWORK, desc: From one autonomous system, when: {src.asn: {above: 64499, below: 64501}}, score: 7}
"""
ORDINARY = "+442079000111"


class Placed(Node):
    """127.0.1.0/24, where the customers' callers are, is where the databases say."""

    def prepare(self):
        super().prepare()
        self.write("rules/test.yaml", self.rules_text)
        self.database("country.mmdb", "127.0.1.0/24,FR,")
        self.database("asn.mmdb", "127.0.0.0/8,,64500")

    def database(self, name, row, shape="geolite"):
        new = self.path(name + ".new")
        subprocess.run([os.path.join(TOP, "tests/lib/make_mmdb.pl"), new, shape, "6", "24"], input=row + "\n", text=True, check=True, timeout=60)
        os.rename(new, self.path(name))

    def scrape(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return [float(line.split()[1]) for line in lines if line.startswith(name + " ")]


@pytest.fixture(name="node", scope="module")
def fixture_node(tmp_path_factory):
    run = tmp_path_factory.mktemp("networks")
    port = free_port()
    node = Placed(run, redis=False, rules=PLACED,
                  modparams=f'modparam("fraudguard", "networks_file", "{run}/country.mmdb,{run}/asn.mmdb")\nmodparam("fraudguard", "metrics", "127.0.0.1:{port}")')
    node.metrics_port = port
    yield started(node)
    finish(node)


def rules_hit(node):
    return {name.split(":")[0] for name in node.caller(1).show(ORDINARY)["rules"].split(",")}


def test_databases_are_replaced_without_a_restart(node):
    assert {"ABROAD", "NETWORK"} <= rules_hit(node)
    before = node.status()
    assert int(before["networks"]) > 0 and before["networks_built"][:2] == "20"
    [built] = node.scrape("fraudguard_networks_built_timestamp_seconds")
    assert abs(built - time.time()) < 600
    node.database("country.mmdb", "127.0.1.0/24,GB,")
    assert "error" not in node.rpc("fraudguard.reload").stdout
    assert "ABROAD" not in rules_hit(node) and "NETWORK" in rules_hit(node)
    node.database("country.mmdb", "127.0.1.0/24,FR,")
    assert "error" not in node.rpc("fraudguard.reload").stdout
    assert "ABROAD" in rules_hit(node)


@pytest.mark.parametrize("damage", ["missing", "short", "without places"])
def test_a_broken_database_leaves_the_old_table(node, damage):
    path = node.path("country.mmdb")
    shutil.copy(path, path + ".kept")
    if damage == "missing":
        os.remove(path)
    elif damage == "short":
        with open(path, "rb") as file:
            half = file.read()[200:]
        with open(path + ".new", "wb") as file:
            file.write(half)
        os.rename(path + ".new", path)
    else:
        node.database("country.mmdb", "127.0.1.0/24,FR,", "city")
    told = node.rpc("fraudguard.reload").stdout
    assert "error" in told and "country.mmdb" in told
    assert node.status()["last_reload"] == "refused"
    assert {"ABROAD", "NETWORK"} <= rules_hit(node)
    os.rename(path + ".kept", path)
    assert "error" not in node.rpc("fraudguard.reload").stdout
