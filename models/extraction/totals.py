"""Totals: net + tax = total chooses between candidates and tells how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from sensorium.models.extraction.amounts import Amount
from sensorium.models.extraction.entity import Entity, Money, Number
from sensorium.models.extraction.labels import Label
from sensorium.models.extraction.rows import Part, entity
from sensorium.models.extraction.values import Sheet

_CENT = Decimal("0.011")
_MOST = 6  # candidates of one field that are tried
_CHECKED, _UNCHECKED, _WRONG = 0.97, 0.8, 0.45


@dataclass(frozen=True, slots=True)
class _Candidate:
    label: Label
    amount: Amount
    likely: float


def extract(sheet: Sheet, items: Sequence[Entity]) -> list[Entity]:
    """Return net_amount, total_tax_amount, total_amount, amount_due, freight_amount as far as told.

    Of several candidates those are taken that add up. Nothing is calculated that is not printed:
    sums that contradict each other lower the confidence of all that take part.
    """
    found = {
        field: _candidates(sheet, field)
        for field in ("net_amount", "total_tax_amount", "total_amount")
    }
    due = _candidates(sheet, "amount_due")[-1:]
    if not found["total_amount"]:  # what is due stands in for the total in the arithmetic
        found["amount_due"] = due
    freight = _candidates(sheet, "freight_amount")[:1]
    chosen, sure = _chosen(found, freight, _sum(items))
    result = [
        entity(field, [one.amount.part], sure * one.likely, one.amount.money(sheet.currency))
        for field, one in chosen.items()
    ]
    for field, ones in (("amount_due", due), ("freight_amount", freight)):
        for one in [] if field in chosen else ones:
            money = one.amount.money(sheet.currency)
            result.append(entity(field, [one.amount.part], _UNCHECKED * one.likely, money))
    return result + _vat(sheet, found["total_tax_amount"], sure)


def _candidates(sheet: Sheet, field: str) -> list[_Candidate]:
    """Return the amounts that labels of a field introduce; of a row's amounts the last."""
    found = []
    for label in sheet.of_field(field):
        if label.fields & {"tax_id"} or not label.first:
            continue
        for part, likely in sheet.places(label):
            amounts = [one for one in sheet.amounts(part) if one.exact]
            if amounts:
                found.append(_Candidate(label, amounts[-1], likely))
                break
    return found[-_MOST:]


def _chosen(
    found: dict[str, list[_Candidate]], freight: list[_Candidate], items: Decimal | None
) -> tuple[dict[str, _Candidate], float]:
    """Return a candidate for each field, and the confidence that the arithmetic gives them."""
    options = [[(field, one) for one in ones] for field, ones in found.items() if ones]
    best: tuple[float, dict[str, _Candidate]] = (-1.0, {})
    for choice in product(*options):
        picked = dict(choice)
        if len(
            {(id(one.amount.part.segment), one.amount.part.start) for one in picked.values()}
        ) < len(picked):
            continue
        sure = _sure({field: one.amount.value for field, one in picked.items()}, freight, items)
        rank = sure + 0.01 * sum(one.likely for one in picked.values())
        if "total_amount" in picked:  # the grand total is the last and the largest
            rank += 0.001 * found["total_amount"].index(picked["total_amount"])
        if rank > best[0]:
            best = (rank, picked)
    values = {field: one.amount.value for field, one in best[1].items()}
    return best[1], _sure(values, freight, items)


def _sure(values: dict[str, Decimal], freight: list[_Candidate], items: Decimal | None) -> float:
    """Return how sure amounts are: whether they add up with each other and with the items."""
    net, tax = values.get("net_amount"), values.get("total_tax_amount")
    total = values.get("total_amount", values.get("amount_due"))
    extra = {Decimal(0), *(one.amount.value for one in freight)}
    checks = []
    if net is not None and tax is not None and total is not None:
        checks.append(any(abs(net + tax + more - total) <= _CENT for more in extra))
    if items is not None and (net is not None or total is not None):
        sums = [value for value in (net, total) if value is not None]
        near = any(abs(items + more - value) <= _CENT for more in extra for value in sums)
        checks.extend([True] if near else [] if checks else [False])
    if not checks:
        return _UNCHECKED
    return _CHECKED if all(checks) else _WRONG


def _sum(items: Sequence[Entity]) -> Decimal | None:
    """Return the sum of the items' amounts, None unless each has one."""
    total = Decimal(0)
    for item in items:
        amounts = [one.normalized for one in item.properties if one.type.endswith("/amount")]
        if not amounts or not isinstance(amounts[0], Money):
            return None
        total += amounts[0].value
    return total if items else None


def _vat(sheet: Sheet, taxes: list[_Candidate], sure: float) -> list[Entity]:
    """Return a `vat` for each row of tax that prints its rate."""
    found = []
    for one in taxes:
        segment = one.label.part.segment
        at = segment.text.find("%")
        start = at
        while start > 0 and segment.text[start - 1] in "0123456789.,  ":
            start -= 1
        rate = segment.part(start, at + 1)
        digits = rate.text.strip("% ").replace(",", ".")
        if at < 0 or not digits.replace(".", "", 1).isdigit():
            continue
        parts: list[Part] = [rate, one.amount.part]
        money = one.amount.money(sheet.currency)
        properties = (
            entity("vat/tax_rate", [rate], sure, Number(Decimal(digits))),
            entity("vat/amount", [one.amount.part], sure, money),
        )
        found.append(entity("vat", parts, sure, None, properties))
    return found
