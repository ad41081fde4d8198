# SPDX-License-Identifier: GPL-2.0-or-later
"""Redis behind TLS, by the tunnel that the documentation has."""
import os
import re
import subprocess

from module_fixtures import BUILD, TOP, free_port, wait_for
from pki import Authority


def tunnel(directory, text):
    config = directory / "stunnel.conf"
    config.write_text(f"foreground = yes\npid =\n{text}")
    return subprocess.Popen(["stunnel4", config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(directory / "stunnel.log", "ab"))


def documented():
    with open(os.path.join(TOP, "docs/redis-schema.md"), encoding="utf-8") as file:
        return re.sub(r"(?m)^    ", "", re.search(r"(?m)^    \[fraudguard-redis\]\n(?:    .*\n)+", file.read()).group(0))


def fgctl(port, *arguments):
    return subprocess.run([os.path.join(BUILD, "cli/fgctl"), "--redis", f"redis://127.0.0.1:{port}", *arguments], capture_output=True, text=True, check=False,
                          timeout=20)


def test_the_documented_tunnel(tmp_path):
    pki = Authority(str(tmp_path / "pki"))
    pki.issue("server", "redis.example.net", dns=["redis.example.net"], server=True)
    pki.issue("node", "node.example.net")
    files = {name: str(tmp_path / "pki" / name) for name in ("ca.crt", "server.crt", "server.key", "node.crt", "node.key")}
    redis_port, port, wrong_port = free_port(), free_port(), free_port()
    text = documented()
    for old, new in {"127.0.0.1:6380": f"127.0.0.1:{port}", "redis.example.net:6379": f"127.0.0.1:{redis_port}", "/etc/fraudguard/redis-ca.crt": files["ca.crt"],
                     "/etc/fraudguard/redis-client.crt": files["node.crt"], "/etc/fraudguard/redis-client.key": files["node.key"]}.items():
        assert old in text
        text = text.replace(old, new)
    # A server of another name is not the one.
    text += text.replace("[fraudguard-redis]", "[other]").replace(f"accept = 127.0.0.1:{port}", f"accept = 127.0.0.1:{wrong_port}").replace(
        "checkHost = redis.example.net", "checkHost = other.example.net")
    processes = [subprocess.Popen(["redis-server", "--port", "0", "--tls-port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path),
                                   "--tls-cert-file", files["server.crt"], "--tls-key-file", files["server.key"], "--tls-ca-cert-file", files["ca.crt"]],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
                 tunnel(tmp_path, text)]
    try:
        wait_for(lambda: fgctl(port, "status").returncode == 0, 15, "Redis behind the tunnel")
        assert fgctl(port, "block", "acme", "--reason", "test").returncode == 0 and "acme" in fgctl(port, "holds").stdout
        told = fgctl(wrong_port, "holds")
        assert told.returncode == 3 and "does not answer" in told.stderr
    finally:
        for one in processes:
            one.kill()
            one.wait()
