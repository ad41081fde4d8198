# SPDX-License-Identifier: GPL-2.0-or-later
"""fg-alertd against a real Redis, a real HTTPS receiver and a real mail server."""
import base64
import datetime
import email
import email.policy
import hashlib
import hmac
import http.server
import ipaddress
import json
import os
import pathlib
import random
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from test_fgctl import Redis, conforms

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("FG_BUILD", "build/release")
ALERTD = BUILD / "alerts" / "fg-alertd"
SECRETS = [b"a secret of the receiver, 32 byte", b"the former secret of the receiver"]
EVENTS = "fg:events"


# --- certificates ---------------------------------------------------------------------------------

def make_name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def make_certificate(directory, name, issuer=None):
    """A certificate for 127.0.0.1 and localhost, by `issuer` (key, certificate) or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (x509.CertificateBuilder().subject_name(make_name(name))
               .issuer_name(issuer[1].subject if issuer else make_name(name))
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now - datetime.timedelta(hours=1))
               .not_valid_after(now + datetime.timedelta(days=1))
               .add_extension(x509.BasicConstraints(issuer is None, None), True))
    if issuer:
        builder = builder.add_extension(x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
    certificate = builder.sign(issuer[0] if issuer else key, hashes.SHA256())
    (directory / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / f"{name}.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return key, certificate


# --- receivers ------------------------------------------------------------------------------------

class Hook:
    """An HTTPS server that keeps what is posted to it; `answer` is (status, headers) or a list."""

    def __init__(self, directory, certificate):
        self.requests, self.answer = [], (204, {})
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers = outer.answer
                outer.requests.append((time.time(), dict(self.headers), body, self.path))
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *args):
                pass  # clients that trust nobody

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / f"{certificate}.pem", directory / f"{certificate}.key")
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    @property
    def bodies(self):
        return [json.loads(body) for _, _, body, _ in self.requests]


class PlainHook(Hook):
    """Alertmanager's place: HTTP."""

    def __init__(self):
        self.requests, self.answer = [], (200, {})
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((time.time(), dict(self.headers), body, self.path))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class MailSink:
    """A mail server; can be stopped and started again on its port."""

    def __init__(self):
        self.mails = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.controller = None

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((time.time(), envelope.mail_from, envelope.rcpt_tos,
                           email.message_from_bytes(envelope.content,
                                                    policy=email.policy.default)))
        return "250 kept"

    def start(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self):
        if self.controller:
            self.controller.stop()
            self.controller = None


# --- the daemon -----------------------------------------------------------------------------------

