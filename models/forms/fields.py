"""Named fields: what stands beside, below or above a name, or on the blank that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sensorium.models.forms.blanks import stands
from sensorium.models.forms.canvas import Canvas, Token
from sensorium.models.forms.form import Field
from sensorium.models.forms.phrases import Phrase
from sensorium.models.forms.strokes import Stroke
from sensorium.models.tasks.vision import Box

# In heights of a line of text.
_NEXT = 2.0  # a blank starts this near behind its name
_BESIDE = 16.0  # a value stands this near behind its name
_FAR = 5.0  # what is this far away gives way to what is right below
_WORDS = 1.5  # gap between phrases of one value
_UNDER = 1.0  # white between a name and a value below it, or between lines of a value
_LINES = 3.6  # from one blank to the next
_LEAST, _COLUMN = 0.8, 8.0  # from one blank of a column to the next
_ALIGNED = 1.0  # left edges this near are below each other
_OVER = 2.6  # a box starts this near below its name
_SIGNED = 1.3  # a name stands this near below a blank

_NAME = 6  # words of a name without anything that shows it to be one
_MOST_LINES = 4  # of a value without blanks


@dataclass(frozen=True, slots=True)
class Open:
    """A box to write in, and the words that are in it."""

    box: Box
    tokens: tuple[Token, ...]


@dataclass(slots=True)
class Finder:
    """One pass over the phrases of a page; `used` are those that a field has."""

    canvas: Canvas
    lines: Sequence[Sequence[Phrase]]
    blanks: Sequence[Stroke]
    boxes: Sequence[Open]
    marks: Sequence[Box]
    used: set[Phrase] = field(default_factory=set)
    written: set[Stroke] = field(default_factory=set)
    filled: set[Open] = field(default_factory=set)

    @property
    def unit(self) -> float:
        """Return the height of a line."""
        return self.canvas.unit

    def find(self) -> list[Field]:
        """Return the fields: names with a colon, names before a blank, names below a blank."""
        found = []
        for line in self.lines:
            for at, phrase in enumerate(line):
                if phrase in self.used or self._precedes_mark(line, at):
                    continue
                blank = self._blank_behind(line, at)
                if phrase.is_name or (blank is not None and phrase.blank is None):
                    found += self._field(line, at, blank)
        found += [one for blank in self.blanks for one in self._signed(blank)]
        found += [one for box in self.boxes for one in self._outside(box)]
        return found

    # --- the name -------------------------------------------------------------------------------

    def _precedes_mark(self, line: Sequence[Phrase], at: int) -> bool:
        """Tell whether a phrase heads marks: they are fields of their own."""
        phrase = line[at]
        following = line[at + 1].box.left if at + 1 < len(line) else float("inf")
        return any(
            phrase.box.right <= (mark.left + mark.right) / 2 <= following
            and mark.top < phrase.middle < mark.bottom
            and mark.left - phrase.box.right < 8 * self.unit
            for mark in self.marks
        )

    def _blank_behind(self, line: Sequence[Phrase], at: int) -> Stroke | None:
        """Return the blank that begins behind a phrase."""
        phrase, reach = line[at], self.unit
        if at + 1 < len(line):
            behind = line[at + 1]
            blank, near = behind.blank, behind.box.left - phrase.box.right < _NEXT * reach
            if blank not in (None, phrase.blank) and (near or self._in_column(blank)):
                return blank
        limit = line[at + 1].box.left if at + 1 < len(line) else float("inf")
        found = [
            blank
            for blank in self.blanks
            if phrase.box.right - 0.6 * reach <= blank.start <= min(limit, self._end(phrase, blank))
            and blank is not phrase.blank
            and stands(phrase.tokens[-1], blank, reach)
        ]
        return min(found, key=lambda blank: blank.start, default=None)

    def _end(self, name: Phrase, blank: Stroke) -> float:
        """Return how far to the right of a name its blank may start."""
        return name.box.right + (_BESIDE if self._in_column(blank) else _NEXT) * self.unit

    def _in_column(self, blank: Stroke) -> bool:
        """Tell whether blanks start below each other: their names then stand in a column, too."""
        return any(
            other is not blank
            and abs(other.start - blank.start) < 0.5 * self.unit
            and _LEAST * self.unit < abs(other.at - blank.at) < _COLUMN * self.unit
            for other in self.blanks
        )

    def _field(self, line: Sequence[Phrase], at: int, blank: Stroke | None) -> list[Field]:
        name = line[at]
        if blank is not None:
            self.written.add(blank)
            value = self._beside(line, at, blank)
            if not value and (below := self._blanks_below(name, blank)):
                value = [p for p in self._all() if p.blank in below and p not in self.used]
                self.written.update(below)
            return self._made(name, value, 0.92 if name.is_name else 0.8, self._on(blank))
        if box := self._box_near(name):
            self.filled.add(box)
            self.used.add(name)
            return [self._boxed(name, box)]
        value = self._beside(line, at, None)
        if value and value[0].box.left - name.box.right > _FAR * self.unit:
            value = self._below(name) or value
        if value:
            value += self._continued(name, value)
            return self._made(name, value, 0.88)
        if below := self._blanks_below(name, None):
            self.written.update(below)
            value = [p for p in self._all() if p.blank in below and p not in self.used]
            return self._made(name, value, 0.85, self._on(below[0]))
        if value := self._below(name):
            return self._made(name, value, 0.75)
        if len(name.tokens) > _NAME or self._heads(name):
            return []
        end = name.box.right
        place = Box(end, name.box.top, end + 4 * self.unit, name.box.bottom)
        return self._made(name, [], 0.6, place)

    def _made(
        self, name: Phrase, value: Sequence[Phrase], sure: float, place: Box | None = None
    ) -> list[Field]:
        self.used |= {name, *value}
        key = self.canvas.part(name.tokens)
        what = self.canvas.part([token for p in value for token in p.tokens], place)
        confidence = sure * (0.5 + 0.25 * (key.confidence + what.confidence))
        return [Field(key, what, round(confidence, 4))]

    # --- the value ------------------------------------------------------------------------------

    def _beside(self, line: Sequence[Phrase], at: int, blank: Stroke | None) -> list[Phrase]:
        """Return the phrases behind a name that are its value."""
        name, value = line[at], list[Phrase]()
        for phrase in line[at + 1 :]:
            last = value[-1] if value else name
            if phrase.is_name or phrase.zone != name.zone or phrase in self.used:
                break
            gap = phrase.box.left - last.box.right
            if blank is not None:
                if phrase.blank is not blank and gap > _WORDS * self.unit:
                    break
                if phrase.blank is not blank and (phrase.blank is not None or not value):
                    break
            elif gap > (_WORDS if value else _BESIDE) * self.unit or phrase.blank is not None:
                break
            if self._marked(last, phrase):
                break
            value.append(phrase)
        return value

    def _marked(self, last: Phrase, phrase: Phrase) -> bool:
        return any(
            last.box.right <= (mark.left + mark.right) / 2 <= phrase.box.left + 0.2 * self.unit
            and mark.top < phrase.middle < mark.bottom
            for mark in self.marks
        )

    def _continued(self, name: Phrase, value: Sequence[Phrase]) -> list[Phrase]:
        """Return the lines in which a value goes on: set in, with nothing below the name."""
        found: list[Phrase] = []
        last = value[-1]
        left = value[0].box.left
        for line in self.lines[name.row + 1 : name.row + _MOST_LINES]:
            below = [
                phrase
                for phrase in line
                if abs(phrase.box.left - left) <= _ALIGNED * self.unit and phrase.zone == name.zone
            ]
            under = any(
                phrase.box.right > name.box.left and phrase.box.left < left - _ALIGNED * self.unit
                for phrase in line
            )
            if not below or under or not self._goes_on(last, below[0]):
                break
            found.append(below[0])
            last = below[0]
        return found

    def _goes_on(self, last: Phrase, phrase: Phrase) -> bool:
        white = phrase.box.top - last.box.bottom
        free = not phrase.is_name and phrase not in self.used and phrase.blank is None
        return free and white <= _UNDER * self.unit

    def _below(self, name: Phrase) -> list[Phrase]:
        """Return the lines right below a name that start at its left edge."""
        found: list[Phrase] = []
        last = name
        for line in self.lines[name.row + 1 : name.row + 1 + _MOST_LINES]:
            aligned = [
                phrase
                for phrase in line
                if abs(phrase.box.left - name.box.left) <= _ALIGNED * self.unit
                and phrase.zone == name.zone
            ]
            if not aligned or not self._goes_on(last, aligned[0]):
                break
            if len(aligned[0].tokens) > _NAME + 2 or self._precedes_mark(
                line, line.index(aligned[0])
            ):
                return []
            found.append(aligned[0])
            last = aligned[0]
        return found if len(found) < _MOST_LINES else []

    def _heads(self, name: Phrase) -> bool:
        """Tell whether a name only introduces what stands below: a paragraph or a list."""
        for line in self.lines[name.row + 1 : name.row + 2]:
            for phrase in line:
                near = phrase.box.top - name.box.bottom < 1.5 * self.unit
                over = phrase.box.left < name.box.right and phrase.box.right > name.box.left
                if near and over and not phrase.is_name:
                    return True
        return False

    # --- blanks and boxes -----------------------------------------------------------------------

    def _all(self) -> list[Phrase]:
        return [phrase for line in self.lines for phrase in line]

    def _on(self, blank: Stroke) -> Box:
        return Box(blank.start, blank.at - self.unit, blank.end, blank.at)

    def _blanks_below(self, name: Phrase, first: Stroke | None) -> list[Stroke]:
        """Return the blanks below a name, one below the other, until other words come between."""
        found: list[Stroke] = []
        bottom = first.at if first else name.box.bottom
        for blank in self.blanks:
            if blank.at <= bottom + 0.3 * self.unit or blank in self.written:
                continue
            inset = blank.start - name.box.left
            if not -_ALIGNED * self.unit <= inset <= 6 * self.unit:
                continue
            if blank.at - bottom > _LINES * self.unit or self._between(bottom, blank):
                break
            found.append(blank)
            bottom = blank.at
        return found

    def _between(self, top: float, blank: Stroke) -> bool:
        return any(
            top < phrase.middle < blank.at
            and phrase.blank is not blank
            and phrase.box.left < blank.end
            and phrase.box.right > blank.start
            for phrase in self._all()
        )

    def _signed(self, blank: Stroke) -> list[Field]:
        """Return the field whose name stands below its blank, as under a signature."""
        if blank in self.written:
            return []
        under = [
            phrase
            for phrase in self._all()
            if -0.2 * self.unit <= phrase.box.top - blank.at <= _SIGNED * self.unit
            and phrase.box.left < blank.end
            and phrase.box.right > blank.start
        ]
        if len(under) != 1 or under[0] in self.used or under[0].blank is not None:
            return []
        (name,) = under
        inside = (
            name.box.left >= blank.start - self.unit and name.box.right <= blank.end + self.unit
        )
        if not inside or len(name.tokens) > _NAME or name.is_name:
            return []
        self.written.add(blank)
        value = [p for p in self._all() if p.blank is blank and p not in self.used]
        return self._made(name, value, 0.75, self._on(blank))

    def _box_near(self, name: Phrase) -> Open | None:
        """Return the box that starts right behind a name or right below it."""
        for box in self.boxes:
            if box in self.filled:
                continue
            beside = (
                -0.5 * self.unit <= box.box.left - name.box.right <= 3 * self.unit
                and box.box.top - 0.3 * self.unit <= name.middle <= box.box.bottom + 0.3 * self.unit
            )
            below = (
                -0.3 * self.unit <= box.box.top - name.box.bottom <= _OVER * self.unit
                and -2 * self.unit <= box.box.left - name.box.left <= 2 * self.unit
            )
            if beside or below:
                return box
        return None

    def _boxed(self, name: Phrase, box: Open) -> Field:
        key, what = self.canvas.part(name.tokens), self.canvas.part(box.tokens, box.box)
        confidence = (0.9 if name.is_name else 0.8) * (
            0.5 + 0.25 * (key.confidence + what.confidence)
        )
        return Field(key, what, round(confidence, 4))

    def _outside(self, box: Open) -> list[Field]:
        """Return the field of a box whose name, without a colon, stands beside or above it."""
        if box in self.filled:
            return []
        for phrase in self._all():
            short = len(phrase.tokens) <= _NAME and phrase.zone == 0 and phrase.blank is None
            if short and phrase not in self.used and self._box_near(phrase) is box:
                self.filled.add(box)
                self.used.add(phrase)
                return [self._boxed(phrase, box)]
        return []
