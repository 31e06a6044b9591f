"""From the characters that a document carries to lines of words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from sensorium.models.pages.ctc import ideographic
from sensorium.models.pages.orientation import Frame
from sensorium.models.tasks import Line, Point, Symbol, Word

# Distances are in em, the size of the type.
_SPACE = 0.2  # a gap from which on there is a space, whether or not the file has one
_SPACED = 2.2  # in letter-spaced text, this many times the usual gap
_NEW_LINE = 1.5  # a gap from which on the text goes on elsewhere: another cell or column
_TURN = 2.0  # degrees by which letters of a line may differ
_OFF = 0.6  # how far a character may stand above or below the line


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character of a text layer: opposite corners of its box in pixels, and how it lies.

    `angle` is the direction of its line in degrees clockwise, `em` the size of its type in pixels;
    `meant` is false for what nobody sees or what has no known meaning. One without a box is white
    space that the file does not have.
    """

    text: str
    box: tuple[float, ...] = ()
    angle: float = 0.0
    em: float = 0.0
    meant: bool = True


@dataclass(frozen=True, slots=True)
class _Letter:
    """A character in its line's own frame."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    em: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def lines(glyphs: Sequence[Glyph]) -> list[Line]:
    """Return the lines that the characters make, in the order of the content."""
    found = []
    for angle, letters in _runs(glyphs):
        frame = Frame(angle)
        if words := _words(letters, frame):
            box = _box([letter for letter in letters if letter.text != " "])
            found.append(Line(tuple(words), frame.polygon(*box), 1.0))
    return found


def _runs(glyphs: Sequence[Glyph]) -> Iterator[tuple[float, list[_Letter]]]:
    """Yield the letters and spaces of each line with its angle."""
    run: list[_Letter] = []
    angle = 0.0
    for glyph in glyphs:
        if run and _ends(run, glyph, angle):
            yield angle, run
            run = []
        if glyph.text.isspace() or not glyph.box:
            _space(run)
            continue
        if not run:
            angle = glyph.angle
        for letter in _letters(glyph, Frame(angle)):
            if run and unicodedata.combining(letter.text) and run[-1].text != " ":
                run[-1] = _marked(run[-1], letter.text)
            else:
                run.append(letter)
    if run:
        yield angle, run


def _ends(run: Sequence[_Letter], glyph: Glyph, angle: float) -> bool:
    """Tell whether a line ends before a glyph."""
    if glyph.text in "\r\n":
        return True
    if glyph.text.isspace() or not glyph.box:
        return False
    return abs(glyph.angle - angle) > _TURN or _apart(run, _letters(glyph, Frame(angle))[0])


def _space(run: list[_Letter]) -> None:
    """Note a space after the last letter, once."""
    if run and run[-1].text != " ":
        last = run[-1]
        run.append(_Letter(" ", last.right, last.top, last.right, last.bottom, last.em))


def _letters(glyph: Glyph, frame: Frame) -> list[_Letter]:
    """Return a glyph's letters: several for a ligature."""
    x0, y0, x1, y1 = glyph.box
    points = [frame.to(Point(x, y)) for x in (x0, x1) for y in (y0, y1)]
    left, right = min(p.x for p in points), max(p.x for p in points)
    top, bottom = min(p.y for p in points), max(p.y for p in points)
    text = glyph.text
    if "\ufb00" <= text <= "\ufb06":
        text = unicodedata.normalize("NFKC", text)
    step = (right - left) / len(text)
    return [
        _Letter(one, left + i * step, top, left + (i + 1) * step, bottom, glyph.em)
        for i, one in enumerate(text)
    ]


def _marked(letter: _Letter, mark: str) -> _Letter:
    text = unicodedata.normalize("NFC", letter.text + mark)
    return _Letter(text, letter.left, letter.top, letter.right, letter.bottom, letter.em)


def _apart(run: Sequence[_Letter], letter: _Letter) -> bool:
    """Tell whether a letter belongs to another line than the run before it."""
    last = next((one for one in reversed(run) if one.text != " "), None)
    if last is None:
        return False
    em = max(last.em, letter.em, 1e-6)
    top, bottom = min(one.top for one in run[-12:]), max(one.bottom for one in run[-12:])
    if not top - _OFF * em < letter.middle < bottom + _OFF * em:
        return True
    if unicodedata.bidirectional(letter.text[0]) in ("R", "AL"):
        return False
    return not -em < letter.left - last.right < _NEW_LINE * em


def _words(letters: Sequence[_Letter], frame: Frame) -> list[Word]:
    """Divide a line into words at its spaces and at gaps as wide as one."""
    drawn = [letter for letter in letters if letter.text != " "]
    if not drawn:
        return []
    _, top, _, bottom = _box(drawn)
    least = _least_space(letters)
    groups: list[tuple[list[_Letter], bool]] = []
    group: list[_Letter] = []
    for before, letter in zip([None, *letters], letters, strict=False):
        if letter.text == " ":
            if group:
                groups.append((group, True))
            group = []
            continue
        if group and before is not None:
            spaced = letter.left - before.right > least
            if spaced or ideographic(before.text) != ideographic(letter.text):
                groups.append((group, spaced))
                group = []
        group.append(letter)
    if group:
        groups.append((group, True))
    return [_word(group, space, (top, bottom), frame) for group, space in groups]


def _least_space(letters: Sequence[_Letter]) -> float:
    """Return the gap from which on two letters of a line have a space between them."""
    em = median(letter.em for letter in letters)
    gaps = [b.left - a.right for a, b in pairwise(letters) if a.text != " " and b.text != " "]
    usual = median(gaps) if gaps else 0.0
    return max(_SPACE * em, _SPACED * usual)


def _word(
    letters: Sequence[_Letter], space: bool, extent: tuple[float, float], frame: Frame
) -> Word:
    symbols = tuple(
        Symbol(one.text, frame.polygon(one.left, one.top, one.right, one.bottom), 1.0)
        for one in letters
    )
    left, _, right, _ = _box(letters)
    return Word(symbols, frame.polygon(left, extent[0], right, extent[1]), 1.0, space)


def _box(letters: Sequence[_Letter]) -> tuple[float, float, float, float]:
    return (
        min(letter.left for letter in letters),
        min(letter.top for letter in letters),
        max(letter.right for letter in letters),
        max(letter.bottom for letter in letters),
    )
