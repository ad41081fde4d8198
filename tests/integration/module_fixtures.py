# SPDX-License-Identifier: GPL-2.0-or-later
"""A Kamailio with the module, a Redis, a carrier and callers, all on loopback below one directory; for the tests of the module."""
import os
import random
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("FG_BUILD", "build/release"))
sys.path.insert(0, os.path.join(TOP, "deploy", "quickstart"))

from pki import Authority  # noqa: E402

# What RULES make of calls to these numbers.
ALLOWED, ALERTED, THROTTLED, CHALLENGED, BLOCKED, SHADOWED = ("+442079460018", "+442079000101", "+442079000201", "+442079000301", "+442079000401",
                                                              "+442079000501")
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
CLEAR = SDP + "m=audio 4000 RTP/AVP 0\r\n"
SECURE = SDP + "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"

SHOWN = ["action", "score", "shadow_score", "reason", "rules", "customer", "identity", "e164", "sip_code", "sip_text", "retry_after",
         "degraded", "direction", "media_policy", "srtp"]

KAMAILIO_CFG = """#!KAMAILIO
{substdefs}
debug=2
fork=yes
children=4
tcp_children=2
enable_tls=yes
auto_aliases=no
tcp_rd_buf_size=65536
listen=udp:127.0.0.1:{sip}
listen=tcp:127.0.0.1:{sip}
listen=tls:127.0.0.1:{tls}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "ctl.so"
loadmodule "tls.so"
{dialogs}loadmodule "dialog.so"
modparam("ctl", "binrpc", "unix:{run}/ctl")
modparam("tls", "config", "{run}/tls.cfg")
modparam("rr", "enable_full_lr", 1)
include_file "{top}/deploy/kamailio/fraudguard.cfg"
{modparams}
{routes}
"""

ROUTES = """
request_route {
    if ($proto == "tls") route(FRAUDGUARD_FLOOD);
    if (is_method("CANCEL")) {
        if (t_check_trans()) t_relay();
        exit;
    }
    if (has_totag()) {
        if (is_method("INVITE")) route(FRAUDGUARD);
        else if (!is_method("ACK") && !fraudguard_in_dialog()) {
            t_check_trans();
            sl_send_reply("481", "Call/Transaction Does Not Exist");
            exit;
        }
        route(FRAUDGUARD_WITHIN);
        if (is_method("UPDATE|PRACK")) route(FRAUDGUARD_MEDIA);
        loose_route();
        t_relay();
        exit;
    }
    if (!is_method("INVITE")) exit;
    if ($hdr(X-Campaign) != $null) fraudguard_attr("campaign", "$hdr(X-Campaign)");
    if ($hdr(X-Show) != $null) {
        if ($hdr(X-Show) == "inbound") $var(rc) = fraudguard_check("inbound");
        else $var(rc) = fraudguard_check();
        append_to_reply("X-Rc: $var(rc)\\r\\n");
SHOW        sl_send_reply("480", "Shown");
        exit;
    }
    route(FRAUDGUARD);
    dlg_manage();
    if ($hdr(X-Lifetime) != $null) dlg_set_timeout("$(hdr(X-Lifetime){s.int})");
    if ($hdr(X-Refuse) != $null) {
        if ($hdr(X-Refuse) == "transaction") t_newtran();
        send_reply("488", "Not Acceptable Here");
        exit;
    }
    record_route();
    $du = "sip:127.0.0.1:CARRIER";
    t_relay();
}
""".replace("SHOW", "".join(f'        append_to_reply("X-{name}: $fg({name})\\r\\n");\n' for name in SHOWN))

LUA_ROUTES = """
loadmodule "app_lua.so"
modparam("app_lua", "load", "{run}/routes.lua")
cfgengine "lua"
"""

