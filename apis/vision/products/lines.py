"""The lines of a CSV file of reference images, eight columns each.

image-uri, image-id, product-set-id, product-id, product-category, product-display-name, labels
("color=red,style=women") and bounding-poly ("x1,y1,x2,y2": integers are pixels, numbers with a
point shares of the sides). A file has no header.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sensorium.apis.vision.products import fields, names
from sensorium.apis.wire.table import load
from sensorium.models.errors import Failure, InvalidArgument

MOST = 20_000  # lines of a file
_NEEDED, _COLUMNS = 5, 8
_FIELD = 131_072  # characters of a column, csv's own limit
_UNNAMED = " "  # what Google calls a product without a display name


@dataclass(frozen=True, slots=True)
class Line:
    """A reference image to import; `poly` is a `BoundingPoly` message, None for all of it."""

    uri: str
    image: str
    product_set: str
    product: str
    category: str
    display_name: str
    labels: list[list[str]]
    poly: Any


def parse(content: bytes) -> list[Line | Failure]:
    """Return the lines of a file, or in place of one what is wrong with it.

    Raises InvalidArgument for what is no CSV file at all.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidArgument("The CSV file is not UTF-8 text.") from None
    return list(_lines(text))


def _lines(text: str) -> Iterator[Line | Failure]:
    rows = csv.reader(io.StringIO(text, newline=""))
    for count in range(MOST + 1):
        try:
            row = next(rows, None)
        except csv.Error as broken:
            yield InvalidArgument(f"This is no line of CSV ({broken}).")
            continue
        if row is None:
            return
        if count == MOST:
            raise InvalidArgument(f"The CSV file has more than {MOST} lines.")
        try:
            yield _line(row)
        except Failure as failure:
            yield failure


def _line(row: list[str]) -> Line:
    """Return what a row says; the failure's field is the column."""
    if not _NEEDED <= len(row) <= _COLUMNS:
        raise InvalidArgument(f"A line has {_NEEDED} to {_COLUMNS} columns, not {len(row)}.")
    cells = [cell.strip() for cell in row] + [""] * (_COLUMNS - len(row))
    uri, image, product_set, product, category, display_name, labels, poly = cells
    for column, cell in (("product-set-id", product_set), ("product-id", product)):
        if not cell:
            raise InvalidArgument("It is needed.", field=column)
    return Line(
        uri=uri,
        image=names.chosen(image, "image-id"),
        product_set=names.chosen(product_set, "product-set-id"),
        product=names.chosen(product, "product-id"),
        category=fields.category(category, "product-category"),
        display_name=fields.described(display_name, "product-display-name") or _UNNAMED,
        labels=_labels(labels),
        poly=_poly(poly) if poly else None,
    )


def _labels(text: str) -> list[list[str]]:
    """Return the labels of `key=value,key=value`."""
    kind = load().message("google.cloud.vision.v1.Product")
    product: Any = kind()
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = (part.strip() for part in pair.partition("="))
        if not equals:
            raise InvalidArgument(f"{pair[:60]!r} is not KEY=VALUE.", field="labels")
        product.product_labels.add(key=key, value=value)
    return fields.labels(product.product_labels, "labels")


def _poly(text: str) -> Any:
    """Return the `BoundingPoly` of `x1,y1,x2,y2,...`."""
    parts = [part.strip() for part in text.split(",")]
    whole = all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts)
    try:
        values = [float(part) for part in parts]
    except ValueError:
        values = []
    if len(values) < 4 or len(values) % 2 or not (whole or all(0 <= v <= 1 for v in values)):
        raise InvalidArgument(
            f"{text[:60]!r} is no polygon: it takes x and y of two corners or more, as integers "
            "from 0 or as shares from 0 to 1.",
            field="bounding-poly",
        )
    poly: Any = load().message("google.cloud.vision.v1.BoundingPoly")()
    for x, y in zip(values[::2], values[1::2], strict=True):
        if whole:
            poly.vertices.add(x=int(x), y=int(y))
        else:
            poly.normalized_vertices.add(x=x, y=y)
    return poly
