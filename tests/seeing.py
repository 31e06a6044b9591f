"""`python -m tests.seeing serve`: the gateway with engines that see colours.

They are the engines of `tests/unit/seeing.py`, ranked above all others.
"""

from __future__ import annotations

from sensorium.__main__ import main
from sensorium.models import registry
from tests.unit.seeing import TASKS, spec

if __name__ == "__main__":
    for task, factory in TASKS.items():
        one = spec(task, factory, rank=1000)
        registry._engines[one.name] = one
    main()
