"""Long-running operations: begun once, asked about by their owner alone, ended honestly."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from google.protobuf import json_format

from sensorium.apis.core import Call, Limits
from sensorium.apis.operations import Job, Listing, Operation, Progress
from sensorium.apis.wire.table import load
from sensorium.models.errors import (
    FailedPrecondition,
    NotFound,
    ResourceExhausted,
    Unavailable,
)
from tests.unit.works import DONE, IMAGES, TYPE, at_once, begun, call_of, never, running, store_of

BETA = "google.cloud.vision.v1p4beta1.ImageAnnotator.AsyncBatchAnnotateImages"


def parsed(operation: Operation) -> Any:
    """The operation as the official clients' library reads it."""
    message = load().message("google.longrunning.Operation")()
    json_format.ParseDict(operation.wire(), message, descriptor_pool=load().pool)
    return message


# --- one operation ------------------------------------------------------------------------------


def test_an_operation_is_named_at_once_and_done_later(monkeypatch):
    async def run() -> None:
        running(monkeypatch, at_once)
        store = store_of()
        first = await begun(store, prefix="projects/p/locations/us/operations/")
        assert not first.done
        assert first.name.startswith("projects/p/locations/us/operations/")
        assert parsed(first).metadata.type_url.endswith("vision.v1.OperationMetadata")
        last = await store.wait(first.name, "ada", 5)
        assert last.done
        assert last.response == {"@type": TYPE, "outputConfig": {"batchSize": 7}}
        assert last.metadata["state"] == "DONE"
        assert parsed(last).response.type_url == TYPE

    asyncio.run(run())


def test_a_beta_is_answered_with_its_own_types(monkeypatch):
    async def run() -> None:
        running(monkeypatch, at_once)
        store = store_of()
        operation = await begun(store, asked=BETA)
        last = await store.wait(operation.name, "ada", 5)
        assert last.response["@type"].endswith("v1p4beta1.AsyncBatchAnnotateImagesResponse")
        assert last.metadata["@type"].endswith("v1p4beta1.OperationMetadata")
        assert last.response["outputConfig"] == {"batchSize": 7}

    asyncio.run(run())


def test_a_failure_is_the_operations_error_with_its_details(monkeypatch):
    async def fail(request: Any, call: Call, progress: Progress) -> Any:
        raise FailedPrecondition("No engine.", hint="sensorium pull it", field="requests[0]")

    async def run() -> None:
        running(monkeypatch, fail)
        store = store_of()
        last = await store.wait((await begun(store)).name, "ada", 5)
        assert last.error["code"] == 9
        assert last.error["message"] == "requests[0]: No engine. sensorium pull it"
        assert {d["@type"].rpartition(".")[2] for d in last.error["details"]} >= {"BadRequest"}
        assert last.response is None
        assert parsed(last).error.code == 9

    asyncio.run(run())


@pytest.mark.parametrize(
    "wrong", ["a bug", {"noSuchField": 1}, {"outputConfig": {"batchSize": "x"}}]
)
def test_a_bug_is_internal_and_not_quoted(monkeypatch, wrong, caplog):
    async def break_(request: Any, call: Call, progress: Progress) -> Any:
        if isinstance(wrong, str):
            raise ValueError(f"secret {wrong}")
        return wrong

    async def run() -> Operation:
        running(monkeypatch, break_)
        store = store_of()
        return await store.wait((await begun(store)).name, "ada", 5)

    last = asyncio.run(run())
    assert last.error["code"] == 13
    assert "secret" not in last.error["message"]


def test_work_tells_its_progress(monkeypatch):
    told = asyncio.Event()

    async def tell(request: Any, call: Call, progress: Progress) -> Any:
        await progress.update(progress_percent=40, uri="gs://b/a.wav")
        told.set()
        await asyncio.Event().wait()

    async def run() -> None:
        rpc = "google.cloud.speech.v1.Speech.LongRunningRecognize"
        running(monkeypatch, tell, rpc)
        store = store_of()
        operation = await begun(store, rpc=rpc, prefix="")
        assert "/" not in operation.name
        await told.wait()
        now = await store.get(operation.name, "ada")
        assert now.metadata["progressPercent"] == 40
        assert now.metadata["uri"] == "gs://b/a.wav"
        assert now.metadata["startTime"] <= now.metadata["lastUpdateTime"]
        await store.close()

    asyncio.run(run())


def test_a_step_waits_out_overload(monkeypatch):
    tries = []

    async def run() -> None:
        async def work() -> Any:
            tries.append(1)
            if len(tries) < 3:
                raise ResourceExhausted("Full.", retry_after=0.0)
            return {"page": 1}

        async def step(request: Any, call: Call, progress: Progress) -> Any:
            assert await progress.step("page 1", work) == {"page": 1}
            return DONE

        async def no_time(seconds: float) -> None:
            return None

        running(monkeypatch, step)
        monkeypatch.setattr("sensorium.apis.operations.asyncio.sleep", no_time)
        store = store_of()
        last = await store.wait((await begun(store)).name, "ada", 5)
        assert last.response

    asyncio.run(run())
    assert len(tries) == 3


