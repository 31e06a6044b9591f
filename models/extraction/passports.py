"""Passports and identity cards: the fields of their machine readable zone."""

from __future__ import annotations

from sensorium.models.extraction import mrz
from sensorium.models.extraction.entity import Date, Entity, Normalized, Text
from sensorium.models.extraction.mrz import Zone
from sensorium.models.extraction.placed import PlacedText
from sensorium.models.extraction.rows import Part, Row, entity, rows

_SURE, _DOUBTED = 0.98, 0.4
_CENTURY = 50  # of a birth: years above this are of the 1900s when the expiry does not decide


def extract(document: PlacedText) -> list[Entity]:
    """Return Document Id, Given Names, Family Name, Date Of Birth, Expiration Date and MRZ Code.

    Nothing where no zone stands. A field whose check digit does not hold has a confidence of .4.
    """
    known = rows(document)
    texts = [mrz.line_like("".join(segment.text for segment in row.segments)) for row in known]
    for count in (3, 2):
        for index in range(len(known) - count + 1):
            lines = tuple(line for line in texts[index : index + count] if line)
            zone = mrz.parse(lines) if len(lines) == count else None
            if zone is not None and any(zone.checks.values()):
                return _entities(zone, known[index : index + count])
    return []


def _entities(zone: Zone, known: list[Row]) -> list[Entity]:
    """Return a zone's fields, each at the line that holds it."""
    lines = [[segment.part() for segment in row.segments] for row in known]
    whole: list[Part] = [part for line in lines for part in line]
    two = 1 if zone.format != "TD1" else 0
    name = 2 if zone.format == "TD1" else 0
    expiry = _date(zone.fields["expiry"], None)
    fields: list[tuple[str, str, int, bool, Normalized | None]] = [
        ("Document Id", zone.fields["number"], two, zone.checks["number"], None),
        ("Family Name", zone.surname, name, zone.valid, None),
        ("Given Names", zone.given_names, name, zone.valid, None),
        ("Date Of Birth", zone.fields["birth"], 1, zone.checks["birth"],
         _date(zone.fields["birth"], expiry)),
        ("Expiration Date", zone.fields["expiry"], 1, zone.checks["expiry"], expiry),
    ]  # fmt: skip
    found = [
        entity(kind, lines[at], _SURE if holds else _DOUBTED, meaning or Text(text))
        for kind, text, at, holds, meaning in fields
        if text
    ]
    sure = _SURE if zone.valid else _DOUBTED
    return [*found, entity("MRZ Code", whole, sure, Text("\n".join(zone.lines)))]


def _date(text: str, expiry: Date | None) -> Date | None:
    """Return a date of YYMMDD: an expiry is of this century, a birth before the expiry."""
    if len(text) != 6 or not text.isdigit():
        return None
    year, month, day = (int(text[index : index + 2]) for index in (0, 2, 4))
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    if expiry is None:
        return Date(2000 + year, month, day)
    limit = min(_CENTURY, expiry.year - 2000)
    return Date(2000 + year if year < limit else 1900 + year, month, day)
