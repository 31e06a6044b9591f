"""Tables without rules around their cells: words that keep to columns over several lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median, pstdev

from sensorium.models.extraction.entity import enclosing
from sensorium.models.forms.canvas import Canvas, Token, rows
from sensorium.models.forms.form import Table
from sensorium.models.forms.grids import Grid, Slot
from sensorium.models.forms.strokes import Strokes
from sensorium.models.forms.tables import is_figure, table
from sensorium.models.tasks.vision import Box

# In heights of a line of text.
_GAP = 0.9  # white between two pieces of a line
_GUTTER = 0.5  # white between two columns
_APART = 2.6  # more white than this between lines ends a table
_ALIGNED = 0.7  # how far the edges of a column's cells may be from their mean

_FILLED = 0.55  # share of the cells that have words
_PROSE = 6  # words of a cell from which on it is a line of a column of text
_WRAPPED = 0.6  # of the usual white between lines: a cell goes on in a line that is nearer

Interval = tuple[float, float]


@dataclass(slots=True)
class Piece:
    """Words of a line without a wide gap."""

    tokens: list[Token]

    @property
    def box(self) -> Box:
        """Return the box around its words."""
        return enclosing([token.box for token in self.tokens])


Line = list[Piece]


def tables(canvas: Canvas, tokens: Sequence[Token], strokes: Strokes) -> list[Table]:
    """Return the tables among words, from top to bottom."""
    lines = [pieces(row, canvas.unit) for row in rows(tokens)]
    found: list[Table] = []
    at = 0
    while at < len(lines):
        end = _end(lines, at, canvas.unit)
        if end - at >= 2 and (made := _made(canvas, lines[at:end], strokes)):
            found.append(made)
            at = end
        else:
            at += 1
    return found


def pieces(row: Sequence[Token], unit: float) -> Line:
    """Return a row of words cut at its wide gaps."""
    line: Line = []
    for token in row:
        if line and token.box.left - line[-1].tokens[-1].box.right <= _GAP * unit:
            line[-1].tokens.append(token)
        else:
            line.append(Piece([token]))
    return line


def _end(lines: Sequence[Line], start: int, unit: float) -> int:
    """Return where the table ends that starts with a line: the next line does not keep to it."""
    if len(lines[start]) < 2:
        return start
    columns: list[Interval] = []
    at = start
    while at < len(lines):
        if at > start and _top(lines[at]) - _bottom(lines[at - 1]) > _APART * unit:
            break
        joined = _joined(columns, lines[at], unit)
        if joined is None and at == start + 1:  # a first line whose pieces head several columns
            joined = _regrouped(lines[start], lines[at], unit)
        if joined is None:
            break
        columns = joined
        at += 1
    while at > start and len(lines[at - 1]) < 2 and not _goes_on(lines[start:at]):
        at -= 1
    return at


def _goes_on(lines: Sequence[Line]) -> bool:
    """Tell whether the last line belongs to the row above: it is nearer than rows are."""
    whites = [_top(b) - _bottom(a) for a, b in pairwise(lines)]
    return len(whites) > 2 and whites[-1] < _WRAPPED * max(whites[:-1])


def _joined(columns: Sequence[Interval], line: Line, unit: float) -> list[Interval] | None:
    """Return columns widened by a line, or None when it runs over the white between two."""
    found = list(columns)
    for piece in line:
        left, right = piece.box.left, piece.box.right
        near = [c for c in found if c[0] - _GUTTER * unit < right and left < c[1] + _GUTTER * unit]
        if len(near) > 1:
            return None
        for column in near:
            found.remove(column)
            left, right = min(left, column[0]), max(right, column[1])
        found.append((left, right))
    return sorted(found)


def _regrouped(first: Line, second: Line, unit: float) -> list[Interval] | None:
    """Return the columns of a second line, when the first one heads groups of them."""
    if len(second) <= len(first):
        return None
    columns = _joined([], second, unit)
    return columns if columns and _over(first, columns, unit) else None


def _over(line: Line, columns: Sequence[Interval], unit: float) -> list[tuple[int, int]] | None:
    """Return which columns each piece of a line stands over: first and last."""
    spans: list[tuple[int, int]] = []
    for piece in line:
        left, right = piece.box.left, piece.box.right
        under = [
            i
            for i, column in enumerate(columns)
            if min(right, column[1]) - max(left, column[0]) > 0
        ]
        if not under:
            middle = (left + right) / 2
            gaps = [
                i for i in range(len(columns) - 1) if columns[i][1] < middle < columns[i + 1][0]
            ]
            if not gaps:
                return None
            under = [gaps[0], gaps[0] + 1]
        if spans and under[0] <= spans[-1][1]:
            return None
        spans.append((under[0], under[-1]))
    return spans


def _made(canvas: Canvas, lines: Sequence[Line], strokes: Strokes) -> Table | None:
    """Return the table that lines make, or None when they are something else."""
    unit = canvas.unit
    body = lines
    columns = _columns(lines, unit)
    if columns is None:
        body = lines[1:]
        columns = _columns(body, unit)
    if columns is None:
        return None
    headed = _headed(body, columns)
    below = body if headed == columns else body[1:]
    columns = headed
    if len(columns) < 2 or not _is_table(below, columns, unit):
        return None
    spans = [_over(line, columns, unit) for line in lines]
    if any(span is None for span in spans):
        return None
    groups = _wrapped(lines, [span or [] for span in spans], columns, unit)
    if len(groups) < 2:
        return None
    grid, content = _grid(groups, columns)
    ruled = _ruled(groups, strokes, grid.box, unit)
    if len(columns) == 2 and not ruled and not _is_pair_table(grid, content):
        return None
    return table(canvas, grid, content, ruled=False, headers=ruled or None)


def _columns(lines: Sequence[Line], unit: float) -> list[Interval] | None:
    columns: list[Interval] = []
    for line in lines:
        joined = _joined(columns, line, unit)
        if joined is None:
            return None
        columns = joined
    return columns


def _headed(lines: Sequence[Line], columns: list[Interval]) -> list[Interval]:
    """Return columns with those made one of which the first line alone fills the one.

    A heading that is set to the left stands over no figure that is set to the right below it.
    """
    first, rest = _filled(lines[:1], columns), _filled(lines[1:], columns)
    found = list(columns[:1])
    parted = True  # the last column is one of its own
    for i in range(1, len(columns)):
        over, under = {i - 1, i} & first, {i - 1, i} & rest
        if parted and len(over) == len(under) == 1 and over != under:
            found[-1] = (found[-1][0], columns[i][1])
            parted = False
        else:
            found.append(columns[i])
            parted = True
    return found


def _filled(lines: Sequence[Line], columns: Sequence[Interval]) -> set[int]:
    """Return the columns in which lines have words."""
    return {
        i
        for line in lines
        for piece in line
        for i, column in enumerate(columns)
        if column[0] <= (piece.box.left + piece.box.right) / 2 <= column[1]
    }


def _is_table(lines: Sequence[Line], columns: Sequence[Interval], unit: float) -> bool:
    """Tell whether lines fill their columns, with edges one below the other, and are no prose."""
    if len(lines) < 2 or (len(lines) < 3 and len(columns) < 3):
        return False
    if sum(map(len, lines)) < _FILLED * len(lines) * len(columns):
        return False
    cells: list[list[Piece]] = [[] for _ in columns]
    for line in lines:
        for piece in line:
            middle = (piece.box.left + piece.box.right) / 2
            near = min(range(len(columns)), key=lambda i: abs(sum(columns[i]) / 2 - middle))
            cells[near].append(piece)
    aligned = [_is_aligned(column, unit) for column in cells if len(column) > 1]
    if not aligned or mean(aligned) < 0.6:
        return False
    words = [median(len(piece.tokens) for piece in column) for column in cells if column]
    colons = mean(line[0].tokens[-1].text.endswith((":", "：")) for line in lines)
    return sum(count >= _PROSE for count in words) < 2 and colons < 0.5


def _is_aligned(cells: Sequence[Piece], unit: float) -> bool:
    boxes = [cell.box for cell in cells]
    edges = (
        [box.left for box in boxes],
        [box.right for box in boxes],
        [(box.left + box.right) / 2 for box in boxes],
    )
    return min(pstdev(edge) for edge in edges) <= _ALIGNED * unit


def _wrapped(
    lines: Sequence[Line],
    spans: Sequence[list[tuple[int, int]]],
    columns: Sequence[Interval],
    unit: float,
) -> list[list[tuple[Piece, tuple[int, int]]]]:
    """Return the rows of the table: a line that a cell goes on in is no row of its own."""
    whites = [_top(b) - _bottom(a) for a, b in pairwise(lines)]
    usual = median(
        [w for w, line in zip(whites, lines[1:], strict=True) if len(line) > len(columns) / 2]
        or whites
    )
    groups: list[list[tuple[Piece, tuple[int, int]]]] = []
    for i, (line, span) in enumerate(zip(lines, spans, strict=True)):
        placed = list(zip(line, span, strict=True))
        few = len(line) <= len(columns) / 2 and span and span[0][0] > 0
        one = len(line) == 1 and not is_figure(line[0].tokens)
        if groups and i > 0 and (few or one):
            near = whites[i - 1] < min(_WRAPPED * usual, 0.8 * unit)
            long = any(
                other == span[0] and _is_long(piece, columns[span[0][0]])
                for piece, other in groups[-1]
            )
            if near or (one and long and whites[i - 1] < 0.8 * unit):
                groups[-1] += placed
                continue
        groups.append(placed)
    return groups


def _is_long(piece: Piece, column: Interval) -> bool:
    return piece.box.right - piece.box.left > 0.7 * (column[1] - column[0])


def _grid(
    groups: Sequence[Sequence[tuple[Piece, tuple[int, int]]]], columns: Sequence[Interval]
) -> tuple[Grid, dict[Slot, list[Token]]]:
    """Return the cells: their edges are halfway between columns and between rows."""
    xs = [columns[0][0]]
    xs += [(a[1] + b[0]) / 2 for a, b in pairwise(columns)]
    xs.append(columns[-1][1])
    boxes = [enclosing([piece.box for piece, _ in group]) for group in groups]
    ys = [boxes[0].top]
    ys += [(a.bottom + b.top) / 2 for a, b in pairwise(boxes)]
    ys.append(boxes[-1].bottom)
    content: dict[Slot, list[Token]] = {}
    for row, group in enumerate(groups):
        column = 0
        while column < len(columns):
            here = [(piece, span) for piece, span in group if span[0] == column]
            last = max((span[1] for _, span in here), default=column)
            box = Box(xs[column], ys[row], xs[last + 1], ys[row + 1])
            slot = Slot(row, column, 1, last + 1 - column, box)
            content[slot] = [token for piece, _ in here for token in piece.tokens]
            column = last + 1
    return Grid(tuple(content), tuple(xs), tuple(ys)), content


def _ruled(
    groups: Sequence[Sequence[tuple[Piece, tuple[int, int]]]],
    strokes: Strokes,
    box: Box,
    unit: float,
) -> int:
    """Return how many rows stand above the first level rule that runs through the table."""
    bottoms = [max(piece.box.bottom for piece, _ in group) for group in groups]
    tops = [min(piece.box.top for piece, _ in group) for group in groups]
    for row in range(min(3, len(groups) - 1)):
        for stroke in strokes.level:
            between = bottoms[row] - 0.2 * unit < stroke.at < tops[row + 1] + 0.2 * unit
            if between and min(stroke.end, box.right) - max(stroke.start, box.left) > 0.7 * (
                box.right - box.left
            ):
                return row + 1
    return 0


def _is_pair_table(grid: Grid, content: dict[Slot, list[Token]]) -> bool:
    """Tell whether two columns are a table: mostly figures below a heading on the right."""
    right = [content[slot] for slot in grid.slots if slot.column == 1 and content[slot]]
    figures = [is_figure(tokens) for tokens in right]
    return len(figures) > 2 and not figures[0] and mean(figures[1:]) > 0.7


def _top(line: Line) -> float:
    return min(piece.box.top for piece in line)


def _bottom(line: Line) -> float:
    return max(piece.box.bottom for piece in line)
