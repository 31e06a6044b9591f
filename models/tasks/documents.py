"""What documents are made of besides text: regions, tables, barcodes, and fields read by models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sensorium.models.tasks.pictures import Pixels, Polygon
from sensorium.models.tasks.vision import Box

RegionKind = Literal[
    "text", "title", "header", "footer", "figure", "caption", "table", "list", "equation"
]


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page: what it is, how sure, and where in pixels."""

    kind: RegionKind
    confidence: float
    box: Box


class LayoutDetector(Protocol):
    """Tell the parts that pages are made of."""

    def regions(self, images: Sequence[Pixels]) -> list[list[Region]]:
        """Return the regions of each page, from top to bottom."""
        ...


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of a table: its place in the grid, its spans, whether it heads, and where it is."""

    row: int
    column: int
    rows: int
    columns: int
    heading: bool
    box: Box


class TableRecognizer(Protocol):
    """Tell the grid of tables."""

    def cells(self, images: Sequence[Pixels]) -> list[list[TableCell]]:
        """Return the cells of the table that each picture shows, row by row."""
        ...


@dataclass(frozen=True, slots=True)
class Barcode:
    """A barcode: its format as zxing names it, its text, its bytes and its corners in pixels."""

    format: str
    text: str
    raw: bytes
    polygon: Polygon


class BarcodeReader(Protocol):
    """Read barcodes."""

    def barcodes(self, images: Sequence[Pixels]) -> list[list[Barcode]]:
        """Return the barcodes of each picture."""
        ...


@dataclass(frozen=True, slots=True)
class ReadField:
    """A field that a document model read: its name as a path (`menu.0.price`) and its text."""

    name: str
    text: str
    confidence: float


class FieldReader(Protocol):
    """Read the fields of a page from its picture alone (Donut and its kin)."""

    def fields(self, images: Sequence[Pixels]) -> list[list[ReadField]]:
        """Return the fields of each page in the order of the model's answer."""
        ...


OfficeKind = Literal["DOCX", "PPTX", "XLSX"]
Runs = tuple[str, ...]


class DocumentRewriter(Protocol):
    """Put other text into office files and leave everything else in them as it is."""

    def paragraphs(self, content: bytes, kind: OfficeKind) -> tuple[Runs, ...]:
        """Return the paragraphs that have text, each in runs of one look.

        Raises InvalidArgument for what is no such file or cannot be opened.
        """
        ...

    def rewritten(
        self, content: bytes, kind: OfficeKind, paragraphs: Sequence[Sequence[str]]
    ) -> bytes:
        """Return the file with other paragraphs of as many runs in place of its own."""
        ...


class PageRewriter(Protocol):
    """Put other text into documents whose pages are set already (PDF), in the place of their own.

    What is drawn, and text that is part of a picture, stays.
    """

    def paragraphs(self, content: bytes) -> tuple[str, ...]:
        """Return the paragraphs of all pages, each as one line.

        Raises InvalidArgument for what is no such file or cannot be opened.
        """
        ...

    def rewritten(self, content: bytes, texts: Sequence[str], font: bytes) -> bytes:
        """Return the file with other paragraphs in place of its own.

        `font` is a TrueType file for letters beyond those of Western Europe; empty for none. Raises
        FailedPrecondition for what no font can set.
        """
        ...