LUA = """
function ksr_request_route()
    if KSR.is_method_in("A") then return 1 end
    KSR.fraudguard.attr("campaign", "autumn")
    local none = KSR.fraudguard.authenticated() .. "," .. KSR.fraudguard.attest("", 1) .. "," .. KSR.fraudguard.attest("e30.e30.e30", 1)
    local user = KSR.fraudguard.authenticated_user("nobody")
    local before = {}
    for i, name in ipairs({"flood", "is_customer", "in_dialog", "framed", "target", "connected", "to_customer", "media", "media_refused"}) do
        before[i] = tostring(KSR.fraudguard[name]())
    end
    local rc = KSR.hdr.is_present("X-Direction") > 0 and KSR.fraudguard.check_direction("outbound") or KSR.fraudguard.check()
    KSR.hdr.append_to_reply("X-Functions: " .. table.concat(before, ",") .. "\\r\\n")
    KSR.hdr.append_to_reply("X-None: " .. none .. "\\r\\nX-User: " .. tostring(user) .. "\\r\\n")
    KSR.hdr.append_to_reply("X-Rc: " .. tostring(rc) .. "\\r\\n")
    KSR.hdr.append_to_reply("X-action: " .. tostring(KSR.pv.get("$fg(action)")) .. "\\r\\n")
    KSR.hdr.append_to_reply("X-rules: " .. tostring(KSR.pv.get("$fg(rules)")) .. "\\r\\n")
    KSR.sl.sl_send_reply(480, "Shown")
    return 1
end
"""

TLS_CFG = """[server:default]
method = TLSv1.2+
verify_certificate = {verify}
require_certificate = {verify}
certificate = {pki}/server.crt
private_key = {pki}/server.key
ca_list = {pki}/ca.crt
[client:default]
verify_certificate = no
require_certificate = no
"""

RULES = """fraudguard: 1
pack: module-test
version: "1.0.0"
scoring:
  thresholds: {alert: 30, throttle: 50, challenge: 65, block: 80}
  replies: {throttle: {sip: "503 Try again later", retry_after: 7s}, block: "603 Declined"}
  degraded: {risky_per_minute: 2}
calendars:
  office: {tz: customer, open: customer, default: ["Mon-Sun 00:00-24:00"]}
meters:
  calls_10m: {count: calls, per: customer, over: 10m, when: {dest.prefix: {in: ["+4420795"]}}}
  live_calls: {gauge: calls, per: customer}
  exposure: {gauge: cost, per: customer, when: {dest.prefix: {in: ["+88216"]}}}
rules:
  - {id: ALERTED, desc: Alerted range, when: {dest.prefix: {in: ["+4420790001"]}}, score: 35}
  - {id: THROTTLED, desc: Throttled range, when: {dest.prefix: {in: ["+4420790002"]}}, score: 55}
  - {id: CHALLENGED, desc: Challenged range, when: {dest.prefix: {in: ["+4420790003"]}}, score: 70}
  - {id: BLOCKED, desc: Blocked range, when: {dest.prefix: {in: ["+4420790004"]}}, score: 60}
  - {id: BLOCKED_TOO, desc: Blocked range again, when: {dest.prefix: {in: ["+4420790004"]}}, score: 30}
  - {id: SHADOWED, desc: Only watched, mode: shadow, when: {dest.prefix: {in: ["+4420790005"]}}, score: 90}
  - {id: OTHERS, desc: Another customer's number, when: {caller.others: true}, score: 100}
  - {id: CUT, desc: Never for long, on: [minute], when: {dest.prefix: {in: ["+4420797"]}}, score: 95}
  - {id: DEAD_AIR, desc: Nobody speaks, on: [minute], when: {dest.prefix: {in: ["+4420798"]}}, measure: media.silent_seconds, steps: [{above: 100, score: 95}]}
  - {id: DEAD_AIR_SOON, desc: Nobody speaks, on: [minute], when: {dest.prefix: {in: ["+4420799"]}}, measure: media.silent_seconds, steps: [{above: 0.9, score: 95}]}
  - {id: KEYS, desc: Many keys, on: [end], when: {media.encrypted: false}, measure: media.dtmf, steps: [{above: 3, score: 31}]}
  - {id: CAMPAIGN, desc: Campaign, when: {attr.campaign: autumn}, score: 31}
  - {id: NO_SRTP, desc: No SRTP, when: {media.srtp: false, dest.prefix: {in: ["+4420790006"]}}, score: 33}
  - {id: MANY, desc: Many calls, when: {dest.prefix: {in: ["+4420795"]}}, measure: meters.calls_10m, steps: [{above: 3, score: 32}, {above: 5, score: 85}]}
  - {id: CHANNELS, desc: Calls in progress, measure: meters.live_calls, relative_to: customer.channels,
     steps: [{above: 1.0, score: 81}]}
  - {id: EXPOSED, desc: Dear calls in progress, when: {dest.prefix: {in: ["+88216"]}}, measure: meters.exposure, steps: [{above: 7.5, score: 55}]}
"""


