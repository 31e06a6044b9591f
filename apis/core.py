"""The heart of the APIs: declare a service, register its RPCs, dispatch a call.

    vision = api("vision", title="Vision", summary="...")

    @vision.rpc("google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages", example={...})
    async def batch_annotate_images(request, call: Call) -> JSON: ...

A handler takes the request message and a `Call`, and returns proto-JSON as a plain dict: camelCase
names, enum names, `bytes` for bytes fields. A streaming handler is an async generator of them.
"""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.message import Message

from sensorium.apis.destinations import Destinations, NoDestinations
from sensorium.apis.operations import NoOperations, Operations
from sensorium.apis.sources import Sources
from sensorium.apis.storage import Database
from sensorium.apis.wire.table import Method, load
from sensorium.apis.wire.transfer import transfer
from sensorium.models.errors import DeadlineExceeded, Unimplemented
from sensorium.models.pool import Models

JSON = dict[str, Any]
Handler = Callable[[Any, "Call"], Any]  # -> Awaitable[JSON] | AsyncIterator[JSON]
H = TypeVar("H", bound=Handler)
Builder = Callable[[bytes], JSON]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one request may ask for; zero means that a thing is off."""

    body_bytes: int = 40_000_000
    pixels: int = 100_000_000
    pages: int = 5
    document_pages: int = 15
    batch: int = 16
    text_characters: int = 1_000_000
    audio_seconds: float = 600.0
    seconds: float = 60.0
    operation_images: int = 2000
    operation_pages: int = 2000
    operation_seconds: float = 14_400.0


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler may use while it answers: engines, sources, limits, and who asks.

    `options` are the request's `x-sensorium-NAME` headers or gRPC metadata, by NAME: what Google's
    messages have no field for. `database` keeps what outlives the process, and in memory where no
    gateway runs. `rpc` is the RPC as the caller knows it, which may be a beta of the one that
    answers; `state` the folder that has what the user put beside the gateway, such as pictures.
    """

    models: Models
    sources: Sources
    limits: Limits = Limits()
    request_id: str = ""
    owner: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    operations: Operations = field(default_factory=NoOperations)
    destinations: Destinations = field(default_factory=NoDestinations)
    database: Database = field(default_factory=Database)
    rpc: str = ""
    state: Path | None = None


@dataclass(frozen=True, slots=True)
class Rpc:
    """A served RPC: its full name, its handler and a request that shows it at work."""

    name: str
    handler: Handler
    example: JSON
    api: Api

    @property
    def summary(self) -> str:
        """Return the first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0]

    @property
    def docs(self) -> str:
        """Return the handler's whole docstring."""
        return (self.handler.__doc__ or "").strip()


@dataclass(frozen=True, slots=True)
class Command:
    """A short name for an RPC on one file or text: `sensorium call vision.text photo.jpg`.

    `build` makes the request (proto-JSON, bytes where the field is bytes) from the content.
    """

    name: str
    rpc: str
    build: Callable[[bytes], JSON]

    @property
    def summary(self) -> str:
        """Return the first line of the builder's docstring."""
        return (self.build.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Api:
    """A service: the folder's name, the title people know, and one sentence."""

    name: str
    title: str
    summary: str
    rpcs: dict[str, Rpc] = field(default_factory=dict, repr=False)
    commands: dict[str, Command] = field(default_factory=dict, repr=False)

    def rpc(self, *names: str, example: JSON) -> Callable[[H], H]:
        """Register the decorated handler for these RPCs; several names share one handler."""

        def register(handler: H) -> H:
            for name in names:
                self.rpcs[name] = Rpc(name, handler, example, self)
            return handler

        return register

    def command(self, name: str, rpc: str) -> Callable[[Builder], Builder]:
        """Register the decorated request builder as `sensorium call API.NAME`."""

        def register(build: Builder) -> Builder:
            self.commands[name] = Command(f"{self.name}.{name}", rpc, build)
            return build

        return register


_apis: dict[str, Api] = {}


def api(name: str, *, title: str, summary: str) -> Api:
    """Declare the API that lives in folder `name`."""
    return _apis.setdefault(name, Api(name, title, summary))


@cache
def discover() -> Mapping[str, Api]:
    """Import every module of every API folder, to any depth, and return the APIs by name."""
    from sensorium import apis

    for found in pkgutil.iter_modules(apis.__path__):
        if found.ispkg and found.name != "wire":
            folder = importlib.import_module(f"{apis.__name__}.{found.name}")
            for module in pkgutil.walk_packages(folder.__path__, f"{folder.__name__}."):
                importlib.import_module(module.name)
    return dict(sorted(_apis.items()))


@cache
def served() -> Mapping[str, Rpc]:
    """Return every served RPC by its full name."""
    return {name: rpc for one in discover().values() for name, rpc in one.rpcs.items()}


def resolve(method: Method) -> Rpc:
    """Return what serves an RPC, directly or as the stable form of a beta.

    Raises Unimplemented that names the RPC.
    """
    rpcs = served()
    rpc = rpcs.get(method.name) or rpcs.get(method.alias or "")
    if rpc is None:
        raise Unimplemented(
            f"{method.name} is not served by this gateway.",
            hint="`sensorium apis` lists what is.",
        )
    return rpc


async def dispatch(method: Method, request: Any, call: Call) -> JSON:
    """Answer a unary RPC within the call's time.

    `request` is a message; for a client stream an async iterator of messages.
    """
    rpc = resolve(method)
    call = replace(call, rpc=method.name)
    try:
        async with asyncio.timeout(call.limits.seconds) as clock:
            answer: JSON = await rpc.handler(_stable(method, rpc, request), call)
            return answer
    except TimeoutError:
        if not clock.expired():
            raise  # the handler's own
        raise _too_long(method, call) from None


async def stream(method: Method, request: Any, call: Call) -> AsyncGenerator[JSON, None]:
    """Answer a server-streaming or bidirectional RPC, message by message.

    What answers one request must do so within the call's time; a conversation may last.
    """
    rpc = resolve(method)
    call = replace(call, rpc=method.name)
    loop = asyncio.get_running_loop()
    end = loop.time() + call.limits.seconds if method.kind == "server" else None
    async with aclosing(rpc.handler(_stable(method, rpc, request), call)) as answers:
        while True:
            try:
                async with asyncio.timeout_at(end) as clock:
                    answer: JSON = await anext(answers)
            except StopAsyncIteration:
                return
            except TimeoutError:
                if not clock.expired():
                    raise
                raise _too_long(method, call) from None
            yield answer


def _too_long(method: Method, call: Call) -> DeadlineExceeded:
    """Return the failure of a call whose time is over."""
    return DeadlineExceeded(
        f"{method.name} took longer than the {call.limits.seconds:g} s allowed."
    )


def served_as(method: Method) -> Method:
    """Return the method whose types the handler of an RPC takes and answers."""
    return load().methods[resolve(method).name]


def _stable(method: Method, rpc: Rpc, request: Any) -> Any:
    """Return a beta's request, or stream of them, as the message that the handler takes."""
    if rpc.name == method.name:
        return request
    kind = load().methods[rpc.name].request
    if isinstance(request, Message):
        return _transferred(request, kind())
    return (_transferred(one, kind()) async for one in request)


def _transferred(source: Message, target: Message) -> Message:
    """Return `target`, filled with what `source` has in common with it."""
    transfer(source, target)
    return target
