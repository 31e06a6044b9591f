"""Squares and circles to tick, in the pixels of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.models.forms.canvas import Canvas, Grey, Token
from sensorium.models.forms.strokes import noise
from sensorium.models.tasks.vision import Box

# In heights of a line of text.
_SMALLEST, _LARGEST = 0.55, 2.2  # the side of a square
_ROUND = (0.55, 1.8)  # the diameter of a circle
_CAPITAL = 0.8  # a round letter is smaller than this
_TALL = 1.05  # a round thing of this size is no letter of the usual type,
_TALLER = 1.15  # and of larger type only in a word that is higher than it by this
_FREE = 0.2  # white that a mark has beside it, other than a letter of a word,
_FREE_SIDE = 0.3  # or this share of its own side

_SIDE = 0.85  # share of a square's side that is drawn
_WOBBLE = 0.09  # how far the outline of a circle may be from one, as a share of its radius
_SOLID = 0.95  # share of a solid square that is inked
_TICKED = 0.08  # share of the ink inside from which on a mark is filled
_INSET = 0.24  # share of the side that belongs to the outline
_CONTRAST = 40  # levels between a mark and its paper

Ink = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Mark:
    """A square or circle in the frame of its canvas, and the share of ink inside, 0..1."""

    box: Box
    darkness: float

    @property
    def filled(self) -> bool:
        """Tell whether somebody ticked it."""
        return self.darkness > _TICKED

    @property
    def confidence(self) -> float:
        """Return how far it is from the other answer, 0.5 to 1."""
        return round(0.5 + 0.5 * min(1.0, abs(self.darkness - _TICKED) / _TICKED), 4)


def marks(canvas: Canvas) -> list[Mark]:
    """Return the marks of a page from top to bottom; none without pixels."""
    if canvas.grey is None:
        return []
    ink = _ink(canvas.grey, canvas.unit)
    found: list[Mark] = []
    squares, circles = list(_squares(ink, canvas.unit)), list(_circles(ink, canvas.unit))
    for edges in (*squares, *circles):
        left, top, right, bottom = edges
        x, y = canvas.corner.x, canvas.corner.y
        box = Box(left + x, top + y, right + x, bottom + y)
        if any(_overlap(box, mark.box) for mark in found) or _is_letter(
            edges, edges in circles, canvas
        ):
            continue
        darkness = _darkness(canvas.grey, edges)
        if darkness is not None:
            found.append(Mark(box, darkness))
    hollow = [mark for mark in found if mark.darkness < 0.5]
    found = [m for m in found if m.darkness < 0.5 or any(_alike(m.box, h.box) for h in hollow)]
    return sorted(found, key=lambda mark: (mark.box.top, mark.box.left))


def _ink(grey: Grey, unit: float) -> Ink:
    """Return where the page is darker than its surroundings."""
    import cv2

    rough = noise(grey)
    if rough > 6:
        grey = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
    around = cv2.blur(grey, (2 * round(1.5 * unit) + 1,) * 2)
    return (cv2.subtract(around, grey) > max(25, 2 * rough)).astype(np.uint8)


def _squares(ink: Ink, unit: float) -> Iterator[tuple[int, int, int, int]]:
    """Yield squares: a level line, another one below it, and both sides between them."""
    import cv2

    long = max(3, round(0.8 * _SMALLEST * unit)) | 1  # an even one would shift
    level = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(level, connectivity=8)
    pieces = [tuple(map(int, piece[:4])) for piece in stats[1:]]
    pieces = [p for p in pieces if _SMALLEST * unit <= p[2] <= _LARGEST * unit]
    pieces.sort(key=lambda piece: piece[1])
    for i, (left, top, width, height) in enumerate(pieces):
        if 0.85 * width <= height <= 1.18 * width:
            if ink[top : top + height, left : left + width].mean() > _SOLID:
                yield left, top, left + width, top + height
            continue
        for x, y, wide, high in pieces[i + 1 :]:
            if y - top > 1.3 * width:
                break
            side = y + high - top
            same = abs(x - left) <= 0.2 * width and abs(x + wide - left - width) <= 0.2 * width
            if same and 0.8 * width <= side <= 1.2 * width and high < 0.5 * side:
                edges = max(left, x), top, min(left + width, x + wide), y + high
                if _has_sides(ink, edges):
                    yield edges


def _has_sides(ink: Ink, edges: tuple[int, int, int, int]) -> bool:
    """Tell whether all four sides are drawn, corners included."""
    left, top, right, bottom = edges
    reach = max(2, (right - left) // 6)
    part = ink[top:bottom, left:right]
    sides = (
        part[:, :reach].max(axis=1),
        part[:, -reach:].max(axis=1),
        part[:reach].max(axis=0),
        part[-reach:].max(axis=0),
    )
    straight = (part[:, :reach], part[:, -reach:], part[:reach].T, part[-reach:].T)
    # of a side, one and the same column or row is drawn; a letter's curve is on several
    return all(side.mean() >= _SIDE for side in sides) and all(
        _straight(strip) >= 0.75 for strip in straight
    )


def _straight(strip: Ink) -> float:
    """Return the largest share of a strip's length that two neighbouring lines of it cover."""
    pairs = np.maximum(strip[:, :-1], strip[:, 1:]) if strip.shape[1] > 1 else strip
    return float(pairs.mean(axis=0).max())


