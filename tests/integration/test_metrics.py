# SPDX-License-Identifier: GPL-2.0-or-later
"""What the module's exporter tells, against what was sent; read by promtool and by a real Prometheus."""
import http.client
import json
import os
import re
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

from module_fixtures import (ALERTED, ALLOWED, BLOCKED, CHALLENGED, CLEAR, RULES, SECURE, SHADOWED, THROTTLED, TOP, Node, finish, free_port,
                             started, wait_for)

# Names made to break a text format, and an id that collides with the label of everybody else.
HOSTILE_NAMES = ['acme \\"x\\\\y', 'a\\nfraudguard_calls_total{action=\\"forged\\"} 99', "M\\u00fcller \\u20ac \\U0001f4de", "\\x01\\x7f\\u202e", "n" * 10000]
HOSTILE_IDS = ["_other", "...", "_-", "x" * 64, "__name__"]
DIAL = 'tz: "Europe/London", home_countries: ["GB"], dial_plan: {international: ["00"], trunk: "0", country: "44"}'


class MeteredNode(Node):
    def __init__(self, run_dir, modparams="", **more):
        self.metrics_port = free_port()
        super().__init__(run_dir, modparams=f'modparam("fraudguard", "metrics", "127.0.0.1:{self.metrics_port}")\n' + modparams, **more)

    def prepare(self):
        super().prepare()
        with open(self.path("customers.yaml"), "a", encoding="utf-8") as file:
            for i, (name, key) in enumerate(zip(HOSTILE_NAMES, HOSTILE_IDS)):
                file.write(f'- {{id: "{key}", name: "{name}", source_ips: ["127.0.2.{i}"], {DIAL}}}\n')

    def get(self, path="/metrics", method="GET", timeout=5, **more):
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=timeout)
        try:
            connection.request(method, path, **more)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read().decode()
        finally:
            connection.close()

    def scrape(self):
        status, headers, text = self.get()
        assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return Samples(text)

    def hostile(self, i):
        caller = self.caller()
        caller.socket.close()
        caller.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        caller.socket.bind((f"127.0.2.{i}", 0))
        caller.socket.connect(("127.0.0.1", self.sip_port))
        caller.local = caller.socket.getsockname()
        return caller