# Dialogs that outlive Kamailio, as the shipped configuration keeps them.
DIALOGS = """
modparam("dialog", "db_mode", 3)
modparam("dialog", "db_url", "text://{run}/dialogs")
modparam("dialog", "send_bye", 1)
"""


def customers(n=40, cert_names=None):
    """c0 to cN: known by the source address 127.0.1.N and by the certificate name cN.example."""
    rows = [{"id": "certs", "cert_names": ["sip.certs.example", "uri.certs.example"], "numbers": ["+442070000900"]},
            {"id": "named", "cert_names": ["cn.named.example"]}]
    rows += [{"id": f"c{i}", "source_ips": [f"127.0.1.{i}"], "numbers": [f"+44207000{i:04d}"], "cert_names": [f"c{i}.example"],
              "channels": 2 if i in (30, 31) else 50, **({"media": {"srtp": "required"}} if i == 36 else {})} for i in range(n)]
    text = ""
    for row in rows:
        row = {"tz": "Europe/London", "home_countries": ["GB"],
               "dial_plan": {"international": ["00"], "trunk": "0", "country": "44"}, **row}
        text += "- " + ", ".join(f"{k}: {_yaml(v)}" for k, v in row.items()).join("{}") + "\n"
    return text


def _yaml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_yaml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(v) for v in value) + "]"
    return str(value) if isinstance(value, int) else f'"{value}"'


class Message:
    def __init__(self, text):
        head, _, self.body = text.partition("\r\n\r\n")
        lines = head.split("\r\n")
        self.line, self.text = lines[0], text
        self.code = int(lines[0].split(" ")[1]) if text.startswith("SIP/2.0") else 0
        self.method = "" if self.code else lines[0].split(" ")[0]
        self.headers = [(n.strip().lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines[1:])]

    def get(self, name, default=None):
        return next((v for n, v in self.headers if n == name.lower()), default)

    def all(self, name):
        return [v for n, v in self.headers if n == name.lower()]


def reply_to(message, code, phrase, to_tag="", extra="", body=""):
    lines = [f"SIP/2.0 {code} {phrase}"]
    lines += [f"{n.title() if n != 'cseq' else 'CSeq'}: {v}" for n, v in message.headers if n in ("via", "record-route", "from", "call-id", "cseq")]
    to = message.get("to")
    lines.append(f"To: {to}" + (f";tag={to_tag}" if to_tag and ";tag=" not in to else ""))
    return ("\r\n".join(lines) + f"\r\n{extra}Content-Length: {len(body)}\r\n\r\n{body}").encode()


