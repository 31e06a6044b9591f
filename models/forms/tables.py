"""Tables from cells: what is written in them, and which rows name the columns."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from statistics import mean, median

from sensorium.models.forms.canvas import Canvas, Token, rows
from sensorium.models.forms.form import Cell, Table
from sensorium.models.forms.grids import Grid, Slot
from sensorium.models.pages.weight import weight
from sensorium.models.tasks.vision import Box

_FIGURE = re.compile(r"[^\W\d_]{0,3}[^\w\s]*\s*[-+(]?\d[\d\s.,'/:()-]*\s*[^\W\d_]{0,3}[^\w\s]*")
_BOLD = 1.2  # times the weight of the rows below makes a heading
_MOST_HEADERS = 3

Content = dict[Slot, list[Token]]


def contents(grid: Grid, tokens: Iterable[Token]) -> Content:
    """Return the words whose middle is in each cell."""
    found: Content = {slot: [] for slot in grid.slots}
    places = grid.places()
    for token in tokens:
        column = bisect_right(grid.xs, token.centre) - 1
        row = bisect_right(grid.ys, token.middle) - 1
        if (slot := places.get((row, column))) is not None:
            found[slot].append(token)
    return found


def table(
    canvas: Canvas, grid: Grid, content: Content, *, ruled: bool, headers: int | None = None
) -> Table:
    """Return a table of cells and the words in them; `headers` where they are known."""
    if headers is None:
        headers = _headers(canvas, grid, content)
    lines: list[list[Cell]] = [[] for _ in range(grid.rows)]
    for slot in grid.slots:
        part = canvas.part(content[slot], slot.box)
        lines[slot.row].append(Cell(part, slot.row, slot.column, slot.rows, slot.columns))
    filled = [slot for slot in grid.slots if content[slot]]
    share = len(filled) / len(grid.slots)
    read = [token.confidence for slot in filled for token in content[slot]]
    confidence = (0.6 + 0.4 * share if ruled else 0.5 + 0.4 * share) * (mean(read) if read else 1.0)
    return Table(
        tuple(tuple(line) for line in lines),
        headers,
        canvas.polygon(grid.box),
        round(confidence, 4),
        ruled,
    )


def is_figure(tokens: Sequence[Token]) -> bool:
    """Tell whether words are an amount, a date, a share or another number."""
    text = " ".join(token.text for row in rows(tokens) for token in row)
    return _FIGURE.fullmatch(text) is not None


def _headers(canvas: Canvas, grid: Grid, content: Content) -> int:
    """Return how many rows head the table.

    A first row of words over figures is one, so is one in bold type; without either, a first row
    that fills its cells with words. What spans several columns has its parts named below it.
    """
    first = [slot for slot in grid.slots if slot.row == 0]
    named = [slot for slot in first if content[slot]]
    if grid.rows < 2 or not named or len(named) < len(first) - 1:
        return 0
    depth = max(slot.rows for slot in first)
    while depth < min(_MOST_HEADERS, grid.rows - 1) and any(
        slot.columns > 1 and slot.row + slot.rows == depth
        for slot in grid.slots
        if slot.row < depth
    ):
        depth += 1
    depth = min(depth, grid.rows - 1)
    heads = [slot for slot in grid.slots if slot.row < depth and content[slot]]
    body = [slot for slot in grid.slots if slot.row >= depth and content[slot]]
    if not body:
        return depth
    if _is_bold(canvas, heads, body, content):
        return depth
    if any(is_figure(content[slot]) for slot in heads):
        return 0
    figures = mean(is_figure(content[slot]) for slot in body)
    return depth if figures > 0.2 or (grid.rows > 2 and grid.columns > 2) else 0


def _is_bold(canvas: Canvas, heads: Sequence[Slot], body: Sequence[Slot], content: Content) -> bool:
    """Tell whether all of the first rows is heavier than the rows below."""
    if canvas.grey is None:
        return False
    head = [_weight(canvas, content[slot]) for slot in heads]
    usual = median(_weight(canvas, content[slot]) for slot in body[:40])
    return usual > 0 and min(head) > _BOLD * usual


def _weight(canvas: Canvas, tokens: Sequence[Token]) -> float:
    assert canvas.grey is not None
    token = max(tokens, key=lambda token: len(token.text))
    x, y, box = canvas.corner.x, canvas.corner.y, token.box
    return weight(canvas.grey, Box(box.left - x, box.top - y, box.right - x, box.bottom - y))
