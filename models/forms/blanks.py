"""Blanks: rules and runs of dots or underscores to write on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sensorium.models.forms.canvas import Token
from sensorium.models.forms.grids import Grid
from sensorium.models.forms.strokes import Stroke

# In heights of a line of text.
_ABOVE, _BELOW = 0.1, 0.8  # a blank is this far above a word's middle, or below its bottom, at most
_BEYOND = 0.3  # a word reaches out over the end of its blank
_TIGHT = 0.4  # an underline ends where its words do

_RUN = re.compile(r"[_.…·]{3,}|[—–-]{4,}|…+")


def blanks(
    tokens: Iterable[Token], level: Sequence[Stroke], grids: Sequence[Grid], unit: float
) -> tuple[list[Token], list[Stroke]]:
    """Return the words without runs of dots and underscores, and the blanks from top to bottom.

    A rule that is an edge of a grid is no blank, nor is one under the words that it emphasizes.
    """
    words: list[Token] = []
    runs: list[Stroke] = []
    for token in tokens:
        at = 0
        for run in _RUN.finditer(token.text):
            if run.start() > at:
                words.append(token.part(at, run.start()))
            box = token.part(run.start(), run.end()).box
            runs.append(Stroke(box.left, box.right, box.bottom - 0.15 * token.height))
            at = run.end()
        if at < len(token.text):
            words.append(token.part(at, len(token.text)) if at else token)
    rules = [stroke for stroke in level if not any(_is_edge(stroke, grid, unit) for grid in grids)]
    for dots in runs:
        if dots.length > unit and not any(_is_same(dots, rule, unit) for rule in rules):
            rules.append(dots)
    rules = [rule for rule in rules if not _emphasizes(rule, words, unit)]
    return words, sorted(rules, key=lambda rule: (rule.at, rule.start))


def beneath(token: Token, found: Iterable[Stroke], unit: float) -> Stroke | None:
    """Return the blank that a word stands on; the end of a name stands on none."""
    if token.text.endswith((":", "：")):
        return None
    near = [
        blank
        for blank in found
        if blank.start - _BEYOND * unit <= token.centre <= blank.end + _BEYOND * unit
        and stands(token, blank, unit)
    ]
    return min(near, key=lambda blank: abs(blank.at - token.box.bottom), default=None)


def stands(token: Token, blank: Stroke, unit: float) -> bool:
    """Tell whether a word is at the height of a blank."""
    return token.middle - _ABOVE * unit <= blank.at <= token.box.bottom + _BELOW * unit


def _is_edge(stroke: Stroke, grid: Grid, unit: float) -> bool:
    box, reach = grid.box, 0.5 * unit
    if stroke.end < box.left + reach or stroke.start > box.right - reach:
        return False
    return any(abs(stroke.at - y) <= reach for y in grid.ys)


def _is_same(run: Stroke, rule: Stroke, unit: float) -> bool:
    shared = min(run.end, rule.end) - max(run.start, rule.start)
    return abs(run.at - rule.at) < 0.6 * unit and shared > 0.5 * run.length


def _emphasizes(rule: Stroke, words: Sequence[Token], unit: float) -> bool:
    """Tell whether a rule only underlines words: it is as long as they are, and follows no name."""
    over = [
        word for word in words if rule.start <= word.centre <= rule.end and stands(word, rule, unit)
    ]
    if not over:
        return False
    left, right = min(w.box.left for w in over), max(w.box.right for w in over)
    if abs(left - rule.start) > _TIGHT * unit or abs(right - rule.end) > _TIGHT * unit:
        return False
    before = [
        word
        for word in words
        if word.box.right <= left + 1
        and left - word.box.right < 2 * unit
        and stands(word, rule, unit)
    ]
    return not any(word.text.endswith((":", "：")) for word in before)
