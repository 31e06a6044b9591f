"""The promise of lettering: old words go, new ones stand there alike, all else stays as it is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sensorium.models.errors import FailedPrecondition
from sensorium.models.imaging.fonts import font
from sensorium.models.imaging.lettering import Lettering, lettered
from sensorium.models.tasks import Point, Polygon

PAPER, INK = (250, 240, 200), (20, 40, 120)


def sheet(text: str, at: tuple[int, int] = (60, 80), size: int = 40):
    """A picture with a line of text, and the polygon of the line."""
    image = Image.new("RGB", (500, 240), PAPER)
    draw = ImageDraw.Draw(image)
    face = font(text, size)
    draw.text(at, text, font=face, fill=INK, anchor="ls")
    left, top, right, bottom = draw.textbbox(at, text, font=face, anchor="ls")
    return np.asarray(image), quad(left, top, right, bottom)


def quad(left: float, top: float, right: float, bottom: float) -> Polygon:
    return (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))


def inked(pixels: np.ndarray) -> np.ndarray:
    return np.abs(pixels.astype(int) - PAPER).sum(axis=2) > 150


def test_new_words_have_the_colour_and_the_place_of_the_old_ones():
    before, place = sheet("HOUSE")
    after = lettered(before, [Lettering("CASA", (place,))])
    rows, columns = np.nonzero(inked(after))
    assert columns.min() >= place[0].x - 8
    assert columns.max() <= place[2].x + 8
    assert rows.min() >= place[0].y - 8
    assert rows.max() <= place[2].y + 8
    darkest = after[inked(after)].astype(int)
    assert np.abs(np.median(darkest, axis=0) - INK).max() < 40
    outside = np.ones(before.shape[:2], bool)
    outside[rows.min() - 12 : rows.max() + 12, columns.min() - 60 : columns.max() + 60] = False
    assert (after[outside] == before[outside]).all()


def test_nothing_is_left_of_the_old_words():
    before, place = sheet("WWWWWWWW")
    after = lettered(before, [Lettering("i", (place,))])
    assert 0 < inked(after).sum() < inked(before).sum() / 8


def test_a_text_that_needs_more_room_is_set_smaller_and_in_lines():
    before, place = sheet("SALE", size=60)
    after = lettered(before, [Lettering("everything is cheaper than it was", (place,))])
    rows, columns = np.nonzero(inked(after))
    assert columns.max() <= place[2].x + 10
    assert rows.max() - rows.min() > 20, "several lines"


@pytest.mark.parametrize("degrees", [0, 12, -30, 90, 180])
def test_words_that_run_aslant_are_replaced_aslant(degrees: float):
    size, middle = 300, 150
    turn = math.radians(degrees)
    cos, sin = math.cos(turn), math.sin(turn)
    corners = [(-100, -20), (100, -20), (100, 20), (-100, 20)]
    place = tuple(Point(middle + x * cos - y * sin, middle + x * sin + y * cos) for x, y in corners)
    before = np.full((size, size, 3), 255, np.uint8)
    ys, xs = np.indices((size, size)) - middle
    before[(np.abs(xs * cos + ys * sin) < 95) & (np.abs(-xs * sin + ys * cos) < 4)] = 0
    after = lettered(before, [Lettering("Mmmmmmmmmm", (place,))])
    dark = (255 - after.mean(axis=2)).astype(float)
    x, y = (dark * xs).sum() / dark.sum(), (dark * ys).sum() / dark.sum()
    assert math.hypot(x, y) < 8, "in the middle of the place"
    spread = np.cov(np.stack([xs.ravel(), ys.ravel()]), aweights=dark.ravel())
    _, axes = np.linalg.eigh(spread)
    along = math.degrees(math.atan2(axes[1, 1], axes[0, 1]))
    assert min((along - degrees) % 180, (degrees - along) % 180) < 6


def test_paper_that_changes_its_colour_shines_through():
    before, place = sheet("HOUSE")
    slope = np.linspace(0, 120, before.shape[1])[None, :, None]
    shaded = (before * (1 - slope / 255)).astype(np.uint8)
    after = lettered(shaded, [Lettering(".", (place,))])
    plain = (np.full(before.shape, PAPER) * (1 - slope / 255)).astype(int)
    assert np.median(np.abs(after.astype(int) - plain)) <= 2
    assert (np.abs(after.astype(int) - plain).mean(axis=2) > 12).mean() < 0.01


def test_no_words_is_the_same_picture():
    before, _ = sheet("HOUSE")
    assert (lettered(before, []) == before).all()
    gone = quad(900, 900, 950, 920)
    assert (lettered(before, [Lettering("x", (gone,))]) == before).all()


@pytest.mark.parametrize("text", ["Straße", "дом", "منزل"])
def test_a_font_is_found_by_its_letters(text: str):
    assert font(text, 20).getlength(text) > 20


def test_letters_that_no_font_has_are_refused():
    with pytest.raises(FailedPrecondition, match="No font"):
        font("\U00013000\U000120fe", 20)
