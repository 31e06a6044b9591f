"""The memory budget: what is resident, and who leaves when something else must come in."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from sensorium.models.errors import FailedPrecondition, ResourceExhausted

_UNLOAD_SECONDS = 30.0  # the most to wait for an engine that was told to leave


class Resident(Protocol):
    """Something that holds memory and can be asked to leave."""

    name: str
    last_used: float

    def evict(self) -> bool:
        """Begin to unload unless in use; tell whether it did."""
        ...


class Memory:
    """Grant memory up to `budget` bytes (None: without bound); evict what was used longest ago."""

    def __init__(self, budget: int | None = None) -> None:
        self.budget = budget
        self.waiting = 0
        self._sizes: dict[Resident, int] = {}
        self._leaving: set[Resident] = set()
        self._changed = threading.Condition()

    @property
    def used(self) -> int:
        """Return the bytes that are granted."""
        return sum(self._sizes.values())

    def size(self, resident: Resident) -> int:
        """Return the bytes granted to one resident, 0 when it holds none."""
        return self._sizes.get(resident, 0)

    def reserve(self, resident: Resident, size: int, patience: float) -> None:
        """Grant `size` bytes, waiting for evictions; blocks, so never call it in an event loop.

        Raises FailedPrecondition when the budget can never hold it, ResourceExhausted when
        everything else stayed in use for `patience` seconds.
        """
        if self.budget is not None and size > self.budget:
            raise FailedPrecondition(
                f"Engine {resident.name!r} needs {_mb(size)}, more than the memory budget of "
                f"{_mb(self.budget)}.",
                hint="Raise the memory budget or choose a smaller engine.",
            )
        with self._changed:
            self.waiting += 1
            try:
                self._make_room(resident, size, patience)
            finally:
                self.waiting -= 1
            self._sizes[resident] = size

    def release(self, resident: Resident) -> None:
        """Take a grant back."""
        with self._changed:
            self._sizes.pop(resident, None)
            self._leaving.discard(resident)
            self._changed.notify_all()

    def nudge(self) -> None:
        """Say that some resident has come to rest and may be evicted now."""
        with self._changed:
            self._changed.notify_all()

    def _make_room(self, resident: Resident, size: int, patience: float) -> None:
        if self.budget is None:
            return
        begin = time.monotonic()
        while (over := self.used + size - self.budget) > 0:
            while self._leaving_bytes() < over and self._evict_one():
                pass
            allowed = _UNLOAD_SECONDS if self._leaving_bytes() >= over else patience
            remaining = begin + allowed - time.monotonic()
            if remaining <= 0:
                names = ", ".join(sorted(one.name for one in self._sizes))
                raise ResourceExhausted(
                    f"No memory for engine {resident.name!r}: it needs {_mb(size)} of the budget "
                    f"of {_mb(self.budget)}, and the loaded engines are in use ({names}).",
                    retry_after=1.0,
                )
            self._changed.wait(remaining)

    def _leaving_bytes(self) -> int:
        return sum(self._sizes.get(one, 0) for one in self._leaving)

    def _evict_one(self) -> bool:
        """Ask the residents to leave, the one used longest ago first, until one does."""
        for one in sorted(self._sizes, key=lambda one: one.last_used):
            if one not in self._leaving and one.evict():
                self._leaving.add(one)
                return True
        return False


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
