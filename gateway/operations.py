"""Operations of this process: tasks on its event loop, in memory, gone when it stops.

`running` of them work at a time and `unfinished` may exist, so that a caller cannot fill the
memory; what is done is kept for `keep` seconds, and the oldest of it makes room when there are more
than `kept` or their answers exceed `kept_bytes`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from sensorium.apis.core import Call, Limits
from sensorium.apis.metadata import Phase, metadata
from sensorium.apis.operations import JSON, Job, Listing, Operation, patiently, runner
from sensorium.gateway.errors import details, told
from sensorium.models.errors import (
    Cancelled,
    DeadlineExceeded,
    Failure,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
)

log = logging.getLogger("sensorium")


@dataclass(eq=False)
class _Record:
    """An operation and what this process knows of it."""

    sequence: int
    job: Job
    call: Call
    operation: Operation
    began: datetime
    fields: dict[str, Any] = field(default_factory=dict)
    phase: Phase = "waiting"
    done: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    ended: float = 0.0
    size: int = 0

    def tell(self) -> None:
        """Write the metadata anew."""
        told_now = metadata(
            self.job.metadata_type, self.phase, self.began, datetime.now(UTC), self.fields
        )
        self.operation = dataclasses.replace(self.operation, metadata=told_now)


class LocalOperations:
    """Runs operations in this process; see `Operations` for what it promises."""

    def __init__(
        self,
        limits: Limits,
        *,
        running: int = 4,
        unfinished: int = 200,
        kept: int = 2000,
        kept_bytes: int = 200_000_000,
        keep: float = 86_400.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(running)
        self._unfinished = unfinished
        self._kept, self._kept_bytes, self._keep = kept, kept_bytes, keep
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._sequence = 0

    async def start(self, job: Job, call: Call) -> Operation:
        """Begin the work; see `Operations.start`."""
        if self._closing:
            raise Unavailable("The gateway is shutting down.", retry_after=5.0)
        if len(self._tasks) >= self._unfinished:
            raise ResourceExhausted(
                f"{self._unfinished} operations are under way or waiting.", retry_after=10.0
            )
        runner(job.rpc)
        self._prune()
        identity = secrets.token_hex(8)
        self._sequence += 1
        # the request's own deadline ends with its answer, the operation's limits do not
        inside = dataclasses.replace(call, limits=self._limits)
        name = job.prefix + identity
        record = _Record(
            self._sequence, job, inside, Operation(name, call.owner, {}), datetime.now(UTC)
        )
        record.tell()
        self._records[identity] = record
        record.task = asyncio.create_task(self._run(record), name=name)
        self._tasks.add(record.task)
        record.task.add_done_callback(self._tasks.discard)
        return record.operation

    async def get(self, name: str, owner: str) -> Operation:
        """Return an operation as it stands; see `Operations.get`."""
        return self._mine(name, owner).operation

    async def list(self, listing: Listing, owner: str) -> tuple[list[Operation], str]:
        """Return a page of operations; see `Operations.list`."""
        self._prune()
        if listing.token and not listing.token.isdecimal():
            raise InvalidArgument("This is no token of a page.", field="pageToken")
        before = int(listing.token) if listing.token else self._sequence + 1
        found = []
        for record in reversed(self._records.values()):
            one = record.operation
            under = not listing.under or one.name.startswith(listing.under + "/")
            if record.sequence >= before or one.owner != owner or not under:
                continue
            if listing.matches(one):
                found.append(record)
            if len(found) > listing.size:
                break
        page = found[: listing.size]
        token = str(page[-1].sequence) if len(found) > len(page) else ""
        return [record.operation for record in page], token

    async def wait(self, name: str, owner: str, seconds: float) -> Operation:
        """Wait for an operation; see `Operations.wait`."""
        record = self._mine(name, owner)
        try:
            async with asyncio.timeout(seconds):
                await record.done.wait()
        except TimeoutError:
            pass
        return record.operation

    async def cancel(self, name: str, owner: str) -> None:
        """Stop the work of an operation; see `Operations.cancel`."""
        record = self._mine(name, owner)
        if record.task is not None and not record.done.is_set():
            self._stop(record, "The operation was cancelled.")

    async def delete(self, name: str, owner: str) -> None:
        """Forget an operation; see `Operations.delete`."""
        self._mine(name, owner)
        del self._records[_last(name)]

    async def close(self, seconds: float = 0.0) -> None:
        """Refuse new operations, give running ones `seconds`, and cancel the rest."""
        self._closing = True
        for record in self._records.values():
            if record.phase == "waiting" and not record.done.is_set():
                self._stop(record, "The gateway shut down before the work began.")
        if self._tasks and seconds > 0:
            await asyncio.wait(self._tasks, timeout=seconds)
        for record in self._records.values():
            if not record.done.is_set():
                self._stop(record, "The gateway shut down before the work was done.")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _mine(self, name: str, owner: str) -> _Record:
        """Return the record of an operation that is the owner's."""
        record = self._records.get(_last(name))
        expired = record is not None and record.done.is_set() and record.ended <= self._oldest()
        if record is None or expired or record.operation.owner != owner:
            raise NotFound(f"There is no operation {name[:200]!r}.", field="name")
        return record

    def _stop(self, record: _Record, why: str) -> None:
        """End an operation for its caller at once, and its task as soon as it lets itself."""
        self._end(record, "cancelled", error=_status(Cancelled(why), record))
        if record.task is not None:
            record.task.cancel()

    async def _run(self, record: _Record) -> None:
        """Do the work of one operation and keep how it ended."""
        try:
            async with self._slots:
                record.phase = "running"
                record.tell()
                response = await self._answer(record)
            self._end(record, "succeeded", response=response)
        except asyncio.CancelledError:
            self._end(record, "cancelled", error=_status(Cancelled("Cancelled."), record))
        except Exception as error:
            failure = told(error, record.call.request_id)
            self._end(record, "failed", error=_status(failure, record))

    async def _answer(self, record: _Record) -> JSON:
        """Return the response of one operation, packed."""
        seconds = self._limits.operation_seconds
        try:
            async with asyncio.timeout(seconds) as clock:
                value = await runner(record.job.rpc)(
                    record.job.request, record.call, _Progress(record)
                )
        except TimeoutError:
            if not clock.expired():
                raise
            raise DeadlineExceeded(
                f"The work took longer than the {seconds:g} s allowed."
            ) from None
        try:
            return record.job.response(value)
        except InvalidArgument as misfit:
            raise TypeError(f"{record.job.rpc} answered what its type cannot hold") from misfit

    def _end(
        self,
        record: _Record,
        phase: Phase,
        *,
        response: JSON | None = None,
        error: JSON | None = None,
    ) -> None:
        """Keep how an operation ended; the first end counts."""
        if record.done.is_set():
            return
        record.phase = phase
        record.tell()
        record.operation = dataclasses.replace(
            record.operation, done=True, response=response, error=error
        )
        record.ended = self._clock()
        record.size = len(orjson.dumps(record.operation.wire()))
        record.done.set()
        log.info(
            "operation %s %s", record.operation.name, phase, extra={"id": record.call.request_id}
        )
        self._prune()

    def _oldest(self) -> float:
        """Return the time before which what ended is forgotten."""
        return self._clock() - self._keep

    def _prune(self) -> None:
        """Forget what is done and old, or too much."""
        finished = [
            (identity, record) for identity, record in self._records.items() if record.done.is_set()
        ]
        finished.sort(key=lambda pair: pair[1].ended)
        total = sum(record.size for _, record in finished)
        count, oldest = len(finished), self._oldest()
        for identity, record in finished:
            full = count > self._kept or total > self._kept_bytes
            if not full and record.ended > oldest:
                break
            del self._records[identity]
            count, total = count - 1, total - record.size


@dataclass(frozen=True)
class _Progress:
    """What the work of one operation tells; see `Progress`."""

    record: _Record

    @property
    def name(self) -> str:
        """Return the operation's name."""
        return self.record.operation.name

    async def update(self, **fields: Any) -> None:
        """Set fields of the metadata; see `Progress.update`."""
        self.record.fields |= fields
        if not self.record.done.is_set():
            self.record.tell()

    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do a part of the work, again while engines are overloaded; see `Progress.step`."""
        return await patiently(work)


def _status(failure: Failure, record: _Record) -> JSON:
    """Return a failure as `google.rpc.Status`."""
    return {
        "code": int(failure.code),
        "message": str(failure),
        "details": details(failure, record.call.request_id),
    }


def _last(name: str) -> str:
    """Return what tells an operation: the last segment of its name."""
    return name.rpartition("/")[2]
