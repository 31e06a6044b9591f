"""Certificates, service accounts and the TLS port: whom clients trust, and whom we do."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import ssl
import stat
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.oauth2 import service_account

from sensorium.gateway.accounts import Accounts
from sensorium.gateway.certificates import Certificates, certificates
from sensorium.gateway.tls import TlsFront
from sensorium.gateway.universe import Universe
from sensorium.models.errors import InvalidArgument, NotFound

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


# --- service accounts --------------------------------------------------------------------------


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path / "accounts.json")


def _token(content: dict[str, str], headers: dict[str, Any] | None = None, **changes: Any) -> str:
    now = int(datetime.now(UTC).timestamp())
    email = content["client_email"]
    claims = {"iss": email, "sub": email, "iat": now, "exp": now + 3600, "scope": SCOPE}
    claims = {k: v for k, v in {**claims, **changes}.items() if v is not ...}
    kid = {"kid": content["private_key_id"], **(headers or {})}
    return jwt.encode(claims, content["private_key"], algorithm="RS256", headers=kid)


@pytest.fixture
def content(accounts: Accounts) -> dict[str, str]:
    return dict(json.loads(accounts.create("alice", UNIVERSE)[1]))


@pytest.mark.parametrize("scopes", [[SCOPE], None])
def test_a_token_of_googles_own_library_names_its_owner(
    accounts: Accounts, content: dict[str, str], scopes: list[str] | None
) -> None:
    credentials = service_account.Credentials.from_service_account_info(content, scopes=scopes)
    credentials._create_self_signed_jwt("https://language.googleapis.com/")
    credentials.refresh(None)
    assert credentials.universe_domain == str(UNIVERSE)
    assert accounts.verify(credentials.token) == "alice"


def test_the_private_key_is_not_kept(accounts: Accounts, content: dict[str, str]) -> None:
    kept = accounts._ledger.path.read_text()
    assert "PRIVATE KEY" in content["private_key"]
    assert "PRIVATE KEY" not in kept


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": ..., "aud": "https://language.ai.sensorium.test/"},
        {"scope": ..., "aud": "https://language.googleapis.com/"},
        {"scope": ..., "aud": "https://oauth2.ai.sensorium.test/token"},
        {"aud": None},
        {"scope": f"openid {SCOPE}"},
    ],
)
def test_a_token_for_this_universe_is_taken(
    accounts: Accounts, content: dict[str, str], changes: dict[str, Any]
) -> None:
    assert accounts.verify(_token(content, **changes)) == "alice"


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": ...},
        {"scope": "openid"},
        {"scope": 7},
        {"aud": "https://example.org/"},
        {"aud": "http://language.ai.sensorium.test/"},
        {"aud": "https://evilai.sensorium.test/"},
        {"aud": ["https://language.googleapis.com/"]},
        {"aud": "https://[broken"},
        {"iss": "someone@else"},
        {"sub": "someone@else"},
        {"sub": ...},
        {"exp": ...},
        {"iat": ...},
        {"exp": True},
        {"iat": int(datetime.now(UTC).timestamp()) - 7200},
        {"iat": int(datetime.now(UTC).timestamp()) + 600},
        {"exp": int(datetime.now(UTC).timestamp()) - 61},
        {"exp": int(datetime.now(UTC).timestamp()) + 86400},
    ],
)
def test_a_token_that_is_old_long_foreign_or_for_somebody_else_is_refused(
    accounts: Accounts, content: dict[str, str], changes: dict[str, Any]
) -> None:
    assert accounts.verify(_token(content, **changes)) is None


def test_a_token_without_a_good_signature_is_refused(
    accounts: Accounts, content: dict[str, str]
) -> None:
    token = _token(content)
    head, body, signature = token.split(".")
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    none = base64.urlsafe_b64encode(
        json.dumps({"alg": "none", "kid": content["private_key_id"]}).encode()
    )
    forged = [
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{none.decode().rstrip('=')}.{body}.",
        _token({**content, "private_key": other.decode()}),
        _token(content, headers={"kid": "unknown"}),
        jwt.encode({}, content["private_key"], algorithm="RS256"),
        "a.b.c",
        "..",
        "x" * 10_000,
        "",
    ]
    assert accounts.verify(token) == "alice"
    assert [accounts.verify(one) for one in forged] == [None] * len(forged)


def test_the_public_key_does_not_serve_as_an_hmac_secret(
    accounts: Accounts, content: dict[str, str]
) -> None:
    import hashlib
    import hmac

    public = next(iter(accounts._ledger.read().values()))["public"]
    _, body, _ = _token(content).split(".")
    head = base64.urlsafe_b64encode(
        json.dumps({"alg": "HS256", "kid": content["private_key_id"]}).encode()
    ).rstrip(b"=")
    signed = head + b"." + body.encode()
    signature = hmac.new(public.encode(), signed, hashlib.sha256).digest()
    token = signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")
    assert accounts.verify(token.decode()) is None


def test_a_revoked_account_is_refused_by_a_running_gateway(
    accounts: Accounts, content: dict[str, str]
) -> None:
    running = Accounts(accounts._ledger.path)
    assert running.verify(_token(content)) == "alice"
    (gone,) = accounts.revoke("alice")
    assert gone.email == content["client_email"]
    assert running.verify(_token(content)) is None
    with pytest.raises(NotFound):
        accounts.revoke("alice")


# --- the TLS port ------------------------------------------------------------------------------


async def _backend(answer: bytes) -> asyncio.Server:
    async def backend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(answer + line)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            await _closed(writer)

    return await asyncio.start_server(backend, "127.0.0.1", 0)


async def _backends_ended() -> None:
    tasks = [t for t in asyncio.all_tasks() if "backend" in t.get_coro().__qualname__.split(".")]
    await asyncio.gather(*tasks)


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


@contextlib.asynccontextmanager
async def _front(made: Certificates, **changes: Any) -> AsyncIterator[tuple[TlsFront, int]]:
    rest, grpc = await _backend(b"rest "), await _backend(b"grpc ")
    facts: dict[str, Any] = {"rest_port": _port(rest), "grpc_port": _port(grpc)}
    front = TlsFront(made.context(), **{**facts, "certificates": made, **changes})
    port = await front.start("127.0.0.1", 0)
    try:
        yield front, port
    finally:
        await front.stop(grace=0.0)
        await _backends_ended()
        rest.close()
        grpc.close()


async def _ask(made: Certificates, port: int, alpn: list[str]) -> bytes:
    context = ssl.create_default_context(cafile=str(made.authority))
    if alpn:
        context.set_alpn_protocols(alpn)
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname="vision.ai.sensorium.test"
    )
    writer.write(b"hello\n")
    answer = await reader.readline()
    await _closed(writer)
    return answer


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(main(), 30))


@pytest.mark.parametrize(
    ("alpn", "answer"),
    [
        (["h2"], b"grpc hello\n"),
        (["grpc-exp", "h2"], b"grpc hello\n"),
        (["http/1.1"], b"rest hello\n"),
        (["h2", "http/1.1"], b"rest hello\n"),
        ([], b"rest hello\n"),
    ],
)
def test_alpn_chooses_between_rest_and_grpc(
    made: Certificates, alpn: list[str], answer: bytes
) -> None:
    async def main() -> None:
        async with _front(made) as (_, port):
            assert await _ask(made, port, alpn) == answer

    _run(main)


async def _raw(port: int, content: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(content)
    answer = await reader.read()
    await _closed(writer)
    return answer


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"CONNECT example.org:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT ai.sensorium.test:443 HTTP/1.1\r\n\r\nmore", b"400"),
        (b"C" * 8192, b"400"),
    ],
)
def test_what_is_neither_tls_nor_a_way_into_the_universe_is_refused(
    made: Certificates, content: bytes, status: bytes
) -> None:
    async def main() -> None:
        async with _front(made) as (_, port):
            answer = await _raw(port, content)
            assert answer.startswith(b"HTTP/1.1 " + status)
            assert await _ask(made, port, ["h2"]) == b"grpc hello\n"

    _run(main)


def test_connect_to_a_name_of_the_universe_ends_in_this_gateway(made: Certificates) -> None:
    async def main() -> None:
        async with _front(made) as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"CONNECT vision.ai.sensorium.test:443 HTTP/1.1\r\n\r\n")
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
            context = ssl.create_default_context(cafile=str(made.authority))
            await writer.start_tls(context, server_hostname="vision.ai.sensorium.test")
            writer.write(b"hello\n")
            assert await reader.readline() == b"rest hello\n"
            await _closed(writer)

    _run(main)


def test_without_certificates_connect_is_refused(made: Certificates) -> None:
    async def main() -> None:
        async with _front(made, certificates=None) as (_, port):
            answer = await _raw(port, b"CONNECT vision.ai.sensorium.test:443 HTTP/1.1\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 403")

    _run(main)


def test_a_silent_client_is_let_go(made: Certificates) -> None:
    async def main() -> None:
        async with _front(made, handshake=0.05) as (_, port):
            assert await _raw(port, b"") == b""

    _run(main)


def test_one_connection_too_many_is_closed_and_the_others_go_on(made: Certificates) -> None:
    async def main() -> None:
        async with _front(made, connections=1) as (front, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while not front._tasks:  # noqa: ASYNC110
                await asyncio.sleep(0)
            assert await _raw(port, b"") == b""
            context = ssl.create_default_context(cafile=str(made.authority))
            await writer.start_tls(context, server_hostname="localhost")
            writer.write(b"hello\n")
            assert await reader.readline() == b"rest hello\n"
            await _closed(writer)

    _run(main)


def test_a_slow_reader_gets_every_byte_and_a_bounded_part_of_the_memory(
    made: Certificates,
) -> None:
    size = 20_000_000
    sent = 0

    async def backend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readline()
        for _ in range(size // 100_000):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(backend, "127.0.0.1", 0)
        async with _front(made, rest_port=_port(server)) as (_, port):
            context = ssl.create_default_context(cafile=str(made.authority))
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=context, server_hostname="localhost", limit=1000
            )
            writer.write(b"go\n")
            received = len(await reader.readexactly(1))
            before = -1
            while sent != before:  # until the pipe is full
                before = sent
                await asyncio.sleep(0.05)
            assert sent < size
            while data := await reader.read(65536):
                received += len(data)
            assert received == size
            await _closed(writer)
        server.close()

    _run(main)


def test_stop_cuts_what_does_not_end_by_itself_and_frees_the_port(made: Certificates) -> None:
    async def main() -> None:
        async with _front(made) as (front, port):
            context = ssl.create_default_context(cafile=str(made.authority))
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=context, server_hostname="localhost"
            )
            writer.write(b"hello\n")
            await reader.readline()
            await front.stop(grace=0.01)
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            await _closed(writer)
            socket.create_server(("127.0.0.1", port)).close()

    _run(main)


def test_a_backend_that_is_down_ends_that_connection_only(made: Certificates) -> None:
    async def main() -> None:
        closed = socket.create_server(("127.0.0.1", 0))
        port_of_nobody = closed.getsockname()[1]
        closed.close()
        async with _front(made, grpc_port=port_of_nobody) as (_, port):
            assert await _ask(made, port, ["h2"]) == b""
            assert await _ask(made, port, []) == b"rest hello\n"

    _run(main)


def test_a_renewed_certificate_serves_without_a_restart(made: Certificates) -> None:
    async def main() -> None:
        async with _front(made) as (front, port):
            made.server.unlink()
            assert made.renew()
            front.reload(made.server, made.key)
            context = ssl.create_default_context(cafile=str(made.authority))
            _, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=context, server_hostname="localhost"
            )
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            wanted = x509.load_pem_x509_certificate(made.server.read_bytes())
            assert x509.load_der_x509_certificate(shown) == wanted
            await _closed(writer)

    _run(main)
