"""Layouts written shorter, to compare: what a block is and says, and what is under it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sensorium.models.tasks import Layout, LayoutBlock, LayoutCell, ListBlock, TextBlock


def outline(layout: Layout) -> list[Any]:
    """Return a layout as nested lists and tuples."""
    return [shown(block) for block in layout.blocks]


def shown(block: LayoutBlock) -> Any:
    if isinstance(block, ListBlock):
        return block.kind, [[shown(one) for one in entry] for entry in block.entries]
    if isinstance(block, TextBlock):
        under = [shown(one) for one in block.blocks]
        kind = block.kind.replace("heading-", "h").replace("paragraph", "p")
        return (kind, block.text, under) if under else (kind, block.text)
    table = ([cells(row) for row in block.header_rows], [cells(row) for row in block.body_rows])
    return ("table", *table, block.caption) if block.caption else ("table", *table)


def cells(row: Sequence[LayoutCell]) -> list[str]:
    return [written(cell) for cell in row]


def written(cell: LayoutCell) -> str:
    """Return a cell's text with its spans behind it, such as `Total 1x2`."""
    text = "/".join(b.text if isinstance(b, TextBlock) else str(shown(b)) for b in cell.blocks)
    spans = f" {cell.rows}x{cell.columns}" if (cell.rows, cell.columns) != (1, 1) else ""
    return text + spans


def every(blocks: Sequence[LayoutBlock]) -> Iterator[LayoutBlock]:
    """Yield all blocks as they are numbered."""
    for block in blocks:
        yield block
        if isinstance(block, TextBlock):
            yield from every(block.blocks)
        elif isinstance(block, ListBlock):
            for entry in block.entries:
                yield from every(entry)
        else:
            for row in (*block.header_rows, *block.body_rows):
                for cell in row:
                    yield from every(cell.blocks)
