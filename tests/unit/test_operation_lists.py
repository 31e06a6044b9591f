"""Operations, listed with filters and pages, and as the wire shows them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sensorium.apis.metadata import metadata
from sensorium.apis.operations import Listing, start
from sensorium.apis.wire.table import load
from sensorium.gateway.auth import Access
from sensorium.models.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
)
from tests.fakes import Answered, access, app, ask, service
from tests.unit.works import IMAGES, TYPE, Work, at_once, begun, call_of, never, running, store_of

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