class Lab:
    def __init__(self, directory):
        self.dir = directory
        ca = make_certificate(directory, "ca")
        make_certificate(directory, "server", ca)
        make_certificate(directory, "stranger", make_certificate(directory, "other-ca"))
        self.redis = Redis(directory)
        self.hook = Hook(directory, "server")
        self.noc = PlainHook()
        self.mail = MailSink()
        self.process = None
        for number, secret in enumerate(SECRETS):
            (directory / f"secret{number}").write_text(
                "whsec_" + base64.b64encode(secret).decode() + "\n")

    def configure(self, divisor=1000, allow='["127.0.0.0/8"]', hook_port=None, mail=True, noc=True):
        hook_port = hook_port or self.hook.port
        mail_endpoint = '\n      - {name: mail, email: ["it@acme.example"]}' if mail else ""
        (self.dir / "alerts.yaml").write_text(f"""\
fraudguard_alerts: 1
redis: "{self.redis.url}"
provider: {{name: Example Telecom, contact: "+44 20 7946 0000", portal_url: "https://portal.example/fraud/"}}
webhooks: {{ca_file: ca.pem, timeout: 3s, allow_networks: {allow}}}
smtp: {{url: "smtp://127.0.0.1:{self.mail.port}", from: "fraud@telecom.example", tls: "off"}}
{f'noc: {{alertmanager: "http://127.0.0.1:{self.noc.port}"}}' if noc else ''}
lab: {{divisor: {divisor}}}
customers:
  - id: acme
    name: Acme & Söhne
    tz: Europe/Berlin
    locale: de-DE
    endpoints:
      - {{name: hook, webhook: "https://localhost:{hook_port}/fraud", secret_files: [secret0, secret1]}}{mail_endpoint}
""")

    def start(self):
        self.log = open(self.dir / "alertd.log", "ab")
        self.process = subprocess.Popen([ALERTD, "--config", self.dir / "alerts.yaml"],
                                        stderr=self.log)
        token = self.redis.call("GET", "fg:{alerts}:leader")
        wait(lambda: self.redis.call("GET", "fg:{alerts}:leader") not in (None, token), 10)
        wait(lambda: self.redis.call("EXISTS", EVENTS) == 1 and b"fg-alertd" in
             str(self.redis.call("XINFO", "GROUPS", EVENTS)).encode(), 10)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.process = None

    def stop(self):
        if self.process:
            self.process.terminate()
            assert self.process.wait(10) == 0, (self.dir / "alertd.log").read_text()
            self.process = None

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait(10)
        self.hook.stop()
        self.noc.stop()
        self.mail.stop()
        self.redis.stop()

    def event(self, **changes):
        now = int(time.time() * 1000)
        event = {"v": 1, "type": "call.attempt", "time_ms": now, "customer": "acme",
                 "direction": "outbound", "action": "block", "repeated": False,
                 "dest": {"number": "+96077***45", "country": "MV", "usd_per_minute": 0.4},
                 "reasons": [{"id": "DEST_IRSF", "kind": "rule", "points": 45, "shadow": False,
                              "why": "45 points for +96077***45", "desc": "Known fraud range"}],
                 "effects": {}, "hold": None}
        event.update(changes)
        return json.dumps(event)

    def add(self, *events):
        for event in events:
            self.redis.call("XADD", EVENTS, "*", "e", event)

    def logged(self):
        return (self.dir / "alertd.log").read_text()


def wait(condition, timeout=30.0):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path)
    try:
        yield lab
    finally:
        lab.close()


def verified(request, secret):
    """What a receiver does, by the specification: the body, or None."""
    _, headers, body, _ = request
    headers = {k.lower(): v for k, v in headers.items()}
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
    good = any(hmac.compare_digest(expected, one)
               for one in headers["webhook-signature"].split(" "))
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return json.loads(body) if good and fresh else None


# --- tests ----------------------------------------------------------------------------------------

def test_webhook_mail_and_noc_tell_the_incident(lab):
    lab.mail.start()
    lab.configure()
    lab.start()
    until = int(time.time() * 1000) + 1500
    lab.add(lab.event(effects={"hold": {"scope": "risky", "duration_s": 1, "until_ms": until}}))
    wait(lambda: len(lab.hook.requests) >= 2 and len(lab.mail.mails) >= 2)
    lab.stop()

    assert verified(lab.hook.requests[0], SECRETS[0])["type"] == "fraud.hold.started"
    assert verified(lab.hook.requests[0], SECRETS[1]) is not None
    assert verified(lab.hook.requests[0], b"somebody else's") is None
    started, ended = lab.hook.bodies[0], lab.hook.bodies[-1]
    assert ended["type"] == "fraud.hold.ended"
    assert started["data"]["alert_id"] == ended["data"]["alert_id"]
    assert started["data"]["calls"] == {"blocked": 1, "cut": 0}
    assert started["data"]["destinations"] == [{"country": "MV", "number": "+96077***45", "calls": 1}]
    assert started["data"]["cost"]["prevented"] == 1.2
    assert started["data"]["reasons"] == [{"rule": "DEST_IRSF", "text": "Known fraud range"}]
    assert "45 points" not in lab.hook.requests[0][2].decode()
    assert started["data"]["unblock_url"].endswith(started["data"]["alert_id"])
    ids = [dict((k.lower(), v) for k, v in r[1].items())["webhook-id"] for r in lab.hook.requests]
    assert len(set(ids)) == len(ids)

    _, sender, to, first = lab.mail.mails[0]
    _, _, _, last = lab.mail.mails[-1]
    assert (sender, to) == ("fraud@telecom.example", ["it@acme.example"])
    assert first["Subject"] == "[Fraud guard] 1 Anruf über Ihren Anschluss wurde gestoppt"
    assert first["Auto-Submitted"] == "auto-generated"
    assert last["References"] == last["In-Reply-To"] == first["Message-ID"]
    assert last["Message-ID"] != first["Message-ID"]
    text = first.get_body(("plain",)).get_content()
    assert "+96077***45 (MV)" in text and "1.20 USD" in text and "Acme & Söhne" in text
    berlin = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1))
    assert berlin.strftime("%Y-%m-%d %H") in text and " UTC)" in text
    assert "Acme &amp; Söhne" in first.get_body(("html",)).get_content()
    assert "45 points" not in text

    alert = json.loads(lab.noc.requests[0][2])[0]
    assert lab.noc.requests[0][3] == "/api/v2/alerts"
    assert alert["labels"]["alertname"] == "FraudHold" and alert["labels"]["customer"] == "acme"
    assert alert["annotations"]["why"] == "45 points for +96077***45"
    assert alert["startsAt"] <= alert["endsAt"]


