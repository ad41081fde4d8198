# SPDX-License-Identifier: GPL-2.0-or-later
"""fgctl reload against a real Kamailio."""
import os
import re
import socket
import subprocess
import threading

import pytest

from module_fixtures import BUILD, Node, RULES, wait_for

FGCTL = os.path.join(BUILD, "cli", "fgctl")
OK, FAILED, USAGE, DOWN, NOT_FOUND, RULES_INVALID = range(6)
RAISED = RULES.replace("score: 35}", "score: 36}")
FAILING = """fraudguard_test: 1
fixtures: {acme: {id: acme, tz: Europe/London, home_countries: ["GB"], cert_names: ["sip.acme.example"]}}
tests:
  - name: alerted range
    customer: acme
    clock: "2026-11-20T10:00:00Z"
    calls: [{from: "+441632960007", to: "+442079000101", san: ["sip.acme.example"]}]
    expect: {score: 35}
"""


@pytest.fixture(name="node", scope="module")
def fixture_node(tmp_path_factory):
    run = tmp_path_factory.mktemp("rpc")
    node = Node(run, redis=False, modparams=f"""loadmodule "jsonrpcs.so"
modparam("jsonrpcs", "transport", 4)
modparam("jsonrpcs", "dgram_socket", "{run}/rpc")""")
    try:
        yield node.start()
    finally:
        node.stop()


def fgctl(node, *arguments):
    env = {**os.environ, "FRAUDGUARD_KAMAILIO": node.path("rpc")}
    return subprocess.run([FGCTL, "reload", *arguments], capture_output=True, text=True, check=False, timeout=30, env=env)


def test_reload_confirm_and_going_back(node):
    node.write("rules/test.yaml", RULES)
    result = fgctl(node)
    assert (result.returncode, result.stdout, result.stderr) == (OK, "module-test 1.0.0\n", "")
    old = node.status()["digest"]
    node.write("rules/test.yaml", RAISED)
    result = fgctl(node, "--confirm", "1s")
    assert result.returncode == OK and "unless fraudguard.confirm comes until" in result.stdout
    assert node.status()["digest"] != old
    wait_for(lambda: node.status()["digest"] == old, 4, "going back")
    assert fgctl(node, "--confirmed").returncode == NOT_FOUND
    assert fgctl(node, "--confirm=60s").returncode == OK
    result = fgctl(node, "--confirmed")
    assert (result.returncode, result.stdout) == (OK, "confirmed\n")
    assert "pending_confirm_until" not in node.status() and node.status()["digest"] != old


def test_refused_rules_have_their_exit_code(node):
    node.write("rules/test.yaml", RAISED)
    node.write("rules/test.test.yaml", FAILING)
    result = fgctl(node)
    os.remove(node.path("rules/test.test.yaml"))
    assert result.returncode == RULES_INVALID and "1 of 1 rule tests fail: test.test.yaml:4" in result.stderr
    node.write("rules/test.yaml", RULES.replace("score: 35}", "scoer: 35}"))
    result = fgctl(node)
    assert result.returncode == RULES_INVALID and re.search(r"test\.yaml:\d+:\d+: unknown key 'scoer'", result.stderr)


def test_usage(node):
    assert fgctl(node, "--confirm", "1s", "--confirmed").returncode == USAGE
    assert fgctl(node, "--confirm", "x" * 100).returncode == USAGE
    assert fgctl(node, "--kamailio", "/" + "x" * 200).returncode == USAGE
    for duration in ("soon", "x", "0s", "10", "99d", "25h"):  # whether Kamailio is there or not
        result = fgctl(node, "--confirm", duration, "--kamailio", node.path("none"))
        assert result.returncode == USAGE and f"'{duration}' is no duration" in result.stderr


def test_nobody_there(node):
    result = fgctl(node, "--kamailio", node.path("none"))
    assert result.returncode == DOWN and "Kamailio does not answer" in result.stderr


def test_answers_to_others_are_left_alone(node, tmp_path):
    """Whoever writes to the socket without knowing the request's id is not listened to."""
    path = str(tmp_path / "rpc")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(path)
        server.settimeout(10)

        def answer():
            request, peer = server.recvfrom(65536)
            number = int(re.search(rb'"id": *(\d+)', request).group(1))
            for reply in (b"", b"[", b"{}", b"\0" * 100, b'{"id": %d, "result": "forged"}' % (number ^ 1), b'{"id": %d, "result": ["true"]}' % number):
                server.sendto(reply, peer)

        thread = threading.Thread(target=answer)
        thread.start()
        result = fgctl(node, "--kamailio", path)
        thread.join()
    assert (result.returncode, result.stdout) == (OK, "true\n")
