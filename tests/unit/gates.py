"""Engines that tests open and close, for the tests of the pool."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sensorium.models.errors import (
    InvalidArgument,
)
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec


class Echo(Protocol):
    def echo(self, texts: Sequence[str], mark: str = "") -> list[str]: ...

    def one(self, text: str) -> str: ...


class Gate:
    """An engine that works only while its gate is open, and tells what it was asked."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Semaphore(0)
        self.calls: list[list[str]] = []
        self.inside = 0
        self.most = 0
        self.closed = 0
        self.threads: set[int] = set()
        self._lock = threading.Lock()

    def _work(self, texts: Sequence[str]) -> None:
        with self._lock:
            self.calls.append(list(texts))
            self.threads.add(threading.get_ident())
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.entered.release()
        try:
            assert self.open.wait(20)
        finally:
            with self._lock:
                self.inside -= 1

    def echo(self, texts: Sequence[str], mark: str = "") -> list[str]:
        self._work(texts)
        if "bad" in texts:
            raise InvalidArgument("bad text", field="text")
        return [text + mark for text in texts]

    def one(self, text: str) -> str:
        self._work([text])
        return text

    other = one

    def close(self) -> None:
        self.closed += 1


def spec(factory: Any, name: str = "gate", task: type = Echo, **facts: Any) -> EngineSpec:
    return EngineSpec(name=name, task=task, factory=factory, **facts)


def models(*specs: EngineSpec, **settings: Any) -> LocalModels:
    return LocalModels(specs, **{"patience": 20.0, **settings})


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - a thread changes it
            await asyncio.sleep(0.002)


def start(call: Callable[..., Any], *args: Any) -> asyncio.Task[Any]:
    async def run() -> Any:
        return await call(*args)

    return asyncio.create_task(run())


def opened() -> Gate:
    gate = Gate()
    gate.open.set()
    return gate