def test_many_calls_with_the_mail_server_down(lab):
    lab.configure(divisor=2000, noc=False)
    lab.start()
    call = lab.event()
    with socket.socket(socket.AF_UNIX) as connection:  # in bulk: 100,000 of them
        connection.connect(str(lab.redis.path))
        for _ in range(200):
            one = b"*5\r\n$4\r\nXADD\r\n$9\r\nfg:events\r\n$1\r\n*\r\n$1\r\ne\r\n$%d\r\n%s\r\n" % (
                len(call), call.encode())
            connection.sendall(one * 500)
            got = 0
            while got < 500:
                got += connection.recv(1 << 16).count(b"$")

    def read_all():
        status = lab.redis.call("XINFO", "GROUPS", EVENTS)
        fields = dict(zip(status[0][::2], status[0][1::2]))
        return fields[b"lag"] == 0 and fields[b"pending"] == 0
    wait(read_all, 60)
    wait(lambda: any(b["type"] == "fraud.hold.ended" for b in lab.hook.bodies), 20)
    pending = lab.redis.call("HLEN", "fg:{alerts}:deliveries")
    assert 1 <= pending <= 3
    lab.mail.start()
    wait(lambda: lab.redis.call("HLEN", "fg:{alerts}:deliveries") == 0, 90)
    assert 2 <= len(lab.mail.mails) <= 10
    assert len(lab.hook.requests) <= 10
    assert lab.hook.bodies[-1]["data"]["calls"]["blocked"] == 100000
    lab.stop()


def test_killed_at_any_moment_nothing_is_lost(lab):
    lab.configure(divisor=3600, mail=False, noc=False)
    rng = random.Random(7)
    sent, twice = 0, []
    lab.start()
    for _ in range(6):
        for _ in range(rng.randrange(20, 60)):
            twice.append(lab.event(call_id=f"call-{sent}"))
            lab.add(twice[-1])
            sent += 1
        time.sleep(rng.random() * 0.3)
        lab.kill()
        for _ in range(5):  # while nobody listens
            lab.add(lab.event(call_id=f"call-{sent}"))
            sent += 1
        # What a node delivers again after a kill of its own: taken in by the daemon before, or by this one.
        lab.add(*rng.sample(twice, 10))
        lab.start()
    # A quiet second ends the last incident; every incident's last message counts all its calls.
    wait(lambda: lab.redis.call("HLEN", "fg:{alerts}:deliveries") == 0
         and lab.redis.call("XPENDING", EVENTS, "fg-alertd")[0] == 0
         and counted(lab.hook.bodies) >= sent, 30)
    assert counted(lab.hook.bodies) == sent
    by_id = {}
    for request in lab.hook.requests:
        message_id = {k.lower(): v for k, v in request[1].items()}["webhook-id"]
        assert by_id.setdefault(message_id, request[2]) == request[2], "same id, other content"
    lab.stop()


