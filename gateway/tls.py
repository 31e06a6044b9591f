"""TLS in front of REST and gRPC, on one port: what was agreed by ALPN chooses the plaintext port.

Google's clients put `:443` behind `SERVICE.NAME`, which needs that port and a name that resolves.
Where neither can be had, the same port is also their HTTP proxy: `CONNECT SERVICE.NAME:443`
is answered by this gateway itself, whatever the port, and for names of the universe only. So
`grpc_proxy` and `HTTPS_PROXY` bring a client here without root, DNS or a change of code.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from pathlib import Path

from sensorium.gateway.certificates import Certificates

_log = logging.getLogger(__name__)
_CHUNK = 65536  # bytes read at once, and the most that wait in each direction
_MAX_CONNECT = 8192  # bytes of a CONNECT request
_TLS_HANDSHAKE = 0x16  # the first byte of a TLS connection (RFC 8446, 5.1)
_RENEW_EVERY = 12 * 3600.0  # seconds


class TlsFront:
    """A TLS port before a REST port and a gRPC port of `backend`.

    With `certificates` it also answers CONNECT for their universe, and renews them as they age.
    `connections` is the most that are open at a time, `handshake` the seconds until one must have
    come to speak TLS.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        rest_port: int,
        grpc_port: int | None,
        backend: str = "127.0.0.1",
        certificates: Certificates | None = None,
        connections: int = 1000,
        handshake: float = 10.0,
    ) -> None:
        self._context = context
        self._rest_port = rest_port
        self._grpc_port = grpc_port
        self._backend = backend
        self._certificates = certificates
        self._connections = connections
        self._handshake = handshake
        self._tasks: set[asyncio.Task[None]] = set()
        self._sockets: list[socket.socket] = []
        self._loops: list[asyncio.Task[None]] = []

    async def start(self, host: str, port: int) -> int:
        """Listen on every address of `host` and return the port; OSError when it is taken."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(found):
            # port 0 is chosen once, and is the same for every further address
            chosen = self._sockets[0].getsockname()[1] if self._sockets else address[1]
            listener = socket.create_server(
                (str(address[0]), chosen), family=family, backlog=512, reuse_port=False
            )
            listener.setblocking(False)
            self._sockets.append(listener)
            self._loops.append(asyncio.create_task(self._accept(listener)))
        if self._certificates is not None:
            self._loops.append(asyncio.create_task(self._renew(self._certificates)))
        return int(self._sockets[0].getsockname()[1])

    async def stop(self, grace: float = 5.0) -> None:
        """Take no more connections, give open ones `grace` seconds, then cut them."""
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        for listener in self._sockets:
            listener.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, _ = await loop.sock_accept(listener)
            except OSError as error:  # out of file descriptors: go on when some are free
                _log.warning("TLS port: %s", error)
                await asyncio.sleep(0.1)
                continue
            if len(self._tasks) >= self._connections:
                client.close()
                continue
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = asyncio.create_task(self._serve(client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: socket.socket) -> None:
        """Serve one connection to its end; its errors are its own."""
        writer = None
        try:
            async with asyncio.timeout(self._handshake):
                if not await self._admitted(client):
                    return
                reader, writer = await _secured(client, self._context)
            agreed = writer.get_extra_info("ssl_object").selected_alpn_protocol()
            port = self._grpc_port if agreed == "h2" else self._rest_port
            if port is not None:
                await _pipe(reader, writer, *await asyncio.open_connection(self._backend, port))
        except (OSError, TimeoutError) as error:
            _log.debug("TLS connection ended: %s", error)
        except asyncio.CancelledError:
            if writer is not None:
                writer.transport.abort()
            raise
        finally:
            if writer is None:
                client.close()
            else:
                await _close(writer)

    async def _admitted(self, client: socket.socket) -> bool:
        """Tell whether TLS comes next, after answering CONNECT; refuse anything else in words."""
        loop = asyncio.get_running_loop()
        await _readable(client)
        first = client.recv(1, socket.MSG_PEEK)
        if not first or first[0] == _TLS_HANDSHAKE:
            return bool(first)
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _MAX_CONNECT:
            received = await loop.sock_recv(client, _MAX_CONNECT - len(head))
            if not received:
                return False
            head += received
        status, words = self._connect(head)
        if status.startswith("200"):
            await loop.sock_sendall(client, f"HTTP/1.1 {status}\r\n\r\n".encode())
            return True
        answer = (
            f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(words)}\r\n"
            f"Connection: close\r\n\r\n{words}"
        )
        await loop.sock_sendall(client, answer.encode())
        return False

    def _connect(self, head: bytes) -> tuple[str, str]:
        """Return the status line and the text that answer a CONNECT request."""
        method, _, rest = head.partition(b" ")
        target = rest.partition(b" ")[0].decode("latin-1")
        if method != b"CONNECT" or not head.endswith(b"\r\n\r\n"):
            return "400 Bad Request", "This port speaks TLS; use https.\n"
        host = target.rpartition(":")[0]
        if self._certificates is None or not self._certificates.universe.holds(host):
            return "403 Forbidden", "This is a proxy to this gateway's own universe only.\n"
        return "200 Connection established", ""

    async def _renew(self, certificates: Certificates) -> None:
        while True:
            await asyncio.sleep(_RENEW_EVERY)
            try:
                if await asyncio.to_thread(certificates.renew):
                    self.reload(certificates.server, certificates.key)
            except (OSError, ValueError):
                _log.exception("The certificate could not be renewed.")

    def reload(self, certificate: Path, key: Path) -> None:
        """Use this certificate for connections from now on."""
        self._context.load_cert_chain(certificate, key)


async def _readable(client: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(client, wake)
    try:
        await ready
    finally:
        loop.remove_reader(client)


async def _secured(
    client: socket.socket, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_CHUNK, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=context)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _pipe(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    backend_reader: asyncio.StreamReader,
    backend_writer: asyncio.StreamWriter,
) -> None:
    """Copy both ways until either side ends; what the backend had still to say is sent first."""
    tasks = (
        asyncio.create_task(_copy(reader, backend_writer)),
        asyncio.create_task(_copy(backend_reader, writer)),
    )
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        backend_writer.transport.abort()
        raise
    finally:
        for task in tasks:
            task.cancel()
        await _close(backend_writer)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):  # either side has gone: that is an end, too
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    """Send what is still waiting to be sent, then close; at once when cancelled."""
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        pass
    except asyncio.CancelledError:
        writer.transport.abort()
        raise
