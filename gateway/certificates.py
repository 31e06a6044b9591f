"""Certificates: a local authority and a server certificate for a universe domain.

Google's clients put a universe domain NAME together with a service to `SERVICE.NAME`; the server
certificate covers `*.NAME`, NAME, localhost and 127.0.0.1. The authority may sign no other DNS
names (RFC 5280 name constraints), so trusting it does not hand anybody the rest of the web. It is
not constrained in IP addresses: BoringSSL, which gRPC uses, refuses authorities that are.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sensorium.gateway import private
from sensorium.gateway.accounts import Accounts
from sensorium.gateway.universe import Universe
from sensorium.models.errors import FailedPrecondition

E = TypeVar("E", bound=x509.ExtensionType)
_AUTHORITY_LIFE = timedelta(days=3650)
_SERVER_LIFE = timedelta(days=90)
_RENEW_BEFORE = timedelta(days=30)
_SLACK = timedelta(hours=1)  # a client's clock may be behind


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files of one universe's authority and server, in `directory`.

    `authority` is the authority alone (for what adds to its roots: NODE_EXTRA_CA_CERTS), `roots`
    the public roots and the authority (for what replaces its roots: REQUESTS_CA_BUNDLE,
    SSL_CERT_FILE, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH).
    """

    directory: Path
    universe: Universe
    hosts: tuple[str, ...] = ()

    @property
    def authority(self) -> Path:
        """Return the authority's certificate file."""
        return self.directory / "authority.pem"

    @property
    def roots(self) -> Path:
        """Return the file of the public roots and the authority."""
        return self.directory / "roots.pem"

    @property
    def server(self) -> Path:
        """Return the server's certificate file."""
        return self.directory / "server.pem"

    @property
    def key(self) -> Path:
        """Return the server's private key file."""
        return self.directory / "server.key"

    def context(self) -> ssl.SSLContext:
        """Return a server context of TLS 1.2 and later with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.server, self.key)
        # The server's order decides. gRPC offers h2 alone; HTTP clients that offer both are REST.
        context.set_alpn_protocols(["http/1.1", "h2"])
        return context

    def renew(self, now: datetime | None = None) -> bool:
        """Make what is missing, near its end or for other names; tell whether anything was made."""
        now = now or datetime.now(UTC)
        private.folder(self.directory)
        with private.locked(self.server):
            made = False
            if not self._authority_serves(now):
                self._make_authority(now)
                made = True
            if made or not self.roots.exists():
                public = Path(certifi.where()).read_bytes()
                content = public.rstrip() + b"\n" + self.authority.read_bytes()
                private.write(self.roots, content, mode=0o644)
            if made or not self._server_serves(now):
                self._make_server(now)
                made = True
            return made

    @property
    def _signing_key(self) -> Path:
        return self.directory / "authority.key"

    def _names(self) -> tuple[str, ...]:
        domain = self.universe.domain
        return (domain, f"*.{domain}", "localhost", "127.0.0.1", "::1", *self.hosts)

    def _permitted(self) -> list[x509.GeneralName]:
        names = (n for n in _alternatives(self._names()) if isinstance(n, x509.DNSName))
        return list(dict.fromkeys(x509.DNSName(n.value.removeprefix("*.")) for n in names))

    def _authority_serves(self, now: datetime) -> bool:
        certificate = _fresh(self.authority, now)
        if certificate is None or not self._signing_key.exists():
            return False
        held = _extension(certificate, x509.NameConstraints)
        return held is not None and held.permitted_subtrees == self._permitted()

    def _server_serves(self, now: datetime) -> bool:
        certificate = _fresh(self.server, now)
        if certificate is None or not self.key.exists():
            return False
        held = _extension(certificate, x509.SubjectAlternativeName)
        return held is not None and list(held) == _alternatives(self._names())

    def _make_authority(self, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"Sensorium local authority for {self.universe.domain}")
        certificate = (
            _builder(name, name, key.public_key(), now, _AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .add_extension(x509.NameConstraints(self._permitted(), None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .sign(key, hashes.SHA256())
        )
        private.write(self._signing_key, _pem(key))
        private.write(self.authority, _certificate(certificate), mode=0o644)

    def _make_server(self, now: datetime) -> None:
        signer = serialization.load_pem_private_key(self._signing_key.read_bytes(), None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise FailedPrecondition(f"{self._signing_key} is not an elliptic-curve key.")
        authority = x509.load_pem_x509_certificate(self.authority.read_bytes())
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        certificate = (
            _builder(
                _name(self.universe.domain), authority.subject, key.public_key(), now, _SERVER_LIFE
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .add_extension(x509.SubjectAlternativeName(_alternatives(self._names())), False)
            .add_extension(issuer, False)
            .sign(signer, hashes.SHA256())
        )
        private.write(self.key, _pem(key))
        private.write(self.server, _certificate(certificate), mode=0o644)


def certificates(directory: Path, universe: Universe, hosts: Iterable[str] = ()) -> Certificates:
    """Return the certificates of a universe in `directory/NAME`, made or renewed where needed.

    `hosts` are further names and addresses under which this machine is reached.
    """
    found = Certificates(directory / universe.domain, universe, tuple(hosts))
    found.renew()
    return found


def token_verifier(directory: Path) -> Callable[[str], str | None]:
    """Return what names the owner of a token that a service account of `directory` signed."""
    return accounts(directory).verify


def accounts(directory: Path) -> Accounts:
    """Return the service accounts that are kept beside the certificates."""
    return Accounts(directory / "accounts.json")


def _fresh(path: Path, now: datetime) -> x509.Certificate | None:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return certificate if start <= now < end - _RENEW_BEFORE else None


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _alternatives(names: Iterable[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return list(dict.fromkeys(found))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + life)
    )


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    # RFC 5280 allows 64 characters for a common name
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
