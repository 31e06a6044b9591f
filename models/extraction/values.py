"""The value that a label introduces: behind it, right of it, or below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from sensorium.models.extraction import amounts, labels
from sensorium.models.extraction.amounts import Amount
from sensorium.models.extraction.entity import Date
from sensorium.models.extraction.labels import Label
from sensorium.models.extraction.placed import PlacedText
from sensorium.models.extraction.rows import Part, Row, Segment, rows
from sensorium.models.quantities import recognize

T = TypeVar("T")
_BELOW = 2.6  # how far below a label its value may start, in heights of the label
_ASIDE = 1.5  # how far the left or right edges may differ then
_CODE = re.compile(r"(?=[\w/.\-]*\d)[A-Za-z0-9][\w/.\-]*\w|\d")


@dataclass(frozen=True)
class Sheet:
    """A document read for extraction: its rows, its labels, its language and its conventions."""

    rows: list[Row]
    labels: dict[Segment, list[Label]]
    language: str
    comma: bool
    used: set[Segment]

    @classmethod
    def of(cls, document: PlacedText, language: str) -> Sheet:
        """Return a document's sheet; the labels tell an empty language."""
        found = rows(document)
        known = labels.find(found)
        comma = amounts.writes_commas(segment.text for row in found for segment in row.segments)
        return cls(found, known, language or labels.language(known), comma, set())

    @cached_property
    def currency(self) -> str:
        """Return the currency that most amounts print, else the one that stands alone as a code."""
        counts: dict[str, int] = {}
        for row in self.rows:
            for segment in row.segments:
                for amount in self.amounts(segment.part()):
                    if amount.currency:
                        counts[amount.currency] = counts.get(amount.currency, 0) + 1
        return max(counts, key=lambda code: counts[code], default="")

    @cached_property
    def regional(self) -> str:
        """Return the language with the region that the currency suggests, for dates as 3/5/24."""
        if self.language != "en":
            return self.language
        return {"GBP": "en-GB", "EUR": "en-IE", "AUD": "en-AU", "CAD": "en-CA"}.get(
            self.currency, "en"
        )

    def amounts(self, part: Part) -> list[Amount]:
        """Return the amounts of a stretch."""
        return amounts.find(part, self.language, self.comma)

    def of_field(self, field: str) -> Iterator[Label]:
        """Yield the labels that may introduce a field, outside the heads of tables."""
        for segment, found in self.labels.items():
            if segment not in self.used:
                yield from (label for label in found if field in label.fields)

    def behind(self, label: Label) -> Part | None:
        """Return what follows a label in its segment, up to the next label with a colon."""
        segment = label.part.segment
        end = len(segment.text)
        for other in self.labels.get(segment, ()):
            if (
                other.part.start >= label.rest
                and segment.text[other.part.end :].lstrip()[:1] == ":"
            ):
                end = min(end, other.part.start)
        part = segment.part(label.rest, end)
        return part if part.start < part.end else None

    def places(self, label: Label) -> Iterator[tuple[Part, float]]:
        """Yield where the value of a label may stand, and how likely: behind, right, below."""
        if (part := self.behind(label)) is not None:
            yield part, 1.0
        segment = label.part.segment
        for other in segment.row.segments[segment.row.segments.index(segment) + 1 :]:
            if self.opens(other):
                break
            yield other.part(), 0.97
        for row in self.rows[segment.row.index + 1 : segment.row.index + 4]:
            if (
                row.page != segment.page
                or row.top - label.part.box.bottom > _BELOW * segment.height
            ):
                break
            for other in row.segments:
                if _aligned(label.part, other) and not self.opens(other):
                    yield other.part(), 0.9

    def opens(self, segment: Segment) -> bool:
        """Tell whether a segment starts with a label."""
        return any(label.part.start == 0 for label in self.labels.get(segment, ()))

    def date(self, part: Part) -> tuple[Part, Date] | None:
        """Return the first whole date of a stretch."""
        for found in recognize(part.text, self.regional):
            if found.kind == "DATE" and "day" in found.parts and "year" in found.parts:
                place = part.segment.part(part.start + found.start, part.start + found.end)
                return place, Date(*(int(found.parts[key]) for key in ("year", "month", "day")))
        return None

    def code(self, part: Part) -> Part | None:
        """Return the identifier that a stretch starts with: it has a digit and is no date."""
        match = _CODE.match(part.text.lstrip("#"))
        offset = part.start + len(part.text) - len(part.text.lstrip("#"))
        if match is None or self.date(part.segment.part(offset, offset + match.end())):
            return None
        return part.segment.part(offset, offset + match.end())


def first(
    places: Iterator[tuple[Part, float]], read: Callable[[Part], T | None]
) -> tuple[T, float] | None:
    """Return the first value that can be read, and how likely its place is."""
    for part, likely in places:
        if (value := read(part)) is not None:
            return value, likely
    return None


def _aligned(label: Part, other: Segment) -> bool:
    """Tell whether a segment stands under a label: an edge in line, or the middles."""
    box, near = label.box, _ASIDE * label.segment.height
    middles = (box.left + box.right) / 2 - (other.box.left + other.box.right) / 2
    return (
        abs(box.left - other.box.left) < near
        or abs(box.right - other.box.right) < near
        or abs(middles) < near
    )
