"""The TLS port: which backend a client reaches, and what never gets through."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from sensorium.gateway.certificates import Certificates, certificates
from sensorium.gateway.tls import TlsFront
from sensorium.gateway.universe import Universe

UNIVERSE = Universe.parse("ai.sensorium.test")
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    return certificates(tmp_path / "certificates", UNIVERSE)


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
