"""Servers, certificates and names for the tests of sources."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sensorium.apis import sources
from sensorium.apis.sources import LocalSources
from sensorium.models.errors import (
    Failure,
)

FIELD = "requests[0].image.source.imageUri"


def read(source: LocalSources, uri: str, **how: Any) -> bytes:
    return asyncio.run(source.read(uri, field=FIELD, **how))


def refused(source: LocalSources, uri: str, **how: Any) -> Failure:
    with pytest.raises(Failure) as caught:
        read(source, uri, **how)
    assert caught.value.field == FIELD
    assert len(str(caught.value)) < 1000
    return caught.value


def resolve(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> list[str]:
    """Let names have these addresses, one list each time they are asked for; return who asked."""
    asked: list[str] = []

    def getaddrinfo(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        if host not in names:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        answers = names[host]
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, 1, 6, "", (one, port))
            for one in address.split()
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


Answer = Callable[[str], "bytes | Awaitable[bytes]"]


def http(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """Return an HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode() + body


@asynccontextmanager
async def listening(
    answer: Answer, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[int, list[str]]]:
    """Serve on a free port; yield it and the heads of the requests that come."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            heads.append(head)
            made = answer(head.split(" ")[1])
            writer.write(made if isinstance(made, bytes) else await made)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], heads
    finally:
        server.close()


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for files.example, and one that believes its authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
    now = datetime.now(UTC)
    names = [x509.DNSName("files.example"), x509.DNSName("other.example")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    certificate = made.public_bytes(serialization.Encoding.PEM)
    (folder / "both.pem").write_bytes(
        certificate
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=certificate.decode())


@pytest.fixture
def tls(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> ssl.SSLContext:
    """The server's context, while 127.0.0.1, and it alone, counts as public too."""
    real = sources.is_public
    monkeypatch.setattr(sources, "is_public", lambda one: one == "127.0.0.1" or real(one))
    return contexts[0]
