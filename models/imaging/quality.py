"""How well a scanned or photographed page can be read, and what is wrong with it.

All is judged on luminance (Rec. 709 weights of the stored values, 0 to 1), at most 2000 pixels a
side. Defects have the names of Google's image quality scores; what pixels alone do not tell, such
as a corner of the paper that is missing, is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks import Line, Pixels

_SIDE = 2000
_FLAT = 0.02  # contrast below which a page is blank: nothing can be blurred or faint
_BORDER = 1.0  # pixels: text nearer to the edge than this is cut off
# Values at which a defect is as likely as not, and the slopes of the logistics through them.
_SHARP, _SHARP_SLOPE = 0.15, 4.0  # steepest step between two pixels, per contrast; a power
_FAINT, _FAINT_SLOPE = 0.35, 6.0  # share of the paper's light that ink takes away; a power
_DARK, _DARK_SLOPE = 0.35, 25.0  # luminance of the paper
_NOISE, _NOISE_SLOPE = 0.04, 150.0  # standard deviation of the noise
_SMALL, _SMALL_SLOPE = 9.0, 1.2  # height of a line in pixels
_GLARE = 0.02  # share of the page that is blown out, where the paper is not white

Grey = NDArray[np.float32]


def defects(pixels: Pixels, lines: Sequence[Line] = ()) -> dict[str, float]:
    """Return how likely a page has each defect that can be told, 0 to 1; all for any page."""
    grey = _luminance(pixels)
    ink, paper = (float(one) for one in np.percentile(grey, (0.5, 95)))
    contrast = paper - ink
    blank = contrast < _FLAT
    height, width = pixels.shape[:2]
    return {
        "defect_blurry": 0.0 if blank else _blurry(grey, contrast),
        "defect_noisy": _logistic(_noise(grey) - _NOISE, _NOISE_SLOPE),
        "defect_dark": _logistic(_DARK - paper, _DARK_SLOPE),
        "defect_faint": 0.0 if blank else 1 / (1 + (contrast / paper / _FAINT) ** _FAINT_SLOPE),
        "defect_text_too_small": _too_small(lines),
        "defect_text_cutoff": _cut_off(lines, width, height),
        "defect_glare": _glare(grey),
    }


def score(found: dict[str, float]) -> float:
    """Return how good a page is, 1 without any defect: the chance that it has none of them."""
    return math.prod(1 - one for one in found.values())


def _blurry(grey: Grey, contrast: float) -> float:
    """Return how likely edges are soft: sharp type goes from ink to paper within two pixels."""
    steps = np.maximum(np.abs(np.diff(grey, axis=0))[:, :-1], np.abs(np.diff(grey, axis=1))[:-1])
    steepest = float(np.percentile(steps, 99.8)) / contrast
    return float(1 / (1 + (steepest / _SHARP) ** _SHARP_SLOPE))


def _noise(grey: Grey) -> float:
    """Return the standard deviation of the noise where the page is even.

    The operator is Immerkær's ("Fast noise variance estimation", 1996); the median of its answers,
    rather than their mean, leaves out what is printed.
    """
    if min(grey.shape) < 3:
        return 0.0
    answer = (
        4 * grey[1:-1, 1:-1]
        - 2 * (grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:])
        + (grey[:-2, :-2] + grey[:-2, 2:] + grey[2:, :-2] + grey[2:, 2:])
    )
    return float(np.median(np.abs(answer))) / 0.6745 / 6


def _glare(grey: Grey) -> float:
    """Return how likely a light is reflected: parts are blown out although the paper is not."""
    import cv2

    middle = float(np.median(grey))
    if middle > 0.9:
        return 0.0
    side = max(3, max(grey.shape) // 100)
    blown = np.asarray(cv2.blur(grey, (side, side))) > max(0.98, middle + 0.1)
    return min(1.0, float(blown.mean()) / _GLARE)


def _too_small(lines: Sequence[Line]) -> float:
    """Return how likely most lines are too low to be read well."""
    if not lines:
        return 0.0
    heights = [
        math.hypot(line.polygon[3].x - line.polygon[0].x, line.polygon[3].y - line.polygon[0].y)
        for line in lines
    ]
    return _logistic(_SMALL - median(heights), _SMALL_SLOPE)


def _cut_off(lines: Sequence[Line], width: int, height: int) -> float:
    """Return how likely text goes on beyond the edge; one line in ten at the edge is certain."""
    if not lines:
        return 0.0
    cut = sum(
        any(
            min(point.x, point.y, width - point.x, height - point.y) < _BORDER
            for point in line.polygon
        )
        for line in lines
    )
    return min(1.0, 10 * cut / len(lines))


def _logistic(value: float, slope: float) -> float:
    return 1 / (1 + math.exp(min(max(-slope * value, -60.0), 60.0)))


def _luminance(pixels: Pixels) -> Grey:
    """Return the luminance of a page, its longer side at most 2000 pixels."""
    import cv2

    scale = _SIDE / max(pixels.shape[:2])
    if scale < 1:
        height, width = pixels.shape[:2]
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32) / 255
    return np.asarray(pixels @ weights, dtype=np.float32)
