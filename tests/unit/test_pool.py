"""The pool: permits, loading, batching, time-outs, unloading, the memory budget."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
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
)
from tests.unit.gates import Echo, Gate, models, opened, spec, start, until


class Other(Protocol):
    def other(self, text: str) -> str: ...


async def failures(tasks: Sequence[asyncio.Task[Any]]) -> list[BaseException | None]:
    done = await asyncio.gather(*tasks, return_exceptions=True)
    return [one if isinstance(one, BaseException) else None for one in done]


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
