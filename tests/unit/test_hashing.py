"""The perceptual hash: copies stay near, strangers stay far."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sensorium.models.hashing import BITS, distances, perceptual_hash
from sensorium.models.media.thumbnails import from_jpeg, reduced, to_jpeg
from tests.unit.products import blurred, photo, recompressed, shifted


def hashed(image: Image.Image) -> bytes:
    found = perceptual_hash(np.asarray(image.convert("RGB")))
    assert found is not None
    return found


def apart(one: bytes, other: bytes) -> int:
    return int(distances(one, np.frombuffer(other, np.uint8)[None])[0])


@pytest.mark.parametrize("change", [blurred, recompressed, shifted])
def test_a_changed_copy_stays_near(change):
    for seed in range(40):
        image = photo(seed)
        assert apart(hashed(image), hashed(change(image))) <= 10


def test_other_pictures_are_far():
    hashes = np.frombuffer(b"".join(hashed(photo(seed)) for seed in range(60)), np.uint8)
    rows = hashes.reshape(60, 8)
    others = [distances(rows[i].tobytes(), np.delete(rows, i, 0)).min() for i in range(60)]
    assert min(others) > 10


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (31, 33, 3), (3000, 2, 3)])
def test_a_picture_of_any_shape_has_a_hash_or_none(shape):
    random = np.random.default_rng(1)
    found = perceptual_hash(random.integers(0, 256, shape, np.uint8))
    assert found is None or len(found) == BITS // 8


def test_a_picture_that_shows_nothing_has_no_hash():
    assert perceptual_hash(np.full((200, 300, 3), 255, np.uint8)) is None
    assert perceptual_hash(np.full((200, 300, 3), (200, 10, 10), np.uint8)) is None


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=8, max_size=8))
def test_distances_count_bits_and_are_symmetric(one, other):
    expected = (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()
    assert apart(one, other) == apart(other, one) == expected


def test_a_copy_is_small_and_keeps_its_colours():
    pixels = np.asarray(photo(1, (1600, 1200)))
    copy = from_jpeg(to_jpeg(reduced(pixels, 640)))
    assert copy.shape == (480, 640, 3)
    again = np.asarray(Image.fromarray(pixels).resize((640, 480), Image.Resampling.BOX))
    assert np.abs(copy.astype(int) - again).mean() < 4
    assert reduced(pixels[:100, :100], 640).shape == (100, 100, 3)
    assert reduced(pixels[:1, :1600], 640).shape == (1, 640, 3)
