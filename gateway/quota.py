"""How many requests of one key run at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sensorium.models.errors import ResourceExhausted


class Quota:
    """Count what each owner has under way; `limit` 0 counts nothing."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running: Counter[str] = Counter()

    @contextmanager
    def taken(self, owner: str) -> Iterator[None]:
        """Hold one of the owner's places while a request runs.

        Raises ResourceExhausted when all are taken.
        """
        if not self._limit:
            yield
            return
        if self._running[owner] >= self._limit:
            raise ResourceExhausted(
                f"This key has {self._limit} requests under way, as many as it may.",
                retry_after=1.0,
            )
        self._running[owner] += 1
        try:
            yield
        finally:
            self._running[owner] -= 1
            if not self._running[owner]:
                del self._running[owner]