def counted(bodies):
    """Calls by each incident's fullest message."""
    calls = {}
    for body in bodies:
        data = body["data"]
        calls[data["alert_id"]] = max(calls.get(data["alert_id"], 0), data["calls"]["blocked"])
    return sum(calls.values())


def test_retries_end_in_dead_letters(lab):
    lab.hook.answer = (500, {})
    # 76 hours become 2.7 seconds.
    lab.configure(divisor=100000, mail=False, noc=False)
    lab.start()
    lab.add(lab.event(type="alert.test"))
    wait(lambda: lab.redis.call("XLEN", "fg:{alerts}:dead") == 1, 30)
    assert len(lab.hook.requests) == 10
    assert lab.redis.call("HLEN", "fg:{alerts}:deliveries") == 0
    dead = json.loads(lab.redis.call("XRANGE", "fg:{alerts}:dead", "-", "+")[0][1][1])
    assert dead["attempts"] == 10 and dead["error"] == "answered with status 500"
    assert "test" in lab.hook.bodies[0]["type"] and lab.hook.bodies[0]["data"]["test"] is True
    lab.stop()


def test_fgctl_lists_tests_and_resends(lab):
    def fgctl(*args):
        done = subprocess.run([BUILD / "cli/fgctl", "--redis", lab.redis.url, *args],
                              capture_output=True, text=True, timeout=10)
        return done.returncode, done.stdout

    lab.hook.answer = (500, {})
    lab.configure(divisor=100000, mail=False, noc=False)
    lab.start()
    assert fgctl("alerts", "test", "acme")[0] == 0
    order = json.loads(lab.redis.call("XRANGE", EVENTS, "-", "+")[0][1][1])
    conforms(order)
    wait(lambda: lab.redis.call("HLEN", "fg:{alerts}:deliveries") == 1)
    status, out = fgctl("alerts", "list", "-o", "json")
    assert status == 0 and json.loads(out)["alerts"][0]["endpoint"] == "acme/hook"
    wait(lambda: lab.redis.call("XLEN", "fg:{alerts}:dead") == 1, 30)
    status, out = fgctl("alerts", "dead", "-o", "tsv")
    assert status == 0
    dead = out.splitlines()[1].split("\t")
    assert dead[2:4] == ["acme/hook", "10"]
    lab.hook.answer = (200, {})
    n = len(lab.hook.requests)
    assert fgctl("alerts", "resend", dead[0])[0] == 0
    wait(lambda: len(lab.hook.requests) == n + 1)
    wait(lambda: lab.redis.call("HLEN", "fg:{alerts}:deliveries") == 0)
    assert lab.redis.call("XLEN", "fg:{alerts}:dead") == 0
    assert lab.hook.requests[-1][2] == lab.hook.requests[0][2]
    assert fgctl("alerts", "resend", dead[0])[0] == 4
    assert fgctl("alerts", "test", "no such")[0] == 2
    lab.stop()


def test_gone_disables_and_retry_after_is_honoured(lab):
    lab.hook.answer = (429, {"Retry-After": "2"})
    lab.configure(divisor=1000000, mail=False, noc=False)
    lab.start()
    lab.add(lab.event(type="alert.test"))
    wait(lambda: len(lab.hook.requests) == 1)
    lab.hook.answer = (410, {})
    wait(lambda: len(lab.hook.requests) == 2)
    assert lab.hook.requests[1][0] - lab.hook.requests[0][0] >= 1.9
    wait(lambda: lab.redis.call("XLEN", "fg:{alerts}:dead") == 1)
    lab.add(lab.event(type="alert.test"))
    wait(lambda: lab.redis.call("XLEN", "fg:{alerts}:dead") == 2)
    assert len(lab.hook.requests) == 2
    lab.stop()


def test_redirects_are_failures(lab):
    lab.hook.answer = (302, {"Location": f"https://localhost:{lab.hook.port}/elsewhere"})
    lab.configure(divisor=1, mail=False, noc=False)
    lab.start()
    lab.add(lab.event(type="alert.test"))
    wait(lambda: lab.hook.requests and b"302" in
         str(lab.redis.call("HGETALL", "fg:{alerts}:deliveries")).encode())
    assert [r[3] for r in lab.hook.requests] == ["/fraud"]
    lab.stop()


