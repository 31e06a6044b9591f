"""From pages that were read to blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sensorium.models.layouts import tree
from sensorium.models.layouts.flow import Piece, Usual, pieces
from sensorium.models.layouts.margins import margins
from sensorium.models.layouts.sheet import Row, Sheet
from sensorium.models.tasks.layouts import (
    Layout,
    LayoutBlock,
    PageSpan,
    TableBlock,
    TextBlock,
)
from sensorium.models.tasks.pictures import Polygon

_CAPTION = re.compile(r"(?:table|tab\.|tabelle|tableau|tabla|tabella|tabela)\s+\S", re.IGNORECASE)
_ALIKE = 1.08  # sizes of headings nearer than this are one level
_INDENT = 0.7  # sizes of the type by which a deeper list is set in


def layout(sheets: Sequence[Sheet], pages: int) -> Layout:
    """Return the tree of some pages of a document that has `pages`."""
    edges = margins(sheets)
    inner = [
        row for one in sheets for row in one.pieces if isinstance(row, Row) and row not in edges
    ]
    usual = Usual.of(inner)
    body = [piece for one in sheets for piece in one.pieces if piece not in edges]
    found = pieces(body, usual)
    levels = _levels([one for one in found if isinstance(one, Piece) and one.heading], usual)
    blocks = _Blocks({one.number: one for one in sheets}, levels)
    made = _captioned(tree.listed(blocks.of(found)))
    return tree.layout(_interleaved(made, blocks.margins(edges)), pages)


class _Blocks:
    """Makes blocks of pieces."""

    def __init__(self, sheets: Mapping[int, Sheet], levels: Mapping[int, int]) -> None:
        self._sheets = sheets
        self._levels = levels

    def of(self, found: Sequence[Piece | TableBlock]) -> Iterator[LayoutBlock | tree.Entry]:
        """Yield blocks, and entries of lists that are to be put together."""
        run: list[Piece] = []
        for piece in found:
            if isinstance(piece, Piece) and piece.kind:
                run.append(piece)
                continue
            yield from self._entries(run)
            run = []
            if isinstance(piece, TableBlock):
                yield piece
            else:
                level = self._levels.get(id(piece))
                yield self.text(piece.rows, piece.text, tree.heading(level) if level else "")
        yield from self._entries(run)

    def text(self, rows: Sequence[Row], text: str, kind: str = "") -> TextBlock:
        """Return a block of lines; its place is that on its first page."""
        first = rows[0].page
        pages = PageSpan(first, max(row.page for row in rows))
        place = self._outline([row for row in rows if row.page == first])
        return TextBlock(0, kind or "paragraph", text, pages, place)

    def margins(self, edges: Mapping[Row, str]) -> list[TextBlock]:
        """Return headers and footers, those of one page and side together."""
        groups: dict[tuple[int, str], list[Row]] = {}
        for row, kind in edges.items():
            groups.setdefault((row.page, kind), []).append(row)
        return [
            self.text(rows, "\n".join(row.text for row in rows), kind)
            for (_, kind), rows in groups.items()
        ]

    def _entries(self, run: Sequence[Piece]) -> Iterator[tree.Entry]:
        """Yield entries with their levels, told by how far they are set in."""
        lefts = sorted({one.rows[0].box.left for one in run})
        levels: dict[float, int] = {}
        for left in lefts:
            if not levels:
                levels[left], anchor = 0, left
            elif left - anchor > _INDENT * run[0].size:
                levels[left], anchor = max(levels.values()) + 1, left
            else:
                levels[left] = max(levels.values())
        for one in run:
            if one.kind and one.text:
                level = levels[one.rows[0].box.left]
                yield tree.Entry(level, one.kind, (self.text(one.rows, one.text),))

    def _outline(self, rows: Sequence[Row]) -> Polygon:
        return self._sheets[rows[0].page].frame.polygon(
            min(row.box.left for row in rows),
            min(row.box.top for row in rows),
            max(row.box.right for row in rows),
            max(row.box.bottom for row in rows),
        )


def _levels(headings: Sequence[Piece], usual: Usual) -> dict[int, int]:
    """Return the level of each heading: larger type is higher, the size of the text is lowest."""
    found: dict[int, int] = {}
    level, anchor, large = 0, 0.0, True
    for one in sorted(headings, key=lambda one: -one.size):
        is_large = all(usual.is_large(row) for row in one.rows)
        if not level or (is_large and anchor > _ALIKE * one.size) or (large and not is_large):
            level, anchor = level + 1, one.size
        large = is_large
        found[id(one)] = level
    return found


def _captioned(blocks: Sequence[LayoutBlock]) -> list[LayoutBlock]:
    """Return blocks; a line such as "Table 1" beside a table is its caption."""
    found: list[LayoutBlock] = []
    for block in blocks:
        last = found[-1] if found else None
        if isinstance(block, TableBlock) and _is_caption(last):
            assert isinstance(last, TextBlock)
            found[-1] = _with_caption(block, last.text)
        elif isinstance(last, TableBlock) and not last.caption and _is_caption(block):
            assert isinstance(block, TextBlock)
            found[-1] = _with_caption(last, block.text)
        else:
            found.append(block)
    return found


def _is_caption(block: LayoutBlock | None) -> bool:
    return isinstance(block, TextBlock) and _CAPTION.match(block.text) is not None


def _with_caption(table: TableBlock, caption: str) -> TableBlock:
    heads, body = table.header_rows, table.body_rows
    return TableBlock(0, heads, body, table.pages, table.polygon, caption)


def _interleaved(
    blocks: Sequence[LayoutBlock], margins: Sequence[TextBlock]
) -> Iterator[LayoutBlock]:
    """Yield blocks with the header of a page before them and its footer behind them."""
    left = sorted(margins, key=lambda one: (one.pages.first, one.kind == "footer"))
    for block in blocks:
        while left and _is_before(left[0], block):
            yield left.pop(0)
        yield block
    yield from left


def _is_before(margin: TextBlock, block: LayoutBlock) -> bool:
    if margin.kind == "header":
        return margin.pages.first <= block.pages.first
    return margin.pages.first < block.pages.first
