"""Other words in the place of those that a picture shows, in their colours, size and direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.imaging.fonts import font
from sensorium.models.tasks import Pixels, Polygon

_GROWN = 0.18  # of a word's height: how far around it its ink is looked for
_EVEN = 12.0  # levels from a colour that changes evenly up to which a pixel is paper
_AROUND = 0.8  # of a word's height: how far around it paper is looked for
_ROUNDS = 3  # of telling paper from other things
_FAINT = 0.02  # share of paper among neighbours from which its colour is told
_INKED = 0.08  # of a word's pixels: as many are ink at least
_LEADING = 1.18  # from one baseline to the next, in heights of the letters
_SMALLEST = 7  # pixels
_FINE = 2  # times as fine as the picture is what is drawn on it


@dataclass(frozen=True, slots=True)
class Lettering:
    """A text to write where words stand; their polygons begin at the words' own top left."""

    text: str
    words: tuple[Polygon, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A rectangle: its centre, its sides along and across the lines, and their angle."""

    centre: tuple[float, float]
    width: float
    height: float
    angle: float
    size: float  # of the letters
    lines: int


def lettered(pixels: Pixels, all_: Sequence[Lettering]) -> Pixels:
    """Return a picture whose words at these places are replaced.

    Words are taken away and the paper behind them is painted on; the new text is set in the colour
    of their ink, smaller where it needs more room. Raises FailedPrecondition for letters that no
    font has.
    """
    drawn = pixels.copy()
    masks = [_mask(pixels, one.words) for one in all_]
    inked = np.any(masks, axis=0) if masks else np.zeros(pixels.shape[:2], bool)
    inks = [
        _painted_over(drawn, pixels, mask, inked, one.words) if mask.any() else None
        for one, mask in zip(all_, masks, strict=True)
    ]
    for one, ink in zip(all_, inks, strict=True):
        if ink is not None:
            _write(drawn, one.text, _place(one.words), ink)
    return drawn


def _mask(pixels: Pixels, words: Sequence[Polygon]) -> NDArray[np.bool_]:
    """Return where words are, with a little around them."""
    import cv2

    mask: Any = np.zeros(pixels.shape[:2], np.uint8)
    for word in words:
        cv2.fillPoly(mask, [np.array([[p.x, p.y] for p in word]).round().astype(np.int32)], 1)
    reach = max(1, round(_GROWN * _height(words)))
    mask = cv2.dilate(mask, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return np.asarray(mask, dtype=bool)


def _painted_over(
    drawn: Pixels,
    pixels: Pixels,
    mask: NDArray[np.bool_],
    inked: NDArray[np.bool_],
    words: Sequence[Polygon],
) -> NDArray[np.uint8]:
    """Take words away from a picture, and return the colour of their ink."""
    reach = max(3, round(_AROUND * _height(words)))
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    top, left = max(0, rows[0] - reach), max(0, columns[0] - reach)
    area = (slice(top, rows[-1] + reach + 1), slice(left, columns[-1] + reach + 1))
    part, inside = pixels[area], mask[area]
    paper = _paper(part, inked[area], reach)
    drawn[area][inside] = paper[inside]
    return _ink(part[inside], paper[inside])


def _paper(part: Pixels, inked: NDArray[np.bool_], reach: int) -> Pixels:
    """Return a part of a picture with the paper around its words shining through them."""
    import cv2

    known = _known(part, ~inked).astype(np.float32)
    seen = part.astype(np.float32) * known[:, :, None]
    found = np.zeros_like(seen)
    open_ = np.ones(known.shape, bool)
    spread = reach / 2
    while open_.any():
        weight = cv2.GaussianBlur(known, (0, 0), spread)
        near = open_ & (weight > _FAINT)
        blurred = cv2.GaussianBlur(seen, (0, 0), spread)
        found[near] = blurred[near] / weight[near, None]
        open_ &= ~near
        spread *= 2
    return np.asarray(found.clip(0, 255).round(), dtype=np.uint8)


def _known(part: Pixels, free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which of the free pixels are paper: those near an even change of colour."""
    if not free.any():
        return np.ones_like(free)
    y, x = np.indices(free.shape)
    terms = np.stack([np.ones_like(x), x, y], axis=-1).astype(np.float64)
    paper = free
    for _ in range(_ROUNDS):
        colours, *_ = np.linalg.lstsq(terms[paper], part[paper].astype(np.float64), rcond=None)
        off = np.abs(part - terms @ colours).mean(axis=2)
        near = paper & (off <= max(_EVEN, float(np.median(off[free])) * 2))
        paper = near if near.any() else paper
    return paper


def _ink(inside: Pixels, paper: Pixels) -> NDArray[np.uint8]:
    """Return the colour of those pixels that differ most from the paper behind them."""
    far = np.abs(inside.astype(np.int16) - paper).sum(axis=1)
    most = inside[far >= np.quantile(far, 1 - _INKED)]
    return np.asarray(np.median(most, axis=0), dtype=np.uint8)


def _place(words: Sequence[Polygon]) -> _Place:
    along = sum(complex(w[1].x - w[0].x, w[1].y - w[0].y) for w in words)
    angle = math.atan2(along.imag, along.real)
    cos, sin = math.cos(-angle), math.sin(-angle)
    level = np.array([[(p.x * cos - p.y * sin, p.x * sin + p.y * cos) for p in w] for w in words])
    low, high = level.min(axis=(0, 1)), level.max(axis=(0, 1))
    x, y = (low + high) / 2
    width, height = high - low
    size = _height(words)
    back = (x * cos + y * sin, -x * sin + y * cos)
    lines = max(1, round((height - size) / (size * _LEADING)) + 1)
    return _Place(back, float(width), float(height), angle, size, lines)


def _height(words: Sequence[Polygon]) -> float:
    """Return the usual height of words."""
    return float(np.median([math.hypot(w[3].x - w[0].x, w[3].y - w[0].y) for w in words]))


def _write(drawn: Pixels, text: str, place: _Place, ink: NDArray[np.uint8]) -> None:
    """Write a text into a place of a picture."""
    import cv2

    layer = _set(text, place)
    height, width = layer.shape
    turn = np.array(
        [
            [math.cos(place.angle), -math.sin(place.angle)],
            [math.sin(place.angle), math.cos(place.angle)],
        ]
    )
    turn /= _FINE
    shift = np.array(place.centre) - turn @ np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.column_stack([turn, shift])
    size = (drawn.shape[1], drawn.shape[0])
    over = cv2.warpAffine(layer, matrix, size, flags=cv2.INTER_AREA)
    share = (over.astype(np.float32) / 255)[:, :, None]
    drawn[:] = (drawn * (1 - share) + ink * share).round().astype(np.uint8)


def _set(text: str, place: _Place) -> NDArray[np.uint8]:
    """Return a text as it fits into a place: how much ink each point of a fine grid has."""
    from PIL import Image, ImageDraw

    width, height = round(place.width * _FINE), round(place.height * _FINE)
    size = round(place.size * _FINE)
    while True:
        face = font(text, size)
        lines = _wrapped(text, face, width)
        step = size * _LEADING
        fits = max(map(face.getlength, lines)) <= width and step * (len(lines) - 1) + size <= height
        if fits or size <= _SMALLEST * _FINE:
            break
        size = max(_SMALLEST * _FINE, int(size * 0.94))
    image = Image.new("L", (max(width, 1), max(height, round(step * len(lines)), 1)))
    draw = ImageDraw.Draw(image)
    top = (image.height - step * (len(lines) - 1)) / 2
    for number, line in enumerate(lines):
        at = _start(line, face, width, place)
        draw.text((at, top + number * step), line, fill=255, font=face, anchor="lm")
    return np.asarray(image, dtype=np.uint8)


def _start(line: str, face: Any, width: int, place: _Place) -> float:
    """Return where a line begins: single ones in the middle, others at their side."""
    import unicodedata

    free = max(0.0, width - float(face.getlength(line)))
    if place.lines == 1:
        return free / 2
    rightward = next((unicodedata.bidirectional(c) for c in line if c.isalpha()), "L")
    return free if rightward in ("R", "AL") else 0.0


def _wrapped(text: str, face: Any, width: int) -> list[str]:
    """Return a text in lines of at most this width, broken at spaces, or anywhere without any."""
    lines: list[str] = []
    pieces = text.split() if " " in text.strip() else list(text.strip())
    gap = " " if " " in text.strip() else ""
    whole = "".join(pieces) if not gap else ""
    if whole and whole.isascii():  # one word is not broken
        return [whole]
    for piece in pieces:
        if lines and face.getlength(joined := lines[-1] + gap + piece) <= width:
            lines[-1] = joined
        else:
            lines.append(piece)
    return lines or [""]
