"""Columns: cut lines that lie flat into regions in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from sensorium.models.pages.orientation import Frame
from sensorium.models.tasks import Line

# Distances are in line heights.
_GUTTER = 0.7  # the least white between two columns
_ALIGNED = 0.7  # share of lines with a neighbour at their height from which on columns may be cells
_FULL = 0.6  # share of the longest line's width that a line of prose has
_PROSE = 16  # characters of a line of prose


@dataclass(frozen=True, slots=True)
class Item:
    """A line and its box in the text's frame."""

    line: Line
    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, line: Line, frame: Frame) -> Item:
        """Return a line with its box in a frame."""
        points = [frame.to(point) for point in line.polygon]
        xs, ys = [p.x for p in points], [p.y for p in points]
        return cls(line, min(xs), min(ys), max(xs), max(ys))

    @property
    def height(self) -> float:
        """Return the height of the box, never zero."""
        return max(self.bottom - self.top, 1e-6)

    @property
    def middle(self) -> float:
        """Return the height at which the line stands."""
        return (self.top + self.bottom) / 2


def regions(items: Sequence[Item]) -> list[list[Item]]:
    """Return the items in regions that are each read row by row, in reading order."""
    if not items:
        return []
    bands = _cut(items)
    if len(bands) < 2:
        return [list(items)]
    return [region for band in bands for region in regions(band)]


def rows(items: Sequence[Item]) -> list[list[Item]]:
    """Return the items row by row, each from left to right."""
    found: list[list[Item]] = []
    for item in sorted(items, key=lambda item: item.middle):
        if found:
            anchor = found[-1][0]
            if abs(item.middle - anchor.middle) < 0.5 * min(item.height, anchor.height):
                found[-1].append(item)
                continue
        found.append([item])
    return [sorted(row, key=lambda item: item.left) for row in found]


def _cut(items: Sequence[Item]) -> list[list[Item]]:
    """Return the parts that the best gutter cuts the items into; one part when there is none."""
    unit = median(item.height for item in items)
    best: list[list[Item]] = [list(items)]
    most = (0, 0.0)
    for at in _candidates(items, unit):
        parts, score, white = _divide(items, at, _GUTTER * unit)
        if (score, white) > most:
            best, most = parts, (score, white)
    return best


def _candidates(items: Sequence[Item], unit: float) -> Iterator[float]:
    """Yield where a column could begin: left edges, of those close together the first."""
    last = float("-inf")
    for left in sorted(item.left for item in items):
        if left - last > unit / 2:
            yield left
            last = left


def _divide(items: Sequence[Item], at: float, gutter: float) -> tuple[list[list[Item]], int, float]:
    """Cut at a gutter that ends at `at`; lines across it divide the page into bands.

    Returns the parts in reading order, how many lines stand beside a gutter, and its width.
    """
    parts: list[list[Item]] = [[]]
    score, white = 0, float("inf")
    for band, crossing in _bands(items, at, gutter):
        left = [item for item in band if item.right <= at - gutter]
        right = [item for item in band if item.left >= at - gutter / 4]
        if _beside(left, right) and not _cells(left, right):
            parts += [left, right, []]
            score += min(len(left), len(right))
            white = min(white, min(i.left for i in right) - max(i.right for i in left))
        else:
            parts[-1] += band
        parts[-1] += crossing
    return [part for part in parts if part], score, white


def _bands(
    items: Sequence[Item], at: float, gutter: float
) -> Iterator[tuple[list[Item], list[Item]]]:
    """Yield runs of lines clear of the gutter, each with the lines across it that follow."""
    band: list[Item] = []
    crossing: list[Item] = []
    for item in sorted(items, key=lambda item: item.middle):
        clear = item.right <= at - gutter or item.left >= at - gutter / 4
        if clear and crossing:
            yield band, crossing
            band, crossing = [], []
        (band if clear else crossing).append(item)
    yield band, crossing


def _beside(left: Sequence[Item], right: Sequence[Item]) -> bool:
    """Tell whether two groups are columns: two rows or more each, side by side."""
    if min(len(left), len(right)) < 2 or min(len(rows(left)), len(rows(right))) < 2:
        return False
    top = max(min(i.top for i in left), min(i.top for i in right))
    bottom = min(max(i.bottom for i in left), max(i.bottom for i in right))
    extents = [max(i.bottom for i in side) - min(i.top for i in side) for side in (left, right)]
    return bottom - top > 0.4 * min(extents)


def _cells(left: Sequence[Item], right: Sequence[Item]) -> bool:
    """Tell whether two groups look like columns of a table: rows at one height, not prose."""
    top = max(min(i.top for i in left), min(i.top for i in right))
    bottom = min(max(i.bottom for i in left), max(i.bottom for i in right))
    few, many = sorted(
        ([i for i in side if top < i.middle < bottom] for side in (left, right)), key=len
    )
    aligned = sum(
        any(abs(item.middle - other.middle) < 0.25 * item.height for other in many) for item in few
    )
    return aligned >= _ALIGNED * len(few) and not (_is_prose(left) and _is_prose(right))


def _is_prose(items: Sequence[Item]) -> bool:
    widths = [item.right - item.left for item in items]
    full = median(widths) / max(*widths, 1e-6)
    letters = median(sum(len(word.symbols) for word in i.line.words) for i in items)
    return full >= _FULL and letters >= _PROSE
