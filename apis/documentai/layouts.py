"""A document's tree of blocks and its chunks, as `documentLayout` and `chunkedDocument`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sensorium.apis.core import JSON
from sensorium.apis.documentai import geometry
from sensorium.apis.documentai.geometry import Size
from sensorium.models.layouts import Chunk, Margin
from sensorium.models.tasks import (
    Layout,
    LayoutBlock,
    LayoutCell,
    ListBlock,
    PageSpan,
    TableBlock,
    TextBlock,
)

Sizes = Mapping[int, Size]  # of the pages whose blocks shall have their places


def shown(layout: Layout, sizes: Sizes) -> JSON:
    """Return `Document.documentLayout`; blocks have a `boundingBox` where `sizes` has their page.

    Ids count the blocks from 1 in reading order, those in cells and entries too.
    """
    return {"blocks": _blocks(layout.blocks, sizes)}


def chunked(found: Sequence[Chunk]) -> JSON:
    """Return `Document.chunkedDocument`; ids of chunks count from 1."""
    return {"chunks": [_chunk(one, f"c{number}") for number, one in enumerate(found, start=1)]}


def _blocks(blocks: Sequence[LayoutBlock], sizes: Sizes) -> list[JSON]:
    return [_block(block, sizes) for block in blocks]


def _block(block: LayoutBlock, sizes: Sizes) -> JSON:
    answer: JSON = {"blockId": str(block.id), "pageSpan": _pages(block.pages)}
    size = sizes.get(block.pages.first)
    if size is not None and block.polygon:
        answer["boundingBox"] = geometry.poly(block.polygon, size)
    match block:
        case TextBlock():
            answer["textBlock"] = {
                "text": block.text,
                "type": block.kind,
                "blocks": _blocks(block.blocks, sizes),
            }
        case TableBlock():
            answer["tableBlock"] = {
                "headerRows": [_row(row, sizes) for row in block.header_rows],
                "bodyRows": [_row(row, sizes) for row in block.body_rows],
                "caption": block.caption,
            }
        case ListBlock():
            answer["listBlock"] = {
                "listEntries": [{"blocks": _blocks(entry, sizes)} for entry in block.entries],
                "type": block.kind,
            }
    return answer


def _row(cells: Sequence[LayoutCell], sizes: Sizes) -> JSON:
    return {
        "cells": [
            {"blocks": _blocks(cell.blocks, sizes), "rowSpan": cell.rows, "colSpan": cell.columns}
            for cell in cells
        ]
    }


def _chunk(one: Chunk, identity: str) -> JSON:
    return {
        "chunkId": identity,
        "sourceBlockIds": [str(block) for block in one.blocks],
        "content": one.text,
        "pageSpan": _pages(one.pages),
        "pageHeaders": [_margin(header) for header in one.headers],
        "pageFooters": [_margin(footer) for footer in one.footers],
    }


def _margin(one: Margin) -> JSON:
    return {"text": one.text, "pageSpan": _pages(one.pages)}


def _pages(span: PageSpan) -> JSON:
    return {"pageStart": span.first, "pageEnd": span.last}
