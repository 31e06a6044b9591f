"""Text in pictures and pages: what reads it, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # height x width x 3, RGB


@dataclass(frozen=True, slots=True)
class Point:
    """A place in an image: pixels from the top left corner."""

    x: float
    y: float


Polygon = tuple[Point, ...]  # clockwise in reading direction, from the text's own top left


@dataclass(frozen=True, slots=True)
class Symbol:
    """One character as drawn."""

    text: str
    polygon: Polygon
    confidence: float


@dataclass(frozen=True, slots=True)
class Word:
    """Symbols without a space between them; `space` tells whether one follows on the line."""

    symbols: tuple[Symbol, ...]
    polygon: Polygon
    confidence: float
    space: bool = True

    @property
    def text(self) -> str:
        """Return the characters joined."""
        return "".join(symbol.text for symbol in self.symbols)


@dataclass(frozen=True, slots=True)
class Line:
    """Words that are read one after the other on one baseline."""

    words: tuple[Word, ...]
    polygon: Polygon
    confidence: float


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that continue each other."""

    lines: tuple[Line, ...]
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Block:
    """Paragraphs that stand together, such as a column or a caption."""

    paragraphs: tuple[Paragraph, ...]
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Page:
    """One page in reading order; sizes in the unit of its polygons (pixels, or points of a PDF)."""

    width: float
    height: float
    blocks: tuple[Block, ...]


class TextReader(Protocol):
    """Read the text in pictures (OCR)."""

    def read(self, images: Sequence[Pixels]) -> list[list[Line]]:
        """Return the lines of each picture, in no particular order."""
        ...


class ImageReader(Protocol):
    """Open picture files."""

    def frames(self, content: bytes, max_pixels: int, pages: Sequence[int] = ()) -> list[Pixels]:
        """Return the frames of a picture file upright, as its EXIF orientation says.

        `pages` picks frames of a TIFF or GIF, counted from 1, negative from the end; empty means
        the first. Raises InvalidArgument when the file is none, is truncated, or has a frame of
        more than `max_pixels`; OutOfRange for a frame that is not there.
        """
        ...

    def count(self, content: bytes) -> int:
        """Return the number of frames."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """A level or upright line drawn on a page, from one end to the other, in pixels.

    The four sides of a rectangle are four rules; a line as thick as a letter is none.
    """

    start: Point
    end: Point


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page of a document: its picture, and its own text where the file carries one.

    `lines` are in pixels of `image`; None means that the page has no text layer. `rules` are those
    that the file draws as vectors, in pixels too; a scan has none.
    """

    image: Pixels
    lines: tuple[Line, ...] | None
    rules: tuple[Rule, ...] = ()


class DocumentReader(Protocol):
    """Open paged documents (PDF)."""

    def count(self, content: bytes) -> int:
        """Return the number of pages; InvalidArgument when the document cannot be opened."""
        ...

    def page(self, content: bytes, number: int, dpi: int) -> DocumentPage:
        """Return page `number`, counted from 1, rendered at `dpi`."""
        ...