def _circles(ink: Ink, unit: float) -> Iterator[tuple[int, int, int, int]]:
    """Yield things whose outline is everywhere as far from their middle."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    wide, high = stats[:, 2], stats[:, 3]
    least, most = _ROUND[0] * unit, _ROUND[1] * unit
    fits = (np.minimum(wide, high) >= least) & (np.maximum(wide, high) <= most)
    fits &= np.abs(wide - high) <= 0.15 * np.maximum(wide, high) + 1
    for label in np.flatnonzero(fits):
        left, top, width, height = map(int, stats[label, :4])
        part = (labels[top : top + height, left : left + width] == label).astype(np.uint8)
        outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        points = max(outlines, key=len)[:, 0, :].astype(float)
        middle = np.array([width - 1, height - 1]) / 2
        away = np.hypot(*(points - middle).T)
        if away.std() < _WOBBLE * away.mean():
            yield left, top, left + width, top + height


def _is_letter(edges: Sequence[int], is_round: bool, canvas: Canvas) -> bool:
    """Tell whether a mark is a letter: close to others, or a round one as small as letters are.

    A reader may have taken the mark for anything or for nothing, so its words do not tell.
    """
    left, top, right, bottom = edges
    side = (right - left) / canvas.unit
    within = [token for token in _around(edges, canvas) if token.text.isalnum()]
    if side < _CAPITAL and within:
        return True
    sides = [_is_free(edges, canvas, at) for at in (left - 2, right + 1)]
    if is_round and side >= _TALL:
        return not any(sides) or any(t.height > _TALLER * (bottom - top) for t in within)
    if not is_round and side >= _CAPITAL:
        return not any(sides)
    return not all(sides) or (is_round and side < _CAPITAL)


def _around(edges: Sequence[int], canvas: Canvas) -> Iterator[Token]:
    """Yield the words that a mark stands in."""
    left, top, right, bottom = edges
    x, y = (left + right) / 2 + canvas.corner.x, (top + bottom) / 2 + canvas.corner.y
    for token in canvas.tokens:
        box = token.box
        if box.left < x < box.right and box.top < y < box.bottom:
            yield token


def _is_free(edges: Sequence[int], canvas: Canvas, at: int) -> bool:
    """Tell whether there is white beside a mark, rightwards from `at` or leftwards."""
    assert canvas.grey is not None
    left, top, right, bottom = edges
    wide = max(2, round(max(_FREE * canvas.unit, _FREE_SIDE * (right - left))))
    start = at if at > left else at - wide + 1
    strip = canvas.grey[top:bottom, max(0, start) : max(0, start + wide)]
    if strip.size == 0:
        return True
    return float(np.percentile(strip, 90)) - float(strip.mean(axis=0).min()) < _CONTRAST / 2


def _darkness(grey: Grey, edges: Sequence[int]) -> float | None:
    """Return the share of ink inside a mark, or None where it is too faint to be one."""
    left, top, right, bottom = edges
    inset = max(2, round(_INSET * (right - left)))
    margin = max(2, (right - left) // 3)
    around = grey[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin]
    paper, ink = (float(level) for level in np.percentile(around, (90, 4)))
    inside = grey[top + inset : bottom - inset, left + inset : right - inset]
    if paper - ink < _CONTRAST or inside.size == 0:
        return None
    return min(1.0, max(0.0, (paper - float(inside.mean())) / (paper - ink)))


def _overlap(a: Box, b: Box) -> bool:
    return a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom


def _alike(a: Box, b: Box) -> bool:
    wide, other = a.right - a.left, b.right - b.left
    return abs(wide - other) <= 0.25 * max(wide, other)
