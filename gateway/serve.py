"""Run a gateway: REST, gRPC and TLS on one event loop, drained at shutdown."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import uvicorn

from sensorium.gateway.app import Gateway
from sensorium.gateway.certificates import certificates
from sensorium.gateway.connect import dialled
from sensorium.gateway.grpc import server as grpc_server
from sensorium.gateway.tls import TlsFront
from sensorium.gateway.universe import Universe
from sensorium.models.errors import FailedPrecondition


@dataclass(frozen=True, slots=True)
class Bound:
    """The ports that were really bound; None for what is off."""

    host: str
    rest: int
    grpc: int | None
    tls: int | None


class _Server(uvicorn.Server):
    """uvicorn with gRPC and TLS beside it, started and stopped together."""

    def __init__(self, gateway: Gateway, ready: Callable[[Bound], None]) -> None:
        settings = gateway.settings
        super().__init__(
            uvicorn.Config(
                gateway.asgi,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,
                h11_max_incomplete_event_size=65536,
                timeout_graceful_shutdown=int(settings.drain_seconds),
            )
        )
        self._gateway = gateway
        self._ready = ready
        self._grpc: Any = None
        self._tls: TlsFront | None = None

    async def startup(self, sockets: Any = None) -> None:
        """Bind every port, then tell which."""
        settings = self._gateway.settings
        await self._gateway.operations.open(self._gateway.service.context)
        grpc_port = await self._start_grpc() if settings.grpc_port >= 0 else None
        await super().startup(sockets)
        port = sockets[0].getsockname()[1]
        tls_port = await self._start_tls(port, grpc_port) if settings.tls_port >= 0 else None
        self._ready(Bound(settings.host, port, grpc_port, tls_port))

    async def _start_grpc(self) -> int:
        """Start gRPC and return its port."""
        gateway, settings = self._gateway, self._gateway.settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        try:
            self._grpc, port = grpc_server(
                gateway.service,
                gateway.table,
                f"{host}:{settings.grpc_port}",
                settings.body_bytes,
            )
        except RuntimeError:
            raise _taken("gRPC", settings.host, settings.grpc_port, "--grpc-port") from None
        await self._grpc.start()
        return int(port)

    async def _start_tls(self, rest: int, grpc: int | None) -> int:
        """Start TLS before both and return its port."""
        settings = self._gateway.settings
        universe = Universe.parse(settings.universe)
        made = certificates(settings.certificates, universe, settings.allowed_hosts)
        self._tls = TlsFront(
            made.context(),
            rest_port=rest,
            grpc_port=grpc,
            backend=dialled(settings.host),
            certificates=made,
        )
        return await self._tls.start(settings.host, settings.tls_port)

    async def shutdown(self, sockets: Any = None) -> None:
        """Let running calls end within the drain time, on every transport at once."""
        gateway = self._gateway
        gateway.service.draining = True
        stops = [
            super().shutdown(sockets),
            gateway.operations.drain(gateway.settings.drain_seconds),
        ]
        if self._grpc is not None:
            stops.append(self._grpc.stop(gateway.settings.drain_seconds))
        if self._tls is not None:
            stops.append(self._tls.stop())
        await asyncio.gather(*stops)
        await gateway.operations.close()
        await gateway.models.close()
        gateway.service.database.close()


def run(gateway: Gateway, ready: Callable[[Bound], None]) -> None:
    """Serve until a signal asks to stop; `ready` is called once every port is bound.

    Raises FailedPrecondition when a port is taken.
    """
    settings = gateway.settings
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        # uvicorn, left to bind, would end the process with a traceback
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError:
        raise _taken("REST", settings.host, settings.port, "--port") from None
    server = _Server(gateway, ready)
    with listener, asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve([listener]))


def _taken(what: str, host: str, port: int, flag: str) -> FailedPrecondition:
    """Return the refusal to start on an address that cannot be bound."""
    return FailedPrecondition(
        f"{host}:{port} cannot be bound for {what}: another program has it, or this machine has no "
        "such address.",
        hint=f"Choose another with {flag}.",
    )
