"""What the marks of a page stand for: the words beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sensorium.models.forms.canvas import Token, rows
from sensorium.models.forms.marks import Mark
from sensorium.models.tasks.vision import Box

# In heights of a line of text.
_NEAR = 2.5  # a caption starts this near to its mark
_GAP = 1.2  # white that ends a caption
_UNDER = 0.7  # white between two lines of a caption
_ALIGNED = 0.6  # left edges this near are below each other

# What readers take a mark for; a letter only before a capital, as in "OYes".
_GLYPHS = frozenset("□☐☑☒■▢▪◻◼口囗回○●◯◎⊙〇☉◉✓✔√×")
_LETTERS = frozenset("OoQ0DCXxVv")


@dataclass(frozen=True, slots=True)
class Captioned:
    """A mark and the words that are its caption, none where it has none."""

    mark: Mark
    tokens: tuple[Token, ...]


def bared(tokens: Iterable[Token], marks: Sequence[Mark]) -> list[Token]:
    """Return the words without the marks that readers took for letters or for a part of a word."""
    found = []
    for token in tokens:
        for mark in marks:
            if _touches(token, mark.box):
                token = _without(token, mark.box)
        if token.text:
            found.append(token)
    return found


def captions(tokens: Sequence[Token], marks: Sequence[Mark], unit: float) -> list[Captioned]:
    """Return the marks with their captions.

    A caption is on the right; on the left in a row that ends in a mark.
    """
    taken: set[int] = set()
    lines = rows(tokens)
    found = []
    for mark in marks:
        peers = [m.box for m in marks if _same_row(m.box, mark.box)]
        row = [t for line in lines for t in line if mark.box.top < t.middle < mark.box.bottom]
        last = max(peers, key=lambda box: box.right)
        follows = any(0 <= t.box.left - last.right <= _NEAR * unit for t in row)
        row = sorted((t for t in row if t.start not in taken), key=lambda t: t.box.left)
        caption = (
            _right(row, mark.box, peers, unit) if follows else _left(row, mark.box, peers, unit)
        )
        if caption and follows:
            caption += _below(caption, lines, [m.box for m in marks], mark.box, unit)
        taken |= {token.start for token in caption}
        found.append(Captioned(mark, tuple(caption)))
    return found


def _right(row: Sequence[Token], mark: Box, peers: Sequence[Box], unit: float) -> list[Token]:
    limit = min((box.left for box in peers if box.left > mark.right), default=float("inf"))
    caption: list[Token] = []
    end, reach = mark.right, _NEAR * unit
    for token in row:
        if token.centre < mark.right or token.centre > limit:
            continue
        if token.box.left - end > reach:
            break
        caption.append(token)
        end, reach = token.box.right, _GAP * unit
    return caption


def _left(row: Sequence[Token], mark: Box, peers: Sequence[Box], unit: float) -> list[Token]:
    limit = max((box.right for box in peers if box.right < mark.left), default=float("-inf"))
    caption: list[Token] = []
    start, reach = mark.left, _NEAR * unit
    for token in reversed(row):
        if token.centre > mark.left or token.centre < limit:
            continue
        if start - token.box.right > reach or token.text.endswith(":"):
            break
        caption.insert(0, token)
        start, reach = token.box.left, _GAP * unit
    return caption


def _below(
    caption: Sequence[Token],
    lines: Sequence[Sequence[Token]],
    marks: Sequence[Box],
    mark: Box,
    unit: float,
) -> list[Token]:
    """Return the lines in which a caption goes on: below it, where no other mark is."""
    found: list[Token] = []
    left, bottom = caption[0].box.left, max(token.box.bottom for token in caption)
    for line in lines:
        top = min(token.box.top for token in line)
        if top < bottom - 0.3 * unit:
            continue
        starts = [i for i, t in enumerate(line) if abs(t.box.left - left) <= _ALIGNED * unit]
        beside = any(box.top < line[0].middle < box.bottom for box in marks)
        outside = any(token.box.right > mark.left and token.centre < left for token in line)
        if not starts or beside or outside or top - bottom > _UNDER * unit:
            break
        piece = [line[starts[0]]]
        for token in line[starts[0] + 1 :]:
            if token.box.left - piece[-1].box.right > _GAP * unit:
                break
            piece.append(token)
        if piece[-1].text.endswith(":"):
            break
        found += piece
        bottom = max(token.box.bottom for token in piece)
    return found


def _touches(token: Token, box: Box) -> bool:
    inside = (
        box.top < token.middle < box.bottom
        or token.box.top < (box.top + box.bottom) / 2 < token.box.bottom
    )
    return inside and token.box.left < box.right - 1 and box.left + 1 < token.box.right


def _without(token: Token, mark: Box) -> Token:
    """Return what is left of a word beside a mark; a word without text where nothing is."""
    text, side = token.text, mark.right - mark.left
    if token.box.right - token.box.left < 1.7 * side and len(text) <= 2:
        return replace(token, text="")
    if (mark.left + mark.right) / 2 < token.centre:
        known = text[0] in _GLYPHS
        guess = (
            len(text) > 2 and text[0] in _LETTERS and text[1].isupper() and not text[2:].isupper()
        )
        if known or guess:
            token = token.part(1, len(text))
        return replace(token, box=replace(token.box, left=max(token.box.left, mark.right)))
    if text[-1] in _GLYPHS:
        token = token.part(0, len(text) - 1)
    return replace(token, box=replace(token.box, right=min(token.box.right, mark.left)))


def _same_row(a: Box, b: Box) -> bool:
    return a.top < (b.top + b.bottom) / 2 < a.bottom
