"""What extraction found, as `Document.entities`: anchors, places and normalized values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from sensorium.apis.core import JSON
from sensorium.apis.documentai import geometry
from sensorium.apis.documentai.document import anchor
from sensorium.apis.documentai.reading import Reading
from sensorium.models.extraction import (
    Address,
    Date,
    Entity,
    Money,
    Normalized,
    Number,
    Text,
    Time,
    Truth,
)


def entities(found: Sequence[Entity], reading: Reading) -> list[JSON]:
    """Return entities with ids that count from 0, an entity before its properties."""
    ids = count()
    return [_entity(one, reading, ids) for one in found]


def _entity(one: Entity, reading: Reading, ids: Iterator[int]) -> JSON:
    answer: JSON = {
        "type": one.type,
        "mentionText": one.mention_text,
        "confidence": one.confidence,
        "id": str(next(ids)),
        "textAnchor": {
            **anchor(*one.spans),
            "content": "".join(reading.placed.text[start:end] for start, end in one.spans),
        },
        "pageAnchor": {
            "pageRefs": [
                {
                    "page": one.page,
                    "boundingPoly": geometry.box(one.box, reading.sizes[one.page]),
                    "confidence": one.confidence,
                }
            ]
        },
    }
    if one.normalized is not None:
        answer["normalizedValue"] = _normalized(one.normalized)
    if one.properties:
        answer["properties"] = [_entity(part, reading, ids) for part in one.properties]
    return answer


def _normalized(value: Normalized) -> JSON:
    """Return a `NormalizedValue`: its standard text, and the structure where there is one."""
    match value:
        case Money():
            text = f"{value.value.normalize():f} {value.currency}".rstrip()
            money = {
                "currencyCode": value.currency,
                "units": value.units,
                "nanos": value.nanos,
            }
            return {"text": text, "moneyValue": money}
        case Date():
            parts = (f"{value.year:04}", f"{value.month:02}", f"{value.day:02}")
            text = "-".join(part for part in parts if int(part))
            return {
                "text": text,
                "dateValue": {"year": value.year, "month": value.month, "day": value.day},
            }
        case Time():
            return {
                "text": f"{value.hours:02}:{value.minutes:02}:{value.seconds:02}",
                "datetimeValue": {
                    "hours": value.hours,
                    "minutes": value.minutes,
                    "seconds": value.seconds,
                },
            }
        case Address():
            return {"text": "\n".join(value.lines), "addressValue": _address(value)}
        case Number():
            return _number(value)
        case Truth():
            return {"text": str(value.value).lower(), "booleanValue": value.value}
        case Text():
            return {"text": value.value}


def _number(value: Number) -> JSON:
    """Return a number: whole ones that fit as integers, the rest as single-precision floats."""
    text = f"{value.value.normalize():f}"
    if value.value == value.value.to_integral_value() and abs(value.value) < 2**31:
        return {"text": text, "integerValue": int(value.value)}
    return {"text": text, "floatValue": float(value.value)}


def _address(value: Address) -> JSON:
    """Return a `PostalAddress`; the region is a code or left out."""
    return {
        "regionCode": value.country if len(value.country) == 2 else "",
        "postalCode": value.postal_code,
        "administrativeArea": value.region,
        "locality": value.locality,
        "addressLines": list(value.lines),
    }
