"""The sandbox: an engine in a child process that may crash, hang or burst, alone.

    reader = Isolated(Pillow, name="pillow")
    frames = reader.frames(content, max_pixels)     # InvalidArgument if its parser dies of it

A child is a fresh interpreter (no fork: this process has threads), kept warm between calls, with an
empty environment, its own address space limit, and no network where the kernel allows that.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sensorium.models import errors, tasks
from sensorium.models.errors import Failure, Internal, InvalidArgument
from sensorium.models.sandbox import frames

_log = logging.getLogger(__name__)
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from sensorium.models.sandbox.jail import main; main(int(sys.argv[2]))"
)
_START_SECONDS = 60.0
_MESSAGE = 1_000_000  # bytes that a child may send before it has read anything
# one thread for linear algebra: a parser needs none, and each reserves address space
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one call may take: bytes above what the built engine holds, and seconds."""

    memory: int = 2 * 10**9
    seconds: float = 30.0


class Crash(Exception):
    """The child has died or does not speak sense."""


class Child:
    """A process with one engine in it."""

    def __init__(
        self, name: str, first: tuple[Any, ...], memory: int, values: Collection[str]
    ) -> None:
        self._name = name
        self._memory = memory
        self._values = values
        self._ready = False
        self._link, theirs = socket.socketpair()
        for end in (self._link, theirs):
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                end.setsockopt(socket.SOL_SOCKET, option, 1 << 20)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _START, json.dumps(sys.path), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        frames.send(self._link, first, time.monotonic() + _START_SECONDS)

    def start(self) -> None:
        """Wait until the engine is built; raises what its constructor raised."""
        if not self._ready:
            deadline = time.monotonic() + _START_SECONDS
            answer = self._receive(deadline, _MESSAGE)
            if answer[0] != "ok":
                raise _error(self._name, answer)
            self._ready = True

    def ask(self, request: tuple[Any, ...], deadline: float) -> tuple[Any, ...]:
        """Return the answer to a call; raises Crash, or TimeoutError at the deadline."""
        try:
            frames.send(self._link, request, deadline)
        except TimeoutError:
            raise
        except OSError as error:
            raise Crash(self._obituary()) from error
        return self._receive(deadline, self._memory)

    def kill(self) -> None:
        """End the process and what it may have started."""
        self._link.close()
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            self._process.kill()
        self._process.wait()

    def _receive(self, deadline: float, limit: int) -> tuple[Any, ...]:
        try:
            answer = frames.receive(self._link, limit=limit, deadline=deadline, values=self._values)
        except TimeoutError:
            raise
        except (EOFError, OSError) as error:
            raise Crash(self._obituary()) from error
        if not isinstance(answer, tuple) or not answer:
            raise frames.FrameError("no answer")
        return answer

    def _obituary(self) -> str:
        """Return what the process died of."""
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "closed its connection"
        if code < 0:
            return f"crashed ({signal.Signals(-code).name})"
        return f"ended with status {code}"


class Isolated:
    """Stand in for the engine that `factory(**facts)` makes: its methods run in a child.

    A call that exceeds the bounds, or kills the child, raises InvalidArgument and the next one
    finds a fresh child. Failures arrive as the engine raised them. Threads may call at the same
    time: each has a child for the time of its call. `values` are the modules whose dataclasses
    results are made of.
    """

    def __init__(
        self,
        factory: Callable[..., Any],
        facts: Mapping[str, Any] | None = None,
        *,
        name: str = "parser",
        bounds: Bounds | None = None,
        values: Collection[str] = tasks.MODULES,
    ) -> None:
        self._name = name
        self._bounds = bounds = bounds or Bounds()
        self._values = values
        self._first = (
            factory.__module__,
            factory.__qualname__,
            dict(facts or {}),
            bounds.memory,
            bounds.seconds,
        )
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._closed = False
        self._idle.append(self._ready(self._child()))

    def __getattr__(self, method: str) -> Callable[..., Any]:
        """Return a method of the engine as a call of a child."""
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._call(method, args, kwargs)

        return call

    def close(self) -> None:
        """End every child that is not in a call."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for child in idle:
            child.kill()

    def _call(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with self._lock:
            child = self._idle.pop() if self._idle else None
        child = self._ready(child or self._child())
        fit = False
        try:
            answer = child.ask((method, args, kwargs), time.monotonic() + self._bounds.seconds)
            fit = answer[0] in ("ok", "failure", "error") and not (answer[0] == "ok" and answer[2])
            if answer[0] == "ok":
                return answer[1]
            if answer[0] == "memory":
                raise self._refusal(f"needed more than {self._bounds.memory // 10**6} MB")
            raise _error(self._name, answer)
        except TimeoutError:
            raise self._refusal(f"took longer than {self._bounds.seconds:g} s") from None
        except Crash as crash:
            raise self._refusal(str(crash)) from None
        except frames.FrameError as error:
            raise Internal(f"Engine {self._name!r} broke: its process sent {error}.") from error
        finally:
            self._put_back(child, fit)

    def _ready(self, child: Child) -> Child:
        """Return the child once its engine is built; it is no caller's fault when that fails."""
        try:
            child.start()
        except BaseException as error:
            child.kill()
            if isinstance(error, Crash | TimeoutError | frames.FrameError):
                why = str(error) or "took too long"
                message = f"Engine {self._name!r} did not start: its process {why}."
                raise Internal(message) from error
            raise
        return child

    def _put_back(self, child: Child, fit: bool) -> None:
        """Keep a child for the next call, or start its successor now so that it need not wait."""
        if not fit:
            child.kill()
            try:
                child = self._child()
            except OSError:  # no process to be had now: the next call tries again
                return
        with self._lock:
            closed = self._closed
            if not closed:
                self._idle.append(child)
        if closed:
            child.kill()

    def _child(self) -> Child:
        return Child(self._name, self._first, self._bounds.memory, self._values)

    def _refusal(self, what: str) -> InvalidArgument:
        return InvalidArgument(f"The content could not be processed: {self._name} {what}.")


def _error(name: str, answer: tuple[Any, ...]) -> Exception:
    """Return the exception that a child reports."""
    try:
        if answer[0] == "failure":
            _, code, message, field, hint, retry_after = answer
            kind = getattr(errors, code)
            if isinstance(kind, type) and issubclass(kind, Failure):
                return kind(str(message), field=field, hint=hint, retry_after=retry_after)
        if answer[0] == "error":
            _log.error("engine %s broke in its process:\n%s", name, answer[2])
            return Internal(f"Engine {name!r} broke: {answer[1]}.")
    except (TypeError, ValueError, AttributeError, IndexError):
        pass
    return frames.FrameError("no answer")
