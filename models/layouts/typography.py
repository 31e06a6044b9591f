"""How large the type of a line is, and how heavy."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from statistics import median

from sensorium.models.pages.weight import weight
from sensorium.models.tasks.pictures import Line, Pixels, Polygon, Word
from sensorium.models.tasks.vision import Box

# Parts of an em that letters of usual type rise above and fall below the line.
_SMALL, _TALL, _BELOW = 0.53, 0.72, 0.21
_SHORT = frozenset("acemnorsuvwxzαενοπρσω")
_DESCENDING = frozenset("gpqyj,;()[]")
_EVEN = 0.03  # of the height, by which boxes of one height differ
_EVEN_LINES = 0.8  # of the lines whose letters are of one height: somebody cut boxes into letters
_AROUND = 1.25  # times the ink: what a detector's box has around it
_WORDS = 4  # the longest words of a line are weighed
_SKEW = 0.2  # down for each pixel along, beyond which strokes are not upright


def is_cut(lines: Sequence[Line]) -> bool:
    """Tell whether letters have the height of their line, as OCR gives them."""
    long = [line for line in lines if sum(len(word.symbols) for word in line.words) > 3]
    even = sum(_is_even(line) for line in long)
    return bool(long) and even >= _EVEN_LINES * len(long)


def size(line: Line, cut: bool) -> float:
    """Return the size of the type in pixels, by how high known letters are.

    `cut` tells that letters have the height of their line (`is_cut`).
    """
    if cut:
        text = "".join(word.text for word in line.words)
        tall = any(one not in _SHORT and one not in _DESCENDING for one in text)
        ink = (_TALL if tall else _SMALL) + (_BELOW if _DESCENDING & set(text) else 0.0)
        return _height(line.polygon) / (ink * _AROUND)
    known = [
        _height(symbol.polygon) / ratio
        for word in line.words
        for symbol in word.symbols
        if (ratio := _ratio(symbol.text))
    ]
    return median(known) if known else _height(line.polygon)


def heaviness(line: Line, pixels: Pixels | None) -> float:
    """Return the weight of a line's type (`models/pages/weight`); 0 where nothing tells."""
    if pixels is None or not _is_level(line.polygon):
        return 0.0
    longest = sorted(line.words, key=lambda word: -len(word.symbols))[:_WORDS]
    return median(_weight(word, pixels) for word in longest)


def _weight(word: Word, pixels: Pixels) -> float:
    xs, ys = [p.x for p in word.polygon], [p.y for p in word.polygon]
    box = Box(min(xs), min(ys), max(xs), max(ys))
    top, bottom = max(0, round(box.top)), max(0, round(box.bottom))
    left, right = max(0, round(box.left)), max(0, round(box.right))
    part = pixels[top:bottom, left:right]
    if part.size == 0:
        return 0.0
    grey = part.mean(axis=2).astype(part.dtype)
    return weight(grey, Box(0, 0, grey.shape[1], grey.shape[0]))


def _ratio(letter: str) -> float:
    """Return how high a letter is in em, 0 where that is not the same in every type."""
    if letter in _SHORT:
        return _SMALL
    if letter in "gpqy":
        return _SMALL + _BELOW
    if letter in "bdfhkl" or letter.isdigit() or letter.isupper():
        return _TALL
    return 0.0


def _is_even(line: Line) -> bool:
    heights = [_height(symbol.polygon) for word in line.words for symbol in word.symbols]
    return max(heights) - min(heights) <= _EVEN * max(heights)


def _is_level(polygon: Polygon) -> bool:
    along, down = polygon[1].x - polygon[0].x, polygon[1].y - polygon[0].y
    return along > 0 and abs(down) < _SKEW * along


def _height(polygon: Polygon) -> float:
    return hypot(polygon[3].x - polygon[0].x, polygon[3].y - polygon[0].y)
