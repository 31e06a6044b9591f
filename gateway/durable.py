"""Operations that outlive this process: DBOS runs them, the gateway's database keeps them.

An operation is a row that is committed before its caller hears of it, and a workflow of DBOS with
the same id. The workflow takes up after the last step that was done, in this process or, on
PostgreSQL, in another one; the row's first end counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import secrets
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sensorium.apis.core import Call, Limits
from sensorium.apis.metadata import metadata
from sensorium.apis.operations import JSON, Job, Listing, Operation, patiently, runner
from sensorium.apis.storage import Database
from sensorium.apis.wire.table import load
from sensorium.gateway import records
from sensorium.gateway.errors import details, told
from sensorium.gateway.records import Record
from sensorium.models.errors import (
    Aborted,
    Cancelled,
    DeadlineExceeded,
    Failure,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
)

log = logging.getLogger("sensorium")

_QUEUE, _WORKFLOW = "operations", "operation"
_POLL = 0.2  # seconds between two looks for work, and at what somebody waits for
_ATTEMPTS = 3  # that may fail before an operation is given up
_BEAT, _LEASE = 3.0, 12.0  # seconds between two signs of life, and without one until it is dead
_PAGE = 200  # rows that are looked through at once
_LOCAL = "local"  # the process of a database that only one process has


class DurableOperations:
    """Keeps and runs operations; see `Operations` for what it promises.

    `running` of them work at a time in this process; `unfinished` may exist. What is done is kept
    for `keep` seconds, and no more than `kept` of it.
    """

    def __init__(
        self,
        database: Database,
        limits: Limits,
        *,
        url: str,
        running: int = 4,
        unfinished: int = 200,
        kept: int = 2000,
        keep: float = 86_400.0,
    ) -> None:
        self._database, self._limits, self._url = database, limits, url
        self._running, self._unfinished = running, unfinished
        self._kept, self._keep = kept, keep
        self._alone = url.startswith("sqlite")
        self._executor = _LOCAL if self._alone else f"{os.getpid()}-{secrets.token_hex(6)}"
        self._context: Call | None = None
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._alive: asyncio.Task[None] | None = None
        self._dbos: Any = None
        self._operate: Any = None
        self._closing = False

    async def open(self, context: Call) -> None:
        """Take up what is not done; `context` has what the work may use."""
        from dbos import DBOS

        self._context = context
        if self._alone:
            _private(self._url)
        self._dbos = DBOS
        DBOS(config=_config(self._url, self._executor))

        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)
        async def operate(identity: str) -> None:
            await self._run(identity)

        self._operate = operate
        DBOS.launch()
        await DBOS.register_queue_async(
            _QUEUE, worker_concurrency=self._running, polling_interval_sec=_POLL
        )
        for identity in await self._database.read(records.waiting):
            await self._enqueue(identity)
        self._alive = asyncio.create_task(self._live())

    # --- what callers ask -----------------------------------------------------------------------

    async def start(self, job: Job, call: Call) -> Operation:
        """Begin the work; see `Operations.start`."""
        if self._closing or self._context is None:
            raise Unavailable("The gateway is shutting down.", retry_after=5.0)
        runner(job.rpc)
        identity = secrets.token_hex(8)
        row = await self._database.write(
            records.create,
            {
                "id": identity,
                "name": job.prefix + identity,
                "owner": call.owner,
                "rpc": job.rpc,
                "asked": job.asked,
                "request": job.request.SerializeToString(),
                "request_id": call.request_id,
                "options": dict(call.options),
            },
            self._unfinished,
        )
        if row is None:
            raise ResourceExhausted(
                f"{self._unfinished} operations are under way or waiting.", retry_after=10.0
            )
        await self._enqueue(identity)
        return _operation(row)

    async def get(self, name: str, owner: str) -> Operation:
        """Return an operation as it stands; see `Operations.get`."""
        return _operation(await self._mine(name, owner))

    async def list(self, listing: Listing, owner: str) -> tuple[list[Operation], str]:
        """Return a page of operations; see `Operations.list`."""
        if listing.token and not listing.token.isdecimal():
            raise InvalidArgument("This is no token of a page.", field="pageToken")
        before = int(listing.token) if listing.token else None
        found: list[tuple[int, Operation]] = []
        while len(found) <= listing.size:
            rows = await self._database.read(records.listed, owner, listing.under, before, _PAGE)
            some = ((row.key, _operation(row)) for row in rows)
            found += [(key, one) for key, one in some if listing.matches(one)]
            if len(rows) < _PAGE:
                break
            before = rows[-1].key
        page = found[: listing.size]
        token = str(page[-1][0]) if len(found) > len(page) else ""
        return [one for _, one in page], token

    async def wait(self, name: str, owner: str, seconds: float) -> Operation:
        """Wait for an operation; see `Operations.wait`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:  # another process may have it, so that the row alone tells
                    one = await self.get(name, owner)
                    if one.done:
                        return one
                    await asyncio.sleep(_POLL / 2)
        return await self.get(name, owner)

    async def cancel(self, name: str, owner: str) -> None:
        """Stop the work of an operation; see `Operations.cancel`."""
        row = await self._mine(name, owner)
        if not row.ended:
            failure = Cancelled("The operation was cancelled.")
            await self._end(row, "cancelled", error=_status(failure, row))
            await self._dbos.cancel_workflow_async(row.id)
            if task := self._tasks.get(row.id):
                task.cancel()

    async def delete(self, name: str, owner: str) -> None:
        """Forget an operation; see `Operations.delete`."""
        row = await self._mine(name, owner)
        await self._database.write(records.drop, row.id)

    async def drain(self, seconds: float) -> None:
        """Refuse new operations, and give running ones `seconds`."""
        self._closing = True
        if self._tasks and seconds > 0:
            await asyncio.wait(self._tasks.values(), timeout=seconds)

    async def close(self) -> None:
        """Hand back what runs, for this process's successor or another one, and end.

        Nothing may be under way in threads of the event loop: DBOS has made them its own.
        """
        self._closing = True
        if self._dbos is None:
            return
        if self._alive is not None:
            self._alive.cancel()
        tasks = dict(self._tasks)
        for identity in tasks:
            await self._database.write(records.hand_back, identity)
        await self._database.write(records.leave, self._executor)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        await asyncio.to_thread(self._dbos.destroy, destroy_registry=True)
        for task in tasks.values():  # only now, so that DBOS does not take it for their end
            task.cancel()
        self._dbos = None

    # --- the work -------------------------------------------------------------------------------

    async def _enqueue(self, identity: str) -> None:
        """Make the workflow of an operation; one that is there already stays as it is."""
        from dbos import SetWorkflowID

        with SetWorkflowID(identity):
            await self._dbos.enqueue_workflow_async(_QUEUE, self._operate, identity)

    async def _run(self, identity: str) -> None:
        """Do the work of one operation and keep how it ended."""
        row = await self._database.write(records.attempt, identity, self._executor)
        if row is None:
            return
        if row.attempts > _ATTEMPTS:
            failure = Aborted(f"The work was begun {_ATTEMPTS} times and never came to its end.")
            await self._end(row, "failed", error=_status(failure, row))
            return
        task = asyncio.current_task()
        if task is not None:
            self._tasks[identity] = task
        try:
            await self._end(row, "succeeded", response=await self._answer(row))
        except Exception as error:
            failure_ = told(error, row.request_id)
            await self._end(row, "failed", error=_status(failure_, row))
        finally:
            self._tasks.pop(identity, None)

    async def _answer(self, row: Record) -> JSON:
        """Return the response of one operation, packed."""
        assert self._context is not None
        message: Any = load().methods[row.rpc].request()
        message.ParseFromString(row.request)
        call = dataclasses.replace(
            self._context,
            limits=self._limits,
            request_id=row.request_id,
            owner=row.owner,
            options=row.options,
            operations=self,
            rpc=row.asked,
        )
        seconds = self._limits.operation_seconds
        progress = _Progress(row.name, row.id, self._database, self._dbos, dict(row.fields))
        try:
            async with asyncio.timeout(seconds) as clock:
                value = await runner(row.rpc)(message, call, progress)
        except TimeoutError:
            if not clock.expired():
                raise
            raise DeadlineExceeded(
                f"The work took longer than the {seconds:g} s allowed."
            ) from None
        try:
            return _job(row).response(value)
        except InvalidArgument as misfit:
            raise TypeError(f"{row.rpc} answered what its type cannot hold") from misfit

    async def _end(
        self,
        row: Record,
        phase: str,
        *,
        response: JSON | None = None,
        error: JSON | None = None,
    ) -> None:
        first = await self._database.write(records.end, row.id, phase, response, error)
        if first:
            log.info("operation %s %s", row.name, phase, extra={"id": row.request_id})

    async def _live(self) -> None:
        """Show that this process is alive, take over from dead ones, and forget what is old."""
        while True:
            try:
                if not self._alone:
                    await self._database.write(records.beat, self._executor)
                    if dead := await self._database.write(records.bury, _LEASE):
                        log.warning("taking over the operations of %s", ", ".join(dead))
                        await asyncio.to_thread(self._dbos._recover_pending_workflows, dead)
                await self._database.write(records.expire, self._keep, self._kept)
            except Failure as failure:
                log.warning("operations: %s", failure)
            await asyncio.sleep(_BEAT)

    async def _mine(self, name: str, owner: str) -> Record:
        """Return the record of an operation that is the owner's."""
        row = await self._database.read(records.found, name.rpartition("/")[2])
        if row is None or row.owner != owner:
            raise NotFound(f"There is no operation {name[:200]!r}.", field="name")
        return row


