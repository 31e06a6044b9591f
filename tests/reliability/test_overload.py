"""Overload: what cannot be answered in time is refused at once, and nothing is computed in vain."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import uvicorn

from sensorium.gateway.app import create
from sensorium.gateway.settings import Settings
from sensorium.models.errors import Failure, InvalidArgument, ResourceExhausted
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec
from sensorium.models.tasks import LanguageIdentifier, LanguageScore

PATH = "/v3/projects/p/locations/global:detectLanguage"


class Gate:
    """A language identifier that works only while its gate is open."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.texts: list[str] = []

    def identify(self, texts: Sequence[str]) -> list[list[LanguageScore]]:
        self.texts += texts
        assert self.open.wait(30)
        return [[LanguageScore("en", 1.0)] for _ in texts]

    def languages(self) -> tuple[str, ...]:
        return ("en",)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - a thread or a server changes it
            await asyncio.sleep(0.002)


@asynccontextmanager
async def served(models: LocalModels, state: Path) -> AsyncIterator[int]:
    """Serve the gateway's REST with these engines; yield its port."""
    gateway = create(Settings(state=state, grpc_port=-1))
    gateway.models = gateway.service.models = models
    server = uvicorn.Server(
        uvicorn.Config(gateway.asgi, port=0, log_config=None, lifespan="off", access_log=False)
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task
        await models.close()


async def send(port: int, text: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({"content": text, "mimeType": "text/plain"}).encode()
    head = f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}connection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    return reader, writer


async def ask(port: int, text: str) -> tuple[int, dict[str, str], Any]:
    """Return status, headers and JSON."""
    reader, writer = await send(port, text)
    try:
        raw = await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return int(first.split()[1]), {k.lower(): v for k, _, v in pairs}, json.loads(body)


def gated(gate: Gate, **facts: Any) -> LocalModels:
    spec = EngineSpec("gate", LanguageIdentifier, lambda: gate, **facts)  # type: ignore[arg-type]
    return LocalModels([spec])


def test_overload_is_shed_with_429_and_retry_after(tmp_path: Path):
    gate = Gate()

    async def main() -> None:
        async with served(gated(gate, queue=2), tmp_path) as port:
            asked = [asyncio.create_task(ask(port, str(n))) for n in range(9)]
            await until(lambda: sum(one.done() for one in asked) == 6)
            for one in asked:
                if not one.done():
                    continue
                status, headers, body = one.result()
                assert status == 429
                assert int(headers["retry-after"]) >= 1
                assert body["error"]["status"] == "RESOURCE_EXHAUSTED"
                kinds = [detail["@type"].rpartition(".")[2] for detail in body["error"]["details"]]
                assert "RetryInfo" in kinds
            gate.open.set()
            answers = await asyncio.gather(*asked)
            assert sorted(status for status, _, _ in answers) == [200] * 3 + [429] * 6
            assert (await ask(port, "afterwards"))[0] == 200

    asyncio.run(main())


def test_a_client_that_hangs_up_while_it_waits_is_never_computed(tmp_path: Path):
    gate = Gate()

    async def main() -> None:
        models = gated(gate, queue=3)
        async with served(models, tmp_path) as port:
            first = asyncio.create_task(ask(port, "first"))
            await until(lambda: gate.texts)
            gone = [await send(port, f"gone {n}") for n in range(3)]
            await until(lambda: models.depth()["gate"] == 3)
            for _, writer in gone:
                writer.close()
                await writer.wait_closed()
            await until(lambda: models.depth()["gate"] == 0)
            last = asyncio.create_task(ask(port, "last"))
            await until(lambda: models.depth()["gate"] == 1)
            gate.open.set()
            assert (await first)[0] == (await last)[0] == 200

    asyncio.run(main())
    assert gate.texts == ["first", "last"]


def test_three_times_the_load_leaves_the_engine_busy_and_no_caller_without_an_answer():
    computed: list[str] = []

    class Steady:
        def identify(self, texts: Sequence[str]) -> list[list[LanguageScore]]:
            computed.extend(texts)
            time.sleep(0.001)
            return [[] for _ in texts]

    async def main() -> None:
        spec = EngineSpec("steady", LanguageIdentifier, Steady, queue=8)
        models = LocalModels([spec])
        call = models.use(LanguageIdentifier.identify)
        answered = 0
        shed: list[ResourceExhausted] = []

        async def caller(number: int) -> None:
            nonlocal answered
            try:
                await call([str(number)])
                answered += 1
            except ResourceExhausted as failure:
                shed.append(failure)

        async with asyncio.TaskGroup() as group:
            for number in range(600):
                group.create_task(caller(number))
                if number % 3 == 2:
                    await asyncio.sleep(0.001)
        assert answered + len(shed) == 600
        assert answered == len(computed) == len(set(computed))
        assert shed
        assert all(failure.retry_after for failure in shed)
        await call(["afterwards"])
        await models.close()

    asyncio.run(main())


class Echo(Protocol):
    def echo(self, texts: Sequence[str], mark: str) -> list[str]: ...


def test_loads_evictions_cancellations_and_failures_at_once_lose_nobody():
    inside: dict[str, int] = {}
    lock = threading.Lock()
    chance = random.Random(7)

    def engine(name: str, concurrency: int) -> Any:
        class Engine:
            def echo(self, texts: Sequence[str], mark: str) -> list[str]:
                with lock:
                    inside[name] = inside.get(name, 0) + 1
                    assert inside[name] <= concurrency
                time.sleep(0.001)
                with lock:
                    inside[name] -= 1
                if "bad" in texts:
                    raise InvalidArgument("bad")
                return [text + mark for text in texts]

        return EngineSpec(
            name,
            Echo,
            Engine,
            concurrency=concurrency,
            batch=4 ** (concurrency - 1),
            queue=30,
            memory=1,
        )

    specs = [engine(f"e{concurrency}", concurrency) for concurrency in (1, 2, 3)]

    async def client(models: LocalModels, number: int) -> None:
        for turn in range(12):
            texts = [f"{number} {turn} {n}" for n in range(chance.choice([1, 1, 2, 20]))]
            if chance.random() < 0.05:
                texts[-1] = "bad"
            name, mark = chance.choice(specs).name, chance.choice("ab")
            impatience = chance.choice([0.001, 0.01, 30, 30])
            try:
                async with asyncio.timeout(impatience):
                    echoed = await models.use(Echo.echo, engine=name)(texts, mark)
                assert echoed == [text + mark for text in texts]
            except (Failure, TimeoutError):
                await asyncio.sleep(0)

    async def main() -> None:
        models = LocalModels(specs, memory_budget=2, idle_seconds=0.05)
        async with asyncio.timeout(60):
            await asyncio.gather(*(client(models, number) for number in range(12)))
        await until(lambda: all(state.state == "ready" for state in models.states()))
        assert all(not state.running and not state.queued for state in models.states())
        assert models.memory_used == 0
        await models.close()

    asyncio.run(main())
