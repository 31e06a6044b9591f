"""The pool, where idle engines go and the memory budget is kept."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

from sensorium.models.errors import (
    FailedPrecondition,
    ResourceExhausted,
    Unavailable,
)
from sensorium.models.registry import EngineSpec
from tests.unit.gates import Echo, Gate, models, opened, spec, start, until

# --- unloading ------------------------------------------------------------------------------------


def test_an_idle_engine_is_closed_and_freed_and_comes_back_when_needed():
    built: list[weakref.ref[Gate]] = []
    own: list[bool] = []

    class Watched(Gate):
        def __init__(self) -> None:
            super().__init__()
            self.open.set()
            self.circle = self  # only a collection can free it
            built.append(weakref.ref(self))

        def close(self) -> None:
            own.append(threading.get_ident() in self.threads)

    async def main() -> None:
        pool = models(spec(Watched), idle_seconds=0.02)
        assert await pool.use(Echo.one)("a") == "a"
        await until(lambda: pool.states()[0].state == "ready")
        assert built[0]() is None
        assert pool.activity()["gate"].unloads == 1
        assert own == [True]
        assert await pool.use(Echo.one)("b") == "b"
        await pool.close()

    asyncio.run(main())
    assert len(built) == 2


def test_an_idle_engine_with_several_threads_unloads_too():
    async def main() -> None:
        pool = models(spec(opened, concurrency=3, queue=20), idle_seconds=0.02)
        await asyncio.gather(*(pool.use(Echo.one)(str(n)) for n in range(9)))
        await until(lambda: pool.states()[0].state == "ready")
        await until(lambda: not any(t.name == "engine-gate" for t in threading.enumerate()))
        assert await pool.use(Echo.one)("again") == "again"
        await pool.close()

    asyncio.run(main())


def test_an_engine_at_work_is_not_unloaded_however_long_it_takes():
    gate = Gate()

    async def main() -> None:
        pool = models(spec(lambda: gate, concurrency=2), idle_seconds=0.01)
        task = start(pool.use(Echo.one), "long")
        await until(lambda: gate.inside == 1)
        await asyncio.sleep(0.1)
        assert pool.states()[0].state == "loaded"
        assert not pool.unload("gate")
        gate.open.set()
        assert await task == "long"
        await pool.close()

    asyncio.run(main())


def test_who_comes_while_an_engine_unloads_gets_a_new_one():
    leaving, go = threading.Event(), threading.Event()

    class Reluctant(Gate):
        def __init__(self) -> None:
            super().__init__()
            self.open.set()

        def close(self) -> None:
            leaving.set()
            assert go.wait(20)

    async def main() -> None:
        pool = models(spec(Reluctant))
        await pool.use(Echo.one)("a")
        await until(lambda: pool.unload("gate"))
        await until(leaving.is_set)
        task = start(pool.use(Echo.one), "b")
        await until(lambda: pool.depth()["gate"] == 1)
        go.set()
        assert await task == "b"
        assert pool.activity()["gate"].loads == 2
        await pool.close()

    asyncio.run(main())


def test_a_closed_pool_tells_who_waits_and_refuses_who_comes():
    gate = Gate()

    async def main() -> None:
        pool = models(spec(lambda: gate, queue=4))
        call = pool.use(Echo.one)
        running, waiting = start(call, "a"), start(call, "b")
        await until(lambda: gate.inside == 1)
        closing = asyncio.create_task(pool.close(20))
        with pytest.raises(Unavailable):
            await waiting
        gate.open.set()
        await closing
        assert await running == "a"
        with pytest.raises(Unavailable):
            await call("c")
        with pytest.raises(Unavailable):
            await pool.use(Echo.one, engine="gate")("d")

    asyncio.run(main())
    assert gate.closed == 1
    gc.collect()


def test_one_pool_serves_several_event_loops():
    pool = models(spec(opened, batch=4))
    for text in "abc":

        async def main(text: str = text) -> list[str]:
            return await pool.use(Echo.echo)([text])

        assert asyncio.run(main()) == [text]
    asyncio.run(pool.close())


# --- memory ---------------------------------------------------------------------------------------


def sized(name: str, megabytes: int, build: Any = opened) -> EngineSpec:
    return spec(build, name, memory=megabytes * 10**6, queue=8)


def test_the_engine_used_longest_ago_makes_room():
    async def main() -> None:
        pool = models(sized("a", 40), sized("b", 40), sized("c", 40), memory_budget=100 * 10**6)
        for name in "abac":
            assert await pool.use(Echo.one, engine=name)("x") == "x"
            await until(lambda: all(not state.running for state in pool.states()))
        loaded = {state.name for state in pool.states() if state.loaded}
        assert loaded == {"a", "c"}
        assert pool.memory_used == 80 * 10**6
        await pool.close()
        assert pool.memory_used == 0

    asyncio.run(main())


def test_an_engine_larger_than_the_budget_is_refused_with_both_sizes():
    async def main() -> None:
        pool = models(sized("big", 200), memory_budget=100 * 10**6)
        with pytest.raises(FailedPrecondition, match=r"needs 200 MB.*budget of 100 MB"):
            await pool.use(Echo.one)("x")
        await pool.close()

    asyncio.run(main())


def test_an_engine_in_use_is_never_evicted():
    gate = Gate()

    async def main() -> None:
        pool = models(
            sized("busy", 80, lambda: gate),
            sized("late", 80),
            memory_budget=100 * 10**6,
            patience=0.05,
        )
        busy = start(pool.use(Echo.one, engine="busy"), "x")
        await until(lambda: gate.inside == 1)
        with pytest.raises(ResourceExhausted, match=r"in use \(busy\)") as caught:
            await pool.use(Echo.one, engine="late")("y")
        assert caught.value.retry_after
        gate.open.set()
        assert await busy == "x"
        assert await pool.use(Echo.one, engine="late")("y") == "y"
        await pool.close()

    asyncio.run(main())
    assert gate.closed == 1


def test_a_loading_engine_waits_a_little_for_one_in_use_to_come_to_rest():
    gate = Gate()

    async def main() -> None:
        pool = models(sized("busy", 80, lambda: gate), sized("late", 80), memory_budget=100 * 10**6)
        busy = start(pool.use(Echo.one, engine="busy"), "x")
        await until(lambda: gate.inside == 1)
        late = start(pool.use(Echo.one, engine="late"), "y")
        await until(lambda: {s.name: s.state for s in pool.states()}["late"] == "loading")
        gate.open.set()
        assert await asyncio.gather(busy, late) == ["x", "y"]
        await pool.close()

    asyncio.run(main())


def test_weights_count_even_when_no_memory_is_declared(tmp_path: Path):
    (tmp_path / "model.safetensors").write_bytes(bytes(1000))

    async def main() -> None:
        pool = models(spec(opened, card="card"), weights=lambda card: tmp_path)
        await pool.use(Echo.one)("x")
        assert pool.memory_used == 1000
        await pool.close()

    asyncio.run(main())
