"""From a slide that python-pptx opened to blocks (ECMA-376 part 1, 19 and 21)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sensorium.models.layouts import tree
from sensorium.models.layouts.grid import Placed, rows
from sensorium.models.tasks.layouts import (
    LayoutBlock,
    LayoutCell,
    ListKind,
    PageSpan,
    TableBlock,
    TextBlock,
)

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
# kinds of placeholders (19.7.10)
_TITLES = ("title", "ctrTitle")
_MARGINS = {"hdr": "header", "ftr": "footer", "dt": "footer", "sldNum": "footer"}
_BULLETS: dict[str, ListKind | None] = {
    f"{_A}buNone": None,
    f"{_A}buChar": "unordered",
    f"{_A}buBlip": "unordered",
    f"{_A}buAutoNum": "ordered",
}
_DEEPEST = 8  # level of a paragraph, from 0


def blocks(slide: Any, number: int) -> list[LayoutBlock]:
    """Return a slide's title and what is under it, then what stands at its edges."""
    titles: list[LayoutBlock] = []
    body: list[LayoutBlock] = []
    for shape in _shapes(slide.shapes):
        kind = _kind(shape)
        if shape.has_text_frame and kind in _TITLES:
            titles += _text(shape, tree.heading(1), number)
        elif shape.has_text_frame and kind == "subTitle":
            body += _text(shape, "subtitle", number)
        elif shape.has_text_frame and kind in _MARGINS:
            body += _text(shape, _MARGINS[kind], number)
        elif shape.has_text_frame:
            body += _paragraphs(shape, slide, number)
        elif getattr(shape, "has_table", False) and shape.has_table:
            body.append(_table(shape.table, number))
    return [*titles, *body]


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    """Yield shapes in their order, those of groups too."""
    for shape in shapes:
        if shape._element.tag == f"{_P}grpSp":
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _kind(shape: Any) -> str:
    """Return the kind of a placeholder, empty for other shapes; `obj` is the usual one."""
    mark = shape._element.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return "" if mark is None else str(mark.get("type", "obj"))


def _text(shape: Any, kind: str, number: int) -> Iterator[TextBlock]:
    lines = (_written(one) for one in shape._element.iter(f"{_A}p"))
    content = " ".join(line for line in lines if line)
    if content:
        yield tree.text(content, number, kind)


def _written(paragraph: Any) -> str:
    """Return the text of a paragraph, line breaks kept."""
    parts = []
    for one in paragraph.iter(f"{_A}t", f"{_A}br", f"{_A}tab"):
        parts.append((one.text or "") if one.tag == f"{_A}t" else "\n")
    return "".join(parts).replace("\v", "\n").strip()


def _paragraphs(shape: Any, slide: Any, number: int) -> list[LayoutBlock]:
    """Return the paragraphs of a shape, those with bullets or numbers as lists."""
    styles = list(_styles(shape, slide))
    found: list[LayoutBlock | tree.Entry] = []
    for one in shape._element.iter(f"{_A}p"):
        if content := _written(one):
            block = tree.text(content, number)
            properties = one.find(f"{_A}pPr")
            given = properties.get("lvl", "0") if properties is not None else "0"
            depth = min(int(given), _DEEPEST)
            kind = _bullet(properties, styles, depth)
            found.append(tree.Entry(depth, kind, (block,)) if kind else block)
    return tree.listed(found)


def _styles(shape: Any, slide: Any) -> Iterator[Any]:
    """Yield where a shape's bullets may be told, the nearest first."""
    own = shape._element.find(f"{_P}txBody/{_A}lstStyle")
    if own is not None:
        yield own
    if not _kind(shape):
        return
    place = shape.placeholder_format.idx
    for one in slide.slide_layout.placeholders:
        if one.placeholder_format.idx == place:
            yield from one._element.iter(f"{_A}lstStyle")
    yield from slide.slide_layout.slide_master._element.iter(f"{_P}bodyStyle")


def _bullet(properties: Any, styles: Iterable[Any], depth: int) -> ListKind | None:
    """Return what a paragraph is marked with, None for nothing."""
    levels = (style.find(f"{_A}lvl{depth + 1}pPr") for style in styles)
    for level in (properties, *levels):
        for mark in level if level is not None else ():
            if mark.tag in _BULLETS:
                return _BULLETS[mark.tag]
    return None


def _table(table: Any, number: int) -> TableBlock:
    placed = []
    for row, line in enumerate(table.rows):
        for column, cell in enumerate(line.cells):
            if cell.is_spanned:
                continue
            lines = [_written(one) for one in cell._tc.iter(f"{_A}p")]
            held = tuple(tree.text(one, number) for one in lines if one)
            spans = (cell.span_height, cell.span_width) if cell.is_merge_origin else (1, 1)
            placed.append(Placed(row, column, LayoutCell(held, *spans)))
    made = rows(placed, len(table.rows))
    heads = 1 if table.first_row and len(made) > 1 else 0
    return TableBlock(0, made[:heads], made[heads:], PageSpan(number, number))
