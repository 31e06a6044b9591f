"""Barcodes, by zxing-cpp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sensorium.models.registry import engine
from sensorium.models.tasks import Barcode, BarcodeReader, Pixels, Point


@engine(
    "zxing",
    task=BarcodeReader,
    requires=("zxingcpp",),
    isolated=True,
    concurrency=2,
    memory="60MB",
    rank=10,
)
class Zxing:
    """Read QR, Data Matrix, Aztec, PDF417, EAN, UPC, Code 39/93/128, ITF, Codabar and others."""

    def __init__(self) -> None:
        import zxingcpp

        self._library = zxingcpp

    def barcodes(self, images: Sequence[Pixels]) -> list[list[Barcode]]:
        """Return the barcodes of each picture whose check sums hold."""
        return [self._read(image) for image in images]

    def _read(self, image: Pixels) -> list[Barcode]:
        grey = np.ascontiguousarray(image.astype(np.uint16).sum(axis=2) // 3, dtype=np.uint8)
        return [_barcode(found) for found in self._library.read_barcodes(grey) if found.valid]


def _barcode(found: Any) -> Barcode:
    place = found.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return Barcode(
        found.format.name,
        found.text,
        bytes(found.bytes),
        tuple(Point(float(corner.x), float(corner.y)) for corner in corners),
    )
