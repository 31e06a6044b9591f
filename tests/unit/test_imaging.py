"""What pixels tell without a model: colours, blur, darkness, what stands out, crops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from sensorium.models.imaging import colours, exposure
from sensorium.models.imaging.crops import Focus, best, importance
from sensorium.models.imaging.saliency import saliency
from sensorium.models.tasks import Box


def flat(colour: tuple[int, int, int], size: tuple[int, int] = (120, 80)) -> np.ndarray:
    return np.full((size[1], size[0], 3), colour, np.uint8)


def portrait(size: int = 200) -> Image.Image:
    """Something with the edges and shades of a face."""
    image = Image.new("RGB", (size, size), (120, 100, 90))
    draw = ImageDraw.Draw(image)
    unit = size / 20
    draw.ellipse((3 * unit, unit, 17 * unit, 19 * unit), (210, 170, 150))
    for left in (6, 12):
        draw.ellipse((left * unit, 6 * unit, (left + 2.4) * unit, 8 * unit), "white")
        draw.ellipse(((left + 0.7) * unit, 6.2 * unit, (left + 1.7) * unit, 7.8 * unit), "black")
    draw.line((7 * unit, 14 * unit, 13 * unit, 14 * unit), (150, 40, 50), round(unit / 2))
    draw.line((10 * unit, 8 * unit, 9.4 * unit, 11.4 * unit), (130, 90, 80), round(unit / 3))
    return image


WHOLE = Box(0, 0, 200, 200)


# --- colours ------------------------------------------------------------------------------------


def test_an_even_picture_has_one_colour():
    (one,) = colours.dominant(flat((200, 30, 40)))
    assert (round(one.red), round(one.green), round(one.blue)) == (200, 30, 40)
    assert one.fraction == pytest.approx(1)
    assert one.score == pytest.approx(1)


def test_shares_are_those_of_the_areas_and_vivid_colours_score_higher():
    image = flat((128, 128, 128))
    image[:40] = (230, 20, 20)
    red, grey, *_ = colours.dominant(image)
    assert red.red > 220
    assert red.fraction == pytest.approx(0.5, abs=0.02)
    assert grey.fraction == pytest.approx(0.5, abs=0.02)
    assert red.score > 2 * grey.score


def test_the_same_picture_has_the_same_colours_every_time():
    image = np.random.default_rng(3).integers(0, 255, (60, 90, 3), np.uint8)
    assert colours.dominant(image) == colours.dominant(image)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_shares_and_scores_of_any_picture_sum_to_one(width, height, seed):
    image = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    found = colours.dominant(image)
    assert sum(one.fraction for one in found) == pytest.approx(1)
    assert sum(one.score for one in found) == pytest.approx(1)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 <= c <= 255 for one in found for c in (one.red, one.green, one.blue))


# --- blur and darkness --------------------------------------------------------------------------


def test_blur_is_likelier_the_stronger_it_is():
    levels = [
        exposure.blurred(np.asarray(portrait().filter(ImageFilter.GaussianBlur(radius))), WHOLE)
        for radius in (0, 1, 2, 4, 8)
    ]
    assert levels == sorted(levels)
    assert levels[0] < 0.1
    assert levels[-1] > 0.8


def test_blur_does_not_depend_on_contrast_or_size():
    sharp = np.asarray(portrait())
    dull = (sharp.astype(float) * 0.3 + 90).astype(np.uint8)
    large = np.asarray(portrait(800))
    assert exposure.blurred(dull, WHOLE) < 0.15
    assert exposure.blurred(large, Box(0, 0, 800, 800)) < 0.15


@pytest.mark.parametrize(
    ("pixels", "box"),
    [
        (flat((90, 90, 90)), Box(0, 0, 100, 80)),
        (flat((90, 90, 90)), Box(10, 10, 14, 14)),
        (flat((90, 90, 90)), Box(500, 500, 600, 600)),
    ],
    ids=["even", "tiny", "outside"],
)
def test_where_nothing_can_be_seen_nothing_is_said_of_blur(pixels, box):
    assert exposure.blurred(pixels, box) is None


def test_darkness_is_that_of_the_part_not_of_the_picture():
    image = flat((200, 200, 200))
    image[:, :60] = 10
    assert exposure.underexposed(image, Box(0, 0, 60, 80)) > 0.9
    assert exposure.underexposed(image, Box(60, 0, 120, 80)) < 0.01
    assert exposure.underexposed(image, Box(300, 0, 320, 80)) is None


# --- what stands out ----------------------------------------------------------------------------


def test_a_spot_in_an_even_picture_stands_out():
    image = flat((90, 120, 90), (240, 160))
    image[40:70, 160:200] = (230, 60, 40)
    weights = saliency(image)
    assert weights.sum() == pytest.approx(1)
    rows, columns = weights.shape
    spot = weights[int(rows * 0.2) : int(rows * 0.5), int(columns * 0.6) : int(columns * 0.9)]
    assert spot.sum() > 5 * 0.3 * 0.3


def test_nothing_stands_out_of_an_even_picture():
    weights = saliency(flat((7, 7, 7)))
    assert weights.min() == pytest.approx(weights.max())


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 99))
def test_any_picture_has_a_map_that_sums_to_one(width, height, seed):
    image = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    weights = saliency(image)
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0


# --- crops --------------------------------------------------------------------------------------


def crops(ratios: list[float], *focuses: Focus, size: tuple[int, int] = (400, 200)) -> list:
    weights = importance(saliency(flat((80, 80, 80), size)), focuses, size)
    return best(weights, size, ratios)


def test_a_crop_keeps_what_is_in_focus():
    left, right = Box(20, 60, 80, 140), Box(320, 60, 380, 140)
    (one,) = crops([1.0], Focus(left, 1.0))
    assert one.box.left <= 20
    assert one.box.right >= 80
    (other,) = crops([1.0], Focus(right, 1.0))
    assert other.box.left <= 320
    assert other.box.right >= 378
    assert one.importance > 0.75


def test_of_two_things_the_weightier_is_kept():
    (one,) = crops([0.5], Focus(Box(10, 50, 60, 150), 1.0), Focus(Box(330, 50, 380, 150), 5.0))
    assert one.box.right >= 375


def test_nothing_in_focus_leaves_the_crop_in_the_middle():
    (one,) = crops([1.0])
    assert (one.box.left + one.box.right) / 2 == pytest.approx(200, abs=6)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 300),
    st.integers(2, 300),
    st.lists(st.floats(0.05, 20), min_size=1, max_size=4),
    st.integers(0, 99),
)
def test_crops_have_their_ratio_and_lie_in_the_picture(width, height, ratios, seed):
    image = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    weights = importance(saliency(image), [], (width, height))
    found = best(weights, (width, height), ratios)
    assert len(found) == len(ratios)
    for crop, ratio in zip(found, ratios, strict=True):
        box = crop.box
        assert 0 <= box.left < box.right <= width + 1e-6
        assert 0 <= box.top < box.bottom <= height + 1e-6
        assert (box.right - box.left) / (box.bottom - box.top) == pytest.approx(ratio, rel=0.02)
        assert 0 <= crop.importance <= 1
        assert 0.2 <= crop.confidence <= 1
