"""How heavy type is: the width of its strokes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks.vision import Box

_CONTRAST = 30  # levels between ink and paper


def weight(grey: NDArray[np.uint8], box: Box) -> float:
    """Return the mean width of strokes from left to right as a share of the box's height.

    `box` is in pixels of `grey`, whose type may be light on dark. Bold type has about half as much
    again as usual type. 0 where nothing is drawn.
    """
    top, bottom = max(0, round(box.top)), round(box.bottom)
    part = grey[top:bottom, max(0, round(box.left)) : round(box.right)].astype(np.float32)
    if part.size == 0 or part.shape[1] < 2:
        return 0.0
    dark, light = np.percentile(part, (2, 98))
    if light - dark < _CONTRAST:
        return 0.0
    ink = (light - part) / (light - dark)
    if ink.mean() > 0.5:
        ink = 1 - ink
    # the area of the strokes over the number of times that one begins: grey edges count in part
    starts = np.maximum(0, np.diff(ink, axis=1, prepend=0)).sum()
    return float(ink.sum() / max(starts, 1.0) / part.shape[0])
