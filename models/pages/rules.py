"""From the paths that a document draws to its rules: level and upright lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from sensorium.models.tasks import Point, Rule

_SLANT = 0.02  # across for each pixel along: a little more than a degree
_THIN = 0.12  # of the length of a filled bar: any thicker, and it is an area
_SHORTEST = 3.0  # pixels

Corner = tuple[float, float]


def stroked(path: Sequence[Corner]) -> Iterator[Rule]:
    """Yield the level and upright pieces of a path whose corners are in pixels."""
    for (ax, ay), (bx, by) in pairwise(path):
        across, down = abs(bx - ax), abs(by - ay)
        if max(across, down) >= _SHORTEST and min(across, down) <= 0.5 + _SLANT * max(across, down):
            yield _rule(ax, ay, bx, by)


def filled(path: Sequence[Corner]) -> Iterator[Rule]:
    """Yield the rule that a filled bar is: the line along its middle."""
    xs, ys = [x for x, _ in path], [y for _, y in path]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    if max(width, height) < _SHORTEST or min(width, height) > _THIN * max(width, height):
        return
    if width > height:
        middle = (min(ys) + max(ys)) / 2
        yield _rule(min(xs), middle, max(xs), middle)
    else:
        middle = (min(xs) + max(xs)) / 2
        yield _rule(middle, min(ys), middle, max(ys))


def within(rules: Iterable[Rule], width: float, height: float) -> Iterator[Rule]:
    """Yield what lies on the page, cut at its edges."""
    for rule in rules:
        x0, x1 = max(0.0, rule.start.x), min(width, rule.end.x)
        y0, y1 = max(0.0, rule.start.y), min(height, rule.end.y)
        if x0 <= x1 and y0 <= y1:
            yield Rule(Point(x0, y0), Point(x1, y1))


def _rule(ax: float, ay: float, bx: float, by: float) -> Rule:
    """Return the rule between two corners, rightwards or downwards, levelled."""
    if abs(bx - ax) > abs(by - ay):
        ay = by = (ay + by) / 2
    else:
        ax = bx = (ax + bx) / 2
    return Rule(Point(min(ax, bx), min(ay, by)), Point(max(ax, bx), max(ay, by)))
