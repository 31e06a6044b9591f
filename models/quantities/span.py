"""A quantity and the places of a text that are taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

QuantityKind = Literal["DATE", "NUMBER", "PRICE", "PHONE_NUMBER", "ADDRESS"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity from `start` to `end` in code points, and its normalized parts.

    DATE has `year`, `month`, `day` as far as the text tells them; NUMBER `value`; PRICE `value` and
    `currency` (ISO 4217); PHONE_NUMBER `number`, `national_prefix`, `area_code`, `extension`;
    ADDRESS `street_number`, `street_name`, `locality`, `postal_code`, `broad_region`, `country`.
    Values are decimal numbers with a point.
    """

    start: int
    end: int
    kind: QuantityKind
    parts: dict[str, str]


class Taken:
    """Which characters of a text belong to something already."""

    def __init__(self, length: int) -> None:
        self._marks = bytearray(length)

    def take(self, start: int, end: int) -> None:
        """Mark a stretch."""
        self._marks[start:end] = b"\1" * (end - start)

    def free(self, start: int, end: int) -> bool:
        """Tell whether nothing of a stretch is taken."""
        return self._marks.find(1, start, end) < 0
