"""Headers and footers: what stands at the edge of pages, and comes again or counts them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from sensorium.models.layouts.sheet import Row, Sheet

_ZONE = 0.1  # of the height of a page, at its upper and at its lower edge
_NUMBER = re.compile(
    r"(?:\w{1,8}\.?\s*)?[-–—(\[|]?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*[-–—)\]|]?(?:\s*(?:/|\w{1,4})\s*\d{1,4})?",
    re.IGNORECASE,
)
_PAGE = re.compile(r"p(?:age|ag|ágina|agina|g)?\.?|seite|s\.|стр\.?", re.IGNORECASE)
_ALONE = re.compile(r"[-–—(\[|]?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*[-–—)\]|]?(?:\s*/\s*\d{1,4})?")


def margins(sheets: Sequence[Sheet]) -> dict[Row, str]:
    """Return the rows that are `header` or `footer` of their page."""
    seen: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    zones = [(row, zone) for one in sheets for row, zone in _zones(one)]
    for row, zone in zones:
        seen[zone, _alike(row.text)].add(row.page)
    return {
        row: zone
        for row, zone in zones
        if len(seen[zone, _alike(row.text)]) > 1 or is_number(row.text)
    }


def is_number(text: str) -> bool:
    """Tell whether a text is a page's number, with or without a word for it."""
    if _ALONE.fullmatch(text):
        return True
    return _NUMBER.fullmatch(text) is not None and _PAGE.match(text) is not None


def _zones(sheet: Sheet) -> list[tuple[Row, str]]:
    height = sheet.edges.bottom - sheet.edges.top
    found = []
    for row in sheet.pieces:
        if isinstance(row, Row):
            if row.box.bottom < sheet.edges.top + _ZONE * height:
                found.append((row, "header"))
            elif row.box.top > sheet.edges.bottom - _ZONE * height:
                found.append((row, "footer"))
    return found


def _alike(text: str) -> str:
    """Return a text without what differs between pages: figures and spaces."""
    return re.sub(r"\d+", "#", "".join(text.casefold().split()))
