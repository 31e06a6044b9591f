"""A page set upright: its words, and its picture turned so that lines of text are level."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from sensorium.models.extraction.entity import enclosing
from sensorium.models.extraction.placed import PlacedText, PlacedWord
from sensorium.models.forms.form import Part, Span
from sensorium.models.pages.orientation import Frame
from sensorium.models.tasks.pictures import Pixels, Point, Polygon
from sensorium.models.tasks.vision import Box

Grey = NDArray[np.uint8]

_ORIGIN = Point(0.0, 0.0)
_LEVEL = 0.05  # degrees below which turning the picture would only blur it
_SAME_ROW = 0.5  # of the height: middles nearer than this stand in one row
_UNIT = 16.0  # pixels a line is high on a page without words


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a piece of one: `text` is `document.text[start:end]`, its box is upright."""

    start: int
    end: int
    text: str
    box: Box
    confidence: float

    @property
    def height(self) -> float:
        """Return the height of the box, never zero."""
        return max(self.box.bottom - self.box.top, 1e-6)

    @property
    def middle(self) -> float:
        """Return the height at which the word stands."""
        return (self.box.top + self.box.bottom) / 2

    @property
    def centre(self) -> float:
        """Return the middle from left to right."""
        return (self.box.left + self.box.right) / 2

    def cut(self, at: int) -> tuple[Token, Token]:
        """Return the pieces before and behind character `at`."""
        return self.part(0, at), self.part(at, len(self.text))

    def part(self, first: int, last: int) -> Token:
        """Return the characters from `first` to `last`, as wide as their share of the word."""
        step = (self.box.right - self.box.left) / len(self.text)
        left, right = self.box.left + first * step, self.box.left + last * step
        return replace(
            self,
            start=self.start + first,
            end=self.start + last,
            text=self.text[first:last],
            box=Box(left, self.box.top, right, self.box.bottom),
        )


@dataclass(frozen=True, slots=True)
class Canvas:
    """What forms are read from, in the frame in which text is level.

    `unit` is the usual height of a line in pixels. The upper left corner of `grey` is `corner` in
    the frame.
    """

    frame: Frame
    tokens: tuple[Token, ...]
    unit: float
    grey: Grey | None = None
    corner: Point = _ORIGIN

    def polygon(self, box: Box) -> Polygon:
        """Return an upright box as it lies on the page."""
        return self.frame.polygon(box.left, box.top, box.right, box.bottom)

    def part(self, tokens: Sequence[Token], place: Box | None = None) -> Part:
        """Return tokens as a part of the page; without any, the blank at `place`."""
        if not tokens:
            return Part((), self.polygon(place or Box(0, 0, 0, 0)), 1.0)
        ordered = [token for row in rows(tokens) for token in row]
        box = enclosing([token.box for token in ordered])
        share = sum(token.confidence for token in ordered) / len(ordered)
        return Part(tuple(_spans(ordered)), self.polygon(box), round(share, 4))


def canvas(document: PlacedText, page: int, pixels: Pixels | None) -> Canvas:
    """Return a page upright, as its words tell."""
    words = [
        word
        for word in document.words
        if word.page == page and document.text[word.start : word.end].strip()
    ]
    frame = Frame(_angle(words))
    tokens = tuple(_token(document.text, word, frame) for word in words)
    unit = median([token.height for token in tokens]) if tokens else _UNIT
    if pixels is None:
        return Canvas(frame, tokens, unit)
    grey, corner = _turned(pixels, frame)
    return Canvas(frame, tokens, unit, grey, corner)


def rows(tokens: Iterable[Token]) -> list[list[Token]]:
    """Return tokens by row from top to bottom, each row from left to right."""
    found: list[list[Token]] = []
    middle = height = 0.0
    for token in sorted(tokens, key=lambda token: token.middle):
        if found and token.middle - middle < _SAME_ROW * min(height, token.height):
            members = found[-1]
            members.append(token)
            middle += (token.middle - middle) / len(members)
            height += (token.height - height) / len(members)
        else:
            found.append([token])
            middle, height = token.middle, token.height
    return [sorted(row, key=lambda token: token.box.left) for row in found]


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    """Yield the spans that tokens cover in the order of the text; neighbours are joined."""
    start = end = -1
    for token in sorted(tokens, key=lambda token: token.start):
        if start >= 0 and token.start - end <= 1:
            end = max(end, token.end)
            continue
        if start >= 0:
            yield start, end
        start, end = token.start, token.end
    if start >= 0:
        yield start, end


def _angle(words: Sequence[PlacedWord]) -> float:
    """Return the direction of the text in degrees: the median, by width, around the usual one."""
    edges = []
    for word in words:
        a, b = word.polygon[0], word.polygon[1]
        width = math.hypot(b.x - a.x, b.y - a.y)
        if width > 0 and word.end - word.start > 1:
            edges.append((math.atan2(b.y - a.y, b.x - a.x), width))
    if not edges:
        return 0.0
    mean = math.atan2(
        sum(width * math.sin(angle) for angle, width in edges),
        sum(width * math.cos(angle) for angle, width in edges),
    )
    apart = sorted(((angle - mean + math.pi) % math.tau - math.pi, w) for angle, w in edges)
    half, seen = sum(width for _, width in apart) / 2, 0.0
    for angle, width in apart:
        seen += width
        if seen >= half:
            return math.degrees(mean + angle)
    return math.degrees(mean)


def _token(text: str, word: PlacedWord, frame: Frame) -> Token:
    points = [frame.to(point) for point in word.polygon]
    xs, ys = [point.x for point in points], [point.y for point in points]
    box = Box(min(xs), min(ys), max(xs), max(ys))
    return Token(word.start, word.end, text[word.start : word.end], box, word.confidence)


def _turned(pixels: Pixels, frame: Frame) -> tuple[Grey, Point]:
    """Return the picture in grey, turned into the frame, and where its corner is there."""
    import cv2

    grey: Grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY))
    if abs(frame.angle) < _LEVEL:
        return grey, _ORIGIN
    height, width = grey.shape
    corners = [frame.to(Point(x, y)) for x in (0, width) for y in (0, height)]
    left, top = min(c.x for c in corners), min(c.y for c in corners)
    right, bottom = max(c.x for c in corners), max(c.y for c in corners)
    c, s = math.cos(math.radians(frame.angle)), math.sin(math.radians(frame.angle))
    turn = np.array([[c, s, -left], [-s, c, -top]])
    size = (math.ceil(right - left), math.ceil(bottom - top))
    upright = cv2.warpAffine(grey, turn, size, flags=cv2.INTER_LINEAR, borderValue=255)
    return np.asarray(upright, dtype=np.uint8), Point(left, top)
