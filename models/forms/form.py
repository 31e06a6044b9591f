"""What a form is made of: named fields, checkboxes, tables."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.models.tasks.pictures import Polygon

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """Text of a page and its place.

    `spans` are offsets into the document's text, in order, without white space at their ends;
    none where nothing is written. `polygon` is in the unit of the words' polygons, clockwise from
    the text's own top left. `confidence` is 0..1.
    """

    spans: tuple[Span, ...]
    polygon: Polygon
    confidence: float

    def text(self, document: str) -> str:
        """Return what the spans cut from the document's text, joined by line breaks."""
        return "\n".join(document[start:end] for start, end in self.spans)


@dataclass(frozen=True, slots=True)
class Field:
    """A name and what is filled in for it; an empty `value` has no spans and the blank's place.

    The name keeps its colon.
    """

    name: Part
    value: Part
    confidence: float


@dataclass(frozen=True, slots=True)
class Checkbox:
    """A square or circle to tick, whether somebody did, and its caption where it has one."""

    filled: bool
    polygon: Polygon
    confidence: float
    caption: Part | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: its text, the row and column where it starts, and how many it spans."""

    part: Part
    row: int
    column: int
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its rows from top to bottom, each the cells that start in it from left to right.

    The first `headers` rows name the columns. `ruled` tells whether lines were drawn around its
    cells.
    """

    rows: tuple[tuple[Cell, ...], ...]
    headers: int
    polygon: Polygon
    confidence: float
    ruled: bool

    @property
    def columns(self) -> int:
        """Return the number of columns."""
        return max((cell.column + cell.columns for row in self.rows for cell in row), default=0)


@dataclass(frozen=True, slots=True)
class Form:
    """Everything found on a page, each from top to bottom."""

    fields: tuple[Field, ...]
    checkboxes: tuple[Checkbox, ...]
    tables: tuple[Table, ...]
