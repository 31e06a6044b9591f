"""A page as a form: rules and marks first, then tables, then fields, then tables without rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sensorium.models.extraction.placed import PlacedText
from sensorium.models.forms import cells, columns
from sensorium.models.forms.blanks import blanks
from sensorium.models.forms.canvas import Canvas, Token, canvas
from sensorium.models.forms.captions import Captioned, bared, captions
from sensorium.models.forms.fields import Finder, Open
from sensorium.models.forms.form import Checkbox, Field, Form, Table
from sensorium.models.forms.grids import Grid, grids
from sensorium.models.forms.marks import Mark, marks
from sensorium.models.forms.phrases import Surroundings, phrases
from sensorium.models.forms.strokes import Strokes, divided, strokes
from sensorium.models.forms.tables import Content, contents, table
from sensorium.models.tasks.pictures import Pixels, Rule
from sensorium.models.tasks.vision import Box

_COMB = 4  # cells for one letter each, at least
_BOX = 10.0  # heights of a line: a higher box frames a part of the page
_SHARE = 0.3  # of a table's cells that have words, where its first row has not


def read(
    document: PlacedText, page: int = 0, pixels: Pixels | None = None, rules: Sequence[Rule] = ()
) -> Form:
    """Return the fields, checkboxes and tables of page `page`, counted from 0.

    The page may be askew or lie on its side: words tell how. Costs a fraction of reading the page
    by OCR. A page without words is an empty form, or one of checkboxes without captions.
    """
    sheet = canvas(document, page, pixels)
    drawn = strokes(sheet, rules)
    ticked = marks(sheet)
    tokens = bared(divided(sheet.tokens, drawn.upright), ticked)
    captioned = captions(tokens, ticked, sheet.unit)
    parts = _Parts(sheet, tokens)
    for grid in grids(drawn, sheet.unit):
        if not _is_mark(grid, ticked):
            parts.add(grid)
    taken = {token.start for one in captioned for token in one.tokens}
    free = [token for token in tokens if token.start not in taken | parts.taken]
    fields, left = _fields(parts, free, drawn, ticked)
    parts.tables += columns.tables(sheet, left, drawn)
    boxes = [_checkbox(sheet, one) for one in captioned]
    return Form(
        tuple(sorted(parts.fields + fields, key=lambda one: one.name.polygon[0].y)),
        tuple(boxes),
        tuple(sorted(parts.tables, key=lambda one: one.polygon[0].y)),
    )


@dataclass(slots=True)
class _Parts:
    """What the grids of a page are: tables, forms of named cells, or boxes to write in."""

    sheet: Canvas
    tokens: Sequence[Token]
    tables: list[Table] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)

    def add(self, grid: Grid) -> None:
        """Sort a grid, and take the words that are told by it."""
        content = contents(grid, self.tokens)
        self.grids.append(grid)
        if cells.is_form(self.sheet, grid, content):
            found = cells.fields(self.sheet, content)
            self.fields += found
            spans = [span for one in found for part in (one.name, one.value) for span in part.spans]
            inside = [token for held in content.values() for token in held]
            self.taken |= {t.start for t in inside if any(a <= t.start < b for a, b in spans)}
        elif _is_table(grid, content):
            made = table(self.sheet, grid, content, ruled=True)
            self.tables.append(made)
            if made.columns == 2 and not made.headers:
                self.fields += cells.pairs(self.sheet, grid, content)
            self.taken |= {token.start for held in content.values() for token in held}

    def boxes(self) -> list[Open]:
        """Return the boxes to write in: single cells, and rows of cells for one letter each."""
        found = []
        for grid in self.grids:
            narrow = grid.xs[-1] - grid.xs[0] < 2.5 * self.sheet.unit * grid.columns
            comb = grid.rows == 1 and grid.columns >= _COMB and narrow
            if (len(grid.slots) == 1 or comb) and grid.ys[-1] - grid.ys[0] < _BOX * self.sheet.unit:
                held = [t for part in contents(grid, self.tokens).values() for t in part]
                if not self.taken & {t.start for t in held}:
                    found.append(Open(grid.box, tuple(held)))
        return found

    def zones(self) -> dict[int, int]:
        """Return the number of the smallest cell around each word that is in one."""
        slots = [slot for grid in self.grids for slot in grid.slots]
        slots.sort(key=lambda slot: _area(slot.box))
        found: dict[int, int] = {}
        for grid in sorted(self.grids, key=lambda grid: _area(grid.box)):
            for slot, held in contents(grid, self.tokens).items():
                for token in held:
                    found.setdefault(token.start, 1 + slots.index(slot))
        return found


def _fields(
    parts: _Parts, tokens: Sequence[Token], drawn: Strokes, ticked: Sequence[Mark]
) -> tuple[list[Field], list[Token]]:
    """Return the fields among words that no grid tells, and the words that are left."""
    unit = parts.sheet.unit
    words, empty = blanks(tokens, drawn.level, parts.grids, unit)
    places = [mark.box for mark in ticked]
    zones = parts.zones()
    boxes = parts.boxes()
    held = {token.start for box in boxes for token in box.tokens}
    outside = [word for word in words if word.start not in held]
    lines = phrases(outside, Surroundings(empty, places, zones, unit))
    finder = Finder(parts.sheet, lines, empty, boxes, places)
    found = finder.find()
    used = {token.start for phrase in finder.used for token in phrase.tokens}
    return found, [token for token in outside if token.start not in used]


def _is_table(grid: Grid, content: Content) -> bool:
    filled = [slot for slot in grid.slots if content[slot]]
    if grid.rows < 2 or grid.columns < 2 or len(grid.slots) < 4 or len(filled) < 2:
        return False
    first = [slot for slot in filled if slot.row == 0]
    return len(first) > 1 or len(filled) >= _SHARE * len(grid.slots)


def _is_mark(grid: Grid, ticked: Sequence[Mark]) -> bool:
    return any(
        grid.box.left - 3 <= mark.box.left
        and mark.box.right <= grid.box.right + 3
        and _area(grid.box) < 1.6 * _area(mark.box)
        for mark in ticked
    )


def _checkbox(sheet: Canvas, one: Captioned) -> Checkbox:
    caption = sheet.part(one.tokens) if one.tokens else None
    return Checkbox(one.mark.filled, sheet.polygon(one.mark.box), one.mark.confidence, caption)


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)