class Samples:
    def __init__(self, text):
        self.text = text
        self.values = {}
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            match = re.fullmatch(r'([a-z_]+)(?:\{(.*)\})? ([0-9.]+)', line)
            assert match, line
            labels = tuple(sorted(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', match[2] or "")))
            assert (match[1], labels) not in self.values, f"twice: {line}"
            self.values[match[1], labels] = float(match[3])

    def get(self, name, **labels):
        return self.values.get((name, tuple(sorted(labels.items()))))

    def sum(self, name, **labels):
        return sum(value for (n, have), value in self.values.items() if n == name and set(labels.items()) <= set(have))

    def calls(self, action, direction="outbound"):
        return self.get("fraudguard_calls_total", direction=direction, action=action, mode="enforce")

    def hits(self, rule, mode="enforce"):
        return self.get("fraudguard_rule_hits_total", rule=rule, mode=mode)


def start(tmp_path_factory, name, **options):
    return started(MeteredNode(tmp_path_factory.mktemp(name), **options))


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    node = start(tmp_path_factory, "metered")
    yield node
    finish(node)


@pytest.fixture()
def fresh(tmp_path_factory):
    node = start(tmp_path_factory, "metered-fresh")
    yield node
    finish(node)


def promtool(text):
    return subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)


def test_counters_match_what_was_sent(node):
    before = node.scrape()
    caller = node.caller(1)
    for number, times in ((ALLOWED, 3), (ALERTED, 2), (THROTTLED, 4), (CHALLENGED, 1), (BLOCKED, 5), (SHADOWED, 2)):
        for _ in range(times):
            caller.show(number)
    same = caller.new_call()
    for _ in range(3):  # one call, however often it is sent
        caller.show(ALLOWED, call=same)
    node.caller().show("+442070000021", direction="inbound", caller="+12025550143")
    after = node.scrape()

    def grown(name, **labels):
        return after.get(name, **labels) - (before.get(name, **labels) or 0)

    for action, calls in (("allow", 3 + 2 + 1), ("alert", 2), ("throttle", 4), ("challenge", 1), ("block", 5)):
        assert grown("fraudguard_calls_total", direction="outbound", action=action, mode="enforce") == calls, action
        assert grown("fraudguard_customer_calls_total", customer="c1", action=action) == calls, action
    assert grown("fraudguard_calls_total", direction="inbound", action="allow", mode="enforce") == 1
    assert grown("fraudguard_customer_calls_total", customer="c21", action="allow") == 1
    assert grown("fraudguard_shadow_calls_total", direction="outbound", action="block") == 5 + 2
    assert grown("fraudguard_shadow_calls_total", direction="outbound", action="allow") == 3 + 1
    assert grown("fraudguard_rule_hits_total", rule="BLOCKED", mode="enforce") == 5
    assert grown("fraudguard_rule_hits_total", rule="BLOCKED_TOO", mode="enforce") == 5
    assert grown("fraudguard_rule_hits_total", rule="SHADOWED", mode="shadow") == 2
    assert after.hits("MANY") == 0 and after.hits("SHADOWED") is None
    assert grown("fraudguard_repeated_total") == 2
    # Points: 35, 55, 70 and 90 against the bounds, and nothing lost.
    assert grown("fraudguard_score_count") == 3 + 2 + 4 + 1 + 5 + 2 + 1 + 1
    assert grown("fraudguard_score_sum") == 2 * 35 + 4 * 55 + 70 + 5 * 90
    assert grown("fraudguard_score_bucket", le="30") == 3 + 2 + 1 + 1
    assert grown("fraudguard_score_bucket", le="50") - grown("fraudguard_score_bucket", le="30") == 2
    assert grown("fraudguard_shadow_score_sum") == grown("fraudguard_score_sum") + 2 * 90
    sent = 3 + 2 + 4 + 1 + 5 + 2 + 3 + 1
    assert grown("fraudguard_decision_duration_seconds_count") == sent
    assert grown("fraudguard_redis_duration_seconds_count", op="evaluate") == sent - 1  # no meter counts inbound calls here
    assert 0 < grown("fraudguard_decision_duration_seconds_sum") < sent
    wait_for(lambda: node.scrape().get("fraudguard_redis_duration_seconds_count", op="write") > 0, what="the writer's time")
    assert after.get("fraudguard_degraded") == 0 and after.get("fraudguard_store_state", state="up") == 1


def test_strangers_and_unreadable_calls_make_no_series(node):
    before = node.scrape()
    stranger = node.caller(200)  # no customer's address
    for i in range(20):
        stranger.show(f"+4420794600{i:02d}", caller=f"+1202555{i:04d}", extra=f"X-Campaign: label{i}\r\n")
    after = node.scrape()
    assert set(after.values) == set(before.values)
    assert after.get("fraudguard_other_reasons_total", reason="identity") - before.get("fraudguard_other_reasons_total", reason="identity") == 20
    assert after.calls("block") - before.calls("block") == 20


def test_promtool_is_content_with_hostile_names(node):
    for i in range(len(HOSTILE_IDS)):
        assert node.hostile(i).show(ALLOWED)["customer"] == HOSTILE_IDS[i]
    samples = node.scrape()
    result = promtool(samples.text)
    assert result.returncode == 0 and not result.stdout + result.stderr, result.stdout + result.stderr
    for key in HOSTILE_IDS[1:]:
        assert samples.get("fraudguard_customer_calls_total", customer=key, action="allow") >= 1
    assert samples.get("fraudguard_customers_without_label") == 1  # the customer who is called like the rest
    assert samples.get("fraudguard_customer_calls_total", customer="_other", action="allow") >= 1
    assert "forged" not in samples.text and "n" * 200 not in samples.text
    broken = promtool(samples.text.replace("# HELP fraudguard_calls_total", "# HALP fraudguard_calls_total"))
    assert broken.returncode != 0  # it does look


def test_each_metric_is_documented(node):
    with open(os.path.join(TOP, "docs/metrics.md"), encoding="utf-8") as file:
        documented = set(re.findall(r"`(fraudguard_[a-z_]+)", file.read()))
    told = set(re.findall(r"^# TYPE (\S+)", node.scrape().text, re.MULTILINE))
    assert told == documented - {"fraudguard_media_refused"}  # which is a function, too


def test_each_parameter_and_function_is_documented():
    def source(name):
        with open(os.path.join(TOP, name), encoding="utf-8") as file:
            return file.read()

    manual, script = source("docs/module.md"), source("modules/fraudguard/fgm_script.c")
    parameters = re.findall(r'\{"([a-z_]+)", (?:PARAM|INT|STR)', source("modules/fraudguard/fgm_params.c"))
    assert len(parameters) > 30 and set(re.findall(r'(?m)^    modparam\("fraudguard", "(\w+)", ', manual)) >= set(parameters)
    for name in re.findall(r'\{"(fraudguard_\w+)", ', script):
        assert f"`{name}(" in manual, name
    for name in re.findall(r'str_init\("fraudguard"\),\s*str_init\("(\w+)"\)', script):
        assert f"`KSR.fraudguard.{name}(" in manual, name


def test_trunks_tell_what_was_seen(node):
    plain = node.caller(3)
    plain.show(ALLOWED, body=CLEAR)
    node.pki.issue("five", "x", dns=["c5.example"])
    secure = node.caller(5, pem=node.pki.path("five.pem"))
    secure.show(ALLOWED, body=SECURE)
    samples = node.scrape()
    assert samples.get("fraudguard_trunk_encrypted", trunk="c3", layer="signalling") == 0
    assert samples.get("fraudguard_trunk_encrypted", trunk="c3", layer="media") == 0
    assert samples.get("fraudguard_trunk_encrypted", trunk="c5", layer="signalling") == 1
    assert samples.get("fraudguard_trunk_encrypted", trunk="c5", layer="media") == 1
    assert samples.get("fraudguard_trunk_cert_expiry_timestamp_seconds", trunk="c3") is None
    openssl = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-in", node.pki.path("five.crt")], capture_output=True, text=True, check=True)
    expiry = time.mktime(time.strptime(openssl.stdout.strip(), "notAfter=%b %d %H:%M:%S %Y GMT")) - time.timezone
    assert samples.get("fraudguard_trunk_cert_expiry_timestamp_seconds", trunk="c5") == expiry
    # Inbound calls and callers elsewhere say nothing about a customer's own trunk.
    node.caller().show("+442070000005", direction="inbound", caller="+12025550143", body=CLEAR)
    assert node.scrape().get("fraudguard_trunk_encrypted", trunk="c5", layer="media") == 1
    secure.show(ALLOWED, body=CLEAR)
    assert node.scrape().get("fraudguard_trunk_encrypted", trunk="c5", layer="media") == 0


def test_holds_live_calls_and_media_refusals(node):
    caller = node.caller(36)  # must encrypt
    wait_for(lambda: node.scrape().get("fraudguard_live_calls") == 0, what="the end of calls of before")
    before = node.scrape()
    assert caller.invite(ALLOWED, body=CLEAR)[0].code == 488
    reply, call = caller.invite(ALLOWED, body=SECURE)
    assert reply.code == 200
    wait_for(lambda: node.scrape().get("fraudguard_live_calls") == before.get("fraudguard_live_calls") + 1, what="a live call")
    node.rpc("fraudguard.hold", "c22", "risky", "60", "test", "keep")
    node.rpc("fraudguard.hold", "c23", "country.DE", "60", "test", "keep")
    node.rpc("fraudguard.hold", "c24", "country.FR", "60", "test", "keep")
    after = node.scrape()
    assert after.get("fraudguard_media_refused_total") == before.get("fraudguard_media_refused_total") + 1
    for scope, more in (("customer", 0), ("risky", 1), ("country", 2)):
        assert after.get("fraudguard_holds", scope=scope) == before.get("fraudguard_holds", scope=scope) + more
    for customer, scope in (("c22", "risky"), ("c23", "country.DE"), ("c24", "country.FR")):
        assert "error" not in node.rpc("fraudguard.release", customer, scope).stdout
    assert node.scrape().sum("fraudguard_holds") == before.sum("fraudguard_holds")
    caller.bye(call)
    wait_for(lambda: node.scrape().get("fraudguard_live_calls") == before.get("fraudguard_live_calls"), what="the call's end")


def _reload(node):
    told = node.rpc("fraudguard.reload")
    assert told.returncode == 0 and "error" not in told.stdout, told.stdout


def test_reload_keeps_counters_and_drops_rules(fresh):
    caller = fresh.caller(1)
    for _ in range(3):
        caller.show(BLOCKED)
    old = fresh.scrape()
    assert old.hits("BLOCKED") == old.hits("BLOCKED_TOO") == 3
    assert old.get("fraudguard_config_last_reload_successful") == 1 and old.sum("fraudguard_pack_info", pack="module-test", version="1.0.0") == 1
    # Other rules before it, one promoted, one gone.
    changed = RULES.replace('version: "1.0.0"', 'version: "1.0.1"').replace("rules:\n", "rules:\n  - {id: NEW, desc: New, when: {dest.prefix: {in: [\"+49\"]}}, score: 1}\n")
    changed = changed.replace("desc: Only watched, mode: shadow", "desc: Counted now, mode: enforce")
    changed = "\n".join(line for line in changed.splitlines() if "BLOCKED_TOO" not in line) + "\n"
    caller.show(SHADOWED)
    fresh.write("rules/test.yaml", changed)
    _reload(fresh)
    caller.show(BLOCKED)
    caller.show(SHADOWED)
    new = fresh.scrape()
    assert new.hits("BLOCKED") == 4 and new.hits("BLOCKED_TOO") is None and new.hits("NEW") == 0
    assert new.hits("SHADOWED") == 1 and new.hits("SHADOWED", "shadow") == 1
    assert new.sum("fraudguard_pack_info") == 1 and new.sum("fraudguard_pack_info", version="1.0.1") == 1
    loaded = "fraudguard_config_last_reload_success_timestamp_seconds"
    assert new.get(loaded) > old.get(loaded) and abs(new.get(loaded) - time.time()) < 60
    # A refused one changes nothing but the flag.
    fresh.write("rules/test.yaml", changed.replace("score: 1}", "scoer: 1}"))
    assert "unknown key 'scoer'" in fresh.rpc("fraudguard.reload").stdout
    refused = fresh.scrape()
    assert refused.get("fraudguard_config_last_reload_successful") == 0 and refused.get(loaded) == new.get(loaded)
    assert refused.hits("BLOCKED") == 4 and fresh.get("/healthz")[0] == 200
    # What comes back finds its count again. A list that is a file tells its age.
    fresh.write("rules/ranges.csv", "prefix,note\n37270913,range\n")
    written = time.time() - 100 * 86400
    os.utime(fresh.path("rules/ranges.csv"), (written, written))
    lists = 'lists:\n  old: {type: e164_prefix, file: ranges.csv, max_age: 90d}\n  new: {type: e164_prefix, items: ["+49"]}\nrules:\n'
    lists += '  - {id: LISTED, desc: Listed, when: {dest.prefix: {in: old}}, score: 1}\n  - {id: LISTED_TOO, desc: Listed, when: {dest.prefix: {in: new}}, score: 1}\n'
    fresh.write("rules/test.yaml", RULES.replace("rules:\n", lists))
    _reload(fresh)
    back = fresh.scrape()
    assert abs(back.sum("fraudguard_list_age_seconds") - 100 * 86400) < 60 and back.sum("fraudguard_list_age_seconds", list="old") > 0
    assert back.sum("fraudguard_list_max_age_seconds", list="old") == back.sum("fraudguard_list_max_age_seconds") == 90 * 86400
    assert back.hits("BLOCKED_TOO") == 3 and back.get("fraudguard_config_last_reload_successful") == 1 and back.hits("NEW") is None
    assert promtool(back.text).returncode == 0


def test_health_follows_the_store(fresh):
    caller = fresh.caller(2)
    caller.show(ALLOWED)
    status, _, text = fresh.get("/healthz")
    assert status == 200 and text.splitlines() == ["ok", "rules: loaded", "store: up"]
    fresh.redis.kill()
    fresh.redis.wait()
    wait_for(lambda: fresh.get("/healthz")[0] == 503, what="the loss is told")
    assert "store: down" in fresh.get("/healthz")[2]
    for _ in range(3):
        assert caller.show(ALLOWED)["degraded"] == "1"
    lost = fresh.scrape()
    assert lost.get("fraudguard_degraded") == 1 and lost.get("fraudguard_store_state", state="down") == 1
    assert lost.get("fraudguard_degraded_verdicts_total") >= 3 and lost.get("fraudguard_backlog_requests") >= 1
    assert lost.get("fraudguard_redis_errors_total", reason="connect") >= 1 and lost.get("fraudguard_ring_used_bytes", ring="records") is not None
    fresh.start_redis()
    wait_for(lambda: fresh.get("/healthz")[0] == 200, what="it is back")
    wait_for(lambda: fresh.scrape().get("fraudguard_backlog_requests") == 0, what="the backlog is merged")
    assert fresh.scrape().get("fraudguard_degraded") == 0


def test_customers_beyond_the_limit_are_told_together(tmp_path_factory):
    node = start(tmp_path_factory, "limited", redis=False, modparams='modparam("fraudguard", "customer_label_limit", 2)')
    try:
        for i in (1, 2, 3, 4):
            for _ in range(i):
                node.caller(i).show(ALLOWED)
        samples = node.scrape()
        assert samples.get("fraudguard_customer_calls_total", customer="c1", action="allow") == 1
        assert samples.get("fraudguard_customer_calls_total", customer="c2", action="allow") == 2
        assert samples.get("fraudguard_customer_calls_total", customer="c3", action="allow") is None
        assert samples.get("fraudguard_customer_calls_total", customer="_other", action="allow") == 3 + 4
        assert samples.get("fraudguard_customers_without_label") == 2
        assert samples.get("fraudguard_trunk_encrypted", trunk="_other", layer="signalling") == 0
        # Labels and sums stay with whom they are when customers go.
        kept = [line for line in open(node.path("customers.yaml"), encoding="utf-8") if not re.search(r'id: "c[13]"', line)]
        node.write("customers.yaml", "".join(kept))
        _reload(node)
        node.caller(4).show(ALLOWED)
        samples = node.scrape()
        assert samples.get("fraudguard_customer_calls_total", customer="c1", action="allow") is None
        assert samples.get("fraudguard_customer_calls_total", customer="_other", action="allow") == 3 + 4 + 1
        assert "redis" not in samples.text and node.get("/healthz")[2].endswith("store: local\n")
        assert promtool(samples.text).returncode == 0
    finally:
        finish(node)


def test_http_is_narrow_and_sturdy(node):
    assert node.get("/")[0] == 404 and node.get("/metrics/../etc/passwd")[0] == 404 and node.get("/" + "a" * 3000)[0] == 404
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert node.get("/metrics", method, body=b"x" * 100)[0] == 405
    status, headers, body = node.get("/metrics", "HEAD")
    assert status == 200 and not body and int(headers["Content-Length"]) > 1000
    for junk in (b"\x00" * 64, b"GET /metrics HTTP/9.9\r\n\r\n", b"A" * 100000, b"\x16\x03\x01\x02\x00", b"GET /" + b"%00" * 10000 + b" HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", node.metrics_port), timeout=3) as raw:
            try:
                raw.sendall(junk)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass
            except OSError:
                pass
    # Those who connect and say nothing keep the others waiting for ten seconds at most, and no call at all.
    idle = [socket.create_connection(("127.0.0.1", node.metrics_port), timeout=3) for _ in range(24)]
    try:
        begun = time.monotonic()
        assert node.caller(6).show(ALLOWED)["action"] == "allow" and time.monotonic() - begun < 1
        assert wait_for(lambda: _works(node), 15, "a scrape behind idle connections")
    finally:
        for each in idle:
            each.close()
    assert node.get("/healthz")[0] == 200


