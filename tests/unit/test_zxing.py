"""Barcodes, read from pictures that the tests draw."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from sensorium.models.pool import LocalModels
from sensorium.models.registry import discover
from sensorium.models.tasks import Barcode, BarcodeReader, Pixels

zxingcpp = pytest.importorskip("zxingcpp")
LEFT, TOP = 60, 40


def drawn(kind: str, text: str) -> tuple[Pixels, tuple[int, int]]:
    """Return a white picture with a barcode at LEFT, TOP, and the size of the barcode."""
    code = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind))
    grey = np.array(zxingcpp.write_barcode_to_image(code, scale=4))
    picture = np.full((grey.shape[0] + 100, grey.shape[1] + 120, 3), 255, np.uint8)
    picture[TOP : TOP + grey.shape[0], LEFT : LEFT + grey.shape[1]] = grey[:, :, None]
    return picture, (grey.shape[1], grey.shape[0])


def read(*pictures: Pixels) -> list[list[Barcode]]:
    """Read with the engine as the gateway runs it: in a process of its own."""

    async def run() -> list[list[Barcode]]:
        models = LocalModels([spec for spec in discover() if spec.name == "zxing"])
        try:
            return await models.use(BarcodeReader.barcodes)(list(pictures))
        finally:
            await models.close()

    return asyncio.run(run())


def test_codes_of_several_kinds_are_read_each_from_its_own_picture():
    wanted = [("QRCode", "https://example.org/a"), ("Code128", "AB-12"), ("EAN13", "4006381333931")]
    found = read(*(drawn(kind, text)[0] for kind, text in wanted))
    assert [[(one.format, one.text) for one in codes] for codes in found] == [
        [pair] for pair in wanted
    ]
    assert found[1][0].raw == b"AB-12"


def test_the_corners_lie_on_the_code():
    picture, (width, height) = drawn("QRCode", "corner")
    ((code,),) = read(picture)
    assert len(code.polygon) == 4
    assert all(LEFT <= p.x <= LEFT + width and TOP <= p.y <= TOP + height for p in code.polygon)
    assert code.polygon[0].x < code.polygon[1].x
    assert code.polygon[0].y < code.polygon[3].y


def test_a_code_on_its_side_is_read():
    picture, _ = drawn("Code128", "SIDE")
    ((code,),) = read(np.ascontiguousarray(np.rot90(picture)))
    assert code.text == "SIDE"
