"""Long-running operations: begun once, asked about by their owner alone, ended honestly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from google.protobuf import json_format

from sensorium.apis import operations as declared
from sensorium.apis.core import Call, Limits
from sensorium.apis.metadata import metadata
from sensorium.apis.operations import Job, Listing, Operation, Progress, start
from sensorium.apis.wire.table import load
from sensorium.gateway.auth import Access
from sensorium.gateway.operations import LocalOperations
from sensorium.models.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
)
from tests.fakes import Answered, access, app, ask, service

IMAGES = "google.cloud.vision.v1.ImageAnnotator.AsyncBatchAnnotateImages"
BETA = "google.cloud.vision.v1p4beta1.ImageAnnotator.AsyncBatchAnnotateImages"
TYPE = "type.googleapis.com/google.cloud.vision.v1.AsyncBatchAnnotateImagesResponse"
DONE = {"outputConfig": {"batchSize": 7}}
Work = Callable[[Any, Call, Progress], Awaitable[Any]]


def running(monkeypatch: pytest.MonkeyPatch, work: Work, rpc: str = IMAGES) -> None:
    """Let `work` be what an RPC begins."""
    monkeypatch.setitem(declared._runners, rpc, work)


async def at_once(request: Any, call: Call, progress: Progress) -> Any:
    return DONE


async def never(request: Any, call: Call, progress: Progress) -> Any:
    await asyncio.Event().wait()


async def begun(store: LocalOperations, owner: str = "ada", **how: Any) -> Operation:
    rpc = how.pop("rpc", IMAGES)
    request = load().methods[rpc].request()
    job = Job(rpc, request, how.pop("prefix", "operations/"), how.pop("asked", rpc))
    return await store.start(job, call_of(owner))


def call_of(owner: str = "ada", **parts: Any) -> Call:
    nothing: Any = None
    return Call(nothing, nothing, owner=owner, request_id="r1", **parts)


def store_of(**how: Any) -> LocalOperations:
    return LocalOperations(how.pop("limits", Limits()), **how)


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


# --- many operations ----------------------------------------------------------------------------


def test_operations_of_others_do_not_exist(monkeypatch):
    async def run() -> None:
        running(monkeypatch, never)
        store = store_of()
        operation = await begun(store, "ada")
        for refused in (
            store.get(operation.name, "bob"),
            store.wait(operation.name, "bob", 0.01),
            store.cancel(operation.name, "bob"),
            store.delete(operation.name, "bob"),
        ):
            with pytest.raises(NotFound):
                await refused
        assert await store.list(Listing(), "bob") == ([], "")
        assert not (await store.get(operation.name, "ada")).done
        await store.close()

    asyncio.run(run())


def test_pages_are_newest_first_and_complete(monkeypatch):
    async def run() -> None:
        running(monkeypatch, at_once)
        store = store_of()
        names = [(await begun(store, prefix="projects/p/operations/")).name for _ in range(7)]
        await begun(store, prefix="projects/q/operations/")
        found, token = [], ""
        while True:
            page, token = await store.list(Listing("projects/p", size=3, token=token), "ada")
            found += [one.name for one in page]
            if not token:
                break
        assert found == names[::-1]
        with pytest.raises(InvalidArgument):
            await store.list(Listing(token="x"), "ada")
        await store.close()

    asyncio.run(run())


def test_metadata_says_what_its_type_has_room_for():
    from datetime import UTC, datetime

    began = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    docai = metadata(
        "google.cloud.documentai.v1.EnableProcessorMetadata", "running", began, began, {}
    )
    assert docai["commonMetadata"]["state"] == "RUNNING"
    assert docai["commonMetadata"]["createTime"] == "2026-01-02T03:04:05Z"
    batch = "google.cloud.vision.v1.BatchOperationMetadata"
    assert metadata(batch, "running", began, began, {})["state"] == "PROCESSING"
    assert metadata(batch, "succeeded", began, began, {})["state"] == "SUCCESSFUL"
    assert "endTime" in metadata(batch, "failed", began, began, {})
    assert "endTime" not in metadata(batch, "running", began, began, {})
    empty = metadata("google.protobuf.Struct", "running", began, began, {})
    assert empty["@type"].endswith("Struct")


def test_without_a_gateway_an_operation_is_refused_with_what_to_start():
    request = load().methods[IMAGES].request()
    with pytest.raises(FailedPrecondition, match="sensorium serve"):
        asyncio.run(start(IMAGES, request, call_of(), prefix=""))


# --- the wire -----------------------------------------------------------------------------------


class Wire:
    """An app with an operation of ada's in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, work: Work) -> None:
        running(monkeypatch, work)
        keys: Access = access({"a": "ada", "b": "bob"})
        self.store = store_of()
        self.app = app(service(access=keys, operations=self.store))

    async def ask(self, verb: str, path: str, body: Any = b"", key: str = "a") -> Answered:
        return await ask(self.app, verb, path, body, headers=[("x-goog-api-key", key)])


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        ("operations/", "/v1/operations/{}"),
        ("", "/v1/operations/{}"),
        ("", "/v1p1beta1/operations/{}"),
        ("projects/p/operations/", "/v1/projects/p/operations/{}"),
        ("projects/p/locations/l/operations/", "/v1/projects/p/locations/l/operations/{}"),
        ("projects/p/locations/l/operations/", "/v2/projects/p/locations/l/operations/{}"),
        ("projects/p/locations/l/operations/", "/v3/projects/p/locations/l/operations/{}"),
    ],
)
def test_each_products_polling_path_finds_its_operation(monkeypatch, prefix, path):
    async def run() -> None:
        wire = Wire(monkeypatch, at_once)
        operation = await begun(wire.store, prefix=prefix)
        await wire.store.wait(operation.name, "ada", 5)
        where = path.format(operation.name.rpartition("/")[2])
        answer = await wire.ask("GET", where)
        assert answer.status == 200
        assert answer.json["name"] == operation.name
        assert answer.json["response"] == {"@type": TYPE, "outputConfig": {"batchSize": 7}}
        assert (await wire.ask("GET", where, key="b")).status == 404

    asyncio.run(run())


