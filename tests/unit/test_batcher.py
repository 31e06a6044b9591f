"""The line of callers and the batches it is taken in."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.errors import InvalidArgument
from sensorium.models.pool.batcher import Batcher
from sensorium.models.pool.run import Job, Part, Run, compute


def job(items: Any = None, *args: Any, method: str = "echo", **kwargs: Any) -> Job:
    future: Any = Future()  # only asked whether it is done
    return Job(future, method, args, kwargs, items)


def line(batch: int, *jobs: Job) -> Batcher:
    batcher = Batcher(batch)
    for one in jobs:
        batcher.add(one)
    return batcher


def taken(batcher: Batcher) -> list[list[Any]]:
    runs = []
    while (run := batcher.take()[0]) is not None:
        runs.append([list(part.items) for part in run.parts])
    return runs


def test_an_empty_line_has_no_run():
    assert Batcher(4).take() == (None, 0)


def test_what_has_queued_is_taken_together_in_order_of_arrival():
    assert taken(line(8, job(["a"]), job(["b", "c"]), job(["d"]))) == [[["a"], ["b", "c"], ["d"]]]


def test_a_run_never_holds_more_items_than_the_batch():
    assert taken(line(2, job(["a"]), job(["b"]), job(["c"]))) == [[["a"], ["b"]], [["c"]]]


def test_calls_with_other_arguments_run_apart_and_keep_their_turn():
    batcher = line(8, job(["a"], "es"), job(["b"], "fr"), job(["c"], "es"), job(["d"], "fr"))
    assert taken(batcher) == [[["a"], ["c"]], [["b"], ["d"]]]


def test_calls_of_other_methods_run_apart():
    batcher = line(8, job(["a"]), job(["b"], method="other"))
    assert taken(batcher) == [[["a"]], [["b"]]]


def test_keyword_arguments_must_be_equal_too():
    batcher = line(8, job(["a"], target="es"), job(["b"], target="fr"), job(["c"], target="es"))
    assert taken(batcher) == [[["a"], ["c"]], [["b"]]]


def test_arguments_that_cannot_be_compared_run_apart():
    batcher = line(8, job(["a"], np.zeros(2)), job(["b"], np.zeros(2)))
    assert taken(batcher) == [[["a"]], [["b"]]]


def test_a_caller_that_fits_whole_is_never_cut():
    batcher = line(4, job(["a", "b", "c"]), job(["d", "e"]), job(["f"]))
    assert taken(batcher) == [[["a", "b", "c"], ["f"]], [["d", "e"]]]


def test_a_caller_larger_than_a_batch_lets_small_ones_in_between():
    batcher = line(2, job(list("abcde")), job(["x"]))
    assert taken(batcher) == [[["a", "b"]], [["x"]], [["c", "d"]], [["e"]]]


def test_methods_that_take_no_sequence_run_alone():
    first, second = job(None, 1), job(None, 1)
    batcher = line(8, first, second)
    run, _ = batcher.take()
    assert run is not None
    assert [part.job for part in run.parts] == [first]


def test_callers_that_have_gone_are_dropped_and_counted():
    gone, stays = job(["a"]), job(["b"])
    batcher = line(8, gone, stays)
    gone.future.cancel()
    run, dropped = batcher.take()
    assert run is not None
    assert [part.job for part in run.parts] == [stays]
    assert dropped == 1
    assert (len(batcher), batcher.items) == (0, 0)


def test_a_removed_caller_is_not_taken():
    gone = job(["a"])
    batcher = line(8, gone)
    assert batcher.remove(gone)
    assert not batcher.remove(gone)
    assert taken(batcher) == []


sizes = st.lists(st.tuples(st.integers(1, 9), st.sampled_from("xyz")), max_size=20)


@given(sizes, st.integers(1, 5), st.sets(st.integers(0, 19)))
def test_every_item_of_every_living_caller_is_taken_once_and_in_order(callers, batch, cancelled):
    jobs = [job([(n, i) for i in range(size)], key) for n, (size, key) in enumerate(callers)]
    batcher = line(batch, *jobs)
    for number in cancelled & set(range(len(jobs))):
        jobs[number].future.cancel()
    seen: dict[int, list[int]] = {}
    while (run := batcher.take()[0]) is not None:
        assert 0 < run.size <= batch
        assert len({part.job.args for part in run.parts}) == 1
        for part in run.parts:
            for number, item in part.items:
                seen.setdefault(number, []).append(item)
        waiting = [one for one in jobs if one.remaining and not one.future.done()]
        assert batcher.items >= sum(min(one.remaining, batch) for one in waiting)
    living = {n: list(range(size)) for n, (size, _) in enumerate(callers) if n not in cancelled}
    assert seen == living
    assert batcher.items == 0


class Upper:
    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def echo(self, texts: list[str]) -> list[str]:
        self.calls.append(list(texts))
        if "bad" in texts:
            raise InvalidArgument("bad")
        if "bug" in texts:
            raise KeyError("my secret")
        return [text.upper() for text in texts if text != "lost"]


def run_of(*jobs: Job) -> Run:
    return Run(tuple(Part(one, 0, len(one.items or ())) for one in jobs))


def test_every_caller_gets_its_own_slice():
    jobs = [job(["a"]), job(["b", "c"])]
    answers = compute(run_of(*jobs), Upper(), "upper")
    assert [(one.job, one.result) for one in answers] == [(jobs[0], ["A"]), (jobs[1], ["B", "C"])]


def test_one_bad_item_fails_alone():
    jobs = [job(["a"]), job(["bad"]), job(["c"])]
    answers = compute(run_of(*jobs), Upper(), "upper")
    assert [answer.result for answer in answers] == [["A"], None, ["C"]]
    assert isinstance(answers[1].error, InvalidArgument)


def test_a_bug_is_told_without_its_text(caplog: pytest.LogCaptureFixture):
    (answer,) = compute(run_of(job(["bug"])), Upper(), "upper")
    assert str(answer.error) == "Engine 'upper' broke in echo: KeyError."
    assert "my secret" in caplog.text


def test_an_engine_that_loses_an_item_is_found_out(caplog: pytest.LogCaptureFixture):
    answers = compute(run_of(job(["a"]), job(["lost"])), Upper(), "upper")
    assert answers[0].result == ["A"]
    assert str(answers[1].error) == "Engine 'upper' broke in echo: LengthError."
    assert "0 items for 1" in caplog.text


def test_callers_that_left_are_not_run_again_after_a_failure():
    engine, jobs = Upper(), [job(["bad"]), job(["b"])]
    jobs[1].future.cancel()
    compute(run_of(*jobs), engine, "upper")
    assert engine.calls == [["bad", "b"], ["bad"]]