class Carrier(threading.Thread):
    """Answers every INVITE, except where the called number ends on 486 (busy) or 180 (rings for ever)."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.seen, self.alive = [], True

    def run(self):
        self.socket.settimeout(0.2)
        while self.alive:
            try:
                data, peer = self.socket.recvfrom(65536)
            except (TimeoutError, socket.timeout):
                continue
            except OSError:
                return
            message = Message(data.decode("utf-8", "replace"))
            self.seen.append(message)
            contact = f"Contact: <sip:carrier@127.0.0.1:{self.port}>\r\n"
            if message.method == "INVITE":
                user = re.match(r"INVITE \S*?:([^@;]*)", message.line).group(1)
                code, phrase = (486, "Busy Here") if user.endswith("486") else (180, "Ringing") if user.endswith("180") else (200, "OK")
                self.socket.sendto(reply_to(message, code, phrase, "carrier", contact), peer)
            elif message.method in ("BYE", "CANCEL"):
                self.socket.sendto(reply_to(message, 200, "OK", "carrier"), peer)

    def count(self, method, call_id):
        return sum(m.method == method and m.get("call-id") == call_id for m in self.seen)

    def stop(self):
        self.alive = False
        self.join(2)
        self.socket.close()


class Caller:
    """One trunk's caller: UDP from an address of its own, or TLS with a certificate."""

    def __init__(self, node, address="127.0.0.1", pem=None, tls=False, tls12=None):
        self.node, self.tls, self.buffer = node, tls or pem is not None, b""
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(node.path("pki", "ca.crt"))
            context.check_hostname = False
            context.set_ciphers(f"{tls12 or 'DEFAULT'}@SECLEVEL=0")  # what small keys come to is the server's to say
            if tls12:
                context.maximum_version = ssl.TLSVersion.TLSv1_2
            if pem:
                context.load_cert_chain(pem)
            raw = socket.create_connection(("127.0.0.1", node.tls_port), timeout=5, source_address=(address, 0))
            self.socket = context.wrap_socket(raw)
        else:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((address, 0))
            self.socket.connect(("127.0.0.1", node.sip_port))
        self.local = self.socket.getsockname()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.send(data if isinstance(data, bytes) else data.encode())

    def receive(self, timeout=3.0):
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            if self.tls:
                head, found, rest = self.buffer.partition(b"\r\n\r\n")
                if found:
                    length = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
                    size = int(length.group(1)) if length else 0
                    if len(rest) >= size:
                        self.buffer = rest[size:]
                        return Message((head + found + rest[:size]).decode("utf-8", "replace"))
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except (TimeoutError, socket.timeout, OSError):
                return None
            if not self.tls:
                return Message(data.decode("utf-8", "replace"))
            if not data:
                return None
            self.buffer += data
        return None

    def request(self, method, number, call, cseq=1, branch=None, to_tag=None, extra="", body="", target=None, caller="+442070009999", routes=()):
        transport = "TLS" if self.tls else "UDP"
        host = f"{self.local[0]}:{self.local[1]}"
        uri = target or f"sip:{number}@127.0.0.1:{self.node.sip_port}"
        return (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} {host};branch={branch or call['branch']};rport\r\nMax-Forwards: 70\r\n"
                + "".join(f"Route: {r}\r\n" for r in routes)
                + f"From: <sip:{call.get('caller', caller)}@trunk.example>;tag={call['from_tag']}\r\n"
                f"To: <sip:{number}@trunk.example>" + (f";tag={to_tag}" if to_tag else "") + f"\r\nCall-ID: {call['call_id']}\r\nCSeq: {cseq} {method}\r\n"
                f"Contact: <sip:pbx@{host};transport={transport.lower()}>\r\n{extra}"
                + ("Content-Type: application/sdp\r\n" if body else "") + f"Content-Length: {len(body)}\r\n\r\n{body}")

    @staticmethod
    def new_call(**more):
        return {"call_id": secrets.token_hex(8), "from_tag": secrets.token_hex(4), "branch": "z9hG4bK" + secrets.token_hex(6), **more}

    def final(self, call, timeout=3.0, cseq=None):
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(left)
            if message is None:
                return None
            if message.code >= 200 and message.get("call-id") == call["call_id"] and message.get("cseq", "").endswith("INVITE" if cseq is None else f"{cseq} INVITE"):
                return message
        return None

    def show(self, number, extra="", call=None, **more):
        """The verdict on a call to number, as a dict of what the pseudo-variables say."""
        call = call or self.new_call()
        message = self.request("INVITE", number, call, extra=f"X-Show: {more.pop('direction', 'yes')}\r\n" + extra, **more)
        # Sent again where no reply comes (RFC 3261 17.1.1.2): a copy that is there before the end of the one before it is dropped.
        for wait in (3.0,) if self.tls else (1.0, 2.0):
            self.send(message)
            reply = self.final(call, wait)
            if reply is not None:
                break
        assert reply is not None and reply.code == 480, reply and reply.text
        values = {name: reply.get(f"x-{name}") for name in SHOWN}
        return {**values, "rc": int(reply.get("x-rc")), "call_id": call["call_id"], "call": call, "reply": reply}

    def invite(self, number, call=None, **more):
        """One call; an answer is acknowledged and left up. Returns (final reply, call)."""
        call = call or self.new_call()
        call["number"] = number
        self.send(self.request("INVITE", number, call, **more))
        reply = self.final(call, cseq=more.get("cseq"))
        if reply is None:
            return None, call
        tag = re.search(r";tag=([^;>\s]+)", reply.get("to"))
        call["to_tag"] = tag and tag.group(1)
        call["routes"] = list(reversed(reply.all("record-route")))
        contact = re.search(r"<([^>]+)>", reply.get("contact") or "")
        call["target"] = contact and contact.group(1)
        if reply.code < 300:
            self.send(self.request("ACK", number, call, branch="z9hG4bK" + secrets.token_hex(6), to_tag=call["to_tag"], target=call["target"],
                                   routes=call["routes"]))
        else:
            self.send(self.request("ACK", number, call, to_tag=call["to_tag"]))
        return reply, call

    def in_dialog(self, method, call, cseq=2, **more):
        self.send(self.request(method, call["number"], call, cseq=cseq, branch="z9hG4bK" + secrets.token_hex(6), to_tag=call["to_tag"],
                               target=call["target"], routes=call["routes"], **more))

    def bye(self, call):
        self.in_dialog("BYE", call, cseq=9)

    def wait_request(self, method, call, timeout=4.0):
        """Waits for a request in a call's dialog and answers it."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(left)
            if message and message.method == method and message.get("call-id") == call["call_id"]:
                self.send(reply_to(message, 200, "OK"))
                return message
        return None


def free_port():
    for _ in range(50):
        port = random.randint(20000, 29000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


class Node:
    def __init__(self, run_dir, redis=True, mode="enforce", verify=True, modparams="", lua=False, rules=RULES, words=None, dialogs=False):
        self.run, self.with_redis, self.mode, self.verify, self.modparams, self.lua = str(run_dir), redis, mode, verify, modparams, lua
        self.sip_port, self.tls_port = free_port(), free_port()
        self.kamailio = self.redis = self.carrier = None
        self.rules_text, self.dialogs, self.words = rules, dialogs, words or {}
        self.callers = []

    def path(self, *parts):
        return os.path.join(self.run, *parts)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def prepare(self):
        shutil.rmtree(self.run, ignore_errors=True)
        os.makedirs(self.run)
        self.pki = Authority(self.path("pki"))
        self.pki.issue("server", "trunk.example", dns=["trunk.example"], server=True)
        self.write("rules/test.yaml", self.rules_text)
        self.write("customers.yaml", customers())
        self.write("tls.cfg", TLS_CFG.format(pki=self.path("pki"), verify="yes" if self.verify else "no"))
        self.write("routes.lua", LUA)
        values = {"FG_RUN": self.run, "FG_MODULE": os.path.join(BUILD, "modules/fraudguard/fraudguard.so"), "FG_RULES_DIR": self.path("rules"),
                  "FG_CUSTOMERS_FILE": self.path("customers.yaml"), "FG_DATA_DIR": os.path.join(TOP, "rules/data"),
                  **({"FG_MODE": self.mode} if self.mode else {}), "FG_REDIS": f"unix:{self.path('redis.sock')}" if self.with_redis else ""}
        values.update(self.words)
        if self.dialogs:
            values["FG_STATE_DIR"] = self.path("state")
            os.makedirs(self.path("state"))
            os.makedirs(self.path("dialogs"))
            for table in ("version", "dialog", "dialog_vars"):
                shutil.copy(f"/usr/share/kamailio/dbtext/kamailio/{table}", self.path("dialogs"))
        substdefs = "\n".join(f'#!substdef "!{name}!{value}!g"' for name, value in values.items())
        routes = LUA_ROUTES.replace("{run}", self.run) if self.lua else ROUTES.replace("CARRIER", str(self.carrier.port))
        self.write("kamailio.cfg", KAMAILIO_CFG.format(substdefs=substdefs, sip=self.sip_port, tls=self.tls_port, run=self.run, top=TOP,
                                                       modparams=self.modparams + (DIALOGS.format(run=self.run) if self.dialogs else ""),
                                                       dialogs='loadmodule "db_text.so"\n' if self.dialogs else "", routes=routes))

    def start_redis(self):
        assert len(self.path("redis.sock")) <= 107, "too long for a UNIX socket: " + self.path("redis.sock")
        with open(self.path("redis.log"), "ab") as log:
            self.redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", self.path("redis.sock"), "--save", "", "--appendonly", "no",
                                           "--dir", self.run], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_for(lambda: self.redis_cli("ping") == "PONG", what="redis")

    def redis_cli(self, *args):
        return subprocess.run(["redis-cli", "-s", self.path("redis.sock"), *args], capture_output=True, text=True, check=False).stdout.strip()

    def start(self):
        self.carrier = Carrier()
        self.carrier.start()
        self.prepare()
        if self.with_redis:
            self.start_redis()
        return self.launch()

    def launch(self):
        # A module built with sanitizers needs their runtime first; Kamailio itself is not built with it.
        runtime = os.environ.get("FG_KAMAILIO_PRELOAD")
        prefix = ["env", f"LD_PRELOAD={runtime}"] if runtime else []
        with open(self.path("kamailio.log"), "ab") as log:
            self.kamailio = subprocess.Popen(prefix + ["kamailio", "-f", self.path("kamailio.cfg"), "-DD", "-E", "-m", "128", "-P", self.path("pid"), "-Y", self.run],
                                             stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, cwd=self.run)
        wait_for(lambda: self.kamailio.poll() is not None or "tcp main process" in self.rpc("core.ps").stdout, 30, "kamailio")
        assert self.kamailio.poll() is None, self.log()[-4000:]
        return self

    def halt(self, number=signal.SIGTERM):
        """Ends Kamailio, and all its processes with it when it has no chance to."""
        if number == signal.SIGKILL:
            os.killpg(self.kamailio.pid, number)
        else:
            self.kamailio.send_signal(number)
        self.kamailio.wait(20)
        if number == signal.SIGKILL:  # what one process may say of another's death is no fault
            self.write("kamailio.log", re.sub(r".*CRITICAL.*receive_fd\(\): EOF on.*\n", "", self.log()))

    def log(self):
        with open(self.path("kamailio.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        for caller in self.callers:
            caller.close()
        if self.kamailio and self.kamailio.poll() is None:
            # Kamailio forgets to end processes that were being started when it was told to end: they are told themselves.
            for kill, signal_, patience in ((os.kill, signal.SIGTERM, 3), (os.killpg, signal.SIGTERM, 10), (os.killpg, signal.SIGKILL, None)):
                try:
                    kill(self.kamailio.pid, signal_)
                    self.kamailio.wait(patience)
                    break
                except subprocess.TimeoutExpired:
                    pass
        if self.redis and self.redis.poll() is None:
            self.redis.send_signal(signal.SIGCONT)
            self.redis.kill()
            self.redis.wait()
        if self.carrier:
            self.carrier.stop()

    def rpc(self, *args):
        return subprocess.run(["kamcmd", "-s", f"unix:{self.path('ctl')}", *args], capture_output=True, text=True, check=False, timeout=15)

    def status(self):
        return dict(line.strip().split(": ", 1) for line in self.rpc("fraudguard.status").stdout.splitlines() if ": " in line)

    def counter(self, name):
        return int(self.status()[name])

    def caller(self, customer=None, **more):
        """A caller of customer cN by its source address, or one with a certificate (pem)."""
        caller = Caller(self, address=f"127.0.1.{customer}" if customer is not None else "127.0.0.1", **more)
        self.callers.append(caller)
        return caller


class NodeOf(Node):
    """A node whose store is elsewhere: url names servers that the test starts."""

    def __init__(self, run_dir, url, **more):
        super().__init__(run_dir, **more)
        self.url = url

    def prepare(self):
        super().prepare()
        with open(self.path("kamailio.cfg"), encoding="utf-8") as file:
            text = file.read()
        self.write("kamailio.cfg", text.replace(f"unix:{self.path('redis.sock')}", self.url))

    def start_redis(self):
        assert len(self.path("redis.sock")) <= 107, "too long for a UNIX socket: " + self.path("redis.sock")
        pass


def fgctl_at(url, *arguments):
    return subprocess.run([os.path.join(BUILD, "cli/fgctl"), "--redis", url, *arguments], capture_output=True, text=True, check=False, timeout=20)


def started(node):
    """Starts the node; nothing of it stays when it does not come up."""
    try:
        return node.start()
    except BaseException:
        node.stop()
        raise


def finish(node):
    """Stops the node, whose log must not tell of a fault in the code."""
    log = node.log()
    node.stop()
    faults = faults_in(log)
    assert not faults, "\n".join(faults[:5] + [log[-4000:]])


def faults_in(log):
    """Lines of a Kamailio's log that tell of a fault in the code or of a process that died."""
    faults = re.compile(r"CRITICAL|signal (6|7|8|11)\b|AddressSanitizer|runtime error|\bBUG\b")
    # The dialog module's words for an ACK that another process handles beside the BYE behind it.
    harmless = "update_dlg_timer(): Trying to update a bogus dlg"
    return [line for line in log.splitlines() if faults.search(line) and harmless not in line]


def wait_for(check, timeout=10.0, what=""):
    deadline = time.monotonic() + timeout
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {timeout} s: {what}")
        time.sleep(0.05)
