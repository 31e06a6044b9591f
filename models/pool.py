"""The pool: engines loaded when needed, run one batch at a time, unloaded when idle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Models(Protocol):
    """Where handlers find engines: `await models.use(Translator.translate)(texts, "en", "es")`."""

    def use(
        self,
        method: Callable[Concatenate[Any, P], R],
        *,
        engine: str | None = None,
        language: str | None = None,
        timeout: float = 60.0,
    ) -> Callable[P, Awaitable[R]]:
        """Return the task method as a coroutine function, run by the best engine that can.

        Raises FailedPrecondition when no engine can, ResourceExhausted when its queue is full,
        DeadlineExceeded after `timeout` seconds, Internal when the engine breaks.
        """
        ...
