"""What a network sees of a picture and its quarters, however large its maps are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MEAN, MAX, QUARTERS = 0, 1, slice(2, 6)
PARTS = 6

Floats = NDArray[np.float32]


def regions(maps: Sequence[Floats], height: int, width: int) -> list[Floats]:
    """Return PARTS x channels for each map: the mean, the highest, and the means of the quarters.

    `maps` are channels x height x width of a square with the picture of these sides in its top
    left; what lies beside the picture does not count. Quarters of odd maps share a row or column.
    """
    longer = max(height, width)
    pooled = []
    for seen in maps:
        side = seen.shape[1]
        high, wide = (max(1, round(side * one / longer)) for one in (height, width))
        part = seen[:, :high, :wide]
        down, across = (high + 1) // 2, (wide + 1) // 2
        quarters = (
            part[:, rows, columns].mean(axis=(1, 2))
            for rows in (slice(None, down), slice(-down, None))
            for columns in (slice(None, across), slice(-across, None))
        )
        pooled.append(np.stack([part.mean(axis=(1, 2)), part.max(axis=(1, 2)), *quarters]))
    return pooled
