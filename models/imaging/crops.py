"""The crop of a given shape that keeps most of what matters in a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.models.imaging.saliency import Importance, normal
from sensorium.models.tasks import Box

_SCALES = tuple(np.linspace(1.0, 0.4, 13))
_KEEP = 0.9  # of what the largest crop of a shape can keep
_MATTERS = 0.75  # share of importance that named things have beside what merely stands out


@dataclass(frozen=True, slots=True)
class Focus:
    """Something that a crop should keep: where it is, and its weight among such things."""

    box: Box
    weight: float


@dataclass(frozen=True, slots=True)
class Crop:
    """A crop in pixels: the share of the importance in it, and how sure it is the right one."""

    box: Box
    importance: float
    confidence: float


def importance(salient: Importance, focuses: Iterable[Focus], size: tuple[int, int]) -> Importance:
    """Return a map of what matters: three quarters the things in focus, the rest what stands out.

    `size` is the picture's width and height, in whose pixels the focuses are.
    """
    rows, columns = salient.shape
    across, down = columns / size[0], rows / size[1]
    things = np.zeros_like(salient)
    for focus in focuses:
        top, bottom = _span(focus.box.top * down, focus.box.bottom * down, rows)
        left, right = _span(focus.box.left * across, focus.box.right * across, columns)
        things[top:bottom, left:right] += focus.weight / ((bottom - top) * (right - left))
    if not things.any():
        return normal(salient)
    return normal(_MATTERS * normal(things) + (1 - _MATTERS) * normal(salient))


def best(weights: Importance, size: tuple[int, int], ratios: Sequence[float]) -> list[Crop]:
    """Return the crop for each ratio (width over height), in their order.

    Of the crops with a ratio, from the largest that fits down to 0.4 of it, the smallest is taken
    that keeps nine tenths of the importance that the largest can keep. `confidence` is the share of
    the whole picture's importance per share of its area that the crop beats: 1 - a / i bounded to
    0.2 ... 1, with a the crop's share of area and i its share of importance.
    """
    width, height = size
    rows, columns = weights.shape
    sums = np.zeros((rows + 1, columns + 1))
    sums[1:, 1:] = weights.cumsum(axis=0).cumsum(axis=1)
    crops = []
    for ratio in ratios:
        wide = min(width, height * ratio)
        tall = wide / ratio
        kept = None
        chosen: tuple[float, float, float, float] = (0.0, 0.0, wide, tall)
        share = 0.0
        for scale in _SCALES:
            shape = (wide * scale, tall * scale)
            left, top, found = _placed(sums, shape, size)
            if kept is None:
                kept = found
            elif found < _KEEP * kept:
                break
            chosen, share = (left, top, *shape), found
        left, top, across, down = chosen
        area = across * down / (width * height)
        confidence = float(min(1.0, max(0.2, 1 - area / share))) if share > 0 else 0.2
        box = Box(left, top, min(left + across, width), min(top + down, height))
        crops.append(Crop(box, min(1.0, share), confidence))
    return crops


def _placed(
    sums: NDArray[np.float64], shape: tuple[float, float], size: tuple[int, int]
) -> tuple[float, float, float]:
    """Return left, top and importance of the best place for a crop of `shape` pixels.

    Among places of nearly the same importance the one nearest to the middle is taken.
    """
    rows, columns = sums.shape[0] - 1, sums.shape[1] - 1
    across = min(columns, max(1, round(shape[0] * columns / size[0])))
    down = min(rows, max(1, round(shape[1] * rows / size[1])))
    inside = (
        sums[down:, across:]
        - sums[:-down, across:]
        - sums[down:, :-across]
        + sums[:-down, :-across]
    )
    y = np.abs(np.arange(inside.shape[0]) - (inside.shape[0] - 1) / 2) / rows
    x = np.abs(np.arange(inside.shape[1]) - (inside.shape[1] - 1) / 2) / columns
    preferred = inside - 1e-3 * (y[:, None] + x[None])
    top, left = np.unravel_index(int(preferred.argmax()), inside.shape)
    # places are counted in cells of the map; the picture's far edges must still be reachable
    free = (size[0] - shape[0], size[1] - shape[1])
    places = (inside.shape[1] - 1, inside.shape[0] - 1)
    at = [
        max(0.0, room) * index / count if count else max(0.0, room) / 2
        for room, index, count in zip(free, (int(left), int(top)), places, strict=True)
    ]
    return at[0], at[1], float(inside[top, left])


def _span(low: float, high: float, most: int) -> tuple[int, int]:
    """Return whole cells between two coordinates, at least one, within the map."""
    start = min(max(0, int(low)), most - 1)
    return start, min(most, max(start + 1, round(high)))
