"""From a sheet that openpyxl opened to blocks: stretches of cells that touch are tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sensorium.models.errors import InvalidArgument
from sensorium.models.layouts import tree
from sensorium.models.layouts.cellformat import shown
from sensorium.models.layouts.grid import Placed, rows
from sensorium.models.tasks.layouts import LayoutBlock, LayoutCell, PageSpan, TableBlock

_MOST = 100_000  # cells with something in them


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell with something in it; `rows` and `columns` are those that it is merged over."""

    row: int
    column: int
    text: str
    is_text: bool
    bold: bool
    rows: int = 1
    columns: int = 1


def blocks(sheet: Any, number: int) -> list[LayoutBlock]:
    """Return a sheet: its name, then its tables from top to bottom; a cell alone is a paragraph."""
    merged = {(one.min_row, one.min_col): one for one in sheet.merged_cells.ranges}
    cells = []
    for (row, column), cell in sorted(sheet._cells.items()):
        if not (content := shown(cell)):
            continue
        area = merged.get((row, column))
        spans = (area.max_row - row + 1, area.max_col - column + 1) if area else (1, 1)
        is_text = cell.data_type in ("s", "inlineStr", "str")
        cells.append(_Cell(row, column, content, is_text, bool(cell.font.b), *spans))
        if len(cells) > _MOST:
            raise InvalidArgument(f"The sheet has more than {_MOST} cells with something in them.")
    if not cells:
        return []
    found: list[LayoutBlock] = [tree.text(str(sheet.title), number, tree.heading(1))]
    for area_cells in _areas(cells):
        found.append(_block(area_cells, number))
    return found


def _areas(cells: list[_Cell]) -> Iterator[list[_Cell]]:
    """Yield cells in the stretches that rows and columns of empty cells leave."""
    for band in _cut(cells, lambda one: (one.row, one.row + one.rows)):
        parts = list(_cut(band, lambda one: (one.column, one.column + one.columns)))
        if len(parts) == 1:
            yield band
        else:
            for part in parts:
                yield from _areas(part)


def _cut(cells: Iterable[_Cell], extent: Any) -> Iterator[list[_Cell]]:
    """Yield cells in groups between whose extents there is nothing."""
    group: list[_Cell] = []
    end = 0
    for cell in sorted(cells, key=extent):
        first, last = extent(cell)
        if group and first > end:
            yield group
            group = []
        group.append(cell)
        end = max(end, last)
    if group:
        yield group


def _block(cells: list[_Cell], number: int) -> LayoutBlock:
    if len(cells) == 1:
        return tree.text(cells[0].text, number)
    top, left = min(one.row for one in cells), min(one.column for one in cells)
    height = max(one.row + one.rows for one in cells) - top
    width = max(one.column + one.columns for one in cells) - left
    if height * width > 4 * _MOST:
        raise InvalidArgument("The sheet's cells lie too far apart for a table.")
    placed, covered = [], set()
    for one in cells:
        place = one.row - top, one.column - left
        covered |= {
            (place[0] + i, place[1] + j) for i in range(one.rows) for j in range(one.columns)
        }
        cell = LayoutCell((tree.text(one.text, number),), one.rows, one.columns)
        placed.append(Placed(*place, cell))
    placed += [
        Placed(row, column, LayoutCell(()))
        for row in range(height)
        for column in range(width)
        if (row, column) not in covered
    ]
    made = rows(placed, height)
    heads = _headers(cells, top, width, height)
    return TableBlock(0, made[:heads], made[heads:], PageSpan(number, number))


def _headers(cells: list[_Cell], top: int, width: int, height: int) -> int:
    """Return 1 where the first row names the columns: words alone, in bold or over figures."""
    first = [one for one in cells if one.row == top]
    if height < 2 or not all(one.is_text for one in first):
        return 0
    if sum(one.columns for one in first) < max(2, width - 1):
        return 0
    rest = [one for one in cells if one.row > top]
    bold = all(one.bold for one in first) and not all(one.bold for one in rest)
    texts = [one.text for one in first]
    figures = any(not one.is_text for one in rest)
    different = all(a != b for a, b in pairwise(sorted(texts)))
    return int(bold or (figures and different))
