"""Image quality: each defect is told by the page that has it, and by no other."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from sensorium.models.imaging.quality import defects, score
from sensorium.models.tasks import Line, Pixels, Point
from tests.unit.desk import picture

SHARP = Image.open(io.BytesIO(picture("A page of text", "with a second line"))).convert("RGB")


def line(left: float, height: float) -> Line:
    corners = ((left, 100), (left + 200, 100), (left + 200, 100 + height), (left, 100 + height))
    return Line((), tuple(Point(x, y) for x, y in corners), 1.0)


def pixels(image: Image.Image) -> Pixels:
    return np.asarray(image)


def noisy() -> Pixels:
    grain = np.random.default_rng(1).normal(0, 25, (*pixels(SHARP).shape[:2], 1))
    return (pixels(SHARP) * 0.7 + 30 + grain).clip(0, 255).astype(np.uint8)


def glaring() -> Pixels:
    dull = (pixels(SHARP) * 0.6).astype(np.uint8)
    dull[40:120, 300:600] = 255
    return dull


@pytest.mark.parametrize(
    ("name", "page", "lines"),
    [
        ("defect_blurry", pixels(SHARP.filter(ImageFilter.GaussianBlur(7))), [line(50, 40)]),
        ("defect_noisy", noisy(), [line(50, 40)]),
        ("defect_dark", (pixels(SHARP) * 0.15).astype(np.uint8), [line(50, 40)]),
        ("defect_faint", (pixels(SHARP) * 0.1 + 220).astype(np.uint8), [line(50, 40)]),
        ("defect_text_too_small", pixels(SHARP), [line(50, 5)]),
        ("defect_text_cutoff", pixels(SHARP), [line(0, 40)]),
        ("defect_glare", glaring(), [line(50, 40)]),
    ],
)
def test_a_defect_is_the_likeliest_of_the_page_that_has_it(name: str, page: Pixels, lines):
    found = defects(page, lines)
    assert max(found, key=lambda one: found[one]) == name
    assert found[name] > 0.7
    assert score(found) < 0.3


def test_a_sharp_page_has_none():
    found = defects(pixels(SHARP), [line(50, 40)])
    assert max(found.values()) < 0.05
    assert score(found) > 0.9


@pytest.mark.parametrize("size", [(1, 1), (2, 50), (400, 300)])
def test_a_blank_page_of_any_size_can_be_judged(size: tuple[int, int]):
    found = defects(np.full((*size, 3), 255, np.uint8))
    assert all(0 <= one <= 1 for one in found.values())
    assert score(found) > 0.9
