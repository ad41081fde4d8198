# SPDX-License-Identifier: GPL-2.0-or-later
"""The shipped Prometheus rules: they load, do what their tests say, ask for metrics that exist, and name a runbook."""
import glob
import os
import re
import subprocess

import pytest

from module_fixtures import TOP

GRAFANA = os.path.join(TOP, "grafana")
RULES = [os.path.join(GRAFANA, "prometheus", name) for name in ("rules.yml", "alerts.yml")]
TESTS = sorted(glob.glob(os.path.join(GRAFANA, "prometheus/tests/*.yml")))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def promtool(*args):
    return subprocess.run(["promtool", *args], capture_output=True, text=True, check=False)


def alerts():
    """Name and text of each alert."""
    parts = re.split(r"^ +- alert: (\w+)\n", read(RULES[1]), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2]))


def test_rules_are_valid():
    result = promtool("check", "rules", *RULES)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", TESTS, ids=os.path.basename)
def test_rules_do_what_they_should(path):
    result = promtool("test", "rules", path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_alert_is_seen_firing_and_quiet():
    cases = "".join(read(path) for path in TESTS)
    for name, _ in alerts():
        assert re.search(rf"alertname: {name}\n +exp_alerts:\n +- exp_labels", cases), f"{name} never fires in a test"
        if name != "CertExpires":  # a quiet certificate stands beside those that fire
            assert re.search(rf"alertname: {name}\n +exp_alerts: \[\]", cases), f"{name} is never quiet in a test"


def test_each_alert_has_a_runbook_and_a_severity():
    for name, text in alerts():
        assert re.search(r"labels: \{severity: (critical|warning|info)\}", text) and 'summary: "' in text, name
        found = re.search(r"runbook_url: (runbooks/\w+\.md)#(\w+)\n", text)
        assert found and found[2] == name.lower(), name
        assert re.search(rf"^## {name}$", read(os.path.join(GRAFANA, found[1])), re.MULTILINE), name
    headings = set(re.findall(r"^## (\w+)$", "".join(map(read, glob.glob(os.path.join(GRAFANA, "runbooks/*.md")))), re.MULTILINE))
    assert headings == {name for name, _ in alerts()}


def test_each_metric_that_is_asked_for_is_documented():
    documented = set(re.findall(r"`((?:fraudguard|sbc_edge|rtpengine)_[a-z_]+)", read(os.path.join(TOP, "docs/metrics.md"))))
    recorded = set(re.findall(r"record: (\S+)", read(RULES[0])))
    for expression in re.findall(r"expr: (?:>-\n)?((?:.|\n {10})+)", read(RULES[0]) + read(RULES[1])):
        for name in re.findall(r"\b(?:fraudguard|sbc_edge|rtpengine)[_:][a-z0-9_:]+", expression):
            name = re.sub(r"_(bucket|sum|count)$", "", name)
            assert name in recorded or name in documented, name
