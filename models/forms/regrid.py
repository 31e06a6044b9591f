"""Tables whose structure an engine tells: its cells are filled with the words of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sensorium.models.extraction.placed import PlacedText
from sensorium.models.forms.canvas import Canvas, Token, canvas
from sensorium.models.forms.form import Span, Table
from sensorium.models.forms.grids import Grid, Slot
from sensorium.models.forms.tables import contents, table
from sensorium.models.tasks.documents import TableCell
from sensorium.models.tasks.pictures import Pixels, Point
from sensorium.models.tasks.vision import Box

_MARGIN = 0.8  # of a line's height, around the picture of a table
_KEPT = 0.98  # share of the words that the new cells must hold


@dataclass(frozen=True, slots=True)
class Cutout:
    """The picture of a table, and where its upper left corner lies on the page."""

    pixels: Pixels
    corner: Point


def cutout(pixels: Pixels, one: Table) -> Cutout | None:
    """Return the part of a page's picture that shows a table; None where there is none."""
    xs, ys = [point.x for point in one.polygon], [point.y for point in one.polygon]
    margin = _MARGIN * (max(ys) - min(ys)) / max(1, len(one.rows))
    height, width = pixels.shape[:2]
    left, top = max(0, int(min(xs) - margin)), max(0, int(min(ys) - margin))
    right, bottom = min(width, int(max(xs) + margin) + 1), min(height, int(max(ys) + margin) + 1)
    if right - left < 2 or bottom - top < 2:
        return None
    return Cutout(pixels[top:bottom, left:right], Point(left, top))


def regrid(
    document: PlacedText, page: int, one: Table, corner: Point, cells: Sequence[TableCell]
) -> Table | None:
    """Return a table with the cells that an engine told of its cutout.

    None when it told none, or cells that do not hold the table's words.
    """
    sheet = canvas(document, page, None)
    grid = _grid(sheet, cells, corner)
    if grid is None:
        return None
    spans = [span for row in one.rows for cell in row for span in cell.part.spans]
    held = [token for token in sheet.tokens if _inside(token, spans)]
    content = contents(grid, held)
    if sum(map(len, content.values())) < _KEPT * len(held):
        return None
    heads = {cell.row for cell in cells if cell.heading}
    headers = next(row for row in range(grid.rows + 1) if row not in heads)
    return table(sheet, grid, content, ruled=one.ruled, headers=min(headers, grid.rows - 1))


def _grid(sheet: Canvas, cells: Sequence[TableCell], corner: Point) -> Grid | None:
    """Return cells as a grid of the page set upright."""
    if not cells:
        return None
    slots = [
        Slot(one.row, one.column, one.rows, one.columns, _box(sheet, one.box, corner))
        for one in sorted(cells, key=lambda one: (one.row, one.column))
    ]
    xs = _edges([(s.column, s.column + s.columns, s.box.left, s.box.right) for s in slots])
    ys = _edges([(s.row, s.row + s.rows, s.box.top, s.box.bottom) for s in slots])
    return Grid(tuple(slots), xs, ys) if xs and ys else None


def _box(sheet: Canvas, box: Box, corner: Point) -> Box:
    points = [
        sheet.frame.to(Point(x + corner.x, y + corner.y))
        for x in (box.left, box.right)
        for y in (box.top, box.bottom)
    ]
    xs, ys = [point.x for point in points], [point.y for point in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _edges(bands: Sequence[tuple[int, int, float, float]]) -> tuple[float, ...]:
    """Return the places of edges, each the mean of what the cells there say; () if one lacks."""
    told: dict[int, list[float]] = {}
    for first, last, start, end in bands:
        told.setdefault(first, []).append(start)
        told.setdefault(last, []).append(end)
    if sorted(told) != list(range(len(told))):
        return ()
    places = tuple(sum(told[at]) / len(told[at]) for at in range(len(told)))
    return places if all(a < b for a, b in pairwise(places)) else ()


def _inside(token: Token, spans: Sequence[Span]) -> bool:
    return any(start <= token.start and token.end <= end for start, end in spans)
