"""Boxes: one thing is told once, and nothing is told beside the picture."""

from __future__ import annotations

import numpy as np
import pytest

from sensorium.models.imaging.boxes import suppress, within
from sensorium.models.tasks import Box

BOXES = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10], [0, 0, 10, 4]], np.float32)


def kept(scores: list[float], kinds: list[int], overlap: float = 0.5) -> list[int]:
    return suppress(BOXES, np.array(scores, np.float32), np.array(kinds, np.intp), overlap)


def test_the_surer_of_two_that_overlap_stays():
    assert kept([0.5, 0.9, 0.7, 0.6], [0, 0, 0, 0]) == [1, 2, 3]


def test_things_of_different_kinds_do_not_hide_each_other():
    assert kept([0.5, 0.9, 0.7, 0.6], [0, 1, 0, 0]) == [1, 2, 3, 0]


def test_overlap_is_intersection_over_union():
    assert kept([0.9, 0.1, 0.1, 0.8], [0, 1, 2, 0], overlap=0.39) == [0, 1, 2]
    assert kept([0.9, 0.1, 0.1, 0.8], [0, 1, 2, 0], overlap=0.41) == [0, 3, 1, 2]


def test_nothing_is_kept_of_nothing():
    nothing = np.zeros((0, 4), np.float32)
    assert suppress(nothing, nothing[:, 0], np.zeros(0, np.intp), 0.5) == []


@pytest.mark.parametrize(
    ("corners", "box"),
    [
        ((-5, -5, 4, 3), Box(0, 0, 4, 3)),
        ((18, 8, 99, 99), Box(18, 8, 20, 10)),
        ((30, 0, 40, 5), None),
        ((5, 5, 5, 9), None),
        ((9, 5, 4, 9), None),
        ((np.nan, 0, 5, 5), None),
    ],
)
def test_a_box_is_cut_to_its_picture_or_not_told(corners: tuple[float, ...], box: Box | None):
    image = np.zeros((10, 20, 3), np.uint8)
    assert within(np.array(corners, np.float32), image) == box
