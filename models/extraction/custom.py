"""Extraction by a user's schema: anchors lead to values, types and patterns choose among them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from sensorium.models.errors import InvalidArgument
from sensorium.models.extraction.entity import (
    Address,
    Date,
    Entity,
    Money,
    Normalized,
    Number,
    Text,
    Truth,
)
from sensorium.models.extraction.labels import Label, folded
from sensorium.models.extraction.placed import PlacedText
from sensorium.models.extraction.rows import Part, entity
from sensorium.models.extraction.schema import Property, Schema
from sensorium.models.extraction.values import Sheet
from sensorium.models.quantities import recognize

_PATIENCE = 0.5  # seconds that one property's pattern may take on one document
_TRUTHS = {
    **dict.fromkeys(("yes", "y", "true", "x", "ja", "oui", "si", "☑", "☒", "✓", "✔"), True),
    **dict.fromkeys(("no", "n", "false", "nein", "non", "☐"), False),
}
Hit = tuple[Part, Normalized | None]


def extract(document: PlacedText, schema: Schema, language: str = "") -> list[Entity]:
    """Return what the schema names, in the order of the text; what is not there is left out.

    A value stands behind its anchor, beside it (to the left in right-to-left scripts), or below it.
    Raises InvalidArgument naming the property whose pattern takes too long.
    """
    sheet = Sheet.of(document, language)
    found: list[Entity] = []
    for wanted in schema.properties:
        hits = list(_anchored(sheet, wanted) if wanted.anchors else _anywhere(sheet, wanted))
        hits.sort(key=lambda one: -one.confidence)
        found.extend(hits if wanted.multiple else hits[:1])
    return sorted(found, key=lambda one: (one.start, one.type))


def _anchored(sheet: Sheet, wanted: Property) -> Iterator[Entity]:
    """Yield the value that each occurrence of an anchor leads to."""
    forms = sorted((folded(anchor) for anchor in wanted.anchors), key=len, reverse=True)
    joined = "|".join(r"\W{0,3}".join(map(re.escape, form.split())) for form in forms)
    pattern = re.compile(rf"(?<!\w)(?:{joined})(?!\w)")
    taken: set[tuple[int, int]] = set()
    for row in sheet.rows:
        for segment in row.segments:
            for match in pattern.finditer(folded(segment.text)):
                part = Part(segment, match.start(), match.end())
                label = Label(frozenset(), frozenset(), part, True)
                hit = _led(sheet, label, wanted)
                if hit is not None and (hit.start, hit.end) not in taken:
                    taken.add((hit.start, hit.end))
                    yield hit


def _led(sheet: Sheet, label: Label, wanted: Property) -> Entity | None:
    places = _leftward(sheet, label) if _right_to_left(label.part.text) else sheet.places(label)
    for part, likely in places:
        hit = _read(sheet, part, wanted)
        if hit is not None:
            return entity(wanted.name, [hit[0]], 0.9 * likely, hit[1])
    return None


def _leftward(sheet: Sheet, label: Label) -> Iterator[tuple[Part, float]]:
    """Yield where a value may stand that is written to the left of its anchor, or below."""
    segment = label.part.segment
    if label.part.start > 0:  # boxes run from left to right: what is read later stands before
        yield segment.part(0, label.part.start), 1.0
    if label.rest < len(segment.text):
        yield segment.part(label.rest), 0.9
    for other in reversed(segment.row.segments[: segment.row.segments.index(segment)]):
        yield other.part(), 0.97
    for part, likely in sheet.places(label):
        if part.segment.row is not segment.row:
            yield part, likely


def _right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)


def _anywhere(sheet: Sheet, wanted: Property) -> Iterator[Entity]:
    """Yield the matches of a pattern in all segments."""
    for row in sheet.rows:
        for segment in row.segments:
            at = 0
            while at < len(segment.text):
                hit = _read(sheet, segment.part(at), wanted)
                if hit is None:
                    break
                yield entity(wanted.name, [hit[0]], 0.75, hit[1])
                at = max(hit[0].end, at + 1)


def _read(sheet: Sheet, part: Part, wanted: Property) -> Hit | None:
    """Return the value that a stretch holds, None if it fits neither pattern nor type."""
    part = part.segment.part(part.start + len(part.text) - len(part.text.lstrip(" :\t")), part.end)
    if wanted.pattern:
        matched = _matched(part, wanted)
        if matched is None:
            return None
        part = matched
    if not part.text.strip():
        return None
    return typed(sheet, part, wanted.value_type)


def _matched(part: Part, wanted: Property) -> Part | None:
    """Return what a pattern matches: its first group, if it has one; empty matches are none."""
    import regex

    try:
        match = regex.search(wanted.pattern, part.text, timeout=_PATIENCE)
    except TimeoutError as error:
        raise InvalidArgument(
            "The regex takes too long on this document; it backtracks.",
            field=f"{wanted.name}.description",
        ) from error
    if match is None:
        return None
    start, end = match.span(1) if match.re.groups and match[1] is not None else match.span()
    return part.segment.part(part.start + start, part.start + end) if start < end else None


def typed(sheet: Sheet, part: Part, kind: str) -> Hit | None:
    """Return a value of a type, cut to what belongs to it."""
    if kind in ("date", "datetime"):
        found: tuple[Part, Date] | None = sheet.date(part)
        return found
    if kind in ("money", "currency", "number", "float", "integer"):
        return _amount(sheet, part, kind)
    if kind in ("boolean", "checkbox"):
        truth = _TRUTHS.get(folded(part.text.strip(" .[]()")))
        return None if truth is None else (part, Truth(truth))
    if kind == "address":
        hits = [one for one in recognize(part.text, sheet.language) if one.kind == "ADDRESS"]
        parts = hits[0].parts if hits else {}
        place = Address(
            (part.text,),
            parts.get("locality", ""),
            parts.get("broad_region", ""),
            parts.get("postal_code", ""),
            parts.get("country", ""),
        )
        return part, place
    return part, Text(part.text)


def _amount(sheet: Sheet, part: Part, kind: str) -> Hit | None:
    amounts = sheet.amounts(part)
    if not amounts:
        return None
    first = amounts[0]
    if kind in ("money", "currency"):
        meaning: Money | Number = first.money(sheet.currency)
    elif kind == "integer" and first.value != first.value.to_integral_value():
        return None
    else:
        meaning = Number(first.value)
    return first.part, meaning