def test_operations_are_listed_filtered_cancelled_and_deleted_over_rest(monkeypatch):
    async def run() -> None:
        wire = Wire(monkeypatch, never)
        prefix = "projects/p/locations/l/operations/"
        first = await begun(wire.store, prefix=prefix)
        second = await begun(wire.store, prefix=prefix)
        listed = await wire.ask("GET", "/v2/projects/p/locations/l/operations?pageSize=1")
        assert [one["name"] for one in listed.json["operations"]] == [second.name]
        assert listed.json["nextPageToken"]
        assert (await wire.ask("POST", f"/v2/{first.name}:cancel", {})).json == {}
        for query, names in {
            "done=true": [first.name],
            "done:false": [second.name],
            "state=CANCELLED AND TYPE=OPERATION": [first.name],
            "state!=cancelled": [second.name],
            "type=BATCH": [],
            f"name={second.name}": [second.name],
            'name="projects/*"': [second.name, first.name],
        }.items():
            path = f"/v1/projects/p/locations/l/operations?filter={query.replace(' ', '%20')}"
            listed = await wire.ask("GET", path)
            found = [one["name"] for one in listed.json.get("operations", [])]
            assert found == names, query
        refused = await wire.ask("GET", "/v1/operations?filter=x")
        assert refused.status == 400
        assert "done" in refused.error["message"]
        third = await begun(wire.store, prefix="projects/p/operations/")
        assert (await wire.ask("POST", f"/v1/{third.name}:cancel", {})).json == {}
        assert (await wire.store.get(third.name, "ada")).error
        assert (await wire.ask("DELETE", f"/v2/{second.name}")).status == 200
        assert (await wire.ask("GET", f"/v2/{second.name}")).status == 404
        assert (await wire.ask("GET", "/v1/operations", key="b")).json == {}
        await wire.store.close()

    asyncio.run(run())


def test_waiting_returns_what_is_there_when_the_time_is_over(monkeypatch):
    async def run() -> None:
        wire = Wire(monkeypatch, never)
        operation = await begun(wire.store, prefix="projects/p/locations/l/operations/")
        answer = await wire.ask("POST", f"/v3/{operation.name}:wait", {"timeout": "0.010s"})
        assert answer.status == 200
        assert "done" not in answer.json
        await wire.store.close()

    asyncio.run(run())
