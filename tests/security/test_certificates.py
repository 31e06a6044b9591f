"""Certificates: whom clients trust, and for which names only."""

from __future__ import annotations

import contextlib
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sensorium.gateway.certificates import Certificates, certificates
from sensorium.gateway.universe import Universe
from sensorium.models.errors import InvalidArgument

UNIVERSE = Universe.parse("ai.sensorium.test")
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    return certificates(tmp_path / "certificates", UNIVERSE)


# --- the universe ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["localhost", "a b.c", "-a.b", "a..b", "a.b:0", "a.b:65536", "*.b.c"]
)
def test_a_domain_that_no_certificate_can_cover_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="universe"):
        Universe.parse(text)


@pytest.mark.parametrize("text", ["googleapis.com", "language.googleapis.com"])
def test_googles_own_domain_is_never_ours(text: str) -> None:
    with pytest.raises(InvalidArgument, match="Google's own"):
        Universe.parse(text)


def test_a_universe_holds_its_services_and_nothing_that_looks_alike() -> None:
    universe = Universe.parse("Sensorium.LOCALHOST:8443")
    assert str(universe) == "sensorium.localhost:8443"
    assert universe.holds("language.sensorium.localhost")
    assert not universe.holds("evilsensorium.localhost")
    assert not universe.holds("sensorium.localhost.evil.org")


# --- certificates ------------------------------------------------------------------------------


def _handshake(made: Certificates, name: str, roots: Path | None = None) -> ssl.SSLObject:
    """Shake hands in memory, as a client that looks for `name`."""
    client_context = ssl.create_default_context(cafile=str(roots or made.roots))
    ends = [ssl.MemoryBIO() for _ in range(2)]
    server = made.context().wrap_bio(ends[0], ends[1], server_side=True)
    client = client_context.wrap_bio(ends[1], ends[0], server_hostname=name)
    for _ in range(5):
        for end in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
    assert client.version()
    client.getpeercert()
    return client


@pytest.mark.parametrize(
    "name", ["language.ai.sensorium.test", "ai.sensorium.test", "localhost", "127.0.0.1"]
)
def test_clients_trust_the_server_under_each_of_its_names(made: Certificates, name: str) -> None:
    assert _handshake(made, name).version() in ("TLSv1.2", "TLSv1.3")
    assert _handshake(made, name, made.authority).version()


@pytest.mark.parametrize("name", ["example.org", "a.b.ai.sensorium.test", "10.0.0.1"])
def test_clients_refuse_the_server_under_any_other_name(made: Certificates, name: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(made, name)


def test_a_client_with_the_public_roots_alone_refuses_the_server(made: Certificates) -> None:
    import certifi

    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(made, "localhost", Path(certifi.where()))


def test_the_authority_cannot_vouch_for_the_rest_of_the_web(
    made: Certificates, tmp_path: Path
) -> None:
    evil = Certificates(made.directory, Universe.parse("google.example"))
    evil._make_server(datetime.now(UTC))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        _handshake(evil, "www.google.example", made.authority)


def test_private_keys_are_closed_to_others(made: Certificates) -> None:
    keys = list(made.directory.glob("*.key"))
    assert len(keys) == 2
    assert all(stat.S_IMODE(key.stat().st_mode) == 0o600 for key in keys)
    assert stat.S_IMODE(made.directory.stat().st_mode) == 0o700


def test_certificates_stay_until_near_their_end_and_the_authority_longer(
    made: Certificates,
) -> None:
    server, authority = made.server.read_bytes(), made.authority.read_bytes()
    assert not made.renew()
    assert not made.renew(datetime.now(UTC) + timedelta(days=59))
    assert made.renew(datetime.now(UTC) + timedelta(days=61))
    assert made.server.read_bytes() != server
    assert made.authority.read_bytes() == authority


def test_a_further_name_makes_a_certificate_that_covers_it(made: Certificates) -> None:
    more = certificates(made.directory.parent, UNIVERSE, ["box.lan", "192.168.1.5"])
    assert _handshake(more, "box.lan").version()
    assert _handshake(more, "192.168.1.5").version()


@pytest.mark.parametrize("lost", ["server.key", "authority.key", "server.pem", "roots.pem"])
def test_a_lost_or_damaged_file_is_made_anew(made: Certificates, lost: str) -> None:
    (made.directory / lost).unlink()
    made.renew()
    assert _handshake(made, "localhost").version()
    made.server.write_text("no certificate")
    made.renew()
    assert _handshake(made, "localhost").version()


def test_the_roots_hold_the_public_ones_too(made: Certificates) -> None:
    context = ssl.create_default_context(cafile=str(made.roots))
    names = [dict(pair[0] for pair in one["subject"]) for one in context.get_ca_certs()]
    assert len(names) > 50
    assert any("ISRG Root X1" in one.values() for one in names)
    assert any(UNIVERSE.domain in one.get("commonName", "") for one in names)
