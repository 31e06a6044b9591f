"""The pool: engines loaded when needed, run one batch at a time, unloaded when idle.

local.py      LocalModels: which engine answers, and what each is doing
slot.py       one engine: its line, its threads, its load and its end
batcher.py    the line itself, and what of it runs together; run.py is one such call
admission.py  whether a caller may stand in line
memory.py     the budget that all engines share
"""

from sensorium.models.pool.local import EngineState, LocalModels, Models

__all__ = ["EngineState", "LocalModels", "Models"]
