"""Whether a part of a picture is blurred, or too dark to make out."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks import Box, Pixels

_SIDE = 96  # pixels of the longer side that a part is judged at
_SHARP = 0.010  # Laplacian energy per variance at which blurred is as likely as not
_SLOPE = 1.6  # of the logistic, per factor e of that energy
_DARK = 0.20  # mean luminance at which under-exposed is as likely as not
_DARK_SLOPE = 25.0  # of the logistic, per unit of luminance
_FLAT = 1e-5  # variance of luminance below which nothing can be said


def blurred(pixels: Pixels, box: Box) -> float | None:
    """Return how likely a part is blurred, 0 to 1; None for a part without contrast or too small.

    The part's luminance is reduced to 96 pixels; r is the mean square of its discrete Laplacian
    (4-neighbour) over its variance, which contrast does not change (after Pech-Pacheco et al.,
    "Diatom autofocusing in brightfield microscopy", 2000). The likelihood is
    1 / (1 + (r / 0.010) ** 1.6).
    """
    grey = _luminance(pixels, box)
    if min(grey.shape) < 16:
        return None
    variance = float(grey.var())
    if variance < _FLAT:
        return None
    laplacian = (
        grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * grey[1:-1, 1:-1]
    )
    ratio = float((laplacian**2).mean()) / variance
    return float(1.0 / (1.0 + (ratio / _SHARP) ** _SLOPE))


def underexposed(pixels: Pixels, box: Box) -> float | None:
    """Return how likely a part is too dark, 0 to 1; None for an empty part.

    m is the mean luminance (Rec. 709 weights of the stored values, 0 to 1); the likelihood is
    1 / (1 + exp(25 (m - 0.20))).
    """
    grey = _luminance(pixels, box)
    if grey.size == 0:
        return None
    return 1.0 / (1.0 + math.exp(_DARK_SLOPE * (float(grey.mean()) - _DARK)))


def _luminance(pixels: Pixels, box: Box) -> NDArray[np.float32]:
    """Return a part's luminance, 0 to 1, its longer side at most 96 pixels."""
    import cv2

    height, width = pixels.shape[:2]
    left, top = max(0, int(box.left)), max(0, int(box.top))
    right, bottom = min(width, math.ceil(box.right)), min(height, math.ceil(box.bottom))
    part = pixels[top:bottom, left:right]
    if part.size == 0:
        return np.zeros((0, 0), np.float32)
    scale = _SIDE / max(part.shape[:2])
    if scale < 1:
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    weights = np.array([0.2126, 0.7152, 0.0722]) / 255
    return np.asarray(part @ weights, dtype=np.float32)
