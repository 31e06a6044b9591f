"""The promise of MTCNN: every face once, with its landmarks, and no face where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from sensorium.models.engines import _mtcnn
from sensorium.models.engines.mtcnn import Mtcnn
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import Face, Pixels
from tests.unit.portraits import BACK, PLACES, placed, portrait
from tests.unit.test_yunet import opened, resized


@pytest.fixture(scope="module")
def mtcnn() -> Mtcnn:
    return Mtcnn()


def only(mtcnn: Mtcnn, image: Pixels) -> Face:
    ((face,),) = mtcnn.faces([image])
    return face


# --- portraits that are drawn ---------------------------------------------------------------------


@pytest.mark.parametrize("side", [100, 180, 200])
def test_landmarks_are_where_they_were_drawn(mtcnn: Mtcnn, side: int):
    face = only(mtcnn, placed(640, 480, (portrait(side), 100, 40)))
    assert face.landmarks.keys() == PLACES.keys()
    for name, (x, y) in PLACES.items():
        point = face.landmarks[name]
        assert point.x == pytest.approx(100 + x * side, abs=0.06 * side), name
        assert point.y == pytest.approx(40 + y * side, abs=0.06 * side), name
    assert face.box.left < 100 + 0.4 * side
    assert face.box.right > 100 + 0.6 * side
    assert face.confidence >= 0.92


def test_a_face_that_is_turned_says_so(mtcnn: Mtcnn):
    straight = only(mtcnn, placed(300, 300, (portrait(160), 60, 60)))
    turned = only(mtcnn, placed(300, 300, (portrait(160, turned=20), 60, 60)))
    assert straight.roll == pytest.approx(0, abs=5)
    assert turned.roll == pytest.approx(20, abs=6)
    assert straight.pan == pytest.approx(0, abs=15)
    assert straight.tilt is not None


def test_every_face_of_a_group_is_found_once(mtcnn: Mtcnn):
    places = [(x, y) for y in (20, 260) for x in (30, 300, 570)]
    group = placed(800, 480, *((portrait(160), x, y) for x, y in places))
    (found,) = mtcnn.faces([group])
    assert len(found) == len(places)
    centers = sorted((round(one.landmarks["NOSE_TIP"].y), one.box.left) for one in found)
    assert len({round(left / 10) for _, left in centers}) == 3


def test_each_picture_has_its_own_faces_in_order(mtcnn: Mtcnn):
    one = placed(300, 220, (portrait(160), 60, 30))
    found = mtcnn.faces([np.full((90, 120, 3), BACK, np.uint8), one, one[:, :20], one])
    assert [len(faces) for faces in found] == [0, 1, 0, 1]
    assert found[1] == found[3]


def test_a_face_cut_by_the_edge_stays_in_the_picture(mtcnn: Mtcnn):
    cut = portrait(160)[10:, 30:]
    face = only(mtcnn, placed(300, 220, (cut, 0, 0)))
    assert face.box.left >= 0
    assert face.box.top >= 0


# --- the weights ----------------------------------------------------------------------------------


def test_the_package_is_read_and_not_imported(mtcnn: Mtcnn):
    mtcnn.faces([portrait(120)])
    assert "mtcnn" not in sys.modules
    assert "tensorflow" not in sys.modules


def test_a_pickle_that_is_not_the_known_one_is_never_opened(monkeypatch):
    import joblib

    def open_(file: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(joblib, "load", open_)
    monkeypatch.setitem(_mtcnn.SHA256, "pnet", "0" * 64)
    with pytest.raises(FailedPrecondition, match=r"pnet\.lz4 of mtcnn has sha256"):
        Mtcnn()


# --- photos ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("face-input.jpg", 1),
        ("face_no_surprise.jpg", 1),
        *((f"{name}.jpg", 0) for name in ("puppies", "wakeupcat", "duck_and_truck", "landmark")),
        *((f"{name}.jpg", 0) for name in ("text", "text_menu", "cropme", "shoes_1", "handwritten")),
    ],
)
def test_there_are_as_many_faces_as_people(shared: Path, mtcnn: Mtcnn, name: str, count: int):
    (found,) = mtcnn.faces([opened(shared / "data" / "images" / name)])
    assert len(found) == count


@pytest.mark.parametrize("name", ["face-input.jpg", "face_no_surprise.jpg"])
def test_one_face_is_one_face_however_the_picture_is_changed(shared: Path, mtcnn: Mtcnn, name: str):
    image = opened(shared / "data" / "images" / name)
    changed = {
        "mirrored": image[:, ::-1],
        "large": resized(image, 3),
        "small": resized(image, 0.4),
        "dark": (image * 0.4).astype(np.uint8),
        "grey": np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8),
    }
    found = dict(zip(changed, mtcnn.faces(list(changed.values())), strict=True))
    assert {how: len(faces) for how, faces in found.items()} == dict.fromkeys(changed, 1)
    large, small = found["large"][0].box, found["small"][0].box
    assert large.left / 3 == pytest.approx(small.left / 0.4, abs=0.05 * image.shape[1])


def test_a_crowd_is_counted(shared: Path, mtcnn: Mtcnn):
    face = resized(opened(shared / "data" / "images" / "face-input.jpg")[0:230, 130:320], 0.35)
    high, wide = face.shape[:2]
    crowd = np.full((800, 1200, 3), 180, np.uint8)
    places = [(y, x) for y in range(20, 700, 2 * high) for x in range(20, 1100, 2 * wide)]
    for y, x in places:
        crowd[y : y + high, x : x + wide] = face
    (found,) = mtcnn.faces([crowd])
    assert len(found) == len(places) > 30
