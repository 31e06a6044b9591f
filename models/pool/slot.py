"""One engine's place in the pool: its line of callers, its threads, its life.

    cold ── first caller ──> loading ── ok ──> loaded ── idle or evicted ──> unloading ──> cold
                                └── failed: every waiting caller is told, the next one tries again

The threads take their work themselves, so the engine never waits for the event loop between two
runs; a permit (a place in the line, then a thread) is free again only when the thread is.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gc
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

from sensorium.models.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    Failure,
    Internal,
    ResourceExhausted,
    Unavailable,
)
from sensorium.models.pool.activity import Activity
from sensorium.models.pool.admission import Pace
from sensorium.models.pool.batcher import Batcher
from sensorium.models.pool.memory import Memory
from sensorium.models.pool.run import Answer, Job, Run, compute, deliver
from sensorium.models.registry import EngineSpec

State = Literal["cold", "loading", "loaded", "unloading", "closed"]

_log = logging.getLogger(__name__)
_PATIENT_RUNS = 8  # that many runs may always be waited for, however slow the engine


class Slot:
    """Run one engine: load it for the first caller, batch, shed, unload when idle.

    `build` makes the engine and is called in the engine's own thread; `size` tells its bytes for
    the memory budget; `patience` is the most seconds that a caller should stand in line.
    """

    def __init__(
        self,
        spec: EngineSpec,
        build: Callable[[], Any],
        *,
        memory: Memory,
        size: Callable[[], int],
        patience: float,
        idle_seconds: float | None,
    ) -> None:
        self.spec = spec
        self.name = spec.name
        self.state: State = "cold"
        self.last_used = 0.0
        self.error: str | None = None
        self.activity = Activity()
        self._build = build
        self._memory = memory
        self._size = size
        self._patience = patience
        self._idle_seconds = idle_seconds
        self._engine: Any = None
        self._lock = threading.Lock()
        self._batcher = Batcher(spec.batch)
        self._pace = Pace(self._batcher.batch, spec.concurrency)
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._waking: asyncio.AbstractEventLoop | None = None
        self._idle = 0  # threads that wait for a token in _wake
        self._running = 0  # threads inside the engine
        self._threads: set[threading.Thread] = set()

    # --- the callers' side: called in the event loop, never blocks --------------------------------

    def submit(self, job: Job, timeout: float) -> None:
        """Let a job in, or raise ResourceExhausted at once; load the engine if it is cold."""
        with self._lock:
            if self.state == "closed":
                raise Unavailable("The gateway is shutting down.", retry_after=1.0)
            self._admit(timeout)
            job.queued = self.last_used = time.monotonic()
            self._batcher.add(job)
            if self.state == "cold":
                self._begin(job)
            elif self._idle:
                self._call(job.future.get_loop())

    def drop(self, job: Job) -> None:
        """Forget a job whose caller has gone; nothing happens when a thread runs it already."""
        with self._lock:
            if self._batcher.remove(job):
                self.activity.cancelled += 1

    def expire(self, job: Job, timeout: float) -> None:
        """Answer DeadlineExceeded; a thread that runs the job keeps its permit until it ends."""
        if job.future.done():
            return
        with self._lock:
            waited = self._batcher.remove(job)
            self.activity.timeouts += 1
            loading = self.state == "loading"
        what = "was not loaded" if loading else "was busy" if waited else "did not answer"
        job.future.set_exception(
            DeadlineExceeded(f"Engine {self.name!r} {what} within {timeout:g} s.")
        )

    def _admit(self, timeout: float) -> None:
        """Raise ResourceExhausted unless there is room in the line, and hope in it."""
        loaded = self.state == "loaded"
        free = self.spec.concurrency - (self._running if loaded else 0)
        wait = self._pace.wait(self._batcher.items) if loaded else 0.0
        bound = min(timeout, max(self._patience, _PATIENT_RUNS * self._pace.seconds))
        if len(self._batcher) < self.spec.queue + free and wait <= bound:
            return
        self.activity.shed += 1
        state = "loading" if self.state == "loading" else "busy"
        raise ResourceExhausted(
            f"Engine {self.name!r} is {state} and {len(self._batcher)} callers wait for it.",
            retry_after=max(wait, self._pace.seconds, 0.1 if loaded else 1.0),
        )

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake a thread; for a batching engine after what this turn of the loop still brings."""
        if self._batcher.batch == 1:
            self._idle -= 1
            self._wake.put(None)
        elif self._waking is not loop:
            self._waking = loop
            loop.call_soon(self._called)

    def _called(self) -> None:
        with self._lock:
            self._waking = None
            if self._idle and len(self._batcher):
                self._idle -= 1
                self._wake.put(None)

    # --- the life of the engine -------------------------------------------------------------------

    def evict(self) -> bool:
        """Begin to unload unless somebody uses the engine; tell whether it did."""
        with self._lock:
            if self.state != "loaded" or self._running or len(self._batcher):
                return False
            self._leave()
            return True

    def close(self) -> None:
        """Refuse every caller from now on, and let the threads end."""
        with self._lock:
            was, self.state = self.state, "closed"
            waiting = self._batcher.clear()
            if was != "cold":
                self._wake_all()
        deliver(
            Answer(job, error=Unavailable("The gateway is shutting down.", retry_after=1.0))
            for job in waiting
        )

    def join(self, timeout: float) -> bool:
        """Wait until the threads have ended; tell whether they have."""
        deadline = time.monotonic() + timeout
        for thread in tuple(self._threads):
            thread.join(max(0.0, deadline - time.monotonic()))
        return not self._threads

    def _spawn(self, target: Callable[[], None]) -> None:
        """Start a thread; the lock is held. A daemon, for a hung engine must not block exit."""

        def run() -> None:
            try:
                target()
            finally:
                self._ended(thread)

        thread = threading.Thread(target=run, name=f"engine-{self.name}", daemon=True)
        self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError as error:
            self._threads.discard(thread)
            raise Unavailable(
                f"No thread could be started for engine {self.name!r}.", retry_after=1.0
            ) from error

    def _begin(self, job: Job) -> None:
        """Start to load for the first caller; the lock is held."""
        self.state = "loading"
        try:
            self._spawn(self._load)
        except Unavailable:
            self.state = "cold"
            self._batcher.remove(job)
            raise

    def _load(self) -> None:
        begin = time.monotonic()
        try:
            self._memory.reserve(self, self._size(), self._patience)
            self._engine = self._build()
            _freeze()
        except BaseException as error:  # a broken library must cost its callers only
            self._memory.release(self)
            self._give_up(error)
            return
        with self._lock:
            self.error = None
            self.activity.loads += 1
            self.activity.load_seconds += time.monotonic() - begin
            if self.state == "loading":
                self.state = "loaded"
                with contextlib.suppress(Unavailable):  # fewer threads serve as well
                    for _ in range(self.spec.concurrency - 1):
                        self._spawn(self._work)
        self._work()

    def _give_up(self, error: BaseException) -> None:
        """Tell every waiting caller why the engine could not be loaded."""
        failure = _load_failure(self.name, error)
        if not isinstance(error, Failure):
            _log.error("engine %s could not be loaded", self.name, exc_info=error)
        with self._lock:
            self.error = failure.message
            self.activity.load_failures += 1
            waiting = self._batcher.clear()
            if self.state == "loading":
                self.state = "cold"
        deliver(Answer(job, error=copy.copy(failure)) for job in waiting)

    def _leave(self) -> None:
        self.state = "unloading"
        self._wake_all()

    def _wake_all(self) -> None:
        for _ in range(self._idle):
            self._wake.put(None)
        self._idle = 0

    def _ended(self, thread: threading.Thread) -> None:
        """Unload when the last thread leaves, and begin anew for those who came meanwhile."""
        with self._lock:
            if len(self._threads) > 1 or self.state in ("cold", "loading"):
                self._threads.discard(thread)
                return
        self._unload()
        with self._lock:
            self._threads.discard(thread)
            self._running = self._idle = 0
            if self.state != "closed":
                self.state = "loading" if len(self._batcher) else "cold"
                if self.state == "loading":
                    self._spawn(self._load)

    def _unload(self) -> None:
        engine, self._engine = self._engine, None  # the last reference, so that it can be freed
        if engine is not None:
            self.activity.unloads += 1
            close = getattr(engine, "close", None)
            try:
                if callable(close):
                    close()
            except BaseException:
                _log.exception("engine %s could not be closed", self.name)
            del engine, close
            _freeze()
        self._memory.release(self)

    # --- the threads ------------------------------------------------------------------------------

    def _work(self) -> None:
        while self._step():
            pass

    def _step(self) -> bool:
        """Wait for a run and compute it; False when it is time to go."""
        run = self._next()
        if run is None:
            return False
        begin = time.monotonic()
        answers = compute(run, self._engine, self.name)
        with self._lock:  # first the permit: who is answered may come again at once
            for answer in answers:
                if answer.error is not None:
                    self.activity.failures += 1
                    self._batcher.remove(answer.job)  # the rest of a large job
            self._running -= 1
            self.last_used = now = time.monotonic()
            self._pace.learn(now - begin, run.size, crowded=len(self._batcher) > 0)
            self.activity.ran(run.size, now - begin)
        deliver(answers)
        return True

    def _next(self) -> Run | None:
        while True:
            with self._lock:
                if self.state != "loaded":
                    return None
                run = self._take()
                if run is not None:
                    return run
                self._idle += 1
            if self._memory.waiting:
                self._memory.nudge()
            if not self._rest():
                return None

    def _take(self) -> Run | None:
        """Take the next run and the permit for it; the lock is held."""
        run, dropped = self._batcher.take()
        self.activity.cancelled += dropped
        if run is not None:
            self._running += 1
            self.last_used = now = time.monotonic()
            for part in run.parts:
                if part.start == 0:
                    self.activity.calls += 1
                    self.activity.wait_seconds += now - part.job.queued
            if self._idle and len(self._batcher):
                self._idle -= 1
                self._wake.put(None)
        return run

    def _rest(self) -> bool:
        """Sleep until there is a token; False when the engine has been idle long enough to go."""
        while True:
            timeout = None
            if self._idle_seconds is not None:
                timeout = max(0.0, self.last_used + self._idle_seconds - time.monotonic()) + 0.001
            try:
                self._wake.get(timeout=timeout)
                return True
            except queue.Empty:
                pass
            with self._lock:
                try:
                    self._wake.get_nowait()  # it came between the time-out and the lock
                    return True
                except queue.Empty:
                    pass
                expired = time.monotonic() >= self.last_used + (self._idle_seconds or 0.0)
                if expired and not self._running and not len(self._batcher):
                    self._idle -= 1
                    self._leave()
                    return False
                if self._running:  # somebody else is at work: look again a whole period later
                    self.last_used = time.monotonic()

    @property
    def waiting(self) -> int:
        """Return the number of callers in line."""
        return len(self._batcher)

    @property
    def running(self) -> int:
        """Return the number of threads inside the engine."""
        return self._running


def _freeze() -> None:
    """Collect garbage once, then set what is left aside.

    A model library leaves a million objects behind; walking them in every full collection stopped
    all callers for 50 to 140 ms at a time.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _load_failure(name: str, error: BaseException) -> Failure:
    if isinstance(error, Failure):
        return error
    reason = f"Engine {name!r} could not be loaded: {type(error).__name__}: {error}"
    failure: Failure
    if isinstance(error, MemoryError):
        failure = ResourceExhausted(reason, retry_after=10.0)
    elif isinstance(error, ImportError | OSError):
        failure = FailedPrecondition(reason)
    else:
        failure = Internal(reason)
    failure.__cause__ = error
    return failure
