"""What an engine has done so far, as plain counters for whoever draws graphs of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Activity:
    """Counters that only grow; seconds are sums, `sizes` counts runs by their number of items."""

    calls: int = 0  # that a thread began to compute
    shed: int = 0  # refused at the door
    cancelled: int = 0  # gone before their run, never computed
    timeouts: int = 0
    failures: int = 0
    runs: int = 0
    items: int = 0
    wait_seconds: float = 0.0
    run_seconds: float = 0.0
    loads: int = 0
    load_failures: int = 0
    load_seconds: float = 0.0
    unloads: int = 0
    sizes: Counter[int] = field(default_factory=Counter)

    def ran(self, size: int, seconds: float) -> None:
        """Count a finished run."""
        self.runs += 1
        self.items += size
        self.run_seconds += seconds
        self.sizes[size] += 1
