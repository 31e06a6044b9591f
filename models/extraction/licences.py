"""Driver licences of the US: the numbered data elements of the AAMVA card design standard."""

from __future__ import annotations

import re

from sensorium.models.extraction.entity import Address, Date, Entity, Normalized, Text
from sensorium.models.extraction.placed import PlacedText
from sensorium.models.extraction.rows import Part, Row, Segment, entity, rows
from sensorium.models.quantities import recognize

# Data elements (AAMVA DL/ID Card Design Standard, table D.1): what may be printed before them.
_ELEMENTS: dict[str, str] = {
    "Document Id": r"4d|dl ?(?:no|number)?|lic(?:ense)?(?: ?no)?|id ?no|customer identifier",
    "Date Of Birth": r"3|dob|date of birth|birth date",
    "Issue Date": r"4a|iss(?:ued?)?(?: date)?",
    "Expiration Date": r"4b|exp(?:ires)?(?: date)?",
    "Family Name": r"1|ln|last name|surname|family name",
    "Given Names": r"2|fn|first name|given names?",
    "Address": r"8|addr(?:ess)?",
}
_DATES = ("Date Of Birth", "Issue Date", "Expiration Date")
_NUMBERED = {"1", "2", "3", "8", "4a", "4b", "4d"}
_SIGNS = re.compile(r"(?i)driver'?s? ?licen[sc]e|\bDL\b|\bDOB\b|identification card")
_TOWN = re.compile(r"\b([A-Z]{2})[ ,]+(\d{5}(?:-\d{4})?)\b")
Hit = tuple[Part, Normalized]
_BELOW = 2.2  # in heights: how far a value may stand below its name


def extract(document: PlacedText) -> list[Entity]:
    """Return the fields of a licence that are printed with their name or number.

    Types are those of Google's licence parser: Document Id, Date Of Birth, Issue Date, Expiration
    Date, Family Name, Given Names, Address. Nothing for a page that does not say it is a licence.
    """
    known = rows(document)
    if not _SIGNS.search(document.text):
        return []
    found: dict[str, Entity] = {}
    for row in known:
        for segment in row.segments:
            for kind, _, start, end in _named(segment):
                hit = _value(known, kind, segment, start, end)
                if hit is not None:
                    found.setdefault(kind, _entity(known, kind, *hit))
    return sorted(found.values(), key=lambda one: one.start)


def _named(segment: Segment) -> list[tuple[str, int, int, int]]:
    """Return the elements that a segment names: where each starts, its value, and the next."""
    hits = []
    for kind, words in _ELEMENTS.items():
        numbers = "|".join(word for word in words.split("|") if word in _NUMBERED)
        names = "|".join(word for word in words.split("|") if word not in _NUMBERED)
        pattern = (
            rf"(?i)(?<![\w/])(?:(?:{numbers})\.? ?(?:{names})|(?:{names}))(?![\w/])[ :.]*"
            rf"|^(?:{numbers})\.?(?: (?=\S)|(?=[^\W\d]))"
        )
        match = re.search(pattern, segment.text)
        if match:
            hits.append((kind, match.start(), match.end()))
    if not hits:
        return []
    hits.sort(key=lambda hit: hit[1])
    ends = [start for _, start, _ in hits[1:]] + [len(segment.text)]
    return [(*hit, limit) for hit, limit in zip(hits, ends, strict=True)]


def _value(known: list[Row], kind: str, segment: Segment, start: int, end: int) -> Hit | None:
    """Return an element's value: behind its name, else right of it, else below."""
    row = segment.row
    places = [segment.part(start, end)] if segment.text[start:end].strip() else []
    if end == len(segment.text):
        right = row.segments[row.segments.index(segment) + 1 :]
        for other in right[:1]:
            named = _named(other)
            places.append(other.part(0, named[0][1] if named else None))
        for below in known[row.index + 1 : row.index + 2]:
            near = below.page == row.page and below.top - row.bottom < _BELOW * segment.height
            places += [
                other.part()
                for other in below.segments
                if near and abs(other.box.left - segment.box.left) < 2 * segment.height
            ]
    for place in places:
        if (hit := _read(kind, place)) is not None:
            return hit
    return None


def _entity(known: list[Row], kind: str, part: Part, meaning: Normalized) -> Entity:
    """Return an element; an address goes on with the town, below its street."""
    if kind != "Address":
        return entity(kind, [part], 0.9, meaning)
    segment, lines = part.segment, [part]
    for below in known[segment.row.index + 1 : segment.row.index + 2]:
        near = below.page == segment.page and below.top - segment.row.bottom < segment.height
        lines += [
            other.part()
            for other in below.segments
            if near and _TOWN.search(other.text) and other.box.left < part.box.right
        ][:1]
    texts = tuple(line.text for line in lines)
    hits = [one for one in recognize("\n".join(texts).title(), "en-US") if one.kind == "ADDRESS"]
    town = _TOWN.search(texts[-1])
    place = Address(
        texts,
        hits[0].parts.get("locality", "") if hits else "",
        town[1] if town else "",
        town[2] if town else "",
        "US" if town else "",
    )
    return entity(kind, lines, 0.85, place)


def _read(kind: str, place: Part) -> Hit | None:
    """Return the value that a place holds if it is made as the element must be."""
    text = place.text
    if kind in _DATES:
        for one in recognize(text, "en-US"):
            if one.kind == "DATE" and {"year", "month", "day"} <= one.parts.keys():
                date = Date(*(int(one.parts[key]) for key in ("year", "month", "day")))
                part = place.segment.part(place.start + one.start, place.start + one.end)
                return part, date
        return None
    if kind == "Document Id":
        match = re.match(r"(?=[\w-]*\d)[A-Z0-9][A-Z0-9-]{3,18}(?![\w/])", text)
    elif kind == "Address":
        match = re.match(r"\d[^\n]{4,80}", text)
    else:
        match = re.match(r"[^\W\d_][^\d:]{0,60}", text)
    if match is None:
        return None
    part = place.segment.part(place.start, place.start + match.end())
    return part, Text(part.text)
