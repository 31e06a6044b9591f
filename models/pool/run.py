"""What one call of an engine computes: jobs of callers, the parts of them that run together.

A run never raises: it turns what the engine does into one answer for each job.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.models.errors import Failure, Internal

_log = logging.getLogger(__name__)
_tally = threading.Lock()  # two threads may finish parts of one large job


class Job:
    """One caller's request: a method, its arguments, and the future that the caller awaits.

    `items` is the first argument of a method that may be batched, None for any other; `args` and
    `kwargs` are the rest. `batched` jobs are answered slice by slice into `results`.
    """

    __slots__ = (
        "args",
        "future",
        "items",
        "kwargs",
        "left",
        "method",
        "queued",
        "results",
        "taken",
    )

    def __init__(
        self,
        future: asyncio.Future[Any],
        method: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        items: Sequence[Any] | None = None,
    ) -> None:
        self.future = future
        self.method = method
        self.args = args
        self.kwargs = kwargs
        self.items = items
        self.taken = 0
        self.left = 0 if items is None else len(items)
        self.results: list[Any] = [] if items is None else [None] * len(items)
        self.queued = 0.0

    @property
    def remaining(self) -> int:
        """Return the number of items that no run has taken yet; 1 for a job that is no batch."""
        return 1 if self.items is None else len(self.items) - self.taken

    def joins(self, other: Job) -> bool:
        """Tell whether both may run in one call: same method, equal other arguments."""
        if self.items is None or other.items is None or self.method != other.method:
            return False
        try:
            return bool(self.args == other.args and self.kwargs == other.kwargs)
        except Exception:  # arguments such as arrays have no single truth: then they run apart
            return False


@dataclass(frozen=True, slots=True)
class Part:
    """Items `start` to `stop` of a job."""

    job: Job
    start: int
    stop: int

    @property
    def items(self) -> Sequence[Any]:
        """Return the slice of the job's items."""
        assert self.job.items is not None
        if self.stop - self.start == len(self.job.items):
            return self.job.items
        return self.job.items[self.start : self.stop]


@dataclass(frozen=True, slots=True)
class Run:
    """What one call of the engine computes: the parts of jobs that join, or one job alone."""

    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Return the number of items; 1 for a job that is no batch."""
        return sum(part.stop - part.start for part in self.parts)

    def call(self, engine: object) -> Any:
        """Call the engine with all the items; a list of results, or the one job's result."""
        job = self.parts[0].job
        method = getattr(engine, job.method)
        if job.items is None:
            return method(*job.args, **job.kwargs)
        if len(self.parts) == 1:
            items = self.parts[0].items
        else:
            items = [item for part in self.parts for item in part.items]
        results = method(items, *job.args, **job.kwargs)
        if len(results) != len(items):
            raise LengthError(f"{job.method} answered {len(results)} items for {len(items)}")
        return results


class LengthError(Exception):
    """An engine broke the contract of the tasks: as many results as items."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a job, or the error that its caller gets."""

    job: Job
    result: Any = None
    error: BaseException | None = None


def compute(run: Run, engine: object, name: str) -> list[Answer]:
    """Call the engine; when jobs fail together, run each alone so that only the bad one fails."""
    broken: BaseException | None = None
    result: Any = None
    try:
        result = run.call(engine)
    except BaseException as error:  # pyo3 panics are no Exceptions, and a permit must not leak
        broken = error
    job = run.parts[0].job
    if broken is None:
        return [Answer(job, result)] if job.items is None else _share(run, result)
    if len(run.parts) == 1:
        return [Answer(job, error=_failure(name, job.method, broken))]
    alone = (Run((part,)) for part in run.parts if not part.job.future.done())
    return [answer for one in alone for answer in compute(one, engine, name)]


def deliver(answers: Iterable[Answer]) -> None:
    """Hand answers over to the loops of their callers, in one step for each loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Answer]] = {}
    for answer in answers:
        by_loop.setdefault(answer.job.future.get_loop(), []).append(answer)
    for loop, group in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: the callers have gone
            loop.call_soon_threadsafe(_settle, group)


def _settle(answers: list[Answer]) -> None:
    for answer in answers:
        future = answer.job.future
        if future.done():
            continue
        if answer.error is None:
            future.set_result(answer.result)
        else:
            future.set_exception(answer.error)


def _share(run: Run, results: Sequence[Any]) -> list[Answer]:
    """Give each job its slice; answer those that are complete."""
    answers: list[Answer] = []
    at = 0
    for part in run.parts:
        job, count = part.job, part.stop - part.start
        job.results[part.start : part.stop] = results[at : at + count]
        at += count
        with _tally:
            job.left -= count
            complete = job.left == 0
        if complete:
            answers.append(Answer(job, job.results))
    return answers


def _failure(name: str, method: str, error: BaseException) -> Failure:
    """Return what the caller is told: never the text of a bug, it may quote the input."""
    if isinstance(error, Failure):
        return error
    _log.error("engine %s broke in %s", name, method, exc_info=error)
    failure = Internal(f"Engine {name!r} broke in {method}: {type(error).__name__}.")
    failure.__cause__ = error
    return failure
