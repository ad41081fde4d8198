# SPDX-License-Identifier: GPL-2.0-or-later
"""baresip as a customer's PBX or as a carrier, driven over its ctrl_tcp module."""
import glob
import json
import os
import socket
import subprocess
import time

import tone


def _module_path():
    for path in glob.glob("/usr/lib/*/baresip/modules") + ["/usr/lib/baresip/modules"]:
        if os.path.exists(os.path.join(path, "ctrl_tcp.so")):
            return path
    raise FileNotFoundError("baresip's modules are not installed (package baresip-core)")


class Softphone:
    """One baresip process. Events collect in self.events: (time, dict)."""

    def __init__(self, directory, name, port, address="127.0.0.1", account_extra="", pem=None, ca=None, tone_hz=440, user=None, transport="udp", domain=None,
                 rtp_ports=None):
        """user: one user part or several; baresip answers only for the user parts it has an account for."""
        self.directory, self.name, self.port, self.address = directory, name, port, address
        self.ctrl_port, self.tone_hz, self.events = port + 5, tone_hz, []
        self.process = self.socket = None
        self.buffer = b""
        os.makedirs(os.path.join(directory, "audio"), exist_ok=True)
        source = os.path.join(directory, "tone.wav")
        tone.write(source, tone_hz, 60)
        lines = [
            "poll_method epoll", f"sip_listen {address}:{port}", "call_local_timeout 30", "call_max_calls 20",
            f"audio_source aufile,{source}", "audio_txmode thread", "audio_buffer 20-160", f"net_interface {address}",
            f"module_path {_module_path()}", "module g711.so", "module aufile.so", "module srtp.so", "module sndfile.so",
            f"snd_path {os.path.join(directory, 'audio')}", "module uuid.so", "module_app account.so", "module_app menu.so", "module ctrl_tcp.so",
            f"ctrl_tcp_listen {address}:{self.ctrl_port}",
        ]
        if rtp_ports:
            lines.append(f"rtp_ports {rtp_ports[0]}-{rtp_ports[1]}")
        if pem:
            lines.append(f"sip_certificate {pem}")
        if ca:
            lines += [f"sip_cafile {ca}", "sip_verify_server yes"]
        self._write("config", "\n".join(lines) + "\n")
        self._write("contacts", "")
        host = domain or f"{address}:{port}"
        users = [user] if isinstance(user, str) else user or [name]
        self._write("accounts", "".join(f"<sip:{u}@{host};transport={transport}>;regint=0;{account_extra}\n" for u in users))

    def _write(self, file, text):
        with open(os.path.join(self.directory, file), "w", encoding="utf-8") as out:
            out.write(text)

    def start(self):
        self.log = open(os.path.join(self.directory, "log"), "wb")
        self.process = subprocess.Popen(["baresip", "-f", self.directory, "-v"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        start_new_session=True)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.socket = socket.create_connection((self.address, self.ctrl_port), timeout=1)
                break
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError(f"baresip {self.name} did not start; see {self.directory}/log") from None
                time.sleep(0.05)
        self.socket.setblocking(False)
        return self

    def stop(self):
        if self.socket:
            self.socket.close()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def command(self, command, params=""):
        text = json.dumps({"command": command, "params": params}).encode()
        self.socket.setblocking(True)
        self.socket.sendall(b"%d:%s," % (len(text), text))
        self.socket.setblocking(False)

    def poll(self):
        try:
            while chunk := self.socket.recv(65536):
                self.buffer += chunk
        except BlockingIOError:
            pass
        while b":" in self.buffer:
            length, rest = self.buffer.split(b":", 1)
            if len(rest) < int(length) + 1:
                break
            self.events.append((time.time(), json.loads(rest[: int(length)])))
            self.buffer = rest[int(length) + 1:]

    def wait(self, *types, timeout=10, since=0):
        """The first event of one of these types at or after index since, or None after timeout [s]."""
        deadline = time.monotonic() + timeout
        while True:
            self.poll()
            for when, event in self.events[since:]:
                if event.get("type") in types:
                    return when, event
            if time.monotonic() > deadline:
                return None
            time.sleep(0.02)

    def dial(self, uri):
        """Dials; returns the index into events from which this call's events follow."""
        self.poll()
        mark = len(self.events)
        self.command("dial", uri)
        return mark

    def hangup(self):
        self.command("hangup")

    def heard(self):
        """The newest recording of what arrived, or None."""
        files = sorted(glob.glob(os.path.join(self.directory, "audio", "*-dec.wav")), key=os.path.getmtime)
        return files[-1] if files else None
