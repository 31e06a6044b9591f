"""PNG files of pixels: another decoder must see what went in."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from sensorium.models.media.png import encode


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 1), (37, 53)])
def test_colours_come_back_as_they_were(size):
    pixels = np.random.default_rng(5).integers(0, 256, (*size, 3), np.uint8)
    with Image.open(io.BytesIO(encode(pixels))) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), pixels)


def test_a_picture_without_colour_is_stored_in_greys():
    grey = np.random.default_rng(6).integers(0, 256, (20, 30, 1), np.uint8)
    pixels = np.repeat(grey, 3, axis=2)
    with Image.open(io.BytesIO(encode(pixels))) as image:
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), pixels[:, :, 0])
