"""Find the quantities of a text: each form in turn, the more telling ones first."""

from __future__ import annotations

from sensorium.models.quantities import (
    addresses,
    dates,
    identifiers,
    numbers,
    phones,
    prices,
)
from sensorium.models.quantities.conventions import conventions
from sensorium.models.quantities.span import Quantity, Taken

_RULES = (addresses.find, dates.find, phones.find, prices.find, numbers.find)


def recognize(text: str, language: str = "en") -> list[Quantity]:
    """Return the quantities of a text in order, not overlapping.

    `language` is a BCP-47 code; its region decides between 3/5 as March and as May, and where a
    phone number without country code belongs. Month names, separators and the order of dates are
    CLDR's. What looks like an identifier (IBAN, version, order number, address of the internet) is
    left alone: a rule that is in doubt says nothing. Takes linear time.
    """
    known = conventions(language)
    taken = Taken(len(text))
    for start, end in identifiers.find(text):
        taken.take(start, end)
    found: list[Quantity] = []
    for rule in _RULES:
        for quantity in rule(text, known, taken):
            taken.take(quantity.start, quantity.end)
            found.append(quantity)
    return sorted(found, key=lambda quantity: quantity.start)
