"""From the elements of an HTML document to blocks.

Elements are those of any library with the interface of `xml.etree` (`tag`, `text`, `tail`,
children). What browsers hide is left out, white space collapses as in a browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sensorium.models.html import BLOCKS, HIDDEN
from sensorium.models.layouts import tree
from sensorium.models.layouts.grid import Placed, rows
from sensorium.models.tasks.layouts import (
    LayoutBlock,
    LayoutCell,
    ListBlock,
    ListKind,
    PageSpan,
    TableBlock,
    TextBlock,
)

_PAGE = PageSpan(1, 1)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS: dict[str, ListKind] = {
    "ul": "unordered",
    "menu": "unordered",
    "dir": "unordered",
    "ol": "ordered",
}
_MARGINS = ("header", "footer")
_INNER = frozenset(("article", "main", "section", "aside", "nav", "blockquote", "td", "li"))
_NOT_SHOWN = HIDDEN | {"head", "title", "datalist", "select", "svg", "math", "object"}
_SPACE = re.compile(r"[ \t\n\r\f]+")
_MOST_SPAN = 1000  # columns or rows that a cell may span (HTML standard, 4.9.11)


def blocks(*roots: Any) -> tuple[LayoutBlock, ...]:
    """Return the blocks of elements, those after a heading under it."""
    walker = _Walker()
    for root in roots:
        walker.inside(root)
    return walker.finished()


@dataclass(slots=True)
class _Walker:
    """Goes through elements in order: text gathers until a block ends."""

    inner: bool = False  # within a part of the page, whose header is not the page's
    found: list[LayoutBlock] = field(default_factory=list)
    gathered: list[str] = field(default_factory=list)

    def finished(self) -> tuple[LayoutBlock, ...]:
        """Return what was found."""
        self.end()
        return tree.nested(self.found)

    def end(self, kind: str = "paragraph") -> None:
        """Make a block of the text that has gathered, if there is any."""
        lines = (line.rstrip() for line in "".join(self.gathered).split("\n"))
        content = "\n".join(lines).strip("\n")
        self.gathered.clear()
        if content:
            self.found.append(TextBlock(0, kind, content, _PAGE))

    def inside(self, element: Any, preformatted: bool = False) -> None:
        """Go through what an element holds."""
        self.write(element.text, preformatted)
        for child in element:
            if isinstance(child.tag, str) and not _is_hidden(child):
                self.at(child, preformatted)
            self.write(child.tail, preformatted)

    def write(self, content: str | None, preformatted: bool) -> None:
        """Gather text."""
        if not content:
            return
        if not preformatted:
            content = _SPACE.sub(" ", content)
            if content[0] == " " and (not self.gathered or self.gathered[-1][-1:] in (" ", "\n")):
                content = content[1:]
        if content:
            self.gathered.append(content)

    def at(self, element: Any, preformatted: bool) -> None:
        """Act on an element."""
        tag = element.tag
        if tag == "br":
            self.gathered.append("\n")
        elif tag in _HEADINGS:
            self.as_text(element, tree.heading(_HEADINGS[tag]))
        elif tag in _MARGINS and not self.inner and not _has_heading(element):
            self.as_text(element, tag)
        elif tag in _LISTS or tag == "dl":
            self.end()
            made = _definitions(element) if tag == "dl" else _list(element, _LISTS[tag])
            self.found += [made] if made.entries else []
        elif tag == "table":
            self.end()
            self.found += _table(element)
        elif tag in BLOCKS:
            self.end()
            outside, self.inner = self.inner, self.inner or tag in _INNER
            self.inside(element, preformatted or tag in ("pre", "textarea"))
            self.inner = outside
            self.end()
        else:
            self.inside(element, preformatted)

    def as_text(self, element: Any, kind: str) -> None:
        """Make one block of all the text in an element."""
        self.end()
        within = _Walker(inner=True)
        within.inside(element)
        within.end()
        texts = [one.text for one in tree.leaves(within.found) if isinstance(one, TextBlock)]
        self.gathered.append("\n".join(texts) if kind in _MARGINS else " ".join(texts))
        self.end(kind)


def _within(element: Any) -> tuple[LayoutBlock, ...]:
    """Return the blocks in a cell or an entry."""
    walker = _Walker(inner=True)
    walker.inside(element)
    return walker.finished()


def _is_hidden(element: Any) -> bool:
    style = element.get("style", "").replace(" ", "").lower()
    return element.tag in _NOT_SHOWN or element.get("hidden") is not None or "display:none" in style


def _has_heading(element: Any) -> bool:
    return any(one.tag in _HEADINGS for one in element.iter())


def _shown(elements: Iterable[Any]) -> Iterator[Any]:
    """Yield the elements that a browser shows."""
    return (one for one in elements if isinstance(one.tag, str) and not _is_hidden(one))


def _list(element: Any, kind: ListKind) -> ListBlock:
    """Return a list; a list right within a list belongs to the entry before it."""
    entries: list[tuple[LayoutBlock, ...]] = []
    for child in _shown(element):
        if child.tag in _LISTS and entries:
            entries[-1] = (*entries[-1], _list(child, _LISTS[child.tag]))
        elif held := _within(child):
            entries.append(held)
    return ListBlock(0, kind, tuple(entries), _PAGE)


def _definitions(element: Any) -> ListBlock:
    """Return a list of terms, each with what defines it."""
    entries: list[tuple[LayoutBlock, ...]] = []
    for child in _shown(element.iter("dt", "dd")):
        held = _within(child)
        if child.tag == "dt" or not entries:
            entries.append(held)
        else:
            entries[-1] = (*entries[-1], *held)
    return ListBlock(0, "unordered", tuple(one for one in entries if one), _PAGE)


def _table(element: Any) -> list[LayoutBlock]:
    """Return a table; one of a single cell, or none, is only what is in it."""
    lines, heads, caption = _rows(element)
    placed: list[Placed] = []
    for number, line in enumerate(lines):
        for cell in line:
            spans = _spans(cell, "rowspan"), _spans(cell, "colspan")
            placed.append(Placed(number, -1, LayoutCell(_within(cell), *spans)))
    if len(placed) < 2:
        return [block for one in placed for block in one.cell.blocks]
    made = rows(placed, len(lines))
    return [TableBlock(0, made[:heads], made[heads:], _PAGE, caption=caption)]


def _rows(table: Any) -> tuple[list[list[Any]], int, str]:
    """Return the cells of a table's rows, how many rows head it, and its caption."""
    head: list[list[Any]] = []
    body: list[list[Any]] = []
    foot: list[list[Any]] = []
    caption = ""
    for child in _shown(table):
        if child.tag == "caption":
            caption = " ".join(b.text for b in _within(child) if isinstance(b, TextBlock))
        elif child.tag == "tr":
            body.append(_cells(child))
        elif child.tag in ("thead", "tbody", "tfoot"):
            into = {"thead": head, "tbody": body, "tfoot": foot}[child.tag]
            into += [_cells(row) for row in _shown(child) if row.tag == "tr"]
    lines = [line for line in (*head, *body, *foot) if line]
    heads = len([line for line in head if line])
    if not heads:
        while heads < len(lines) - 1 and all(cell.tag == "th" for cell in lines[heads]):
            heads += 1
    return lines, heads, caption


def _cells(row: Any) -> list[Any]:
    return [cell for cell in _shown(row) if cell.tag in ("td", "th")]


def _spans(cell: Any, name: str) -> int:
    given = cell.get(name, "1").strip()[:6]
    return min(max(int(given), 1), _MOST_SPAN) if given.isascii() and given.isdigit() else 1
