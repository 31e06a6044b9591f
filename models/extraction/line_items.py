"""Line items: the rows under the heads of columns, checked by quantity x unit price = amount."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from sensorium.models.extraction.amounts import number
from sensorium.models.extraction.entity import Entity, Normalized, Number
from sensorium.models.extraction.labels import Label
from sensorium.models.extraction.rows import Part, Row, Segment, entity
from sensorium.models.extraction.values import Sheet

_FAR = 6.0  # a blank higher than this many rows ends a table
_MONEY = ("unit_price", "amount")
_COUNT = re.compile(r"\d{1,6}(?:[.,]\d{1,3})?")
_TOTALS = {"net_amount", "total_tax_amount", "total_amount", "amount_due", "freight_amount"}
_CENT = Decimal("0.011")
Columns = dict[str, Label]
Cells = dict[str, list[Part]]


def extract(sheet: Sheet) -> list[Entity]:
    """Return the `line_item` entities of all tables; their heads count as used in the sheet."""
    found: list[Entity] = []
    index = 0
    while index < len(sheet.rows):
        columns = _heads(sheet, sheet.rows[index])
        index += 1
        if columns is None:
            continue
        sheet.used.update(label.part.segment for label in columns.values())
        items, index = _body(sheet, columns, index)
        found.extend(entity for cells in items if (entity := _item(sheet, cells)) is not None)
    return found


def _heads(sheet: Sheet, row: Row) -> Columns | None:
    """Return the columns that a row heads: an amount or a price, and another one."""
    columns: Columns = {}
    for segment in row.segments:
        if re.search(r"\d[.,]\d\d\b", segment.text):
            return None
        for label in sheet.labels.get(segment, ()):
            for name in sorted(field for field in label.fields if field.startswith("column_")):
                columns.setdefault(name.removeprefix("column_"), label)
                break
    if len(columns) < 2 or not (columns.keys() & set(_MONEY)):
        return None
    return columns


def _body(sheet: Sheet, columns: Columns, index: int) -> tuple[list[Cells], int]:
    """Return the cells of the rows under heads, and the row that ends the table."""
    items: list[Cells] = []
    bottom = sheet.rows[index - 1].bottom
    height = max(segment.height for segment in sheet.rows[index - 1].segments)
    while index < len(sheet.rows):
        row = sheet.rows[index]
        same = row.page == sheet.rows[index - 1].page
        if closes(sheet, row) or (same and row.top - bottom > _FAR * height):
            break
        if _heads(sheet, row) is not None:
            break
        cells = _cells(row, columns)
        if any(_has_amount(sheet, cells, name) for name in _MONEY):
            items.append(cells)
        elif items and set(cells) == {"description"} and same and row.top - bottom < height:
            items[-1].setdefault("description", []).extend(cells["description"])
        elif items:
            break
        bottom = row.bottom
        index += 1
    return items, index


def closes(sheet: Sheet, row: Row) -> bool:
    """Tell whether a row starts with the label of a total."""
    return any(
        label.part.start == 0 and label.fields & _TOTALS
        for segment in row.segments
        for label in sheet.labels.get(segment, ())
    )


def _has_amount(sheet: Sheet, cells: Cells, name: str) -> bool:
    return any(sheet.amounts(part) for part in cells.get(name, ()))


def _cells(row: Row, columns: Columns) -> Cells:
    """Return the parts of a row by column: each word to its nearest head, neighbours joined."""
    cells: Cells = {}
    for segment in row.segments:
        for part in _divided(segment, columns):
            cells.setdefault(_nearest(part, columns), []).append(part)
    return cells


def _divided(segment: Segment, columns: Columns) -> Iterator[Part]:
    """Yield a segment whole, or cut at its numbers where it lies under several heads."""
    box = segment.box
    under = [
        label
        for label in columns.values()
        if box.left < (label.part.box.left + label.part.box.right) / 2 < box.right
    ]
    if len(under) < 2:
        yield segment.part()
        return
    start = at = 0
    for word in segment.words:
        if at > start and re.match(r"[€$£]?\d", word.text):
            yield segment.part(start, at)
            start = at
        at += len(word.text) + 1
    yield segment.part(start)


def _nearest(part: Part, columns: Columns) -> str:
    """Return the column whose head stands nearest by left edge, right edge or middle."""
    box = part.box

    def distance(name: str) -> float:
        head = columns[name].part.box
        middle = abs(head.left + head.right - box.left - box.right) / 2
        return min(abs(head.left - box.left), abs(head.right - box.right), middle)

    return min(columns, key=distance)


def _item(sheet: Sheet, cells: Cells) -> Entity | None:
    """Return a line item, surer when its arithmetic holds and less sure when it does not."""
    values: dict[str, Decimal] = {}
    read: list[tuple[str, list[Part], Normalized | None]] = []
    for name, parts in cells.items():
        if name in _MONEY:
            amounts = [amount for part in parts for amount in sheet.amounts(part)]
            if amounts:
                values[name] = amounts[-1].value
                read.append((name, [amounts[-1].part], amounts[-1].money(sheet.currency)))
        elif name == "quantity":
            match = _COUNT.match(parts[0].text)
            if match:
                values[name] = number(match[0], sheet.comma)
                place = parts[0].segment.part(parts[0].start, parts[0].start + match.end())
                read.append((name, [place], Number(values[name])))
        elif name != "position":
            read.append((name, parts, None))
    if not values.keys() & set(_MONEY):
        return None
    sure = _sure(values)
    properties = tuple(
        entity(f"line_item/{name}", parts, sure, normalized) for name, parts, normalized in read
    )
    ordered = tuple(sorted(properties, key=lambda one: one.start))
    parts = [part for _, parts, _ in read for part in parts]
    parts.sort(key=lambda part: (part.segment.row.index, part.box.left))
    whole = entity("line_item", parts, sure, None, ordered)
    return whole


def _sure(values: dict[str, Decimal]) -> float:
    """Return the confidence of an item: .97 when it multiplies, .5 when not, .8 unchecked."""
    if len(values) < 3:
        return 0.8
    wrong = abs(values["quantity"] * values["unit_price"] - values["amount"])
    return 0.97 if wrong <= _CENT * max(Decimal(1), values["quantity"]) else 0.5
