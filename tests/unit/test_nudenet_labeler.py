"""The promise of the embedded labels: few things, named when sure, and silence on all else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sensorium.models.adapters import sight
from sensorium.models.adapters.photos import photos, said
from sensorium.models.adapters.regions import MAX, MEAN, PARTS, QUARTERS, regions
from sensorium.models.engines.nudenet_labeler import NudeNetLabeler
from sensorium.models.errors import InvalidArgument
from sensorium.models.tasks import Pixels
from tests.unit.test_yunet import opened


@pytest.fixture(scope="module")
def engine() -> NudeNetLabeler:
    return NudeNetLabeler()


def yin_and_yang(side: int = 480) -> Pixels:
    image = Image.new("RGB", (480, 480), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 40, 440, 440), fill="white", outline="black", width=6)
    draw.pieslice((40, 40, 440, 440), 90, 270, fill="black")
    draw.ellipse((140, 40, 340, 240), fill="black")
    draw.ellipse((140, 240, 340, 440), fill="white")
    draw.ellipse((215, 115, 265, 165), fill="white")
    draw.ellipse((215, 315, 265, 365), fill="black")
    return np.asarray(image.resize((side, side)))


@pytest.mark.parametrize("side", [160, 480, 900])
def test_a_thing_that_it_knows_is_named(engine: NudeNetLabeler, side: int):
    ((label,),) = engine.labels([yin_and_yang(side)])
    assert label.name == "Yin and yang"
    assert 0.8 < label.score <= 1


def test_what_shows_nothing_that_it_knows_gets_no_label(engine: NudeNetLabeler):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    slope = np.repeat(np.linspace(0, 255, 300, dtype=np.uint8)[None, :, None], 3, axis=2)
    pictures = [np.full((100, 200, 3), 255, np.uint8), noise, np.repeat(slope, 200, axis=0)]
    assert engine.labels(pictures) == [[], [], []]


def test_labels_of_photos_held_back_are_right_and_others_silent(
    shared: Path, engine: NudeNetLabeler
):
    held = [one for one in photos(shared / "data") if one.held][::8]
    found = engine.labels([opened(one.path) for one in held])
    told = [
        label.name == said(one.kind)
        for one, labels in zip(held, found, strict=True)
        for label in labels
    ]
    assert np.mean(told) >= 0.85
    assert np.mean([bool(labels) for labels in found]) > 0.4


# --- the heads ------------------------------------------------------------------------------------


def test_a_name_is_told_once_with_its_higher_score():
    heads = replace(sight.load(), names=("Face", "Face", "Cup"), slope=1.0, offset=0.0, least=0.0)
    labels = heads.labels(np.array([1.0, 2.0, 0.5], np.float32))
    assert [label.name for label in labels] == ["Face", "Cup"]
    assert labels[0].score == pytest.approx(1 / (1 + np.exp(-2)))
    assert heads.labels(np.array([-0.1, -3, -2], np.float32)) == []


def test_regions_leave_out_what_lies_beside_the_picture():
    seen = np.zeros((1, 4, 4), np.float32)
    seen[0, :2] = [[1, 1, 3, 3], [5, 5, 7, 7]]
    seen[0, 2:] = 99
    (found,) = regions([seen], 50, 100)
    assert found.shape == (PARTS, 1)
    assert (found[MEAN, 0], found[MAX, 0]) == (4, 7)
    assert list(found[QUARTERS, 0]) == [1, 3, 5, 7]


@pytest.mark.parametrize("sides", [(1, 5000), (5000, 1), (1, 1)])
def test_the_thinnest_picture_has_regions(sides: tuple[int, int]):
    (found,) = regions([np.ones((2, 10, 10), np.float32)], *sides)
    assert np.isfinite(found).all()


def test_every_photo_has_a_class_and_a_fifth_is_held_back(tmp_path: Path):
    for kind in ("caltech101/cup", "caltech101/Faces", "clothing/t-shirt"):
        folder = tmp_path / "labels" / kind
        folder.mkdir(parents=True)
        for number in range(10):
            (folder / f"{number}.jpg").touch()
    found = photos(tmp_path)
    assert len(found) == 30
    assert sum(one.held for one in found) == 6
    assert found == photos(tmp_path)
    assert [said(one.kind) for one in found[::10]] == ["Face", "Cup", "T-shirt"]


def test_photos_that_are_not_there_are_named(tmp_path: Path):
    with pytest.raises(InvalidArgument, match="labels/caltech101"):
        photos(tmp_path)