def _works(node):
    try:
        return node.get("/healthz", timeout=12)[0] == 200
    except OSError:
        return False


@pytest.mark.parametrize("address,reason", [("0.0.0.0:9464", "loopback"), ("192.0.2.1:9464", "loopback"), ("127.0.0.1", "must be ADDRESS:PORT"),
                                            ("localhost:9464", "must be ADDRESS:PORT"), ("127.0.0.1:", "must be ADDRESS:PORT"),
                                            ("::1:9464", "must be ADDRESS:PORT"), ("TAKEN", "cannot listen")])
def test_wrong_addresses_stop_the_start(tmp_path_factory, address, reason):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        node = Node(tmp_path_factory.mktemp("wrong"), redis=False,
                    modparams=f'modparam("fraudguard", "metrics", "{address.replace("TAKEN", "127.0.0.1:%d" % taken.getsockname()[1])}")')
        try:
            with pytest.raises(AssertionError):
                node.start()
            assert reason in node.log()
        finally:
            node.stop()


def test_ipv6_loopback(tmp_path_factory):
    port = free_port()
    node = Node(tmp_path_factory.mktemp("v6"), redis=False, modparams=f'modparam("fraudguard", "metrics", "[::1]:{port}")')
    try:
        node.start()
        with urllib.request.urlopen(f"http://[::1]:{port}/healthz", timeout=5) as answer:
            assert answer.status == 200
    finally:
        finish(node)


