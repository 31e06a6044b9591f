"""From a probability to the words that Google has for it."""

from __future__ import annotations

_STEPS = (
    (0.05, "VERY_UNLIKELY"),
    (0.2, "UNLIKELY"),
    (0.5, "POSSIBLE"),
    (0.8, "LIKELY"),
)


def likelihood(probability: float | None) -> str:
    """Return a `Likelihood`: UNKNOWN where nothing tells, else by thresholds.

    Below .05 VERY_UNLIKELY, below .2 UNLIKELY, below .5 POSSIBLE, below .8 LIKELY, from there on
    VERY_LIKELY.
    """
    if probability is None:
        return "UNKNOWN"
    return next((word for most, word in _STEPS if probability < most), "VERY_LIKELY")
