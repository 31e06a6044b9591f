"""Phrases: words of a row that belong together, cut where names end and blanks start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from sensorium.models.extraction.entity import enclosing
from sensorium.models.forms.blanks import beneath, stands
from sensorium.models.forms.canvas import Token, rows
from sensorium.models.forms.strokes import Stroke
from sensorium.models.tasks.vision import Box

_GAP = 1.0  # heights of a line: a wider gap divides phrases
_COLONS = (":", "：")
_OFF = 3  # characters by which a place in a word is uncertain
_LONGEST = 14  # words of a name


@dataclass(frozen=True, eq=False, slots=True)
class Phrase:
    """Words of one row; `blank` is what they stand on, `zone` the cell that they are in."""

    tokens: tuple[Token, ...]
    row: int
    zone: int
    blank: Stroke | None
    box: Box = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "box", enclosing([token.box for token in self.tokens]))

    @property
    def is_name(self) -> bool:
        """Tell whether it ends in a colon, with letters before."""
        if len(self.tokens) > _LONGEST or not self.tokens[-1].text.endswith(_COLONS):
            return False
        return any(character.isalpha() for token in self.tokens for character in token.text)

    @property
    def middle(self) -> float:
        """Return the height at which it stands."""
        return (self.box.top + self.box.bottom) / 2


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What phrases are cut by: blanks, boxes of marks, and a zone for each word that is in one."""

    blanks: Sequence[Stroke]
    marks: Sequence[Box]
    zones: dict[int, int]
    unit: float


def phrases(tokens: Iterable[Token], around: Surroundings) -> list[list[Phrase]]:
    """Return the phrases row by row, each row from left to right."""
    tokens = [piece for token in tokens for piece in _at_colons(token)]
    found: list[list[Phrase]] = []
    for members in rows(tokens):
        line: list[Phrase] = []
        for part, blank in _parts(members, around):
            zone = around.zones.get(part[0].start, 0)
            for piece in _named(part, line, zone, around.unit):
                line.append(Phrase(tuple(piece), len(found), zone, blank))
        found.append(line)
    return found


def _at_colons(token: Token) -> Iterator[Token]:
    """Yield a word cut behind its colons, but for those of times and addresses of the web."""
    text, at = token.text, 0
    for i, character in enumerate(text[:-1]):
        if character not in _COLONS:
            continue
        before, after = text[i - 1 : i], text[i + 1]
        if (before.isdigit() and after.isdigit()) or after in "/\\:":
            continue
        yield token.part(at, i + 1)
        at = i + 1
    yield token.part(at, len(text)) if at else token


def _parts(
    row: Sequence[Token], around: Surroundings
) -> Iterator[tuple[list[Token], Stroke | None]]:
    """Yield the words of a row in parts, with the blank beneath."""
    tokens = list(_at_blanks(row, around))
    below = [beneath(token, around.blanks, around.unit) for token in tokens]
    for i in range(1, len(tokens)):  # writing runs over the end of its blank
        if below[i] is None and below[i - 1] is not None and not _leads(tokens, below, i):
            near = tokens[i].box.left - tokens[i - 1].box.right < _GAP * around.unit
            below[i] = below[i - 1] if near else None
    part: list[Token] = []
    for i, token in enumerate(tokens):
        if part and _divides(tokens[i - 1], token, below[i - 1], below[i], around):
            yield part, below[i - 1]
            part = []
        part.append(token)
    if part:
        yield part, below[-1]


def _leads(tokens: Sequence[Token], below: Sequence[Stroke | None], at: int) -> bool:
    """Tell whether a word that stands on no blank begins a name: a colon or a blank follows."""
    for token, blank in zip(tokens[at:], below[at:], strict=True):
        if blank is not None or token.text.endswith(_COLONS):
            return True
    return False


def _at_blanks(row: Sequence[Token], around: Surroundings) -> Iterator[Token]:
    """Yield words cut where a blank starts, or ends before a name: readers join what is close."""
    for i, token in enumerate(row):
        pieces = [token]
        named = any(other.text.endswith(_COLONS) for other in row[i:])
        for blank in around.blanks:
            if not stands(token, blank, around.unit):
                continue
            for edge in (blank.start, blank.end) if named else (blank.start,):
                last = pieces[-1]
                step = (last.box.right - last.box.left) / len(last.text)
                at = round((edge - last.box.left) / max(step, 1e-6))
                if 0 < at < len(last.text) and not last.text.endswith(_COLONS):
                    before, after = last.cut(_capital(last.text, at))
                    left, right = replace(before.box, right=edge), replace(after.box, left=edge)
                    pieces[-1:] = replace(before, box=left), replace(after, box=right)
        yield from pieces


def _capital(text: str, at: int) -> int:
    """Return where to cut a word near a place: before a capital that follows a small letter."""
    near = [i for i in range(max(1, at - _OFF), min(len(text), at + _OFF + 1)) if text[i].isupper()]
    near = [i for i in near if text[i + 1 : i + 2].islower()]
    return min(near, key=lambda i: abs(i - at), default=at)


def _divides(
    last: Token, token: Token, before: Stroke | None, after: Stroke | None, around: Surroundings
) -> bool:
    if last.text.endswith(_COLONS) or before is not after:
        return True
    if around.zones.get(last.start, 0) != around.zones.get(token.start, 0):
        return True
    if any(
        last.centre < (mark.left + mark.right) / 2 < token.centre
        and mark.top < token.middle < mark.bottom
        for mark in around.marks
    ):
        return True
    return before is None and token.box.left - last.box.right > _GAP * around.unit


def _named(part: list[Token], line: Sequence[Phrase], zone: int, unit: float) -> list[list[Token]]:
    """Return a part cut into the value of the name before it and the name that ends it."""
    follows = (
        len(part) > 1
        and part[-1].text.endswith(_COLONS)
        and line
        and line[-1].is_name
        and line[-1].zone == zone
        and line[-1].blank is None
        and part[0].box.left - line[-1].box.right < 6 * unit
    )
    if not follows:
        return [part]
    gaps = [b.box.left - a.box.right for a, b in pairwise(part)]
    widest = max(range(len(gaps)), key=gaps.__getitem__)
    if gaps[widest] > max(0.5 * unit, 1.4 * median(gaps)):
        at = widest + 1
    else:
        capitals = [i for i, token in enumerate(part) if i and token.text[0].isupper()]
        at = capitals[-1] if capitals else len(part) - 1
    return [part[:at], part[at:]]
