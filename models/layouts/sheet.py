"""A page as it goes into a layout: its lines with their type, and its tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sensorium.models import forms
from sensorium.models.extraction import PlacedText
from sensorium.models.forms import Table
from sensorium.models.layouts import tree, typography
from sensorium.models.layouts.grid import Placed, rows
from sensorium.models.pages.breaks import Token, tokens
from sensorium.models.pages.columns import Item
from sensorium.models.pages.orientation import Frame, frames
from sensorium.models.tasks.layouts import LayoutCell, PageSpan, TableBlock
from sensorium.models.tasks.pictures import Line, Page, Pixels, Point, Rule
from sensorium.models.tasks.vision import Box


@dataclass(frozen=True, slots=True)
class Row:
    """A line: its text, the size and weight of its type, and its box in the page's own frame.

    `starts` tells whether it begins a paragraph, `divided` whether its last word goes on in the
    next line, `behind` where the second word begins.
    """

    page: int
    text: str
    size: float
    weight: float
    box: Box
    starts: bool
    divided: bool
    behind: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: its number, its lines and tables in reading order, and where its edges are.

    `frame` is that in which its text is level; boxes of rows and `edges` are in it.
    """

    number: int
    pieces: tuple[Row | TableBlock, ...]
    frame: Frame
    edges: Box


def sheet(
    document: PlacedText,
    index: int,
    number: int,
    page: Page,
    pixels: Pixels | None = None,
    rules: Sequence[Rule] = (),
) -> Sheet:
    """Return what a page has that its layout is told by.

    `document` has the words of `page` as its page `index`, in the same order; `number` is what the
    page counts as. Without pixels, nothing tells bold type or rules that are drawn in pixels alone.
    """
    lines = [line for b in page.blocks for p in b.paragraphs for line in p.lines]
    found = frames(lines)
    frame = found[0][0] if found else Frame(0.0)
    cut = typography.is_cut(lines)
    tables = forms.read(document, index, pixels, rules).tables
    owners = _owners(document, index, tables)
    pieces: list[Row | TableBlock] = []
    placed: set[int] = set()
    for token_line in _lines(page, owners):
        for owner in token_line.owners:
            if owner not in placed:
                placed.add(owner)
                pieces.append(_table(tables[owner], document.text, number))
        if token_line.tokens:
            pieces.append(_row(token_line, number, frame, cut, pixels))
    return Sheet(number, tuple(pieces), frame, _edges(page, frame))


@dataclass(frozen=True, slots=True)
class _Tokens:
    """What is left of a line without the words in tables, and the tables that have the rest."""

    line: Line
    tokens: tuple[Token, ...]
    owners: tuple[int, ...]
    starts: bool


def _owners(document: PlacedText, index: int, tables: Sequence[Table]) -> list[int]:
    """Return for each word of the page the table it is in, -1 for none."""
    found = {}
    for number, table in enumerate(tables):
        for cell in (cell for row in table.rows for cell in row):
            for start, end in cell.part.spans:
                for at in range(start, end):
                    found[at] = number
    return [found.get(word.start, -1) for word in document.words if word.page == index]


def _lines(page: Page, owners: Sequence[int]) -> Iterator[_Tokens]:
    words = iter(owners)
    for paragraph in (p for block in page.blocks for p in block.paragraphs):
        left = iter(tokens(paragraph))
        starts = True
        for line in paragraph.lines:
            held = [(next(left), next(words)) for _ in line.words]
            free = tuple(token for token, owner in held if owner < 0)
            owned = tuple(dict.fromkeys(owner for _, owner in held if owner >= 0))
            yield _Tokens(line, free, owned, starts)
            starts = not free


def _row(one: _Tokens, number: int, frame: Frame, cut: bool, pixels: Pixels | None) -> Row:
    words = tuple(token.word for token in one.tokens)
    line = replace(one.line, words=words)
    if len(words) < len(one.line.words):
        corners = [frame.to(point) for word in words for point in word.polygon]
        xs, ys = [p.x for p in corners], [p.y for p in corners]
        line = replace(line, polygon=frame.polygon(min(xs), min(ys), max(xs), max(ys)))
    item = Item.of(line, frame)
    text = "".join(
        "".join(s.text for s in t.symbols) + (" " if t.after not in ("", "HYPHEN") else "")
        for t in one.tokens
    ).strip()
    second = words[1] if len(words) > 1 else words[0]
    return Row(
        number,
        text,
        typography.size(line, cut),
        typography.heaviness(line, pixels),
        Box(item.left, item.top, item.right, item.bottom),
        one.starts,
        one.tokens[-1].after == "HYPHEN",
        min(frame.to(point).x for point in second.polygon),
    )


def _table(table: Table, text: str, number: int) -> TableBlock:
    placed = []
    for row in table.rows:
        for cell in row:
            content = " ".join(cell.part.text(text).split())
            held = (tree.text(content, number),) if content else ()
            placed.append(Placed(cell.row, cell.column, LayoutCell(held, cell.rows, cell.columns)))
    made = rows(placed, len(table.rows))
    heads = min(table.headers, len(made))
    return TableBlock(0, made[:heads], made[heads:], PageSpan(number, number), table.polygon)


def _edges(page: Page, frame: Frame) -> Box:
    corners = [frame.to(Point(x, y)) for x in (0.0, page.width) for y in (0.0, page.height)]
    xs, ys = [p.x for p in corners], [p.y for p in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))
