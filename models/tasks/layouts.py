"""A document as a tree of blocks: headings with what stands under them, lists, tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from sensorium.models.tasks.pictures import Polygon

ListKind = Literal["ordered", "unordered"]


@dataclass(frozen=True, slots=True)
class PageSpan:
    """The first and the last page of something, counted from 1; slides and sheets are pages."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph, or a heading with the `blocks` under it.

    `kind` is `title`, `heading-1` to `heading-6`, `paragraph`, `header` or `footer`: the names that
    Google's layout parser uses. `id` counts the blocks of a document from 1 in reading order,
    those in cells and list entries too. `polygon` is in pixels of the first page of `pages`; empty
    where the format has no geometry.
    """

    id: int
    kind: str
    text: str
    pages: PageSpan
    polygon: Polygon = ()
    blocks: tuple[LayoutBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class LayoutCell:
    """A cell of a table; `rows` and `columns` are how many of each it spans."""

    blocks: tuple[LayoutBlock, ...]
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table: rows of cells from left to right, a cell in the row in which it starts."""

    id: int
    header_rows: tuple[tuple[LayoutCell, ...], ...]
    body_rows: tuple[tuple[LayoutCell, ...], ...]
    pages: PageSpan
    polygon: Polygon = ()
    caption: str = ""


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A list; an entry is its text and whatever stands under it, such as another list."""

    id: int
    kind: ListKind
    entries: tuple[tuple[LayoutBlock, ...], ...]
    pages: PageSpan
    polygon: Polygon = ()


LayoutBlock = TextBlock | TableBlock | ListBlock


@dataclass(frozen=True, slots=True)
class Layout:
    """A document in reading order, and how many pages it has."""

    blocks: tuple[LayoutBlock, ...]
    pages: int


class LayoutReader(Protocol):
    """Read files that carry their structure (DOCX, PPTX, XLSX)."""

    def layout(self, content: bytes) -> Layout:
        """Return the document; InvalidArgument when it is none or cannot be opened."""
        ...
