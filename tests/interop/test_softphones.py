# SPDX-License-Identifier: GPL-2.0-or-later
"""Telephones through the shipped configuration: baresip and linphone call with TLS and SRTP, SIPp answers as the carrier and sends back what it hears."""
import os
import subprocess

import pytest

import tone
from edge_lab import wait_until
from stack import PBX_CALLER, Stack

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("FG_BUILD", "build/release"))
NUMBER = "+442079460018"

LINPHONERC = """[sip]
bind_address=127.0.0.1
sip_port=-1
sip_tcp_port=-1
sip_tls_port={port}
guess_hostname=1
auto_net_state_mon=0
contact=sip:{caller}@127.0.0.1
root_ca={ca}
verify_server_certs=1
verify_server_cn=0
client_cert_chain={certificate}
client_cert_key={key}
media_encryption=srtp
media_encryption_mandatory=1
register_only_when_network_is_up=0
use_ipv6=0
default_proxy=0
[rtp]
bind_address=127.0.0.1
audio_rtp_port={rtp}
audio_jitt_comp=60
[net]
firewall_policy=0
[proxy_0]
reg_proxy=<sip:{domain};transport=tls>
reg_route=<sip:{domain};transport=tls>
reg_identity=sip:{caller}@{domain}
reg_sendregister=0
publish=0
[sound]
echocancellation=0
[misc]
file_transfer_server_url=
[audio_codec_0]
mime=PCMA
rate=8000
enabled=1
[audio_codec_1]
mime=PCMU
rate=8000
enabled=1
"""


class EchoStack(Stack):
    """The demonstration, with SIPp in the place of the carrier."""

    def start(self):
        self.prepare()
        self.start_redis()
        self._redis("topology", self.path("topology.sock"))
        self.start_edge()
        self._spawn("sipp", ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(self.carrier_port), "-mi", "127.0.0.1", "-mp",
                             str(self.phone_ports[1] + 1), "-rtp_echo", "-aa", "-nostdin"])
        self.start_kamailio()
        return self

    def stop(self):
        super().stop()
        sipp = self.processes.get("sipp")
        if sipp and sipp.poll() is None:
            sipp.kill()
            sipp.wait()

    def relayed(self):
        """What the relay says of the one call there is, or None."""
        calls = (self.ng({"command": "list"}) or {}).get("calls") or [None]
        return self.ng({"command": "query", "call-id": calls[0]}) if calls[0] else None


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    stack = EchoStack(str(tmp_path_factory.mktemp("p")), BUILD, base_port=16000, say=lambda _: None)
    try:
        yield stack.start()
    finally:
        stack.stop()


def legs_of(query):
    """Of each leg: whether it is encrypted, packets taken, and drops by reason but for STUN, which is not for us."""
    media = [tag["medias"][0] for tag in query["tags"].values() if tag["medias"]]
    legs = [(m["srtp"]["encrypted"], m["streams"][0]["stats"]["packets"], {k: v for k, v in m["streams"][0]["drops"].items() if k != "stun"}) for m in media]
    return sorted(legs, key=lambda leg: leg[0])


def wait_for_media(stack, packets=50):
    """Both legs talk; what is not encrypted is the carrier's alone."""
    def is_talking():
        query = stack.relayed()
        legs = legs_of(query) if query else []
        return len(legs) == 2 and all(leg[1] >= packets for leg in legs)

    wait_until(is_talking, 20)
    clear, secure = legs_of(stack.relayed())
    assert clear[0] == 0 and secure[0] == 1
    assert secure[2] == clear[2] == {}


def test_baresip(stack):
    phone = stack.pbx("acme")
    mark = phone.dial(f"sip:{NUMBER}@{stack.domain}")
    assert phone.wait("CALL_ESTABLISHED", "CALL_CLOSED", since=mark, timeout=15)[1]["type"] == "CALL_ESTABLISHED"
    wait_for_media(stack)
    phone.hangup()
    assert phone.wait("CALL_CLOSED", since=mark, timeout=5)
    assert tone.share(phone.heard(), phone.tone_hz) > 0.5, "the echo of its own tone"
    wait_until(lambda: stack.relayed() is None)


def test_linphone(stack):
    directory = stack.path("linphone")
    os.makedirs(os.path.join(directory, ".local/share/linphone"))
    source = os.path.join(directory, "tone.wav")
    tone.write(source, 620, 20)
    pem = stack.pem("initech")
    config = os.path.join(directory, "linphonerc")
    with open(config, "w", encoding="utf-8") as file:
        file.write(LINPHONERC.format(port=stack.base + 165, caller=PBX_CALLER["initech"], ca=stack.ca, certificate=pem, key=pem, rtp=stack.phone_ports[1] + 21,
                                     domain=stack.domain))
    out = os.path.join(directory, "out")
    with open(out, "wb") as log:
        phone = subprocess.Popen(["linphonec", "-c", config, "-d", "6", "-l", os.path.join(directory, "log")], stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=directory,
                                 env={**os.environ, "HOME": directory})
    try:
        def say(line):
            phone.stdin.write(line.encode() + b"\n")
            phone.stdin.flush()

        say("soundcard use files")
        say(f"call sip:{NUMBER}@{stack.domain};transport=tls")
        wait_until(lambda: b"Media streams established" in open(out, "rb").read(), 20)
        say(f"play {source}")
        wait_for_media(stack)
        say("terminate")
        wait_until(lambda: stack.relayed() is None)
        say("quit")
        phone.wait(10)
    finally:
        if phone.poll() is None:
            phone.kill()
            phone.wait()
