"""From the frames of a CTC recogniser to words and symbols with their places on the line."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks import Line, Point, Polygon, Symbol, Word

# The recogniser drops a space where words stand close. A gap between letters is taken for one when
# it is as wide as the line's usual space, or this many line heights; and never in widely set or
# handwritten lines, where it must be this many times the gap of most letters.
_OF_THE_HEIGHT = 0.9
_OF_LETTERS = 3.0
_MOST = 80  # per cent


@dataclass(frozen=True, slots=True)
class Glyph:
    """A decoded character; `start` and `end` are parts of the line's width, 0 to 1."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where a line lies: its top left corner, and its width and height as vectors in pixels."""

    origin: tuple[float, float]
    along: tuple[float, float]
    down: tuple[float, float]

    def polygon(self, start: float, end: float) -> Polygon:
        """Return the part of the line between two shares of its width, clockwise."""
        (x, y), (ax, ay), (dx, dy) = self.origin, self.along, self.down
        return (
            Point(x + ax * start, y + ay * start),
            Point(x + ax * end, y + ay * end),
            Point(x + ax * end + dx, y + ay * end + dy),
            Point(x + ax * start + dx, y + ay * start + dy),
        )

    def turned(self) -> Baseline:
        """Return the same place read the other way up."""
        (x, y), (ax, ay), (dx, dy) = self.origin, self.along, self.down
        return Baseline((x + ax + dx, y + ay + dy), (-ax, -ay), (-dx, -dy))

    def between(self, top: float, bottom: float) -> Baseline:
        """Return the part between two shares of the height."""
        (x, y), (dx, dy) = self.origin, self.down
        height = bottom - top
        return Baseline((x + dx * top, y + dy * top), self.along, (dx * height, dy * height))

    @property
    def aspect(self) -> float:
        """Return the width as a multiple of the height."""
        return float(np.hypot(*self.along) / max(np.hypot(*self.down), 1e-6))


def decode(
    best: NDArray[np.int64], scores: NDArray[np.float32], alphabet: list[str], used: float = 1.0
) -> list[Glyph]:
    """Return the characters of one line by greedy CTC decoding (Graves et al. 2006).

    `best` and `scores` hold the likeliest class of each frame and its probability; class 0 is the
    blank. `used` is the share of the frames that lies on the line, the rest being padding.
    """
    changes = np.flatnonzero(np.diff(best)) + 1
    starts = np.concatenate(([0], changes))
    ends = np.concatenate((changes, [len(best)]))
    width = len(best) * used
    return [
        Glyph(
            alphabet[int(best[start])],
            min(float(start) / width, 1.0),
            min(float(end) / width, 1.0),
            float(scores[start:end].max()),
        )
        for start, end in zip(starts, ends, strict=True)
        if best[start] != 0
    ]


def confidence(glyphs: list[Glyph]) -> float:
    """Return the mean confidence of the characters; 0 where there are none."""
    return sum(glyph.confidence for glyph in glyphs) / len(glyphs) if glyphs else 0.0


def line(glyphs: list[Glyph], baseline: Baseline, ink: NDArray[np.bool_]) -> Line | None:
    """Return the line that the characters make, or None when all of them are blank.

    `ink` tells for each column of the line's picture whether anything is drawn there: letters end
    at the gaps, and a gap as wide as a space is one.
    """
    letters = [glyph for glyph in glyphs if not glyph.text.isspace()]
    if not letters:
        return None
    gaps = [_gap(a, b, ink) for a, b in pairwise(letters)]
    spaces = _spaces(glyphs, letters, gaps, baseline.aspect)
    first, last = _ends(letters, ink)
    starts = [first, *(end for _, end in gaps)]
    ends = [*(start for start, _ in gaps), last]
    symbols = [
        Symbol(letter.text, baseline.polygon(start, end), letter.confidence)
        for letter, start, end in zip(letters, starts, ends, strict=True)
    ]
    words, at = [], 0
    for i, letter in enumerate(letters):
        stop = i + 1 == len(letters)
        if stop or spaces[i] or ideographic(letter.text) != ideographic(letters[i + 1].text):
            words.append(
                Word(
                    tuple(symbols[at : i + 1]),
                    baseline.polygon(starts[at], ends[i]),
                    confidence(letters[at : i + 1]),
                    stop or spaces[i],
                )
            )
            at = i + 1
    return Line(tuple(words), baseline.polygon(first, last), confidence(letters))


def _gap(left: Glyph, right: Glyph, ink: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the widest blank stretch between two letters; empty, halfway, where they touch."""
    width = len(ink)
    start, stop = int(_centre(left) * width), int(_centre(right) * width)
    edges = np.flatnonzero(np.diff(np.concatenate(([1], ink[start:stop], [1]))))
    if len(edges) < 2:
        return ((start + stop) / 2 / width,) * 2
    opens, closes = edges[::2], edges[1::2]
    widest = int(np.argmax(closes - opens))
    return (start + int(opens[widest])) / width, (start + int(closes[widest])) / width


def _spaces(
    glyphs: list[Glyph], letters: list[Glyph], gaps: list[tuple[float, float]], aspect: float
) -> list[bool]:
    """Tell for each gap between letters whether it is a space."""
    spaces: list[bool] = []
    for before, glyph in zip([None, *glyphs], glyphs, strict=False):
        if not glyph.text.isspace():
            spaces.append(before is not None and before.text.isspace())
    spaces = spaces[1:]
    widths = [end - start for start, end in gaps]
    known = [width for width, space in zip(widths, spaces, strict=True) if space]
    least = _OF_THE_HEIGHT / aspect
    close = [w for w, space in zip(widths, spaces, strict=True) if not space and w < least]
    if len(known) > 1:
        least = min(least, median(known))
    if close:
        least = max(least, _OF_LETTERS * float(np.percentile(close, _MOST)), 1e-3)
    return [
        space or (width >= least and not (ideographic(a.text) or ideographic(b.text)))
        for space, width, a, b in zip(spaces, widths, letters, letters[1:], strict=False)
    ]


def _ends(letters: list[Glyph], ink: NDArray[np.bool_]) -> tuple[float, float]:
    """Return where the first letter begins and the last one ends."""
    width = len(ink)
    left = np.flatnonzero(ink[: int(_centre(letters[0]) * width) + 1])
    start = int(_centre(letters[-1]) * width)
    right = np.flatnonzero(ink[start:])
    return (
        float(left[0]) / width if len(left) else letters[0].start,
        (start + float(right[-1]) + 1) / width if len(right) else letters[-1].end,
    )


def _centre(glyph: Glyph) -> float:
    return (glyph.start + glyph.end) / 2


def ideographic(character: str) -> bool:
    """Tell whether a character belongs to a script that is written without spaces."""
    name = unicodedata.name(character[0], "")
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR"))
