"""From a DOCX that python-docx opened to blocks (ECMA-376 part 1, 17: WordprocessingML)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sensorium.models.layouts import tree
from sensorium.models.layouts.grid import Placed, rows
from sensorium.models.layouts.numbering import Numbering
from sensorium.models.tasks.layouts import (
    LayoutBlock,
    LayoutCell,
    PageSpan,
    TableBlock,
    TextBlock,
)

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_ANCESTORS = 10  # styles that a style may be based on, one upon the other
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_LIST_STYLE = re.compile(r"list (bullet|number)(?: (\d))?", re.IGNORECASE)
_CHARACTERS = {f"{W}tab": "\t", f"{W}noBreakHyphen": "-"}
_BREAKS = (f"{W}br", f"{W}cr")
# what was deleted or moved away, what fields compute from, and the same drawn for older programs
_SKIPPED = frozenset((f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}delText", _FALLBACK))
_TEXT_BOX = f"{W}txbxContent"
_CAPTION = "caption"


class Reader:
    """Goes through a document once; `page` is the page it has come to."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._styles = {style.style_id: style for style in document.styles}
        self._numbering = Numbering(document)
        self._body = document.element.body
        self._rendered = next(self._body.iter(f"{W}lastRenderedPageBreak"), None) is not None
        self.page = 1

    def blocks(self) -> list[LayoutBlock]:
        """Return headers and footers, then the body."""
        body = self._inside(self._body)
        return [*self._margins("header"), *self._margins("footer"), *body]

    def _inside(self, element: Any) -> list[LayoutBlock]:
        """Return the blocks in a body, a cell or a text box, lists made of their entries."""
        return _captioned(tree.listed(self._pieces(element)))

    def _pieces(self, element: Any) -> Iterator[LayoutBlock | tree.Entry]:
        for child in element:
            if child.tag == f"{W}p":
                yield from self._paragraph(child)
            elif child.tag == f"{W}tbl":
                yield from self._table(child)
            elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}customXml"):
                yield from self._pieces(child)

    def _paragraph(self, element: Any) -> Iterator[LayoutBlock | tree.Entry]:
        self._turn(element.find(f"{W}pPr/{W}pageBreakBefore"))
        first = self.page
        boxes: list[Any] = []
        content = "".join(self._text(element, boxes)).strip()
        if content:
            kind = self._kind(element)
            block = TextBlock(0, kind, content, PageSpan(first, self.page))
            numbered = self._numbered(element) if kind == "paragraph" else None
            yield tree.Entry(*numbered, (block,)) if numbered else block
        for box in boxes:
            yield from self._pieces(box)
        if element.find(f"{W}pPr/{W}sectPr") is not None:
            self._turn(element.find(f"{W}pPr/{W}sectPr"))

    def _text(self, element: Any, boxes: list[Any]) -> Iterator[str]:
        """Yield the text of a paragraph; pages are turned, text boxes are put aside."""
        for child in element:
            if child.tag in _SKIPPED:
                continue
            if child.tag == f"{W}t":
                yield child.text or ""
            elif child.tag in _CHARACTERS:
                yield _CHARACTERS[child.tag]
            elif child.tag == f"{W}lastRenderedPageBreak":
                self.page += 1
            elif child.tag in _BREAKS:
                if child.get(f"{W}type") == "page":
                    self._turn(child)
                else:
                    yield "\n"
            elif child.tag == _TEXT_BOX:
                boxes.append(child)
            elif child.tag != f"{W}pPr":
                yield from self._text(child, boxes)

    def _turn(self, mark: Any) -> None:
        """Begin a page where the file says so, unless Word noted where its pages began."""
        if mark is None or self._rendered or mark.get(f"{W}val") in ("0", "false"):
            return
        kind = mark.find(f"{W}type")
        if kind is None or kind.get(f"{W}val") != "continuous":
            self.page += 1

    # --- styles -----------------------------------------------------------------------------------

    def _lineage(self, element: Any) -> list[Any]:
        """Return a paragraph's style and those it is based on."""
        given = element.find(f"{W}pPr/{W}pStyle")
        style = self._styles.get(given.get(f"{W}val")) if given is not None else None
        found: list[Any] = []
        while style is not None and len(found) < _ANCESTORS:
            found.append(style)
            style = getattr(style, "base_style", None)
        return found

    def _kind(self, element: Any) -> str:
        """Return what a paragraph is by its outline level or the name of its style."""
        lineage = self._lineage(element)
        names = [(style.name or "").lower() for style in lineage]
        if "title" in names:
            return tree.TITLE
        if "subtitle" in names:
            return "subtitle"
        for one in (element, *(style.element for style in lineage)):
            outline = one.find(f"{W}pPr/{W}outlineLvl")
            if outline is not None:
                value = int(outline.get(f"{W}val"))
                return tree.heading(value + 1) if value < 9 else "paragraph"
        for name in names:
            if found := _HEADING.match(name):
                return tree.heading(int(found[1]))
        return _CAPTION if _CAPTION in names else "paragraph"

    def _numbered(self, element: Any) -> tuple[int, Any] | None:
        """Return the level and kind of a list that a paragraph is part of."""
        lineage = self._lineage(element)
        names = (_LIST_STYLE.match(style.name or "") for style in lineage)
        named = next((name for name in names if name), None)
        depth = int(named[2] or 1) - 1 if named else 0
        for one in (element, *(style.element for style in lineage)):
            if (mark := one.find(f"{W}pPr/{W}numPr")) is not None:
                numbered = self._numbering.of(mark)
                return numbered and (max(numbered[0], depth), numbered[1])
        if named is None:
            return None
        return depth, "unordered" if named[1].lower() == "bullet" else "ordered"

    # --- tables -----------------------------------------------------------------------------------

    def _table(self, element: Any) -> Iterator[LayoutBlock]:
        first = self.page
        lines = [row for row in element.iter(f"{W}tr") if _owner(row) is element]
        placed: list[Placed] = []
        open_cells: dict[int, int] = {}
        for number, line in enumerate(lines):
            column = _skipped(line)
            for cell in line.iter(f"{W}tc"):
                if _row(cell) is not line:
                    continue
                width = _number(cell.find(f"{W}tcPr/{W}gridSpan"), 1)
                if _continues(cell) and column in open_cells:
                    placed[open_cells[column]] = _longer(placed[open_cells[column]], number)
                else:
                    open_cells[column] = len(placed)
                    blocks = tuple(tree.nested(self._inside(cell)))
                    placed.append(Placed(number, column, LayoutCell(blocks, 1, width)))
                column += width
        if placed:
            made = rows(placed, len(lines))
            heads = _headers(element, lines)
            pages = PageSpan(first, self.page)
            yield TableBlock(0, made[:heads], made[heads:], pages)

    # --- margins ----------------------------------------------------------------------------------

    def _margins(self, kind: str) -> list[LayoutBlock]:
        """Return the headers or footers of the sections, each text once."""
        found: dict[str, TextBlock] = {}
        for section in self._document.sections:
            for name in (kind, f"first_page_{kind}", f"even_page_{kind}"):
                margin = getattr(section, name)
                if margin.is_linked_to_previous:
                    continue
                boxes: list[Any] = []
                page = self.page
                lines = ["".join(self._text(p, boxes)) for p in margin._element.iter(f"{W}p")]
                self.page = page
                content = "\n".join(line.strip() for line in lines if line.strip())
                if content:
                    found.setdefault(content, TextBlock(0, kind, content, PageSpan(1, page)))
        return list(found.values())


