# SPDX-License-Identifier: GPL-2.0-or-later
"""Revoked client certificates in a running Kamailio: refused at once, also on connections that are up."""
import datetime
import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from module_fixtures import ALLOWED, Node, finish, started
from pki import Authority

HOUR = datetime.timedelta(hours=1)


def crl(authority, certificates=(), next_update=24 * HOUR, delta=False):
    now = datetime.datetime.utcnow()
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.name).last_update(now - 240 * HOUR).next_update(now + next_update)
    for path in certificates:
        with open(path, "rb") as file:
            serial = x509.load_pem_x509_certificate(file.read()).serial_number
        builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - HOUR).build())
    if delta:
        builder = builder.add_extension(x509.DeltaCRLIndicator(1), critical=True)
    return builder.sign(authority.key, hashes.SHA256())


class Revoking(Node):
    def __init__(self, run_dir):
        super().__init__(run_dir, redis=False, modparams=f'modparam("fraudguard", "crl_file", "{run_dir}/crl.pem")\n'
                         f'modparam("fraudguard", "crl_ca_file", "{run_dir}/pki/ca.crt")')

    def prepare(self):
        super().prepare()
        for name in ("three", "five"):
            self.pki.issue(name, "x", dns=[f"c{'35'[name == 'five']}.example"])
        self.lists(crl(self.pki))

    def lists(self, *lists, encoding=serialization.Encoding.PEM):
        new = self.path("crl.pem.new")
        with open(new, "wb") as file:
            for one in lists:
                file.write(one.public_bytes(encoding))
        os.rename(new, self.path("crl.pem"))

    def reload(self):
        told = self.rpc("fraudguard.reload")
        return told.stdout + told.stderr


@pytest.fixture(name="node", scope="module")
def fixture_node(tmp_path_factory):
    node = started(Revoking(tmp_path_factory.mktemp("revoked")))
    yield node
    finish(node)


@pytest.fixture(autouse=True)
def nothing_revoked(node):
    node.lists(crl(node.pki))
    assert "error" not in node.reload()


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
def test_a_revoked_certificate_is_refused_on_the_connection_that_is_up(node, encoding):
    three, five = (node.caller(pem=node.pki.path(f"{name}.pem")) for name in ("three", "five"))
    for caller in (three, five):
        assert caller.show(ALLOWED)["identity"] == "certificate"
    node.lists(crl(node.pki, [node.pki.path("five.crt")]), encoding=encoding)
    assert "error" not in node.reload()
    refused = five.show(ALLOWED)
    assert (refused["identity"], refused["action"], refused["sip_code"], refused["rules"]) == ("revoked", "block", "403", "IDENTITY:revoked")
    assert node.caller(pem=node.pki.path("five.pem")).show(ALLOWED)["identity"] == "revoked"
    assert three.show(ALLOWED)["identity"] == "certificate"
    status = node.status()
    assert (status["revoked_certificates"], status["revocation_lists"]) == ("1", "1") and status["crl_next_update"].startswith("20")


def test_many_lists_and_many_certificates(node):
    issued = []
    for i in range(30):
        node.pki.issue(f"many{i}", "x", dns=["c3.example"])
        issued.append(node.pki.path(f"many{i}.crt"))
    node.lists(crl(node.pki, issued[:10]), crl(node.pki, issued[10:20]))
    assert "error" not in node.reload()
    assert node.status()["revoked_certificates"] == "20"
    for i, wanted in ((0, "revoked"), (19, "revoked"), (20, "certificate"), (29, "certificate")):
        assert node.caller(pem=node.pki.path(f"many{i}.pem")).show(ALLOWED)["identity"] == wanted


@pytest.mark.parametrize("case", ["missing", "empty", "cut short", "signed by another", "delta"])
def test_a_bad_list_leaves_the_old_ones(node, case, tmp_path):
    node.lists(crl(node.pki, [node.pki.path("five.crt")]))
    assert "error" not in node.reload()
    path = node.path("crl.pem")
    if case == "missing":
        os.remove(path)
    elif case == "empty":
        node.write("crl.pem", "")
    elif case == "cut short":
        with open(path, encoding="utf-8") as file:
            whole = file.read()
        node.write("crl.pem", whole[:len(whole) // 2])
    elif case == "signed by another":  # with the same name
        node.lists(crl(Authority(str(tmp_path / "other"))))
    else:
        node.lists(crl(node.pki, delta=True))
    told = node.reload()
    assert "error" in told and "crl.pem" in told, told
    assert node.caller(pem=node.pki.path("five.pem")).show(ALLOWED)["identity"] == "revoked"


def test_an_old_list_stays_in_force_and_is_told(node):
    node.lists(crl(node.pki, [node.pki.path("five.crt")], next_update=-49 * HOUR))
    assert "error" not in node.reload()
    assert "should have been replaced 49 hours ago" in node.log()
    assert node.caller(pem=node.pki.path("five.pem")).show(ALLOWED)["identity"] == "revoked"


def test_one_parameter_alone_is_a_mistake(tmp_path):
    node = Node(tmp_path / "half", redis=False, modparams='modparam("fraudguard", "crl_file", "/nowhere")')
    with pytest.raises(AssertionError, match="crl_file needs crl_ca_file"):
        started(node)

