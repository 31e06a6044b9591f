"""The pool: permits, loading, batching, time-outs, unloading, the memory budget."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest

from sensorium.models.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    Failure,
    Internal,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
)
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec


class Echo(Protocol):
    def echo(self, texts: Sequence[str], mark: str = "") -> list[str]: ...

    def one(self, text: str) -> str: ...


class Other(Protocol):
    def other(self, text: str) -> str: ...


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


async def failures(tasks: Sequence[asyncio.Task[Any]]) -> list[BaseException | None]:
    done = await asyncio.gather(*tasks, return_exceptions=True)
    return [one if isinstance(one, BaseException) else None for one in done]


def start(call: Callable[..., Any], *args: Any) -> asyncio.Task[Any]:
    async def run() -> Any:
        return await call(*args)

    return asyncio.create_task(run())


def opened() -> Gate:
    gate = Gate()
    gate.open.set()
    return gate


# --- choosing -------------------------------------------------------------------------------------


def test_the_highest_rank_that_can_run_wins():
    async def main() -> None:
        pool = models(
            spec(opened, "low", rank=1),
            spec(opened, "high", rank=9),
            spec(opened, "absent", rank=20, requires=("no_such_package",)),
            spec(opened, "unpulled", rank=30, card="no-such-card"),
        )
        await pool.use(Echo.one)("a")
        assert list(pool.activity()) == ["high"]
        await pool.close()

    asyncio.run(main())


def test_an_engine_that_cannot_run_is_refused_with_every_reason():
    pool = models(
        spec(opened, "absent", requires=("no_such_package",)), spec(opened, "unpulled", card="big")
    )
    with pytest.raises(FailedPrecondition) as caught:
        pool.use(Echo.one)
    assert "no_such_package" in str(caught.value)
    assert "sensorium pull big" in str(caught.value)


def test_a_task_without_any_engine_is_refused_by_name():
    with pytest.raises(FailedPrecondition, match="Other"):
        models(spec(opened)).use(Other.other)


def test_a_request_and_the_settings_may_name_an_engine():
    async def main() -> None:
        pool = models(
            spec(opened, "a", rank=2),
            spec(opened, "b", rank=1),
            spec(opened, "c"),
            preferences={"Echo": "b"},
        )
        await pool.use(Echo.one)("x")
        await pool.use(Echo.one, engine="c")("x")
        assert set(pool.activity()) == {"b", "c"}
        await pool.close()

    asyncio.run(main())


def test_a_preferred_engine_yields_where_it_does_not_speak_the_language():
    async def main() -> None:
        pool = models(
            spec(opened, "english", languages=("en",)),
            spec(opened, "any", rank=-1),
            preferences={"Echo": "english"},
        )
        await pool.use(Echo.one, language="fr")("x")
        assert set(pool.activity()) == {"any"}
        await pool.use(Echo.one, language="en-GB")("x")
        assert set(pool.activity()) == {"any", "english"}
        await pool.close()

    asyncio.run(main())


def test_the_constructor_gets_what_it_names(tmp_path: Path):
    seen: list[Any] = []

    class Weighted(Gate):
        def __init__(self, weights: Path, device: str) -> None:
            super().__init__()
            self.open.set()
            seen.extend((weights, device))

    async def main() -> None:
        pool = models(spec(Weighted, card="card"), weights=lambda card: tmp_path, device="cuda:1")
        await pool.use(Echo.one)("x")
        await pool.close()

    asyncio.run(main())
    assert seen == [tmp_path, "cuda:1"]


# --- permits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_slow_load_admits_no_more_than_the_line_and_the_threads_hold(concurrency: int):
    loading, go = threading.Event(), threading.Event()

    def slow() -> Gate:
        loading.set()
        assert go.wait(20)
        return opened()

    async def main() -> None:
        pool = models(spec(slow, queue=4, concurrency=concurrency))
        tasks = [start(pool.use(Echo.one), str(n)) for n in range(20)]
        await until(loading.is_set)
        await until(lambda: sum(task.done() for task in tasks) == 16 - concurrency)
        assert pool.states()[0].state == "loading"
        go.set()
        failed = await failures(tasks)
        assert failed.count(None) == 4 + concurrency
        shed = [one for one in failed if one is not None]
        assert all(isinstance(one, ResourceExhausted) and one.retry_after for one in shed)
        await pool.close()

    asyncio.run(main())


def test_never_more_threads_than_its_concurrency_are_in_an_engine():
    gate = Gate()

    async def main() -> None:
        pool = models(spec(lambda: gate, concurrency=2, queue=50))
        tasks = [start(pool.use(Echo.one), str(n)) for n in range(40)]
        await until(lambda: gate.inside == 2)
        gate.open.set()
        assert await failures(tasks) == [None] * 40
        await pool.close()

    asyncio.run(main())
    assert gate.most == 2
    assert len(gate.threads) == 2


def test_a_full_line_sheds_at_once_with_the_time_to_come_back():
    gate = Gate()

    async def main() -> None:
        pool = models(spec(lambda: gate, queue=1))
        running = start(pool.use(Echo.one), "a")
        await until(lambda: gate.inside == 1)
        waiting = start(pool.use(Echo.one), "b")
        await until(lambda: pool.depth()["gate"] == 1)
        with pytest.raises(ResourceExhausted) as caught:
            await pool.use(Echo.one)("c")
        assert caught.value.retry_after is not None
        assert caught.value.retry_after > 0
        gate.open.set()
        assert await failures([running, waiting]) == [None, None]
        assert pool.activity()["gate"].shed == 1
        await pool.close()

    asyncio.run(main())


def test_a_time_out_keeps_the_permit_until_the_thread_ends():
    gate = Gate()

    async def main() -> None:
        pool = models(spec(lambda: gate, queue=0))
        with pytest.raises(DeadlineExceeded, match="did not answer within"):
            await pool.use(Echo.one, timeout=0.05)("a")
        with pytest.raises(ResourceExhausted):
            await pool.use(Echo.one)("b")
        gate.open.set()
        await until(lambda: pool.states()[0].running == 0)
        assert await pool.use(Echo.one)("c") == "c"
        assert gate.calls == [["a"], ["c"]]
        await pool.close()

    asyncio.run(main())


def test_a_time_out_in_the_line_is_never_computed():
    gate = Gate()

    async def main() -> None:
        pool = models(spec(lambda: gate, queue=4))
        first = start(pool.use(Echo.one), "a")
        await until(lambda: gate.inside == 1)
        with pytest.raises(DeadlineExceeded, match="was busy"):
            await pool.use(Echo.one, timeout=0.05)("late")
        gate.open.set()
        assert await first == "a"
        await pool.close()

    asyncio.run(main())
    assert gate.calls == [["a"]]


def test_cancelled_callers_give_their_place_up_and_are_never_computed():
    gate = Gate()

    async def main() -> None:
        pool = models(spec(lambda: gate, queue=2))
        first = start(pool.use(Echo.one), "a")
        await until(lambda: gate.inside == 1)
        gone = [start(pool.use(Echo.one), text) for text in "bc"]
        await until(lambda: pool.depth()["gate"] == 2)
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        assert pool.depth()["gate"] == 0
        stays = start(pool.use(Echo.one), "d")
        gate.open.set()
        assert await failures([first, stays]) == [None, None]
        assert pool.activity()["gate"].cancelled == 2
        await pool.close()

    asyncio.run(main())
    assert gate.calls == [["a"], ["d"]]


def test_a_line_that_is_too_slow_sheds_before_it_is_full():
    class Slow:
        def one(self, text: str) -> str:
            time.sleep(0.02)
            return text

    async def main() -> None:
        pool = models(spec(Slow, queue=1000), patience=0.1)
        call = pool.use(Echo.one)
        await call("the pool learns how long a run takes")
        failed = await failures([start(call, str(n)) for n in range(200)])
        assert 8 <= failed.count(None) < 100
        assert all(isinstance(one, ResourceExhausted) for one in failed if one is not None)
        await pool.close()

    asyncio.run(main())


# --- loading --------------------------------------------------------------------------------------


def test_callers_of_a_cold_engine_share_one_load():
    built: list[Gate] = []

    def build() -> Gate:
        built.append(opened())
        return built[-1]

    async def main() -> None:
        pool = models(spec(build, queue=50))
        await asyncio.gather(*(pool.use(Echo.one)(str(n)) for n in range(20)))
        assert pool.activity()["gate"].loads == 1
        await pool.close()

    asyncio.run(main())
    assert len(built) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ImportError("no libfoo"), FailedPrecondition),
        (FileNotFoundError("model.onnx"), FailedPrecondition),
        (RuntimeError("corrupt header"), Internal),
        (MemoryError("no room"), ResourceExhausted),
        (InvalidArgument("as it is"), InvalidArgument),
    ],
)
def test_a_failed_load_is_told_to_all_who_wait_and_tried_again_by_the_next(
    error: Exception, kind: type[Failure], caplog: pytest.LogCaptureFixture
):
    attempts: list[int] = []
    go = threading.Event()

    def build() -> Gate:
        attempts.append(1)
        assert go.wait(20)
        if len(attempts) == 1:
            raise error
        return opened()

    async def main() -> None:
        pool = models(spec(build, queue=8))
        tasks = [start(pool.use(Echo.one), str(n)) for n in range(5)]
        await until(lambda: attempts)
        go.set()
        for failure in await failures(tasks):
            assert isinstance(failure, kind)
            assert str(error) in str(failure)
        assert str(error) in str(pool.states()[0].reason)
        assert await pool.use(Echo.one)("again") == "again"
        assert pool.states()[0].reason is None
        await pool.close()

    asyncio.run(main())
    assert len(attempts) == 2


# --- batching -------------------------------------------------------------------------------------


def test_what_queues_while_the_engine_is_busy_runs_as_one_batch():
    gate = Gate()

    async def main() -> None:
        pool = models(spec(lambda: gate, batch=8, queue=50))
        first = start(pool.use(Echo.echo), ["first"])
        await until(lambda: gate.inside == 1)
        later = [start(pool.use(Echo.echo), [str(n), "x"]) for n in range(3)]
        await until(lambda: pool.depth()["gate"] == 3)
        gate.open.set()
        assert await first == ["first"]
        assert await asyncio.gather(*later) == [["0", "x"], ["1", "x"], ["2", "x"]]
        await pool.close()

    asyncio.run(main())
    assert gate.calls == [["first"], ["0", "x", "1", "x", "2", "x"]]


def test_what_arrives_in_one_turn_of_the_loop_runs_as_one_batch_on_an_idle_engine():
    gate = opened()

    async def main() -> None:
        pool = models(spec(lambda: gate, batch=8, queue=50))
        call = pool.use(Echo.echo)
        await call(["warm"])
        await asyncio.gather(*(call([str(n)]) for n in range(5)))
        await pool.close()

    asyncio.run(main())
    assert gate.calls == [["warm"], ["0", "1", "2", "3", "4"]]


def test_one_bad_item_fails_alone_in_its_batch():
    gate = Gate()

    async def main() -> None:
        pool = models(spec(lambda: gate, batch=8, queue=50))
        first = start(pool.use(Echo.echo), ["first"])
        await until(lambda: gate.inside == 1)
        later = [start(pool.use(Echo.echo), [text]) for text in ("a", "bad", "c")]
        await until(lambda: pool.depth()["gate"] == 3)
        gate.open.set()
        await first
        results = await asyncio.gather(*later, return_exceptions=True)
        assert (results[0], results[2]) == (["a"], ["c"])
        assert isinstance(results[1], InvalidArgument)
        assert results[1].field == "text"
        await pool.close()

    asyncio.run(main())


def test_an_engine_without_batches_gets_each_call_as_it_was_made():
    gate = opened()

    async def main() -> None:
        pool = models(spec(lambda: gate, queue=50))
        call = pool.use(Echo.echo)
        assert await call(["a", "b"], mark="!") == ["a!", "b!"]
        assert await call([]) == []
        await pool.close()

    asyncio.run(main())
    assert gate.calls == [["a", "b"], []]


def test_a_call_larger_than_a_batch_is_cut_and_put_together_again():
    gate = opened()

    async def main() -> None:
        pool = models(spec(lambda: gate, batch=3, concurrency=2, queue=50))
        texts = [str(n) for n in range(10)]
        assert await pool.use(Echo.echo)(texts, "!") == [text + "!" for text in texts]
        assert await pool.use(Echo.echo)(texts=texts, mark="?") == [text + "?" for text in texts]
        assert await pool.use(Echo.echo)([]) == []
        await pool.close()

    asyncio.run(main())
    assert max(len(call) for call in gate.calls) == 3


def test_the_counters_tell_what_was_run():
    gate = opened()

    async def main() -> None:
        pool = models(spec(lambda: gate, batch=8, queue=50))
        await pool.use(Echo.echo)(["a", "b"])
        (state,) = pool.states()
        assert (state.runs, state.items, state.loaded) == (1, 2, True)
        assert state.describe()["activity"]["sizes"] == {"2": 1}
        assert state.last_used is not None
        assert abs(state.last_used - time.time()) < 60
        await pool.close()

    asyncio.run(main())


def test_engine_panics_that_are_no_exceptions_do_not_cost_the_thread(
    caplog: pytest.LogCaptureFixture,
):
    class Panic(BaseException):
        pass

    class Fragile:
        def one(self, text: str) -> str:
            if text == "panic":
                raise Panic
            return text

    async def main() -> None:
        pool = models(spec(Fragile))
        with pytest.raises(Internal, match="Panic"):
            await pool.use(Echo.one)("panic")
        assert await pool.use(Echo.one)("fine") == "fine"
        await pool.close()

    asyncio.run(main())


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
