"""Receipts: the fields of Google's expense parser."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from sensorium.models.extraction import invoices, line_items, parties, totals
from sensorium.models.extraction.entity import Entity, Number, Text, Time
from sensorium.models.extraction.labels import folded
from sensorium.models.extraction.placed import PlacedText
from sensorium.models.extraction.rows import Part, Row, entity
from sensorium.models.extraction.values import Sheet

_TIME = re.compile(
    r"(?<![\d:.])([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?![\d:])(?:\s?([AaPp])\.?[Mm])?"
)
_CARDS = re.compile(
    r"(?i)(?<!\w)(visa|mastercard|amex|american express|maestro|discover|girocard|ec-karte|"
    r"carte bancaire|debit|credit card|cash|bar|contanti|efectivo|especes|paypal)(?!\w)"
)
_FOUR = re.compile(r"(?:[*xX•.#]{2,}[\s-]?){1,4}(\d{4})(?!\d)")
_COUNTED = re.compile(r"(\d{1,3})\s?[xX×*]?\s+(?=[^\W\d_])")
_KEPT = {
    "supplier_name", "supplier_address", "supplier_phone", "total_amount", "net_amount",
    "total_tax_amount", "currency", "line_item",
}  # fmt: skip


def extract(document: PlacedText, language: str = "") -> list[Entity]:
    """Return the entities of a receipt, in the order of the text.

    Without heads of columns, each line above the first total that ends in an amount is a line
    item. `language` and confidences are as in invoices.
    """
    sheet = Sheet.of(document, language)
    items = line_items.extract(sheet) or _lines(sheet)
    found = items + totals.extract(sheet, items)
    details = _date(sheet) + _time(sheet) + _payment(sheet) + _tip(sheet)
    if found or details:
        found += details + parties.extract(sheet) + invoices.currency(sheet)
    kept = [one for one in found if one.type in _KEPT or one in details]
    return sorted(kept, key=lambda one: (one.start, one.type))


def _lines(sheet: Sheet) -> list[Entity]:
    """Return a line item for each row before the first total whose last segment is an amount."""
    found: list[Entity] = []
    for row in sheet.rows:
        if line_items.closes(sheet, row):
            return found
        hit = _line(sheet, row)
        if hit is not None:
            found.append(hit)
    return []  # without a total nothing tells items from other lines


def _line(sheet: Sheet, row: Row) -> Entity | None:
    """Return a row as a line item: a description, maybe with a count before it, and an amount."""
    last = row.segments[-1]
    amounts = [one for one in sheet.amounts(last.part()) if one.exact]
    if not amounts or amounts[-1].part.end < len(last.text) - 2:
        return None
    amount = amounts[-1]
    words = [segment.part() for segment in row.segments[:-1]] + [last.part(0, amount.part.start)]
    description = [part for part in words if part.start < part.end]
    if not description or not re.search(r"[^\W\d_]{2}", " ".join(one.text for one in description)):
        return None
    properties = [entity("line_item/amount", [amount.part], 0.8, amount.money(sheet.currency))]
    head = description[0]
    if match := _COUNTED.match(head.text):
        count = head.segment.part(head.start, head.start + match.end(1))
        properties.append(entity("line_item/quantity", [count], 0.8, Number(Decimal(match[1]))))
        description[0] = head.segment.part(head.start + match.end(), head.end)
    properties.append(entity("line_item/description", description, 0.8))
    ordered = tuple(sorted(properties, key=lambda one: one.start))
    return entity("line_item", _whole(row), 0.8, None, ordered)


def _whole(row: Row) -> list[Part]:
    return [segment.part() for segment in row.segments]


def _date(sheet: Sheet) -> list[Entity]:
    """Return the date behind a label, else the first of the page."""
    labelled = invoices.dates(sheet, ("invoice_date",))
    if labelled:
        return [replace(labelled[0], type="receipt_date")]
    for row in sheet.rows:
        for segment in row.segments:
            if (hit := sheet.date(segment.part())) is not None:
                return [entity("receipt_date", [hit[0]], 0.85, hit[1])]
    return []


def _time(sheet: Sheet) -> list[Entity]:
    for row in sheet.rows:
        for segment in row.segments:
            if match := _TIME.search(segment.text):
                hours = int(match[1])
                if match[4]:
                    hours = hours % 12 + (12 if match[4] in "pP" else 0)
                time = Time(hours, int(match[2]), int(match[3] or 0))
                return [entity("purchase_time", [segment.part(*match.span())], 0.9, time)]
    return []


def _payment(sheet: Sheet) -> list[Entity]:
    """Return the kind of payment and the last four digits of a card."""
    found: dict[str, Entity] = {}
    for row in sheet.rows:
        for segment in row.segments:
            if match := _CARDS.search(folded(segment.text)):
                part = segment.part(*match.span())
                found.setdefault(
                    "payment_type", entity("payment_type", [part], 0.85, Text(part.text))
                )
            if match := _FOUR.search(segment.text):
                part = segment.part(*match.span(1))
                kind = "credit_card_last_four_digits"
                found.setdefault(kind, entity(kind, [part], 0.9, Text(match[1])))
    return list(found.values())


def _tip(sheet: Sheet) -> list[Entity]:
    for label in sheet.of_field("tip_amount"):
        for part, likely in sheet.places(label):
            if amounts := sheet.amounts(part):
                money = amounts[-1].money(sheet.currency)
                return [entity("tip_amount", [amounts[-1].part], 0.85 * likely, money)]
    return []
