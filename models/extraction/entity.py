"""What extraction finds: a type, where it stands in the text and on the page, and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sensorium.models.tasks.vision import Box

_NANO = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as google.type.Money has it; `currency` is ISO 4217, empty when nothing tells."""

    currency: str
    units: int
    nanos: int

    @classmethod
    def of(cls, value: Decimal, currency: str) -> Money:
        """Return an amount; the sign of `units` and `nanos` is the same."""
        units = int(value)
        return cls(currency, units, int((value - units) * _NANO))

    @property
    def value(self) -> Decimal:
        """Return the amount as one number."""
        return self.units + self.nanos / _NANO


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar date as far as the text tells it; 0 is unknown."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day."""

    hours: int
    minutes: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address: its lines as written, and the parts that were told apart, else empty."""

    lines: tuple[str, ...]
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A plain number."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Truth:
    """Yes or no."""

    value: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A text in its standard form: a code, a phone number, an identifier."""

    value: str


Normalized = Money | Date | Time | Address | Number | Truth | Text


@dataclass(frozen=True, slots=True)
class Entity:
    """A field of a document.

    `type` is the official name (`invoice_date`, `line_item/amount`). `spans` are offsets into the
    document's text, in order: more than one when the lines of an address have others between them.
    `page` counts from 0, `box` is in the unit of the words' polygons. `confidence` is 0..1.
    `properties` are the parts of a composite such as `line_item`.
    """

    type: str
    mention_text: str
    spans: tuple[tuple[int, int], ...]
    page: int
    box: Box
    confidence: float
    normalized: Normalized | None = None
    properties: tuple[Entity, ...] = ()

    @property
    def start(self) -> int:
        """Return where the entity starts in the text."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Return where the entity ends in the text."""
        return self.spans[-1][1]


def enclosing(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around boxes, of which there must be one."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )
