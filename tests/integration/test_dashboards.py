# SPDX-License-Identifier: GPL-2.0-or-later
"""The Grafana dashboards: as they are made, of Grafana's types, by the rules of Grafana's linter, and each query answered by a real
Prometheus that scrapes a real guard and relay under traffic."""
import glob
import importlib.util
import io
import json
import math
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from module_fixtures import BUILD, TOP, free_port, wait_for

sys.path.insert(0, os.path.join(TOP, "deploy/quickstart"))

import scenes  # noqa: E402
from report import Report  # noqa: E402
from sip_trunk import Trunk  # noqa: E402
from stack import Stack  # noqa: E402

GRAFANA = os.path.join(TOP, "grafana")
FILES = sorted(glob.glob(os.path.join(GRAFANA, "dashboards/*.json")))
COUNTERS = re.compile(r"\b(\w+_total|\w+_bucket)\b(?:\{[^{}]*\})?(\[[^]]*\])?")
VARIABLES = {"$__rate_interval": "20s", "$job": ".+", "$instance": ".+", "$customer": ".+", "$rule": ".+"}
# Sanitizers change nothing of what Grafana sees.
pytestmark = pytest.mark.skipif("FG_KAMAILIO_PRELOAD" in os.environ, reason="shown without sanitizers")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def maker():
    spec = importlib.util.spec_from_file_location("grafana_make", os.path.join(GRAFANA, "make/__main__.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def data_panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def filled(expr):
    for name, value in VARIABLES.items():
        expr = expr.replace(name, value)
    return expr


def test_dashboards_are_what_is_made():
    assert len(FILES) == 6 and maker().differing() == []


def test_dashboards_have_grafanas_types(tmp_path):
    done = subprocess.run([os.path.join(GRAFANA, "check-types")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = load(FILES[0])
    wrong["panels"][1]["options"]["colorMode"] = "backgruond"
    bad = tmp_path / "wrong.json"
    bad.write_text(json.dumps(wrong), encoding="utf-8")
    done = subprocess.run([os.path.join(GRAFANA, "check-types"), str(bad)], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "backgruond" in done.stdout and "Did you mean" in done.stdout, done.stdout


@pytest.mark.parametrize("path", FILES, ids=os.path.basename)
def test_dashboards_keep_the_linters_rules(path):
    """The rules of Grafana's dashboard linter, by their names there."""
    dashboard = load(path)
    assert not dashboard["editable"]  # uneditable-dashboard
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert dashboard["templating"]["list"][0]["type"] == "datasource" and "datasource" in variables  # template-datasource-rule
    for name in ("job", "instance"):  # template-job-rule, template-instance-rule
        assert variables[name]["multi"] and variables[name]["includeAll"] and variables[name]["allValue"] == ".+" and variables[name]["datasource"]["uid"] == "${datasource}"
    for variable in variables.values():  # template-on-time-change-reload-rule
        assert variable["type"] == "datasource" or variable["refresh"] == 2
    places, ids = [], set()
    for panel in dashboard["panels"]:
        assert panel["id"] not in ids
        ids.add(panel["id"])
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x, y, w, h in places:
            assert place["x"] >= x + w or x >= place["x"] + place["w"] or place["y"] >= y + h or y >= place["y"] + place["h"], panel["title"]
        places.append((place["x"], place["y"], place["w"], place["h"]))
    for panel in data_panels(dashboard):
        assert panel["datasource"]["uid"] == "${datasource}"  # panel-datasource-rule
        assert panel["title"] and len(panel["description"]) > 10  # panel-title-description-rule
        assert panel["fieldConfig"]["defaults"]["unit"]  # panel-units-rule
        assert panel["targets"], panel["title"]  # panel-no-targets-rule
        for target in panel["targets"]:
            lint_query(target["expr"], panel["title"])
    for target in dashboard["annotations"]["list"]:
        assert target["datasource"]["uid"] == "${datasource}"


def lint_query(expr, title):
    series = re.findall(r"(?<!\w)(?:fraudguard|sbc_edge|rtpengine)_\w+(\{[^{}]*\})?|(?<!\w)up(\{[^{}]*\})", expr)
    assert series, expr
    for first, second in series:  # target-job-rule, target-instance-rule
        assert 'job=~"$job"' in first + second and 'instance=~"$instance"' in first + second, (title, expr)
    for name, span in COUNTERS.findall(expr):  # target-counter-agg-rule; a plain total only where it is compared with 0
        assert span or "== 0" in expr, (title, name)
    for function, span in re.findall(r"\b(rate|irate)\([^\[]*\[([^]]*)\]", expr):  # target-rate-interval-rule
        assert function == "rate" and span in ("$__rate_interval", "5m"), (title, span)


def test_queries_ask_for_metrics_that_are_documented():
    with open(os.path.join(TOP, "docs/metrics.md"), encoding="utf-8") as file:
        documented = set(re.findall(r"\b(?:fraudguard|sbc_edge|rtpengine)_\w+", file.read()))
    for path in FILES:
        for panel in data_panels(load(path)):
            for target in panel["targets"]:
                names = re.findall(r"(?<!\w)(?:fraudguard|sbc_edge|rtpengine)_\w+", target["expr"])
                assert {re.sub("_bucket$", "", name) for name in names} <= documented, target["expr"]


# --- under traffic -------------------------------------------------------------------------------------------------------------------------


class Prometheus:
    def __init__(self, directory, targets):
        self.port, self.process = free_port(), None
        self.directory = directory
        jobs = "".join(f"  - job_name: {job}\n    static_configs: [{{targets: [{json.dumps(target)}]}}]\n" for job, target in targets.items())
        with open(os.path.join(directory, "prometheus.yml"), "w", encoding="utf-8") as file:
            file.write(f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{GRAFANA}/prometheus/rules.yml, {GRAFANA}/prometheus/alerts.yml]\nscrape_configs:\n{jobs}")

    def __enter__(self):
        with open(os.path.join(self.directory, "prometheus.log"), "ab") as log:
            self.process = subprocess.Popen(["prometheus", f"--config.file={self.directory}/prometheus.yml", f"--storage.tsdb.path={self.directory}/tsdb",
                                             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_for(lambda: self.query("vector(1)"), 30, "prometheus")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def query(self, expr):
        """Values of an instant query; None while there is no server; a wrong query is an error."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expr}), timeout=10) as reply:
                return [(result["metric"], float(result["value"][1])) for result in json.load(reply)["data"]["result"]]
        except urllib.error.HTTPError as error:
            if error.code == 503:  # still starting
                return None
            raise AssertionError(f"{expr}: {error.read().decode()}") from None
        except OSError:
            return None


@pytest.fixture(name="seen", scope="module")
def fixture_seen(tmp_path_factory):
    """A Prometheus that has seen a call go on and a hijacked PBX be stopped."""
    directory = str(tmp_path_factory.mktemp("dash", numbered=False))
    stack = Stack(directory, BUILD, base_port=21000, say=lambda _: None)
    try:
        stack.start()
        with Prometheus(directory, {"fraudguard": stack.guard_metrics, "sbc-edge": f"127.0.0.1:{stack.metrics_port}"}) as prometheus:
            wait_for(lambda: len(prometheus.query("up == 1")) == 2, 20, "both are scraped")
            report = Report(out=io.StringIO())
            for scene in ("acme_calls_home", "globex_is_hijacked"):
                scenes.run(stack, report, scene)
            assert not report.failed(), report.out.getvalue()
            # Growth is seen from a series' second sample on: once all have been scraped, one more refused call.
            wait_for(lambda: prometheus.query('fraudguard_customer_calls_total{action="block"} > 0'), 20, "blocks are scraped")
            trunk = Trunk(stack.sip_tls, stack.ca, stack.pem("globex"))
            assert trunk.invite(scenes.GLOBEX_BURST[-1][0], "+12125550101")[0].code >= 400
            trunk.close()
            wait_for(lambda: prometheus.query('increase(fraudguard_customer_calls_total{action="block"}[1m]) > 0'), 20, "and their growth")
            time.sleep(2)
            yield prometheus
    finally:
        stack.stop()


def test_each_panel_shows_something_and_quiet_ones_nothing(seen):
    quiet = {(dashboard.uid, panel.title) for dashboard in maker().DASHBOARDS for panel in dashboard.panels() if panel.quiet}
    wrong = []
    for path in FILES:
        dashboard = load(path)
        for panel in data_panels(dashboard):
            for target in panel["targets"]:
                values = [value for _, value in seen.query(filled(target["expr"]))]
                if (dashboard["uid"], panel["title"]) in quiet:
                    right = not any(values)
                else:
                    right = values and all(map(math.isfinite, values))
                if not right:
                    wrong.append(f"{dashboard['uid']}: {panel['title']}: {filled(target['expr'])}: {values[:5]}")
        for annotation in dashboard["annotations"]["list"]:
            seen.query(filled(annotation["expr"]))
    assert not wrong, "\n".join(wrong)


def test_variables_have_values(seen):
    for path in FILES:
        for variable in load(path)["templating"]["list"]:
            if variable["type"] == "query":
                series, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
                assert any(metric.get(label) for metric, _ in seen.query(filled(series))), variable["name"]


def test_the_overview_says_what_happened(seen):
    def shown(title, uid="fg-noc"):
        panel = next(panel for path in FILES if (found := load(path))["uid"] == uid for panel in data_panels(found) if panel["title"] == title)
        return seen.query(filled(panel["targets"][0]["expr"]))

    assert shown("Guard")[0][1] == 1 and shown("Store")[0][1] == 3
    assert shown("Blocked")[0][1] > 0 and shown("Holds")[0][1] >= 1
    assert {metric["customer"] for metric, _ in shown("Customers with most blocked calls")} == {"globex"}
    assert shown("Trunks in clear")[0][1] == 0 and {metric["trunk"] for metric, _ in shown("Padlocks", "fg-encryption")} == {"acme", "globex"}
