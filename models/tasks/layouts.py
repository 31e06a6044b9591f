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

    `kind` is `heading-1` to `heading-5`, `subtitle`, `paragraph`, `header` or `footer`: the names
    that Google's layout parser uses. `id` counts the blocks of a document from 1 in reading order,
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


class WordReader(Protocol):
    """Read text documents that carry their structure (DOCX)."""

    def word(self, content: bytes) -> Layout:
        """Return the document; InvalidArgument when it is none or cannot be opened."""
        ...


class SlideReader(Protocol):
    """Read presentations (PPTX)."""

    def slides(self, content: bytes) -> Layout:
        """Return the slides, a page each; InvalidArgument when it cannot be opened."""
        ...


class WorkbookReader(Protocol):
    """Read workbooks (XLSX)."""

    def workbook(self, content: bytes) -> Layout:
        """Return the visible sheets, a page each; InvalidArgument when it cannot be opened."""
        ...


class MarkupReader(Protocol):
    """Read documents whose structure is written into their text."""

    def html(self, content: bytes) -> Layout:
        """Return an HTML document, which is one page; any bytes are accepted."""
        ...

    def markdown(self, content: bytes) -> Layout:
        """Return a Markdown document, which is one page; any bytes are accepted."""
        ...
