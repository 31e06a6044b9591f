"""The grid of a table from what a structure model finds in its picture: rows, columns, spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sensorium.models.tasks.documents import TableCell
from sensorium.models.tasks.vision import Box, Thing

# The classes of Table Transformer (Smock et al. 2022).
ROW, COLUMN = "table row", "table column"
HEADER = "table column header"
SPANS = ("table spanning cell", "table projected row header")

_SAME = 0.5  # share of the smaller of two rows, or columns, that both cover: one is told twice
_SPANNED = 0.5  # share of a row, or column, that a spanning cell covers to take it in


@dataclass(frozen=True, slots=True)
class _Band:
    """A row or a column: where it begins and ends across its direction."""

    start: float
    end: float

    @property
    def size(self) -> float:
        return max(self.end - self.start, 1e-6)

    def shared(self, other: _Band) -> float:
        """Return the length that both cover."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))


def cells(things: Sequence[Thing]) -> list[TableCell]:
    """Return the cells row by row; none where there are no two rows or columns.

    `things` are by sureness. A cell reaches to halfway between its row and the next.
    """
    rows = _bands([_upright(one.box) for one in things if one.name == ROW])
    columns = _bands([_across(one.box) for one in things if one.name == COLUMN])
    if len(rows) < 2 or len(columns) < 2:
        return []
    ys, xs = _edges(rows), _edges(columns)
    headers = [_upright(one.box) for one in things if one.name == HEADER]
    spans = [_spanned(one.box, rows, columns) for one in things if one.name in SPANS]
    taken: set[tuple[int, int]] = set()
    found = []
    for row, band in enumerate(rows):
        heading = any(head.shared(band) > _SPANNED * band.size for head in headers)
        for column in range(len(columns)):
            if (row, column) in taken:
                continue
            high, wide = _extent(row, column, spans, taken)
            taken |= {(row + i, column + j) for i in range(high) for j in range(wide)}
            box = Box(xs[column], ys[row], xs[column + wide], ys[row + high])
            found.append(TableCell(row, column, high, wide, heading, box))
    return found


def _upright(box: Box) -> _Band:
    return _Band(box.top, box.bottom)


def _across(box: Box) -> _Band:
    return _Band(box.left, box.right)


def _bands(told: Sequence[_Band]) -> list[_Band]:
    """Return bands in order, of those told twice the surer one."""
    kept: list[_Band] = []
    for band in told:
        if all(band.shared(other) <= _SAME * min(band.size, other.size) for other in kept):
            kept.append(band)
    return sorted(kept, key=lambda band: band.start + band.end)


def _edges(bands: Sequence[_Band]) -> list[float]:
    """Return where bands are divided: halfway between neighbours, and at both ends."""
    inner = [(a.end + b.start) / 2 for a, b in pairwise(bands)]
    return [bands[0].start, *inner, bands[-1].end]


def _spanned(
    box: Box, rows: Sequence[_Band], columns: Sequence[_Band]
) -> tuple[list[int], list[int]]:
    """Return the rows and the columns that a spanning cell takes in."""
    return _within(_upright(box), rows), _within(_across(box), columns)


def _within(span: _Band, bands: Sequence[_Band]) -> list[int]:
    return [i for i, band in enumerate(bands) if span.shared(band) > _SPANNED * band.size]


def _extent(
    row: int,
    column: int,
    spans: Sequence[tuple[list[int], list[int]]],
    taken: set[tuple[int, int]],
) -> tuple[int, int]:
    """Return how many rows and columns the cell that starts at a place has."""
    for rows, columns in spans:
        inside = {(i, j) for i in rows for j in columns}
        if rows and columns and (rows[0], columns[0]) == (row, column) and not inside & taken:
            return len(rows), len(columns)
    return 1, 1