def test_the_requests_own_deadline_does_not_bind_the_operation(monkeypatch):
    seen: list[Limits] = []

    async def look(request: Any, call: Call, progress: Progress) -> Any:
        seen.append(call.limits)
        return DONE

    async def run() -> None:
        running(monkeypatch, look)
        store = store_of(limits=Limits(seconds=60))
        job = Job(IMAGES, load().methods[IMAGES].request(), "", IMAGES)
        operation = await store.start(job, call_of(limits=Limits(seconds=0.1)))
        await store.wait(operation.name, "ada", 5)

    asyncio.run(run())
    assert seen[0].seconds == 60


def test_work_that_takes_too_long_is_stopped_and_says_so(monkeypatch):
    async def run() -> Operation:
        running(monkeypatch, never)
        store = store_of(limits=Limits(operation_seconds=0.01))
        return await store.wait((await begun(store)).name, "ada", 5)

    assert asyncio.run(run()).error["code"] == 4


# --- cancelling and forgetting ------------------------------------------------------------------


def test_a_cancelled_operation_is_done_with_that_error_and_its_task_ends(monkeypatch):
    stopped = []

    async def watch(request: Any, call: Call, progress: Progress) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(True)

    async def run() -> None:
        running(monkeypatch, watch)
        store = store_of()
        operation = await begun(store)
        await asyncio.sleep(0)
        await store.cancel(operation.name, "ada")
        last = await store.get(operation.name, "ada")
        assert last.error["code"] == 1
        assert last.metadata["state"] == "CANCELLED"
        await store.close()

    asyncio.run(run())
    assert stopped


def test_cancelling_what_is_done_changes_nothing(monkeypatch):
    async def run() -> None:
        running(monkeypatch, at_once)
        store = store_of()
        operation = await begun(store)
        before = await store.wait(operation.name, "ada", 5)
        await store.cancel(operation.name, "ada")
        assert await store.get(operation.name, "ada") == before

    asyncio.run(run())


def test_what_was_deleted_does_not_exist(monkeypatch):
    async def run() -> None:
        running(monkeypatch, at_once)
        store = store_of()
        operation = await begun(store)
        await store.delete(operation.name, "ada")
        with pytest.raises(NotFound):
            await store.get(operation.name, "ada")
        await store.close()

    asyncio.run(run())


def test_what_is_done_is_forgotten_after_its_time(monkeypatch):
    async def run() -> None:
        now = [0.0]
        running(monkeypatch, at_once)
        store = store_of(keep=60.0, clock=lambda: now[0])
        operation = await begun(store)
        await store.wait(operation.name, "ada", 5)
        now[0] = 59.0
        assert (await store.get(operation.name, "ada")).done
        now[0] = 61.0
        with pytest.raises(NotFound):
            await store.get(operation.name, "ada")

    asyncio.run(run())


@pytest.mark.parametrize("bound", [{"kept": 3}, {"kept_bytes": 1500}])
def test_memory_is_bounded_by_forgetting_the_oldest_answers(monkeypatch, bound):
    async def run() -> None:
        running(monkeypatch, at_once)
        store = store_of(**bound)
        names = []
        for _ in range(20):
            names.append((await begun(store)).name)
            await store.wait(names[-1], "ada", 5)
        kept, _ = await store.list(Listing(), "ada")
        assert 1 <= len(kept) <= 6
        assert kept[0].name == names[-1]
        with pytest.raises(NotFound):
            await store.get(names[0], "ada")

    asyncio.run(run())


def test_too_many_unfinished_operations_are_refused(monkeypatch):
    async def run() -> None:
        running(monkeypatch, never)
        store = store_of(unfinished=2)
        await begun(store)
        await begun(store)
        with pytest.raises(ResourceExhausted) as refused:
            await begun(store)
        assert refused.value.retry_after
        await store.close()

    asyncio.run(run())


def test_shutdown_lets_running_work_end_and_cancels_the_rest_with_a_reason(monkeypatch):
    async def run() -> None:
        release = asyncio.Event()

        async def held(request: Any, call: Call, progress: Progress) -> Any:
            await release.wait()
            return DONE

        running(monkeypatch, held)
        store = store_of(running=1)
        first, second = await begun(store), await begun(store)
        waiter = asyncio.create_task(store.wait(second.name, "ada", 5))
        await asyncio.sleep(0)
        closing = asyncio.create_task(store.close(5.0))
        assert "shut down" in (await waiter).error["message"]
        release.set()
        await closing
        assert (await store.get(first.name, "ada")).response
        with pytest.raises(Unavailable):
            await begun(store)

    asyncio.run(run())
