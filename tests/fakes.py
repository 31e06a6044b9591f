"""A gateway's parts without its engines, and an ASGI server without its sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from sensorium.apis import core
from sensorium.apis.core import Api, Limits, Rpc
from sensorium.apis.destinations import NoDestinations
from sensorium.apis.wire.router import Router
from sensorium.apis.wire.table import load
from sensorium.gateway.auth import Access
from sensorium.gateway.observe import Metrics, Tracer
from sensorium.gateway.operations import LocalOperations
from sensorium.gateway.pages import build
from sensorium.gateway.quota import Quota
from sensorium.gateway.rest import Rest
from sensorium.gateway.service import Service

ROUTER = Router(load().methods.values())


class Nothing:
    """Engines and sources of a handler that needs none."""

    def states(self) -> list[Any]:
        return []


def access(keys: Mapping[str, str] | None = None) -> Access:
    """Return open access, or access for the owners of these keys."""
    return Access(
        open_access=lambda: keys is None,
        verify_key=lambda key: (keys or {}).get(key),
        verify_token=lambda token: "robot" if token == "token-of-robot" else None,
        allowed_hosts=("Sensorium.example",),
    )


def service(**parts: Any) -> Service:
    """Return a service whose parts are fakes unless given."""
    nothing: Any = Nothing()
    limits = parts.pop("limits", Limits())
    return Service(
        models=parts.pop("models", nothing),
        sources=parts.pop("sources", nothing),
        limits=limits,
        operations=parts.pop("operations", None) or LocalOperations(limits),
        destinations=parts.pop("destinations", NoDestinations()),
        access=parts.pop("access", access()),
        quota=parts.pop("quota", Quota(0)),
        metrics=Metrics(),
        tracer=Tracer(""),
        **parts,
    )


def serve(monkeypatch: pytest.MonkeyPatch, handlers: Mapping[str, Callable[..., Any]]) -> None:
    """Let these handlers, by RPC name, be all that is served."""
    one = Api("test", "Test", "Handlers of a test.")
    rpcs = {name: Rpc(name, handler, {}, one) for name, handler in handlers.items()}
    monkeypatch.setattr(core, "served", lambda: rpcs)


def app(one: Service | None = None) -> Rest:
    """Return the REST app of a service, its pages behind it."""
    one = one or service()
    return Rest(one, ROUTER, build(one, load()))


@dataclass
class Answered:
    """What an ASGI app sent."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = False

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def error(self) -> Any:
        """Return the error, checked to have Google's shape."""
        assert set(self.json) == {"error"}
        error = self.json["error"]
        assert set(error) == {"code", "message", "status", "details"}
        assert error["code"] == self.status
        assert all("@type" in detail for detail in error["details"])
        return error

    def detail(self, kind: str) -> Any:
        """Return the error detail of a type, without the type."""
        (found,) = (
            detail for detail in self.error["details"] if detail["@type"].endswith(f".{kind}")
        )
        return {name: value for name, value in found.items() if name != "@type"}


async def ask(
    asgi: Any,
    verb: str,
    path: str,
    body: Any = b"",
    *,
    headers: Iterable[tuple[str, str]] = (),
    chunks: list[bytes] | None = None,
    gone: asyncio.Event | None = None,
    on_part: Callable[[bytes], None] = lambda part: None,
) -> Answered:
    """Send one request as a server would; `gone` tells when the client goes away."""
    path, _, query = path.partition("?")
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    waiting = list([raw] if chunks is None else chunks)
    answered, gone = Answered(), gone or asyncio.Event()

    async def receive() -> dict[str, Any]:
        if waiting:
            part = waiting.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(waiting)}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        assert not answered.whole, "something was sent after the end"
        if event["type"] == "http.response.start":
            assert not answered.status, "the answer began twice"
            answered.status = event["status"]
            answered.headers = {name.decode(): value.decode() for name, value in event["headers"]}
        else:
            answered.body += event.get("body", b"")
            answered.whole = not event.get("more_body", False)
            on_part(event.get("body", b""))

    scope = {
        "type": "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
        "method": verb,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in {
                "host": "localhost",
                **{name.lower(): value for name, value in headers},
            }.items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await asgi(scope, receive, send)
    return answered


def asked(asgi: Any, verb: str, path: str, body: Any = b"", **how: Any) -> Answered:
    """Send one request and wait for its answer."""
    return asyncio.run(ask(asgi, verb, path, body, **how))