def test_internal_addresses_are_refused(lab):
    lab.configure(allow="[]", mail=False, noc=False)
    lab.start()
    lab.add(lab.event(type="alert.test"))
    wait(lambda: b"internal address" in
         str(lab.redis.call("HGETALL", "fg:{alerts}:deliveries")).encode())
    assert lab.hook.requests == []
    lab.stop()


def test_certificates_are_checked(lab):
    stranger = Hook(lab.dir, "stranger")
    try:
        lab.configure(hook_port=stranger.port, mail=False, noc=False)
        lab.start()
        lab.add(lab.event(type="alert.test"))
        wait(lambda: b"certificate" in
             str(lab.redis.call("HGETALL", "fg:{alerts}:deliveries")).encode())
        assert stranger.requests == []
        lab.stop()
    finally:
        stranger.stop()


def test_the_size_of_a_flood_is_told(lab):
    lab.configure(noc=False)
    lab.start()
    flood = {"type": "attack.started", "attack": "00c0ffee00c0ffee", "kind": "number", "of": "+44207***05", "calls": 45, "refused": 20,
             "callers": 38, "peak_per_minute": 45, "since_ms": 1, "last_ms": 2}
    lab.mail.start()
    lab.add(lab.event(**flood), *(lab.event(direction="inbound", action="throttle", call_id=f"flood-{i}") for i in range(25)))
    wait(lambda: lab.hook.requests and lab.mail.mails)
    data = lab.hook.bodies[0]["data"]
    assert (lab.hook.bodies[0]["type"], data["flood"]) == ("fraud.tdos.started", {"callers": 38, "peak_per_minute": 45})
    assert data["calls"]["blocked"] >= 20
    text = lab.mail.mails[0][3].get_body(("plain",)).get_content()
    assert "38 verschiedenen Anrufern" in text and "45 Anrufe in der Minute" in text, text
    lab.stop()


def test_odd_events_are_counted_and_passed_over(lab):
    lab.configure(mail=False, noc=False)
    lab.start()
    lab.add("{", "[]", '{"v":2}', lab.event(customer="../x"), lab.event(customer=None),
            lab.event(repeated=True), lab.event(type="alert.test"))
    lab.redis.call("XADD", EVENTS, "*", "other", "field")
    wait(lambda: len(lab.hook.requests) == 1)
    assert lab.hook.bodies[0]["type"] == "alert.test"
    lab.stop()


def test_two_daemons_do_not_tell_twice(lab):
    lab.configure(mail=False, noc=False)
    lab.start()
    second = subprocess.Popen([ALERTD, "--config", lab.dir / "alerts.yaml"],
                              stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        lab.add(lab.event(type="alert.test"))
        wait(lambda: len(lab.hook.requests) == 1)
        lab.kill()
        lab.add(lab.event(type="alert.test"))
        wait(lambda: len(lab.hook.requests) == 2)  # the other takes over when the lease runs out
    finally:
        second.terminate()
        second.wait(10)


def test_check_config(lab):
    lab.configure()
    check = [ALERTD, "--check-config", "--config", lab.dir / "alerts.yaml"]
    good = subprocess.run(check, capture_output=True, text=True, timeout=10)
    assert (good.returncode, good.stderr) == (0, "")
    path = lab.dir / "alerts.yaml"
    text = path.read_text()
    path.write_text(text.replace("secret1]", "secret9]").replace("locale:", "lokale:")
                    .replace("Europe/Berlin", "Europe/Berlim").replace("https://l", "http://l"))
    bad = subprocess.run(check, capture_output=True, text=True, timeout=10)
    assert bad.returncode == 5
    for part in ("alerts.yaml:", "did you mean 'locale'?", "did you mean 'Europe/Berlin'?",
                 "must be an https URL", "secret9", "^"):
        assert part in bad.stderr, bad.stderr
