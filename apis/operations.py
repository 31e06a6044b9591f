"""Long-running operations: what is begun by one request and asked about by later ones.

    @vision.rpc(_RPC, example={...})
    async def async_batch_annotate_images(request, call: Call) -> JSON:
        check(request)
        return await start(_RPC, request, call, prefix="operations/")

    @runs(_RPC)
    async def annotate_images(request, call: Call, progress: Progress) -> JSON:
        ...  # the response, as a handler would return it

The work is found by the RPC's name and its request is a message, so that a store which outlives
the process can begin it again; so are the results of its `steps`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message

from sensorium.apis.wire.codec import decode, encode
from sensorium.apis.wire.table import load
from sensorium.apis.wire.transfer import transfer
from sensorium.models.errors import (
    FailedPrecondition,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
)

if TYPE_CHECKING:
    from sensorium.apis.core import Call

JSON = dict[str, Any]


class Progress(Protocol):
    """How far the work of one operation is."""

    @property
    def name(self) -> str:
        """Return the operation's name."""
        ...

    async def update(self, **fields: Any) -> None:
        """Set fields of the operation's metadata, in snake_case as its type names them.

        State and times need no mention: the store keeps them.
        """
        ...

    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do a part of the work and return its result, which must be JSON without bytes.

        A part that an overloaded engine refuses is tried again. A store that outlives the process
        does not repeat a part that it has the result of; `name` tells them apart.
        """
        ...


Runner = Callable[[Any, "Call", Progress], Awaitable[JSON]]
R = TypeVar("R", bound=Runner)
T = TypeVar("T")
_LONGEST_WAIT = 30.0  # seconds between two tries of refused work
_runners: dict[str, Runner] = {}


@dataclass(frozen=True, slots=True)
class Job:
    """Work to begin: the RPC that does it, its request, and how the operation is named.

    `asked` is the RPC as the caller knows it, a beta perhaps, whose declared types the operation
    answers with. `prefix` and a fresh id make the name, which must fit the product's polling path.
    """

    rpc: str
    request: Message
    prefix: str
    asked: str

    @property
    def metadata_type(self) -> str:
        """Return the full name of the declared metadata type."""
        return load().methods[self.asked].lro_metadata or "google.protobuf.Struct"

    def response(self, value: JSON) -> JSON:
        """Return what the work answered as the declared response: proto-JSON with its `@type`.

        A value that the type cannot hold is a bug (InvalidArgument or KeyError names the field).
        """
        stable = load().methods[self.rpc].lro_response or "google.protobuf.Empty"
        message = load().message(stable)()
        kind: Any = message.DESCRIPTOR
        decode(message, encode(kind, value))
        declared = load().methods[self.asked].lro_response or stable
        if declared != stable:
            beta = load().message(declared)()
            transfer(message, beta)
            message = beta
        return packed(message)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as it stands: `metadata` and `response` are proto-JSON with their `@type`."""

    name: str
    owner: str
    metadata: JSON
    done: bool = False
    response: JSON | None = None
    error: JSON | None = None

    def wire(self) -> JSON:
        """Return the `google.longrunning.Operation`."""
        answer: JSON = {"name": self.name, "metadata": self.metadata}
        if self.done:
            answer["done"] = True
            answer |= {"error": self.error} if self.error else {"response": self.response}
        return answer


@dataclass(frozen=True, slots=True)
class Listing:
    """Which operations to list: those named `under/...` for which `matches`, a page at a time."""

    under: str = ""
    matches: Callable[[Operation], bool] = field(default=lambda operation: True)
    size: int = 100
    token: str = ""


class Operations(Protocol):
    """Where operations live. Names are told apart by their last segment.

    An operation is its owner's: to everybody else it does not exist (NotFound).
    """

    async def start(self, job: Job, call: Call) -> Operation:
        """Begin the work and return at once; ResourceExhausted when too much is under way."""
        ...

    async def get(self, name: str, owner: str) -> Operation:
        """Return an operation as it stands."""
        ...

    async def list(self, listing: Listing, owner: str) -> tuple[list[Operation], str]:
        """Return a page of operations, newest first, and the token of the next, or ""."""
        ...

    async def wait(self, name: str, owner: str, seconds: float) -> Operation:
        """Return an operation once it is done, or as it stands after `seconds`."""
        ...

    async def cancel(self, name: str, owner: str) -> None:
        """Ask the work to stop; nothing happens to an operation that is done."""
        ...

    async def delete(self, name: str, owner: str) -> None:
        """Forget an operation; work under way goes on, as Google's does."""
        ...


def runs(rpc: str) -> Callable[[R], R]:
    """Register the decorated coroutine as the work that an RPC begins."""

    def register(runner: R) -> R:
        _runners[rpc] = runner
        return runner

    return register


def runner(rpc: str) -> Runner:
    """Return the work that an RPC begins."""
    found = _runners.get(rpc)
    if found is None:
        raise Unimplemented(f"{rpc} begins no operation here.")
    return found


async def start(rpc: str, request: Message, call: Call, *, prefix: str) -> JSON:
    """Begin the work of an RPC and return its `google.longrunning.Operation`."""
    job = Job(rpc, request, prefix, call.rpc or rpc)
    return (await call.operations.start(job, call)).wire()


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Return what `work` answers, asking again while it is refused for overload.

    There is no hurry in an operation: requests that somebody waits for go first.
    """
    wait = 1.0
    while True:
        try:
            return await work()
        except (ResourceExhausted, Unavailable) as busy:
            if busy.retry_after is None:
                raise
            await asyncio.sleep(min(max(busy.retry_after, wait), _LONGEST_WAIT))
            wait *= 2


def packed(message: Message) -> JSON:
    """Return the proto-JSON of an Any that holds `message`."""
    holder: Any = load().message("google.protobuf.Any")()
    holder.Pack(message)
    answer: JSON = json_format.MessageToDict(holder, descriptor_pool=load().pool)
    return answer


class NoOperations:
    """Where no gateway runs: whatever outlives its request is refused."""

    async def start(self, job: Job, call: Call) -> Operation:
        """Refuse."""
        raise _nowhere()

    async def get(self, name: str, owner: str) -> Operation:
        """Refuse."""
        raise _nowhere()

    async def list(self, listing: Listing, owner: str) -> tuple[list[Operation], str]:
        """Refuse."""
        raise _nowhere()

    async def wait(self, name: str, owner: str, seconds: float) -> Operation:
        """Refuse."""
        raise _nowhere()

    async def cancel(self, name: str, owner: str) -> None:
        """Refuse."""
        raise _nowhere()

    async def delete(self, name: str, owner: str) -> None:
        """Refuse."""
        raise _nowhere()


def _nowhere() -> FailedPrecondition:
    return FailedPrecondition(
        "Operations need a running gateway.",
        hint="Start one with `sensorium serve` and name it with --url.",
    )
