"""Fields of documents by rules: labels, geometry, arithmetic, check digits.

Every `extract` takes a `PlacedText` and returns `Entity` values in the order of the text:

    invoices.extract(document, language="")       the types of Google's invoice parser
    receipts.extract(document, language="")       those of the expense parser
    licences.extract(document)                    those of the US driver licence parser
    passports.extract(document)                   machine readable zones (ICAO 9303)
    custom.extract(document, schema)              what a user's schema names
    confirmed.confirmed(document, schema, fields) what a model read, where the text has it
    classes.train(vectors, labels)                a classifier of documents
    splitting.split(pages, vectors, classifier)   where documents start in a stack of pages

`language` is a BCP-47 code; empty means that the labels tell.
"""

from sensorium.models.extraction.entity import (
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
from sensorium.models.extraction.placed import PlacedText, PlacedWord, placed

__all__ = [
    "Address",
    "Date",
    "Entity",
    "Money",
    "Normalized",
    "Number",
    "PlacedText",
    "PlacedWord",
    "Text",
    "Time",
    "Truth",
    "placed",
]