def _captioned(blocks: list[LayoutBlock]) -> list[LayoutBlock]:
    """Return blocks with the caption before or after a table made part of it."""
    found: list[LayoutBlock] = []
    for block in blocks:
        last = found[-1] if found else None
        if isinstance(block, TableBlock) and isinstance(last, TextBlock) and last.kind == _CAPTION:
            found[-1] = _with_caption(block, last.text)
        elif (
            isinstance(block, TextBlock)
            and block.kind == _CAPTION
            and isinstance(last, TableBlock)
            and not last.caption
        ):
            found[-1] = _with_caption(last, block.text)
        else:
            found.append(block)
    return [
        TextBlock(0, "paragraph", one.text, one.pages)
        if isinstance(one, TextBlock) and one.kind == _CAPTION
        else one
        for one in found
    ]


def _with_caption(table: TableBlock, caption: str) -> TableBlock:
    return TableBlock(0, table.header_rows, table.body_rows, table.pages, caption=caption)


def _owner(row: Any) -> Any:
    """Return the table that a row is of, whatever is wrapped around the row."""
    return next(row.iterancestors(f"{W}tbl"), None)


def _row(cell: Any) -> Any:
    return next(cell.iterancestors(f"{W}tr"), None)


def _number(element: Any, default: int) -> int:
    value = element.get(f"{W}val", "") if element is not None else ""
    return min(int(value), 1000) if value.isascii() and value.isdigit() else default


def _skipped(row: Any) -> int:
    """Return how many columns a row leaves out at its start."""
    return _number(row.find(f"{W}trPr/{W}gridBefore"), 0)


def _continues(cell: Any) -> bool:
    """Tell whether a cell is the lower part of the one above it."""
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(f"{W}val", "continue") != "restart"


def _longer(one: Placed, row: int) -> Placed:
    cell = LayoutCell(one.cell.blocks, row - one.row + 1, one.cell.columns)
    return Placed(one.row, one.column, cell)


def _headers(table: Any, lines: list[Any]) -> int:
    """Return how many rows head a table: those that say so, or a first one all in bold."""
    heads = 0
    while heads < len(lines) - 1 and lines[heads].find(f"{W}trPr/{W}tblHeader") is not None:
        heads += 1
    if heads or len(lines) < 2:
        return heads
    runs = [run for run in lines[0].iter(f"{W}r") if run.find(f"{W}t") is not None]
    bold = [run.find(f"{W}rPr/{W}b") for run in runs]
    return int(
        bool(runs)
        and all(one is not None and one.get(f"{W}val") not in ("0", "false") for one in bold)
    )