@dataclass
class _Progress:
    """What the work of one operation tells; see `Progress`."""

    name: str
    identity: str
    database: Database
    dbos: Any
    fields: JSON = field(default_factory=dict)

    async def update(self, **fields: Any) -> None:
        """Set fields of the metadata; see `Progress.update`."""
        self.fields |= fields
        await self.database.write(records.tell, self.identity, self.fields)

    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do a part of the work, unless it is done already; see `Progress.step`."""

        async def done() -> Any:
            return await patiently(work)

        return await self.dbos.run_step_async({"name": name}, done)


def _config(url: str, executor: str) -> Any:
    return {
        "name": "sensorium",
        "system_database_url": url,
        "executor_id": executor,
        "application_version": "1",  # of the steps: another would not take up what this began
        "enable_otlp": False,
        "log_level": "ERROR",
    }


def _private(url: str) -> None:
    """Make the file of a SQLite database readable by its owner only."""
    path = Path(url.partition("///")[2])
    path.touch(mode=0o600, exist_ok=True)


def _job(row: Record) -> Job:
    """Return the job of an operation, without its request."""
    prefix = row.name.removesuffix(row.id)
    return Job(row.rpc, load().methods[row.rpc].request(), prefix, row.asked)


def _operation(row: Record) -> Operation:
    began, changed = (datetime.fromisoformat(at) for at in (row.began, row.changed))
    shown = metadata(_job(row).metadata_type, row.phase, began, changed, row.fields)
    return Operation(row.name, row.owner, shown, bool(row.ended), row.response, row.error)


def _status(failure: Failure, row: Record) -> JSON:
    """Return a failure as `google.rpc.Status`."""
    return {
        "code": int(failure.code),
        "message": str(failure),
        "details": details(failure, row.request_id),
    }
