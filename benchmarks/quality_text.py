"""Natural Language: entities, sentiment, moderation.

The adapters of `models/adapters` on the parts of the data that they never saw, through the engine.
"""

from __future__ import annotations

from pathlib import Path

from sensorium.models.adapters import figures
from sensorium.models.engines.minilm import WEIGHTS

DATA = Path(__file__).parents[2] / "shared" / "data"


def table() -> str:
    """Return every figure as Markdown."""
    if not DATA.is_dir():
        return "Not measured: the public data is not beside this checkout."
    return figures.table(DATA, WEIGHTS)
