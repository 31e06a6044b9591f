"""Invoices: the fields of Google's invoice parser, by labels, geometry and arithmetic."""

from __future__ import annotations

from sensorium.models.extraction import line_items, parties, totals
from sensorium.models.extraction.entity import Entity, Text
from sensorium.models.extraction.placed import PlacedText
from sensorium.models.extraction.rows import Part, entity
from sensorium.models.extraction.values import Sheet, first

_DATES = ("invoice_date", "due_date", "delivery_date")
_CODES = ("invoice_id", "purchase_order")


def extract(document: PlacedText, language: str = "") -> list[Entity]:
    """Return the entities of an invoice or a credit note, in the order of the text.

    `language` is a BCP-47 code; empty means that the labels tell (English, German, French,
    Spanish, Italian). A field that is not printed is not in the answer. Confidence is .97 where
    the arithmetic holds, .8 where nothing can be checked, .45 where sums contradict each other.
    """
    sheet = Sheet.of(document, language)
    if not sheet.labels:
        return []
    found = line_items.extract(sheet)
    found += totals.extract(sheet, found)
    found += dates(sheet, _DATES) + codes(sheet) + _terms(sheet)
    if found:
        found += parties.extract(sheet) + currency(sheet)
    return sorted(found, key=lambda one: (one.start, one.type))


def dates(sheet: Sheet, fields: tuple[str, ...]) -> list[Entity]:
    """Return the date that each field's labels introduce, the longest label first."""
    found: list[Entity] = []
    taken: set[tuple[int, int]] = set()
    for field in reversed(fields):  # the bare "date" comes last: it may be another field's
        options = sorted(sheet.of_field(field), key=lambda label: label.part.start - label.part.end)
        for label in options:
            hit = first(sheet.places(label), sheet.date)
            if hit is None:
                continue
            (part, date), likely = hit
            key = (id(part.segment), part.start)
            if key not in taken:
                taken.add(key)
                found.append(entity(field, [part], 0.93 * likely, date))
                break
    return found


def codes(sheet: Sheet) -> list[Entity]:
    """Return the invoice's number and that of the order."""
    found = []
    for field in _CODES:
        options = [(label, 0.93) for label in sheet.of_field(field)]
        if field == "invoice_id":  # "Invoice 2024-17"
            options += [
                (label, 0.7) for label in sheet.of_field("title") if sheet.behind(label) is not None
            ]
        for label, sure in options:
            hit = first(sheet.places(label), sheet.code)
            if hit is not None:
                found.append(entity(field, [hit[0]], sure * hit[1], Text(hit[0].text)))
                break
    return found


def currency(sheet: Sheet) -> list[Entity]:
    """Return the document's currency where it is first printed."""
    for row in sheet.rows:
        for segment in row.segments:
            for amount in sheet.amounts(segment.part()):
                if amount.currency and amount.currency == sheet.currency:
                    part = _mark(amount.part)
                    return [entity("currency", [part], 0.93, Text(amount.currency))]
    return []


def _mark(part: Part) -> Part:
    """Return the sign or code of a currency beside an amount."""
    text = part.text
    inner = text.strip("0123456789.,-−–()'’ \u00a0\u202f")
    start = part.start + text.find(inner)
    return part.segment.part(start, start + len(inner))


def _terms(sheet: Sheet) -> list[Entity]:
    for label in sheet.of_field("payment_terms"):
        for part, likely in sheet.places(label):
            return [entity("payment_terms", [part], 0.85 * likely, Text(part.text))]
    return []
