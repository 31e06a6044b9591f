"""Operations to be begun by tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sensorium.apis import operations as declared
from sensorium.apis.core import Call, Limits
from sensorium.apis.operations import Job, Operation, Progress
from sensorium.apis.wire.table import load
from sensorium.gateway.operations import LocalOperations

IMAGES = "google.cloud.vision.v1.ImageAnnotator.AsyncBatchAnnotateImages"
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
