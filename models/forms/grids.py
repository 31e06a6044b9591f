"""Grids: the cells that level and upright rules enclose, with those that span several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sensorium.models.forms.strokes import Stroke, Strokes
from sensorium.models.tasks.vision import Box

# In heights of a line of text.
_REACH = 0.5  # rules that end this near to each other meet
_SAME = 0.45  # rules this near are one edge of the grid
_OPEN = 1.0  # level rules that reach out this far close an open side

_DRAWN = 0.6  # share of a cell's side that has to be drawn
_MOST = 150  # edges of a grid in one direction


@dataclass(frozen=True, slots=True)
class Slot:
    """A cell of a grid: the row and column where it starts, how many it spans, and its box."""

    row: int
    column: int
    rows: int
    columns: int
    box: Box


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells that belong together, row by row, between edges in ascending order."""

    slots: tuple[Slot, ...]
    xs: tuple[float, ...]
    ys: tuple[float, ...]

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.ys) - 1

    @property
    def columns(self) -> int:
        """Return the number of columns."""
        return len(self.xs) - 1

    @property
    def box(self) -> Box:
        """Return the box around all cells."""
        return Box(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    def places(self) -> dict[tuple[int, int], Slot]:
        """Return the cell at each row and column."""
        return {
            (slot.row + i, slot.column + j): slot
            for slot in self.slots
            for i in range(slot.rows)
            for j in range(slot.columns)
        }


def grids(strokes: Strokes, unit: float) -> list[Grid]:
    """Return the grids of a page from top to bottom; one cell alone is a grid too."""
    found = []
    for level, upright in _connected(strokes, _REACH * unit):
        xs, ys = _edges(upright, _SAME * unit), _edges(level, _SAME * unit)
        xs = _opened(xs, level, unit)
        ys = _opened(ys, upright, unit)
        if len(xs) > 1 and len(ys) > 1 and max(len(xs), len(ys)) <= _MOST:
            found.append(_grid(xs, ys, level, upright, unit))
    return sorted(found, key=lambda grid: (grid.box.top, grid.box.left))


def _connected(strokes: Strokes, reach: float) -> Iterator[tuple[list[Stroke], list[Stroke]]]:
    """Yield level and upright rules that meet each other, in groups that have both."""
    level = list(strokes.level)
    upright = list(strokes.upright)
    parents = list(range(len(level) + len(upright)))

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    for i, flat in enumerate(level):
        for j, steep in enumerate(upright, len(level)):
            meets = (
                flat.start - reach <= steep.at <= flat.end + reach
                and steep.start - reach <= flat.at <= steep.end + reach
            )
            if meets:
                parents[root(i)] = root(j)
    groups: dict[int, tuple[list[Stroke], list[Stroke]]] = {}
    for i, stroke in enumerate((*level, *upright)):
        groups.setdefault(root(i), ([], []))[i >= len(level)].append(stroke)
    for group in groups.values():
        if group[0] and group[1]:
            yield group


def _edges(strokes: Sequence[Stroke], same: float) -> list[float]:
    """Return the places of strokes, those near each other as one."""
    groups: list[list[Stroke]] = []
    for stroke in sorted(strokes, key=lambda stroke: stroke.at):
        if groups and stroke.at - groups[-1][-1].at <= same:
            groups[-1].append(stroke)
        else:
            groups.append([stroke])
    return [
        sum(stroke.at * stroke.length for stroke in group) / sum(s.length for s in group)
        for group in groups
    ]


def _opened(edges: list[float], across: Sequence[Stroke], unit: float) -> list[float]:
    """Return edges with those of open sides, where the rules across them reach out alike."""
    if not edges or len(across) < 2:
        return edges
    for side in (min, max):
        ends = [stroke.start if side is min else stroke.end for stroke in across]
        end = side(ends)
        out = edges[0] - end if side is min else end - edges[-1]
        alike = sum(abs(one - end) <= _OPEN * unit for one in ends)
        if out > _OPEN * unit and alike >= max(2, len(across) / 2):
            edges = [end, *edges] if side is min else [*edges, end]
    return edges


def _grid(
    xs: Sequence[float],
    ys: Sequence[float],
    level: Sequence[Stroke],
    upright: Sequence[Stroke],
    unit: float,
) -> Grid:
    """Return the cells between edges: neighbours without a rule between them are one."""
    rows, columns = len(ys) - 1, len(xs) - 1
    walls = [
        [_drawn(upright, xs[j + 1], ys[i], ys[i + 1], unit) for j in range(columns - 1)]
        for i in range(rows)
    ]
    floors = [
        [_drawn(level, ys[i + 1], xs[j], xs[j + 1], unit) for j in range(columns)]
        for i in range(rows - 1)
    ]
    slots: list[Slot] = []
    taken: set[tuple[int, int]] = set()
    for row in range(rows):
        for column in range(columns):
            if (row, column) in taken:
                continue
            wide, high = _extent(row, column, rows, columns, walls, floors, taken)
            taken |= {(row + i, column + j) for i in range(high) for j in range(wide)}
            box = Box(xs[column], ys[row], xs[column + wide], ys[row + high])
            slots.append(Slot(row, column, high, wide, box))
    return Grid(tuple(slots), tuple(xs), tuple(ys))


def _extent(
    row: int,
    column: int,
    rows: int,
    columns: int,
    walls: Sequence[Sequence[bool]],
    floors: Sequence[Sequence[bool]],
    taken: set[tuple[int, int]],
) -> tuple[int, int]:
    """Return how many columns and rows the cell at a place spans."""
    wide = high = 1
    while (
        column + wide < columns
        and not walls[row][column + wide - 1]
        and (row, column + wide) not in taken
    ):
        wide += 1
    while row + high < rows and not any(
        floors[row + high - 1][column + j]
        or (row + high, column + j) in taken
        or (j + 1 < wide and walls[row + high][column + j])
        for j in range(wide)
    ):
        high += 1
    return wide, high


def _drawn(strokes: Sequence[Stroke], at: float, start: float, end: float, unit: float) -> bool:
    """Tell whether strokes cover most of one side of a cell."""
    covered = sum(
        max(0.0, min(stroke.end, end) - max(stroke.start, start))
        for stroke in strokes
        if abs(stroke.at - at) <= _SAME * unit
    )
    return covered >= _DRAWN * (end - start)
