"""Cells as fields: a small name at the top of a box, and what is written below it."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.models.forms.canvas import Canvas, Token, rows
from sensorium.models.forms.form import Field
from sensorium.models.forms.grids import Grid, Slot
from sensorium.models.forms.tables import Content, is_figure

# In heights of a line of text.
_TOP = 0.9  # a name stands this near below the top of its cell
_BLANK = 0.9  # and leaves this much white to write in

_SHARE = 0.6  # of the cells with words that have such a name, and the grid is no table
_SMALLER = 0.9  # of the height of what is filled in: the type of a name
_NAME = 7  # words


def is_form(canvas: Canvas, grid: Grid, content: Content) -> bool:
    """Tell whether a grid is a form whose cells hold a name and what is filled in."""
    filled = [slot for slot in grid.slots if content[slot]]
    named = [slot for slot in filled if _divided(slot, content[slot], canvas.unit)]
    return bool(filled) and len(named) >= _SHARE * len(filled)


def fields(canvas: Canvas, content: Content) -> list[Field]:
    """Return the fields of a form's cells."""
    found = []
    for slot, tokens in content.items():
        if divided := _divided(slot, tokens, canvas.unit):
            name, value = (canvas.part(part, slot.box) for part in divided)
            sure = 0.85 * (0.5 + 0.25 * (name.confidence + value.confidence))
            found.append(Field(name, value, round(sure, 4)))
    return found


def pairs(canvas: Canvas, grid: Grid, content: Content) -> list[Field]:
    """Return the fields of a grid of two columns: names on the left."""
    found = []
    for slot in grid.slots:
        if slot.column or slot.columns > 1 or slot.rows > 1:
            continue
        right = [other for other in grid.slots if other.row == slot.row and other.column == 1]
        tokens = content[slot]
        if not tokens or not right or len(tokens) > _NAME or is_figure(tokens):
            return []
        name, value = canvas.part(tokens), canvas.part(content[right[0]], right[0].box)
        sure = 0.75 * (0.5 + 0.25 * (name.confidence + value.confidence))
        found.append(Field(name, value, round(sure, 4)))
    return found


def _divided(
    slot: Slot, tokens: Sequence[Token], unit: float
) -> tuple[Sequence[Token], Sequence[Token]] | None:
    """Return the name and the value in a cell, or None where it is not made so."""
    lines = rows(tokens)
    if not lines or len(lines[0]) > _NAME or any(t.text.endswith(":") for t in lines[0][:-1]):
        return None
    name, rest = lines[0], [token for line in lines[1:] for token in line]
    if any(character.isdigit() for token in name for character in token.text):
        return None
    top = min(token.box.top for token in name) - slot.box.top
    bottom = max(token.box.bottom for token in name)
    if top > _TOP * unit or slot.box.bottom - bottom < _BLANK * unit:
        return None
    if not rest:
        return (name, rest) if slot.box.bottom - bottom > 1.6 * top else None
    small = max(token.height for token in name) < _SMALLER * max(token.height for token in rest)
    return (name, rest) if small or len(lines) == 2 else None
