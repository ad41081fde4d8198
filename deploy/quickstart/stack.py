# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything the demonstration runs, on loopback, below one directory: PKI, two Redis, relay, Kamailio, a carrier and the customers' PBXs."""
import hashlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time

import customers
from pki import Authority
from softphone import Softphone

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))

# Numbers the stand-in carrier answers for. (baresip has no catch-all account.)
CARRIER_NUMBERS = ["+442079460018", "+5352123456", "+493022730000", "+37165150001", "+12025550143", "+12025559999"]
CARRIER_NUMBERS += [f"+1202555{1000 + i}" for i in range(40)] + [f"+4490987900{10 + i}" for i in range(10)]

PBX_CALLER = {"acme": "+441632960007", "initech": "+4930901820", "globex": "+12125550101", "hooli": "+14155550101"}


# A short code that no network has: customers hear themselves.
ECHO_NUMBER = "9196"


class StartFailed(RuntimeError):
    pass


class Stack:
    def __init__(self, run_dir, build_dir, base_port=17000, say=print, kamailio_debug=2, secure_carrier=False, carrier_answers="auto", dialled_pbxs=()):
        """dialled_pbxs: customers whose PBX is called at its address (baresip's TLS port), whether or not it has opened a connection."""
        self.run_dir, self.build_dir, self.base, self.say = os.path.abspath(run_dir), os.path.abspath(build_dir), base_port, say
        self.kamailio_debug, self.secure_carrier, self.carrier_answers = kamailio_debug, secure_carrier, carrier_answers
        self.dialled_pbxs = dialled_pbxs
        self.shared_memory_mb = 64  # Kamailio's own default
        self.processes, self.phones, self.carrier, self.logs, self.callers = {}, {}, None, [], None
        # The relay's and Kamailio's addresses towards customers and towards carriers; everybody else is on the first one.
        self.customer_address, self.carrier_address = "127.0.0.1", "127.0.0.2"
        self.sip_tls = (self.customer_address, base_port + 61)
        self.sip_tls_2 = (self.customer_address, base_port + 171)
        self.sip_carrier_port, self.sip_secure_carrier_port, self.ng_port = base_port + 60, base_port + 62, base_port + 23
        self.carrier_port, self.metrics_port, self.guard_metrics = base_port + 80, base_port + 90, f"127.0.0.1:{base_port + 91}"
        self.media_ports = (base_port + 200, base_port + 599)
        self.phone_ports = (base_port + 600, base_port + 799)
        self.pbx_ports = {customer: base_port + 100 + 10 * i for i, customer in enumerate(PBX_CALLER)}
        self.domain = f"{self.customer_address}:{self.sip_tls[1]}"

    def path(self, *parts):
        return os.path.join(self.run_dir, *parts)

    # --- files ---------------------------------------------------------------------------------------------------------------------------
    def prepare(self):
        # baresip keeps 127 bytes of a recording's name, and a UNIX socket's path has 107.
        if len(os.fsencode(self.run_dir)) > 80:
            raise StartFailed(f"the path of the directory has {len(os.fsencode(self.run_dir))} bytes; sockets and recordings in it allow 80: {self.run_dir}")
        shutil.rmtree(self.run_dir, ignore_errors=True)
        os.makedirs(self.run_dir, mode=0o700)
        self.authority = authority = Authority(self.path("pki"))
        authority.issue("server", "trunk.provider.example", dns=["trunk.provider.example"], addresses=[self.customer_address, self.carrier_address], server=True)
        for file, name in (("acme", "sip.acme.example"), ("globex", "pbx.globex.example"), ("initech", "trunk.initech.example"), ("hooli", "sbc.hooli.example"), ("umbrella", "sip.umbrella.example")):
            authority.issue(file, name, dns=[name], called=file in self.dialled_pbxs)
        # A second certificate with the customer's name, which the provider has not been told of.
        with open(self.path("pki", "umbrella.crt"), "rb") as file:
            listed = ssl.PEM_cert_to_DER_cert(file.read().decode("ascii"))
        authority.issue("umbrella-new", "sip.umbrella.example", dns=["sip.umbrella.example"])
        authority.issue("stranger", "sip.stranger.example", dns=["sip.stranger.example"])
        authority.issue("expired", "sip.acme.example", dns=["sip.acme.example"], days=-1)
        authority.issue("selfsigned", "sip.acme.example", dns=["sip.acme.example"], self_signed=True)
        self.ca = self.path("pki", "ca.crt")
        self._write("customers.yaml", customers.customers_yaml(fingerprint=hashlib.sha256(listed).hexdigest(), pbx_ports={c: self.pbx_ports[c] + 1 for c in self.dialled_pbxs}))
        self._write("tls.cfg", open(os.path.join(TOP, "deploy/kamailio/tls.cfg"), encoding="utf-8").read().replace("FG_PKI", self.path("pki")))
        port, transport, media = (self.carrier_port + 1, "tls", "srtp") if self.secure_carrier else (self.carrier_port, "udp", "rtp")
        self._write("carriers.list", f"1 sip:{self.customer_address}:{port};transport={transport} 0 10 media={media}\n")
        for directory in ("state", "dialogs"):
            os.makedirs(self.path(directory), mode=0o700)
        for table in ("version", "dialog", "dialog_vars"):
            shutil.copy(f"/usr/share/kamailio/dbtext/kamailio/{table}", self.path("dialogs"))
        self._write("kamailio.cfg", self.kamailio_site())

    def pem(self, name):
        return self.path("pki", f"{name}.pem")

    def _write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def kamailio_site(self, **other):
        """other: values that differ, for a second node."""
        values = {
            "FG_RUN": self.run_dir,
            "FG_DEBUG": self.kamailio_debug,
            "FG_LISTEN_CUSTOMERS": f"tls:{self.customer_address}:{self.sip_tls[1]}",
            "FG_CUSTOMER_PORT": self.sip_tls[1],
            "FG_LISTEN_CARRIERS": f"udp:{self.carrier_address}:{self.sip_carrier_port}",
            "FG_LISTEN_SECURE_CARRIERS": f"tls:{self.carrier_address}:{self.sip_secure_carrier_port}",
            "FG_TLS_CFG": self.path("tls.cfg"),
            "FG_DISPATCHER_LIST": self.path("carriers.list"),
            "FG_RELAY": f"udp:127.0.0.1:{self.ng_port}",
            "FG_TOPOS_REDIS": f"unix={self.path('topology.sock')}",
            "FG_MODULE": os.path.join(self.build_dir, "modules/fraudguard/fraudguard.so"),
            "FG_RULES_DIR": os.path.join(TOP, "rules"),
            "FG_CUSTOMERS_FILE": self.path("customers.yaml"),
            "FG_REDIS": f"unix:{self.path('redis.sock')}",
            "FG_METRICS": self.guard_metrics,
            "FG_MODE": "enforce",
            "FG_ECHO_NUMBER": ECHO_NUMBER,
            "FG_ECHO_PORT": self.base + 64,
            "FG_STATE_DIR": self.path("state"),
            "FG_DIALOGS": self.path("dialogs"),
            **other,
        }
        lines = ["#!KAMAILIO"] + [f'#!substdef "!{name}!{value}!g"' for name, value in values.items()]
        return "\n".join(lines) + f'\ninclude_file "{TOP}/deploy/kamailio/kamailio.cfg"\n'

    # --- processes -----------------------------------------------------------------------------------------------------------------------
    def _spawn(self, name, command):
        log = open(self.path(f"{name}.log"), "ab")
        self.logs.append(log)
        self.processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=self.run_dir)

    def _wait(self, name, ready, timeout=15):
        deadline = time.monotonic() + timeout
        while not ready():
            process = self.processes.get(name)
            if process and process.poll() is not None or time.monotonic() > deadline:
                tail = "".join(open(self.path(f"{name}.log"), encoding="utf-8", errors="replace").readlines()[-12:])
                raise StartFailed(f"{name} did not start; the end of {self.path(name + '.log')}:\n{tail}")
            time.sleep(0.05)

    def _redis(self, name, socket_path):
        self._spawn(name, ["redis-server", "--port", "0", "--unixsocket", socket_path, "--unixsocketperm", "700", "--save", "", "--appendonly", "no",
                           "--dir", self.run_dir, "--daemonize", "no"])
        self._wait(name, lambda: subprocess.run(["redis-cli", "-s", socket_path, "ping"], capture_output=True, check=False).stdout.strip() == b"PONG")

    def start_redis(self):
        self._redis("redis", self.path("redis.sock"))

    def kill_redis(self):
        self.processes["redis"].send_signal(signal.SIGKILL)
        self.processes["redis"].wait()

    def start_edge(self):
        self._spawn("sbc-edge", [os.path.join(self.build_dir, "sbc-edge/sbc-edge"), "--foreground", "--default-deny", f"--interface=customer/{self.customer_address}",
                                 f"--interface=carrier/{self.carrier_address}", f"--listen-ng=127.0.0.1:{self.ng_port}", f"--port-min={self.media_ports[0]}",
                                 f"--port-max={self.media_ports[1]}", f"--redis=unix:{self.path('redis.sock')}", f"--listen-http=127.0.0.1:{self.metrics_port}",
                                 "--log-level=7", "--facts-interval=2"])
        self._wait("sbc-edge", lambda: self.ng({"command": "ping"}) == {"result": "pong"})

    def start_kamailio(self):
        # A module built with sanitizers needs their runtime first; Kamailio itself is not built with it.
        runtime = os.environ.get("FG_KAMAILIO_PRELOAD")
        self._spawn("kamailio", (["env", f"LD_PRELOAD={runtime}"] if runtime else []) + ["kamailio", "-f", self.path("kamailio.cfg"), "-DD", "-E", "-m", str(self.shared_memory_mb), "-P", self.path("kamailio.pid"), "-Y", self.run_dir])
        # The last process to be started; one that is told to end before that would stay.
        self._wait("kamailio", lambda: "tcp main process" in self.kamcmd("core.ps").stdout, 30)

    def start_second_node(self):
        """A second Kamailio that shares the guard's Redis, its key and the relay; customers reach it at sip_tls_2."""
        os.makedirs(self.path("node2"), exist_ok=True)
        port = self.sip_tls_2[1]
        self._write("kamailio2.cfg", self.kamailio_site(
            FG_RUN=self.path("node2"), FG_NODE="node2", FG_LISTEN_CUSTOMERS=f"tls:{self.customer_address}:{port}", FG_CUSTOMER_PORT=port,
            FG_LISTEN_CARRIERS=f"udp:{self.carrier_address}:{port + 1}", FG_LISTEN_SECURE_CARRIERS=f"tls:{self.carrier_address}:{port + 2}",
            FG_ECHO_PORT=port + 4, FG_METRICS=f"127.0.0.1:{port + 3}", FG_STATE_DIR=self.path("node2", "state"), FG_DIALOGS=self.path("node2", "dialogs"),
            FG_HASH_KEY_FILE=self.path("hash.key")))
        os.makedirs(self.path("node2", "state"), exist_ok=True)
        # The tables are there, and empty while the first node runs.
        shutil.copytree(self.path("dialogs"), self.path("node2", "dialogs"), dirs_exist_ok=True)
        runtime = os.environ.get("FG_KAMAILIO_PRELOAD")
        self._spawn("kamailio2", (["env", f"LD_PRELOAD={runtime}"] if runtime else []) + ["kamailio", "-f", self.path("kamailio2.cfg"), "-DD", "-E", "-P", self.path("kamailio2.pid"), "-Y", self.path("node2")])
        ctl = f"unix:{self.path('node2', 'kamailio.ctl')}"
        self._wait("kamailio2", lambda: "tcp main process" in subprocess.run(["kamcmd", "-s", ctl, "core.ps"], capture_output=True, text=True, check=False, timeout=10).stdout, 30)

    def restart_kamailio(self):
        self.processes["kamailio"].terminate()
        self.processes["kamailio"].wait(20)
        self.start_kamailio()

    def start(self):
        self.say("  certificates: a throw-away CA, the server's, five customers', a stranger's, an expired and a self-signed one")
        self.prepare()
        self.say("  Redis on a unix socket, and a second one for Kamailio's topology hiding")
        self.start_redis()
        self._redis("topology", self.path("topology.sock"))
        self.say("  sbc-edge, the SRTP relay")
        self.start_edge()
        self.say("  Kamailio with the fraudguard module")
        self.start_kamailio()
        self.say(f"  a stand-in carrier (baresip, {'TLS and SRTP' if self.secure_carrier else 'UDP and RTP'})")
        self.carrier = Softphone(self.path("carrier"), "carrier", self.carrier_port, address=self.customer_address, tone_hz=880, user=CARRIER_NUMBERS,
                                 account_extra=f"answermode={self.carrier_answers}" + (";mediaenc=srtp-mand" if self.secure_carrier else ""),
                                 pem=self.pem("server") if self.secure_carrier else None, transport="tls" if self.secure_carrier else "udp",
                                 rtp_ports=self.phone_ports).start()
        return self

    def pbx(self, customer):
        """The customer's PBX: baresip over TLS with the customer's certificate, SRTP mandatory."""
        if customer not in self.phones:
            self.phones[customer] = Softphone(
                self.path(f"pbx-{customer}"), customer, self.pbx_ports[customer], address=self.customer_address, transport="tls", domain=self.domain, user=PBX_CALLER[customer],
                account_extra=f'mediaenc=srtp-mand;outbound="sip:{self.domain};transport=tls"', pem=self.pem(customer), ca=self.ca,
                rtp_ports=self.phone_ports).start()
        return self.phones[customer]

    def stop(self):
        for phone in list(self.phones.values()) + ([self.carrier] if self.carrier else []):
            phone.stop()
        for name in ("kamailio", "kamailio2", "sbc-edge", "redis", "topology"):
            process = self.processes.get(name)
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(8)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        for log in self.logs:
            log.close()

    # --- looking in ----------------------------------------------------------------------------------------------------------------------
    def kamcmd(self, *args):
        return subprocess.run(["kamcmd", "-s", f"unix:{self.path('kamailio.ctl')}", *args], capture_output=True, text=True, check=False, timeout=10)

    def fgctl(self, *args):
        return subprocess.run([os.path.join(self.build_dir, "cli/fgctl"), *args], capture_output=True, text=True, check=False, timeout=20,
                              env={**os.environ, "FRAUDGUARD_REDIS": f"unix:{self.path('redis.sock')}"})

    def _json_lines(self, *args):
        result = self.fgctl("-o", "jsonl", *args)
        return [json.loads(line) for line in result.stdout.splitlines() if line.strip()] if result.returncode == 0 else []

    def events(self, n):
        return self._json_lines("tail", "-n", str(n))

    def holds(self):
        return self._json_lines("holds")

    def trunks(self):
        return self._json_lines("trunks")

    def explain(self, call_id):
        found = self._json_lines("explain", call_id)
        return found[0] if found else None

    def explain_rpc(self, call_id):
        """From the node's own memory: there also while Redis is away."""
        result = self.kamcmd("fraudguard.explain", call_id, "json")
        return json.loads(result.stdout) if result.returncode == 0 and result.stdout.lstrip().startswith("{") else None

    def status(self):
        """What fraudguard.status says, as name and value."""
        result = self.kamcmd("fraudguard.status")
        values = {}
        for line in result.stdout.splitlines():
            name, found, value = line.strip().partition(":")
            if found:
                values[name.strip()] = int(value) if value.strip().isdigit() else value.strip()
        return values

    def ng(self, request):
        """One ng command as JSON; the reply as a dict, or None."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.5)
            sock.connect(("127.0.0.1", self.ng_port))
            try:
                sock.send(f"qs{time.monotonic_ns()} {json.dumps(request)}".encode())
                return json.loads(sock.recv(65536).split(b" ", 1)[1])
            except (OSError, ValueError):
                return None

    def proof(self, call_id):
        """The relay's record of a call that was silenced, once it is over."""
        shown = self.fgctl("proof", call_id, "-o", "json")
        if shown.returncode != 0:
            return None
        proof = json.loads(shown.stdout)
        verdicts = [leg["verdict"] for leg in proof["legs"] if leg["verdict"]]
        return {"forwarded_after_verdict": proof["forwarded_after"], "dropped": sum(verdict["dropped"]["packets"] for verdict in verdicts)}

    # --- legs in a capture: the relay uses its customer address on one side and its carrier address on the other ----------------------------
    def is_customer_leg(self, packet):
        return self._relay_end(packet, self.customer_address)

    def is_carrier_leg(self, packet):
        return self._relay_end(packet, self.carrier_address)

    def _relay_end(self, packet, address):
        low, high = self.media_ports
        return any(end[0] == address and low <= end[1] <= high for end in (packet.source, packet.target))

    def sent_by_relay(self, packet):
        low, high = self.media_ports
        return low <= packet.source[1] <= high
