"""The promise of durable operations: nothing acknowledged is lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from sensorium.apis.core import Call, Limits
from sensorium.apis.operations import Listing, Operation, Progress
from sensorium.apis.storage import Database
from sensorium.apis.wire.table import load
from sensorium.gateway.durable import DurableOperations
from sensorium.models.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
)
from tests.unit.works import DONE, TYPE, at_once, begun, call_of, running

BETA = "google.cloud.vision.v1p4beta1.ImageAnnotator.AsyncBatchAnnotateImages"


@asynccontextmanager
async def store_in(folder: Path, **how: Any) -> AsyncIterator[DurableOperations]:
    """The operations of a process that keeps them in a folder."""
    database = Database(f"sqlite:///{folder / 'sensorium.db'}")
    limits = how.pop("limits", Limits())
    store = DurableOperations(database, limits, url=f"sqlite:///{folder / 'workflows.db'}", **how)
    await store.open(call_of(""))
    try:
        yield store
    finally:
        await store.close()
        database.close()


async def ended(store: DurableOperations, operation: Operation, owner: str = "ada") -> Operation:
    last = await store.wait(operation.name, owner, 20)
    assert last.done, last
    return last


def test_an_operation_is_named_at_once_and_done_later(monkeypatch, tmp_path: Path):
    async def run() -> None:
        running(monkeypatch, at_once)
        async with store_in(tmp_path) as store:
            first = await begun(store, prefix="projects/p/locations/us/operations/")
            assert first.name.startswith("projects/p/locations/us/operations/")
            assert first.metadata["state"] == "CREATED"
            last = await ended(store, first)
            assert last.response == {"@type": TYPE, "outputConfig": {"batchSize": 7}}
            assert last.metadata["state"] == "DONE"
            beta = await ended(store, await begun(store, asked=BETA))
            assert beta.response["@type"].endswith("v1p4beta1.AsyncBatchAnnotateImagesResponse")

    asyncio.run(run())


def test_what_was_done_is_there_after_a_restart(monkeypatch, tmp_path: Path):
    async def run() -> None:
        running(monkeypatch, at_once)
        async with store_in(tmp_path) as store:
            done = await ended(store, await begun(store))
        async with store_in(tmp_path) as store:
            assert await store.get(done.name, "ada") == done

    asyncio.run(run())


def test_a_stop_hands_work_back_and_the_next_process_goes_on_after_the_last_step(
    monkeypatch, tmp_path: Path
):
    async def run() -> None:
        steps: list[int] = []
        halfway = asyncio.Event()

        async def work(request: Any, call: Call, progress: Progress) -> Any:
            total = 0
            for number in range(6):

                async def one(number: int = number) -> int:
                    steps.append(number)
                    if len(steps) == 4:
                        halfway.set()
                        await asyncio.sleep(60)
                    return number

                total += await progress.step(f"step {number}", one)
                await progress.update(progress_percent=number)
            return {"outputConfig": {"batchSize": total}}

        running(monkeypatch, work)
        async with store_in(tmp_path) as store:
            operation = await begun(store)
            await asyncio.wait_for(halfway.wait(), 20)
        halfway = asyncio.Event()
        async with store_in(tmp_path) as store:
            last = await ended(store, operation)
        assert last.response["outputConfig"] == {"batchSize": 15}
        assert steps == [0, 1, 2, 3, 3, 4, 5]

    asyncio.run(run())


def test_work_that_waits_is_begun_by_the_next_process(monkeypatch, tmp_path: Path):
    async def run() -> None:
        running(monkeypatch, at_once)
        async with store_in(tmp_path) as store:
            monkeypatch.setattr(store, "_enqueue", lambda identity: asyncio.sleep(0))
            operation = await begun(store)  # as if the process died at this moment
        async with store_in(tmp_path) as store:
            assert (await ended(store, operation)).response["outputConfig"] == DONE["outputConfig"]

    asyncio.run(run())


def test_work_that_dies_three_times_is_given_up(monkeypatch, tmp_path: Path):
    async def run() -> None:
        begun_ = asyncio.Event()

        async def work(request: Any, call: Call, progress: Progress) -> Any:
            begun_.set()
            await asyncio.sleep(60)

        running(monkeypatch, work)
        operation = None
        for _ in range(3):
            begun_.clear()
            async with store_in(tmp_path) as store:
                operation = operation or await begun(store)
                await asyncio.wait_for(begun_.wait(), 20)
                store._tasks.clear()  # nobody hands it back, as after a SIGKILL
        assert operation is not None
        async with store_in(tmp_path) as store:
            last = await ended(store, operation)
        assert last.error["code"] == 10
        assert "3 times" in last.error["message"]

    asyncio.run(run())


def test_a_failure_is_the_operations_error_with_its_details(monkeypatch, tmp_path: Path):
    async def fail(request: Any, call: Call, progress: Progress) -> Any:
        async def step() -> Any:
            raise FailedPrecondition("No engine.", hint="sensorium pull it", field="requests[0]")

        await progress.step("one", step)

    async def run() -> None:
        running(monkeypatch, fail)
        async with store_in(tmp_path) as store:
            last = await ended(store, await begun(store))
        assert last.error["message"] == "requests[0]: No engine. sensorium pull it"
        assert {d["@type"].rpartition(".")[2] for d in last.error["details"]} >= {"BadRequest"}
        message = load().message("google.longrunning.Operation")()
        json_format.ParseDict(last.wire(), message, descriptor_pool=load().pool)

    asyncio.run(run())


def test_an_operation_is_its_owners_alone(monkeypatch, tmp_path: Path):
    async def run() -> None:
        running(monkeypatch, at_once)
        async with store_in(tmp_path) as store:
            name = (await begun(store)).name
            for refused in (
                store.get(name, "bob"),
                store.cancel(name, "bob"),
                store.delete(name, "bob"),
                store.wait(name, "bob", 0.1),
            ):
                with pytest.raises(NotFound):
                    await refused
            assert await store.list(Listing(), "bob") == ([], "")
            await store.delete(name, "ada")
            with pytest.raises(NotFound):
                await store.get(name, "ada")

    asyncio.run(run())


def test_a_cancelled_operation_ends_at_once_and_its_work_stops(monkeypatch, tmp_path: Path):
    async def run() -> None:
        began, stopped = asyncio.Event(), asyncio.Event()

        async def work(request: Any, call: Call, progress: Progress) -> Any:
            began.set()
            try:
                await asyncio.sleep(60)
            finally:
                stopped.set()

        running(monkeypatch, work)
        async with store_in(tmp_path) as store:
            operation = await begun(store)
            await asyncio.wait_for(began.wait(), 20)
            await store.cancel(operation.name, "ada")
            last = await store.get(operation.name, "ada")
            assert last.error["code"] == 1
            await asyncio.wait_for(stopped.wait(), 20)
            running(monkeypatch, at_once)
            await ended(store, await begun(store))
        async with store_in(tmp_path) as store:
            assert (await store.get(operation.name, "ada")) == last

    asyncio.run(run())


def test_lists_come_in_pages_newest_first(monkeypatch, tmp_path: Path):
    async def run() -> None:
        running(monkeypatch, at_once)
        async with store_in(tmp_path) as store:
            made = [
                await begun(store, prefix=f"projects/{project}/operations/")
                for project in ("a", "b", "a", "a")
            ]
            names = [one.name for one in made]
            page, token = await store.list(Listing(size=3), "ada")
            assert [one.name for one in page] == names[:0:-1]
            rest, end = await store.list(Listing(size=3, token=token), "ada")
            assert ([one.name for one in rest], end) == (names[:1], "")
            under, _ = await store.list(Listing(under="projects/b"), "ada")
            assert [one.name for one in under] == [names[1]]
            await ended(store, made[-1])
            done, _ = await store.list(Listing(matches=lambda one: one.done), "ada")
            assert names[-1] in [one.name for one in done]
            with pytest.raises(InvalidArgument):
                await store.list(Listing(token="x"), "ada")

    asyncio.run(run())


def test_too_much_work_and_a_gateway_that_stops_are_refused(monkeypatch, tmp_path: Path):
    async def slow(request: Any, call: Call, progress: Progress) -> Any:
        await asyncio.sleep(60)

    async def run() -> None:
        running(monkeypatch, slow)
        async with store_in(tmp_path, unfinished=2) as store:
            await begun(store)
            await begun(store)
            with pytest.raises(ResourceExhausted):
                await begun(store)
        with pytest.raises(Unavailable):
            await begun(store)

    asyncio.run(run())


def test_what_is_old_or_too_much_is_forgotten(monkeypatch, tmp_path: Path):
    async def run() -> None:
        running(monkeypatch, at_once)
        async with store_in(tmp_path) as store:
            made = [await ended(store, await begun(store)) for _ in range(3)]
        async with store_in(tmp_path, kept=1) as store:
            for _ in range(100):
                left, _ = await store.list(Listing(), "ada")
                if len(left) == 1:
                    break
                await asyncio.sleep(0.05)
            assert [one.name for one in left] == [made[-1].name]

    asyncio.run(run())