class Prometheus:
    """A Prometheus of the test's own, with the rules that are shipped."""

    def __init__(self, directory, target_port):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        rules = [os.path.join(TOP, "grafana/prometheus", name) for name in ("rules.yml", "alerts.yml")]
        config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": rules,
                  "scrape_configs": [{"job_name": "fraudguard", "static_configs": [{"targets": [f"127.0.0.1:{target_port}"]}]}]}
        with open(os.path.join(directory, "prometheus.yml"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        with open(os.path.join(directory, "prometheus.log"), "wb") as log:
            self.process = subprocess.Popen(["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
                                             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def api(self, path, **parameters):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=5) as answer:
            reply = json.load(answer)
        assert reply["status"] == "success", reply
        return reply["data"]

    def query(self, expression):
        return {tuple(sorted(row["metric"].items())): float(row["value"][1]) for row in self.api("query", query=expression)["result"]}

    def one(self, expression):
        found = self.query(expression)
        assert len(found) <= 1, found
        return next(iter(found.values()), None)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def test_prometheus_reads_it(node, tmp_path):
    prometheus = Prometheus(str(tmp_path), node.metrics_port)
    try:
        def up():
            try:
                return prometheus.one('up{job="fraudguard"}') == 1
            except OSError:
                return False
        wait_for(up, 20, "Prometheus scrapes")
        caller = node.caller(7)
        for _ in range(4):
            caller.show(BLOCKED)
            caller.show(ALLOWED)
            time.sleep(0.6)
        here = node.scrape()
        wait_for(lambda: prometheus.one('sum(fraudguard_calls_total{action="block"})') == here.sum("fraudguard_calls_total", action="block"), 10,
                 "the same number of blocked calls")
        assert prometheus.one('fraudguard_rule_hits_total{rule="BLOCKED",mode="enforce"}') == here.hits("BLOCKED")
        assert prometheus.one("sum(rate(fraudguard_calls_total[10s])) > 0") > 0
        quantile = prometheus.one("histogram_quantile(0.99, sum by (le) (rate(fraudguard_decision_duration_seconds_bucket[10s])))")
        assert 0 < quantile <= 0.05
        assert prometheus.one("sum(fraudguard_score_bucket{le='+Inf'}) - sum(fraudguard_score_count)") == 0
        assert prometheus.one('scrape_samples_scraped{job="fraudguard"}') == len(here.values)
        told = {name: rows[0] for name, rows in prometheus.api("metadata").items() if name.startswith("fraudguard_")}
        assert told["fraudguard_calls_total"]["type"] == "counter" and told["fraudguard_holds"]["type"] == "gauge"
        assert told["fraudguard_score"]["type"] == "histogram" and all(row["help"] for row in told.values())
        # The shipped rules load, run, and raise no alarm about a node that is well.
        wait_for(lambda: prometheus.query("fraudguard:calls:rate5m"), 10, "recording rules")
        rules = [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]
        assert rules and all(rule["health"] == "ok" for rule in rules), rules
        assert {rule["name"] for rule in rules if rule["type"] == "alerting" and rule["state"] == "firing"} <= {"RelayDown"}
    finally:
        prometheus.stop()
