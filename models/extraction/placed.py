"""The input of extraction: a text, and where on its pages each of its words stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sensorium.models.tasks.pictures import Line, Page, Polygon


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word: `text[start:end]` of its document, on `page` (from 0), in that page's pixels.

    `confidence` is the reader's, 0..1.
    """

    start: int
    end: int
    page: int
    polygon: Polygon
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A document's text and its words in reading order, as `Document.text` and its tokens."""

    text: str
    words: tuple[PlacedWord, ...]

    @property
    def pages(self) -> int:
        """Return the number of pages that have words or stand before one that has."""
        return max((word.page for word in self.words), default=-1) + 1


def placed(pages: Sequence[Page]) -> PlacedText:
    """Return pages in reading order as one text: a line break behind each line."""
    pieces: list[str] = []
    words: list[PlacedWord] = []
    length = 0
    for number, page in enumerate(pages):
        for line in _lines(page):
            last = len(line.words) - 1
            for index, word in enumerate(line.words):
                piece = word.text
                end = length + len(piece)
                words.append(PlacedWord(length, end, number, word.polygon, word.confidence))
                piece += "\n" if index == last else " " if word.space else ""
                pieces.append(piece)
                length += len(piece)
    return PlacedText("".join(pieces), tuple(words))


def _lines(page: Page) -> Iterator[Line]:
    for block in page.blocks:
        for paragraph in block.paragraphs:
            yield from paragraph.lines
