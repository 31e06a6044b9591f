"""From lines to a page in reading order: columns, blocks, paragraphs; shared by OCR and PDF text.

All geometry happens in the text's own frame (`Frame`), so that a page that lies on its side, or
was scanned askew, is laid out as if it were upright.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from sensorium.models.pages.columns import Item, regions, rows
from sensorium.models.pages.orientation import Frame, frames
from sensorium.models.tasks import Block, Line, Page, Paragraph, Polygon

# Distances are in line heights.
_SAME_LINE = 1.3  # pieces of one row nearer than this are one line
_NEW_BLOCK = 1.2  # more blank than this between rows starts a block
_OTHER_SIZE = 1.5  # so does type larger or smaller by this factor
_NEW_PARAGRAPH = 0.35  # more blank than usual by this starts a paragraph
_INDENT = 0.8  # so does a first line set in by this


def arrange(lines: Sequence[Line], width: float, height: float) -> Page:
    """Return the lines as a page in reading order.

    Columns are found by recursive cuts along white gutters (after the XY-cut of Nagy and Seth
    1984), which lines that cross a gutter, such as a title over two columns, divide into bands.
    Side-by-side pieces that look like a table's cells are read row by row. Text in another
    direction than most of the page follows at the end.
    """
    blocks: list[Block] = []
    for frame, members in frames(lines):
        items = [Item.of(line, frame) for line in members]
        for region in regions(items):
            blocks.extend(_blocks(region, frame))
    return Page(width, height, tuple(blocks))


@dataclass(slots=True)
class _Draft:
    """A block in the making: paragraphs as lists of items."""

    paragraphs: list[list[Item]]

    @property
    def items(self) -> list[Item]:
        return [item for paragraph in self.paragraphs for item in paragraph]

    def block(self, frame: Frame) -> Block:
        paragraphs = tuple(
            Paragraph(tuple(item.line for item in items), _outline(items, frame))
            for items in self.paragraphs
        )
        return Block(paragraphs, _outline(self.items, frame))


def _outline(items: Sequence[Item], frame: Frame) -> Polygon:
    return frame.polygon(
        min(item.left for item in items),
        min(item.top for item in items),
        max(item.right for item in items),
        max(item.bottom for item in items),
    )


def _blocks(region: Sequence[Item], frame: Frame) -> list[Block]:
    """Divide a region into blocks and paragraphs, top down."""
    drafts: list[_Draft] = []
    previous: list[Item] = []
    for row in rows(region):
        cells = _joined(row, frame)
        if not drafts or _starts_block(previous, cells):
            drafts.append(_Draft([[cell] for cell in cells]))
        elif len(cells) > 1 or len(previous) > 1 or _starts_paragraph(drafts[-1], cells[0]):
            drafts[-1].paragraphs.extend([cell] for cell in cells)
        else:
            drafts[-1].paragraphs[-1].append(cells[0])
        previous = cells
    return [draft.block(frame) for draft in drafts]


def _joined(row: Sequence[Item], frame: Frame) -> list[Item]:
    """Join the pieces of a row that stand close enough to be one line."""
    cells = [row[0]]
    for item in row[1:]:
        last = cells[-1]
        if item.left - last.right > _SAME_LINE * min(last.height, item.height):
            cells.append(item)
            continue
        box = replace(
            last,
            right=max(last.right, item.right),
            top=min(last.top, item.top),
            bottom=max(last.bottom, item.bottom),
        )
        words = (*last.line.words, *item.line.words)
        share = sum(word.confidence for word in words) / len(words)
        polygon = frame.polygon(box.left, box.top, box.right, box.bottom)
        cells[-1] = replace(box, line=Line(words, polygon, share))
    return cells


def _starts_block(previous: Sequence[Item], cells: Sequence[Item]) -> bool:
    before, after = median(i.height for i in previous), median(i.height for i in cells)
    blank = min(i.top for i in cells) - max(i.bottom for i in previous)
    if blank > _NEW_BLOCK * min(before, after):
        return True
    return max(before, after) > _OTHER_SIZE * min(before, after)


def _starts_paragraph(draft: _Draft, item: Item) -> bool:
    """Tell whether a line begins a paragraph: by the blank above it, or by its indent."""
    items = draft.items
    last = items[-1]
    blanks = [b.top - a.bottom for a, b in pairwise(items) if b.top > a.bottom]
    usual = median(blanks) if blanks else 0.3 * item.height
    if item.top - last.bottom > usual + _NEW_PARAGRAPH * item.height:
        return True
    centred = abs((item.left + item.right) - (last.left + last.right)) < item.height
    margin = min(other.left for other in items)
    indented = item.left - margin > _INDENT * item.height
    return indented and not centred and last.left - margin < _INDENT / 2 * item.height
