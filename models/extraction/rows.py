"""Rows and segments: words that stand on one line, cut where the gap tells of another column."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from sensorium.models.extraction.entity import Entity, Normalized, enclosing
from sensorium.models.extraction.placed import PlacedText, PlacedWord
from sensorium.models.tasks.vision import Box

# In heights of the text.
_GAP = 1.1  # a wider gap divides segments
_SAME_ROW = 0.5  # middles nearer than this stand in one row


@dataclass(frozen=True, slots=True)
class Word:
    """A word, its text, and its box on the page set upright; `outer` is its box as scanned."""

    text: str
    placed: PlacedWord
    box: Box
    outer: Box

    @property
    def height(self) -> float:
        """Return the height of the box, never zero."""
        return max(self.box.bottom - self.box.top, 1e-6)

    @property
    def middle(self) -> float:
        """Return the height at which the word stands."""
        return (self.box.top + self.box.bottom) / 2


@dataclass(eq=False, slots=True)
class Segment:
    """Words of one row that belong together; `text` is theirs, joined by single spaces."""

    words: tuple[Word, ...]
    row: Row
    text: str = field(init=False)
    box: Box = field(init=False)
    _starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.text = " ".join(word.text for word in self.words)
        self.box = enclosing([word.box for word in self.words])
        self._starts = []
        at = 0
        for word in self.words:
            self._starts.append(at)
            at += len(word.text) + 1

    @property
    def height(self) -> float:
        """Return the height of its tallest word, which a skewed box does not blow up."""
        return max(word.height for word in self.words)

    @property
    def page(self) -> int:
        """Return its page, from 0."""
        return self.words[0].placed.page

    def part(self, start: int = 0, end: int | None = None) -> Part:
        """Return a stretch of the text, without the white around it."""
        end = len(self.text) if end is None else end
        piece = self.text[start:end]
        start += len(piece) - len(piece.lstrip())
        return Part(self, start, max(start, end - (len(piece) - len(piece.rstrip()))))

    def covered(self, start: int, end: int) -> Iterator[tuple[Word, int, int]]:
        """Yield the words under a stretch, and which of their characters it takes."""
        for word, at in zip(self.words, self._starts, strict=True):
            first, last = max(start - at, 0), min(end - at, len(word.text))
            if first < last:
                yield word, first, last


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a segment's text."""

    segment: Segment
    start: int
    end: int

    @property
    def text(self) -> str:
        """Return its characters."""
        return self.segment.text[self.start : self.end]

    @property
    def box(self) -> Box:
        """Return the box of its words on the page set upright."""
        words = [word.box for word, _, _ in self.segment.covered(self.start, self.end)]
        return enclosing(words) if words else self.segment.box


@dataclass(eq=False, slots=True)
class Row:
    """Segments from left to right on one line of a page."""

    page: int
    index: int
    segments: list[Segment] = field(default_factory=list)

    @property
    def top(self) -> float:
        """Return where its highest segment starts."""
        return min(segment.box.top for segment in self.segments)

    @property
    def bottom(self) -> float:
        """Return where its lowest segment ends."""
        return max(segment.box.bottom for segment in self.segments)


def rows(document: PlacedText) -> list[Row]:
    """Return the rows of a document from top to bottom, page after page.

    Each page is turned upright first, by the median angle of its words' upper edges: a scan may be
    askew. Takes n log n time.
    """
    pages: dict[int, list[PlacedWord]] = {}
    for word in document.words:
        pages.setdefault(word.page, []).append(word)
    found: list[Row] = []
    for page in sorted(pages):
        words = _upright(document.text, pages[page])
        for members in _clustered(words):
            row = Row(page, len(found))
            row.segments.extend(Segment(tuple(part), row) for part in _cut(members))
            found.append(row)
    return found


def _upright(text: str, words: Sequence[PlacedWord]) -> list[Word]:
    """Return the words of a page with boxes in the frame in which lines are level."""
    angles = [
        math.atan2(word.polygon[1].y - word.polygon[0].y, word.polygon[1].x - word.polygon[0].x)
        for word in words
        if word.end - word.start > 1 and len(word.polygon) >= 2
    ]
    angle = median(angles) if angles else 0.0
    cos, sin = math.cos(angle), math.sin(angle)
    found = []
    for word in words:
        outer = _box([(p.x, p.y) for p in word.polygon])
        box = _box([(p.x * cos + p.y * sin, p.y * cos - p.x * sin) for p in word.polygon])
        piece = text[word.start : word.end]
        if piece.strip():
            found.append(Word(piece, word, box, outer))
    return found


def _box(points: Sequence[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _clustered(words: Sequence[Word]) -> list[list[Word]]:
    """Return the words by row: each joins the last row if its middle is near that row's."""
    found: list[list[Word]] = []
    middle = height = 0.0
    for word in sorted(words, key=lambda word: word.middle):
        if found and word.middle - middle < _SAME_ROW * min(height, word.height):
            members = found[-1]
            members.append(word)
            middle += (word.middle - middle) / len(members)
            height += (word.height - height) / len(members)
        else:
            found.append([word])
            middle, height = word.middle, word.height
    return found


def _cut(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Yield the words of a row in segments, from left to right."""
    ordered = sorted(words, key=lambda word: word.box.left)
    part: list[Word] = []
    for word in ordered:
        if part and word.box.left - part[-1].box.right > _GAP * min(part[-1].height, word.height):
            yield part
            part = []
        part.append(word)
    if part:
        yield part


def entity(
    kind: str,
    parts: Sequence[Part],
    confidence: float,
    normalized: Normalized | None = None,
    properties: tuple[Entity, ...] = (),
) -> Entity:
    """Return an entity that covers parts of segments.

    The reader's own confidence in the words lowers that of the entity.
    """
    covered = [hit for part in parts for hit in part.segment.covered(part.start, part.end)]
    spans = sorted(
        (word.placed.start + first, word.placed.start + last) for word, first, last in covered
    )
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start - joined[-1][1] <= 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    read = min(word.placed.confidence for word, _, _ in covered)
    return Entity(
        type=kind,
        mention_text="\n".join(part.text for part in parts),
        spans=tuple(joined),
        page=parts[0].segment.page,
        box=enclosing([word.outer for word, _, _ in covered]),
        confidence=round(confidence * (0.5 + 0.5 * read), 4),
        normalized=normalized,
        properties=properties,
    )
