"""The pool, where calls that wait together run as one."""

from __future__ import annotations

import asyncio
import time

import pytest

from sensorium.models.errors import (
    Internal,
    InvalidArgument,
)
from tests.unit.gates import Echo, Gate, models, opened, spec, start, until

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
