# SPDX-License-Identifier: GPL-2.0-or-later
"""The trunk page: what it says of trunks as JSON, and what a browser makes of it."""
import json
import os
import re
import shutil
import subprocess

import pytest

from module_fixtures import ALLOWED, BLOCKED, CLEAR, RULES, SECURE, finish, started
from test_metrics import HOSTILE_IDS, MeteredNode

MARKUP = "<img src=x onerror=document.title=1>"


class PageNode(MeteredNode):
    def prepare(self):
        super().prepare()
        with open(self.path("customers.yaml"), "a", encoding="utf-8") as file:
            file.write(f'- {{id: "markup", name: "{MARKUP}", tz: "UTC", source_ips: ["127.0.3.1"]}}\n')
            file.write('- {id: "silent", name: "Never Called Ltd", tz: "Asia/Tokyo", trunk: {require_tls: true}, media: {srtp: "off"}}\n')


@pytest.fixture(name="node", scope="module")
def fixture_node(tmp_path_factory):
    """c1 calls in clear; c2 encrypted, with a certificate that ends soon; c3 is held; an id and names made to break things."""
    node = started(PageNode(tmp_path_factory.mktemp("page", numbered=False), redis=False, rules=RULES,
                            modparams='modparam("fraudguard", "echo_number", "*43")\n'))
    node.caller(1).show(ALLOWED, body=CLEAR)
    for number in (ALLOWED, ALLOWED, BLOCKED):
        node.caller(1).show(number, body=CLEAR)
    node.pki.issue("two", "x", dns=["c2.example"], days=5)
    node.caller(pem=node.path("pki", "two.pem")).show(ALLOWED, body=SECURE)
    done = node.rpc("fraudguard.hold", "c3", "risky", "600", "called <us> at night")
    assert done.returncode == 0, done.stderr
    yield node
    finish(node)


def trunks(node, query=""):
    status, headers, text = node.get("/api/trunks" + query)
    assert status == 200 and headers["Content-Type"] == "application/json", text
    return json.loads(text)


def trunk(node, customer):
    return json.loads(node.get(f"/api/trunks/{customer}")[2])["trunk"]


def test_what_was_seen_is_told(node):
    one = trunk(node, "c1")
    assert one["signalling"] == {"required": False, "encrypted": False, "certificate": None}
    assert one["media"]["encrypted"] is False and one["media"]["policy"] == "preferred"
    assert one["source"] == "127.0.1.1" and one["identity"] == "source_address"
    assert one["today"] == {"allow": 3, "alert": 0, "throttle": 0, "challenge": 0, "block": 1}
    assert one["problems"] == ["signalling_clear", "media_clear"]
    two = trunk(node, "c2")
    assert two["signalling"]["encrypted"] and two["signalling"]["version"] == "1.3" and "AES" in two["signalling"]["cipher"]
    assert two["signalling"]["certificate"]["days_left"] in (4, 5) and two["signalling"]["certificate"]["verified"]
    assert two["media"]["encrypted"] and two["problems"] == ["certificate_ends"]
    three = trunk(node, "c3")
    assert three["seen_ms"] is None and three["signalling"]["encrypted"] is None
    assert [(hold["scope"], hold["reason"]) for hold in three["holds"]] == [("risky", 'called <us> at night')] and three["problems"] == ["held"]
    silent = trunk(node, "silent")
    assert silent["signalling"]["required"] and silent["media"]["policy"] == "off" and silent["problems"] == []


def test_what_is_wrong_comes_first_and_can_be_searched(node):
    everything = trunks(node)
    assert everything["echo"] == "*43"
    assert everything["known"] == everything["matching"] == everything["shown"] == len(everything["trunks"]) and everything["known"] > 40
    assert [one["customer"] for one in everything["trunks"][:3]] == ["c1", "c2", "c3"] and everything["with_problems"] == 3 and everything["encrypted"] == 1
    assert [one["customer"] for one in trunks(node, "?problems=1")["trunks"]] == ["c1", "c2", "c3"]
    found = trunks(node, "?search=NEVER%20called")
    assert [one["customer"] for one in found["trunks"]] == ["silent"] and found["known"] == everything["known"] and found["matching"] == 1
    assert trunks(node, "?search=%3Cimg")["trunks"][0]["name"] == MARKUP
    assert trunks(node, "?search=c3&problems=1")["matching"] == 1 and trunks(node, "?search=c4&problems=1")["matching"] == 0


def test_requests_that_ask_for_something_else(node):
    assert node.get("/api/trunks/nobody")[0] == 404 and node.get("/api/trunks/")[0] == 404
    assert node.get("/api/trunks/%00c1")[0] == 404 and node.get("/trunks/../metrics")[0] == 404
    assert node.get("/api/trunks?search=" + "x" * 65)[0] == 400
    assert node.get("/api/trunks", method="POST")[0] == 405 and node.get("/trunks", method="DELETE")[0] == 405
    for customer in HOSTILE_IDS:
        assert trunk(node, customer)["customer"] == customer
    assert node.get("/metrics")[0] == 200 and node.get("/healthz")[0] in (200, 503)


def test_the_page_takes_nothing_from_elsewhere(node):
    for path, kind in (("/trunks", "text/html"), ("/trunks.css", "text/css"), ("/trunks.js", "text/javascript")):
        status, headers, text = node.get(path)
        assert status == 200 and headers["Content-Type"].startswith(kind) and headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"] and "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), "an address elsewhere"
        assert "innerHTML" not in text and "eval(" not in text


# --- in a browser --------------------------------------------------------------------------------------------------------------------------


def browser(tmp_path, url, *args, width=1280):
    """What Chromium shows after the page has asked for its trunks."""
    done = subprocess.run(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", f"--user-data-dir={tmp_path}/chromium",
                           f"--window-size={width},1600", "--virtual-time-budget=3000", *args, url], capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.skipif("FG_KAMAILIO_PRELOAD" in os.environ, reason="shown without sanitizers")
def test_a_browser_shows_it(node, tmp_path):
    assert shutil.which("chromium")
    url = f"http://127.0.0.1:{node.metrics_port}/trunks"
    page = browser(tmp_path, url, "--dump-dom")
    assert "Self-test: call *43 from the PBX" in page and 'id="selftest" hidden' not in page
    assert "3 with something wrong" in page and 'id="trouble" role="alert" hidden' in page
    rows = re.findall(r"<tr.*?</tr>", page.split('id="rows"')[1], re.DOTALL)
    assert len(rows) > 40
    first, second, third = rows[:3]
    assert "c1" in first and first.count("in clear") == 2 and "3 allow, 1 block" in first
    assert "c2" in second and second.count("encrypted") >= 2 and re.search(r"[45] days left", second)
    assert "risky" in third and "called &lt;us&gt;" in third
    # Names are text: the markup in one is shown, not obeyed.
    assert "&lt;img src=x onerror" in page and "<img" not in page and "<title>Trunks" in page and "n" * 79 in page and "n" * 81 not in page
    picture = tmp_path / "page.png"
    browser(tmp_path, url, f"--screenshot={picture}", width=390)
    assert picture.stat().st_size > 10000
    # To be looked at: FG_PICTURES=DIR.
    if pictures := os.environ.get("FG_PICTURES"):
        browser(tmp_path, url, f"--screenshot={pictures}/wide.png")
        shutil.copy(picture, os.path.join(pictures, "narrow.png"))
