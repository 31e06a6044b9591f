"""Boxes that detectors propose: which of them are one thing, and what lies in the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks import Box, Pixels

Floats = NDArray[np.float32]
Integers = NDArray[np.intp]

_MOST = 1000  # boxes that are compared, the surest


def suppress(boxes: Floats, scores: Floats, kinds: Integers, overlap: float) -> list[int]:
    """Return the rows to keep, surest first: non-maximum suppression within each kind.

    `boxes` are n x 4 (left, top, right, bottom); a box goes when a surer one of its kind shares
    more than `overlap` with it, intersection over union. The surest thousand are looked at.
    """
    order = np.argsort(-scores, kind="stable")[:_MOST]
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    kept = []
    while order.size:
        first, order = order[0], order[1:]
        kept.append(int(first))
        low = np.maximum(boxes[first, :2], boxes[order, :2])
        high = np.minimum(boxes[first, 2:], boxes[order, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        union = np.maximum(areas[first] + areas[order] - shared, 1e-9)
        order = order[(shared / union <= overlap) | (kinds[order] != kinds[first])]
    return kept


def within(corners: Floats, image: Pixels) -> Box | None:
    """Return a box cut to its picture, None where less than a hundredth of a pixel is left."""
    height, width = image.shape[:2]
    left, right = (min(max(float(x), 0.0), float(width)) for x in corners[0::2])
    top, bottom = (min(max(float(y), 0.0), float(height)) for y in corners[1::2])
    if not (right - left > 0.01 and bottom - top > 0.01):
        return None
    return Box(left, top, right, bottom)
