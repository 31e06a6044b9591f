"""Who may wait: the pace of an engine, and how long a caller would stand in its line."""

from __future__ import annotations

_WEIGHT = 0.1  # of the newest run in the moving averages


class Pace:
    """Moving averages of how long a run takes and how many items it holds under load.

    `width` is learned only from runs that left others waiting: runs of an idle engine are narrow
    because nobody came, not because items could not be joined.
    """

    def __init__(self, batch: int, concurrency: int) -> None:
        self._concurrency = concurrency
        self._width = float(batch)
        self._seconds = 0.0
        self._runs = 0

    def learn(self, seconds: float, size: int, *, crowded: bool) -> None:
        """Take a finished run into account; the first runs count as much as they are few."""
        self._runs += 1
        weight = max(_WEIGHT, 1.0 / self._runs)
        self._seconds += weight * (seconds - self._seconds)
        if crowded:
            self._width += _WEIGHT * (size - self._width)

    @property
    def seconds(self) -> float:
        """Return the seconds that a run takes; 0 before the first."""
        return self._seconds

    def wait(self, items: int) -> float:
        """Return the seconds until an engine with `items` in line gets to the next caller."""
        return items / self._width * self._seconds / self._concurrency
