# SPDX-License-Identifier: GPL-2.0-or-later
"""A throw-away certificate authority with a server's and some customers' certificates, the unusable ones included."""
import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


class Authority:
    """Makes certificates in one directory. `NAME.pem` holds certificate and key together, `NAME.crt` and `NAME.key` each alone."""

    def __init__(self, directory, common_name="Fraudguard throw-away CA"):
        self.directory = directory
        os.makedirs(directory, mode=0o700, exist_ok=True)
        self.name = _name(common_name)
        self.key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.name).issuer_name(self.name).public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 60 * DAY).not_valid_after(now + 60 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
                                         key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self._write("ca.crt", self.certificate.public_bytes(serialization.Encoding.PEM))

    def path(self, name):
        return os.path.join(self.directory, name)

    def _write(self, name, data):
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)

    def issue(self, file, common_name, dns=(), uris=(), addresses=(), days=30, server=False, self_signed=False, called=False, key=None):
        """Issues FILE.pem/.crt/.key for a key of P-256, or the one given; negative days give an expired certificate. called: a client's that is a server,
        too. Returns the path of FILE.pem."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        names = [x509.DNSName(d) for d in dns] + [x509.UniformResourceIdentifier(u) for u in uris]
        names += [x509.IPAddress(ipaddress.ip_address(a)) for a in addresses]
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(common_name)).issuer_name(_name(common_name) if self_signed else self.name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - 40 * DAY).not_valid_after(now + days * DAY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage, ExtendedKeyUsageOID.SERVER_AUTH] if server or called else [usage]), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(key if self_signed else self.key, hashes.SHA256())
        crt = certificate.public_bytes(serialization.Encoding.PEM)
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self._write(f"{file}.crt", crt)
        self._write(f"{file}.key", pem)
        self._write(f"{file}.pem", crt + pem)
        return self.path(f"{file}.pem")
