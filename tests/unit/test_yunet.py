"""The promise of YuNet: every face once, with its landmarks, in pictures of any size."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.models.engines.yunet import Yunet
from sensorium.models.registry import EngineSpec, discover
from sensorium.models.tasks import Pixels
from sensorium.models.weights import Weights
from tests.conformance.pictures import check_face_detector
from tests.unit.installed import annotated, sensorium
from tests.unit.networks import RED, painted, save_yunet


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("yunet")
    save_yunet(made)
    return made


@pytest.fixture(scope="module")
def yunet(folder: Path) -> Yunet:
    return Yunet(folder, "cpu")


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the real network, as `sensorium import` makes it."""
    weights = Weights(tmp_path_factory.mktemp("weights"))
    weights.import_folder(shared / "weights")
    found = weights.locate("yunet")
    assert found is not None
    return found


def spec(folder: Path) -> EngineSpec:
    one = next(spec for spec in discover() if spec.name == "yunet")
    factory: Any = partial(Yunet, folder, "cpu")
    return replace(one, card=None, factory=factory)


def opened(path: Path) -> Pixels:
    from PIL import Image

    return np.asarray(Image.open(path).convert("RGB"))


def resized(image: Pixels, share: float) -> Pixels:
    from PIL import Image

    height, width = image.shape[:2]
    size = (round(width * share), round(height * share))
    return np.asarray(Image.fromarray(image).resize(size))


def test_a_yunet_keeps_the_promises_of_its_task(folder: Path):
    check_face_detector(spec(folder))


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_boxes_and_landmarks_of_every_stride_are_where_the_face_is(tmp_path: Path, stride: int):
    save_yunet(tmp_path, seen=stride)
    left, top = 4 * stride, 2 * stride
    place = (left, top, left + stride, top + stride)
    ((face,),) = Yunet(tmp_path, "cpu").faces([painted(300, 200, (RED, place))])
    box = [face.box.left, face.box.top, face.box.right, face.box.bottom]
    assert box == pytest.approx(list(place), abs=0.01)
    nose = face.landmarks["NOSE_TIP"]
    assert (nose.x, nose.y) == pytest.approx((left + 0.5 * stride, top + 0.55 * stride), abs=0.01)
    assert face.landmarks["LEFT_EYE"].x < face.landmarks["RIGHT_EYE"].x
    assert face.roll == pytest.approx(14.04, abs=0.01)  # of the network's own landmarks
    assert face.pan is not None
    assert face.tilt is not None


def test_what_is_small_in_a_large_picture_is_found_beside_what_is_large(yunet: Yunet):
    """The large one is one cell of the small look, the small one a cell of the large look."""
    large, small = (0, 0, 128, 128), (1024, 512, 1056, 544)
    (found,) = yunet.faces([painted(1280, 640, (RED, large), (RED, small))])
    boxes = [(one.box.left, one.box.top, one.box.right, one.box.bottom) for one in found]
    assert pytest.approx(large, abs=0.01) in boxes
    assert pytest.approx(small, abs=0.01) in boxes


def test_each_picture_has_its_own_faces_in_order(yunet: Yunet):
    face = painted(96, 96, (RED, (32, 32, 64, 64)))
    found = yunet.faces([painted(96, 96), face, painted(50, 31), face])
    assert [len(faces) for faces in found] == [0, 1, 0, 1]
    assert found[1] == found[3]


# --- the real network ---------------------------------------------------------------------------


def test_the_real_network_keeps_the_promises_of_its_task(real: Path):
    check_face_detector(spec(real))


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("face-input.jpg", 1),
        ("face_no_surprise.jpg", 1),
        *((f"{name}.jpg", 0) for name in ("puppies", "wakeupcat", "duck_and_truck", "landmark")),
        *((f"{name}.jpg", 0) for name in ("text", "text_menu", "cropme", "shoes_1", "handwritten")),
    ],
)
def test_there_are_as_many_faces_as_people(shared: Path, real: Path, name: str, count: int):
    (found,) = Yunet(real, "cpu").faces([opened(shared / "data" / "images" / name)])
    assert len(found) == count


@pytest.mark.parametrize("name", ["face-input.jpg", "face_no_surprise.jpg"])
def test_one_face_is_one_face_however_the_picture_is_changed(shared: Path, real: Path, name: str):
    from PIL import Image

    image = opened(shared / "data" / "images" / name)
    turned = Image.fromarray(image).rotate(-25, expand=True, fillcolor=(128, 128, 128))
    changed = {
        "mirrored": image[:, ::-1],
        "large": resized(image, 4),
        "small": resized(image, 0.2),
        "dark": (image * 0.3).astype(np.uint8),
        "grey": np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8),
        "turned": np.asarray(turned),
    }
    found = dict(zip(changed, Yunet(real, "cpu").faces(list(changed.values())), strict=True))
    assert {how: len(faces) for how, faces in found.items()} == dict.fromkeys(changed, 1)
    (still,), (rolled,) = Yunet(real, "cpu").faces([image])[0], found["turned"]
    assert still.roll is not None
    assert rolled.roll is not None
    assert 15 < rolled.roll - still.roll < 35
    large, small = found["large"][0].box, found["small"][0].box
    assert large.left / 4 == pytest.approx(small.left * 5, abs=0.05 * image.shape[1])


def test_a_crowd_is_counted(shared: Path, real: Path):
    face = resized(opened(shared / "data" / "images" / "face-input.jpg")[0:230, 130:320], 0.3)
    high, wide = face.shape[:2]
    crowd = np.full((1000, 1500, 3), 180, np.uint8)
    places = [(y, x) for y in range(20, 900, 2 * high) for x in range(20, 1400, 2 * wide)]
    for y, x in places:
        crowd[y : y + high, x : x + wide] = face
    (found,) = Yunet(real, "cpu").faces([crowd])
    assert len(found) == len(places) > 80


def test_an_imported_yunet_answers_face_detection(shared: Path, tmp_path: Path):
    assert "imported" in sensorium(tmp_path, "import", str(shared / "weights"))
    content = (shared / "data" / "images" / "face_no_surprise.jpg").read_bytes()
    (answer,) = annotated(tmp_path, "FACE_DETECTION", content)
    (face,) = answer["faceAnnotations"]
    assert face["detectionConfidence"] > 0.9
    assert all(abs(face[angle]) < 20 for angle in ("rollAngle", "panAngle", "tiltAngle"))
    kinds = {one["type"] for one in face["landmarks"]}
    assert {"LEFT_EYE", "RIGHT_EYE", "NOSE_TIP", "MOUTH_LEFT", "MOUTH_CENTER"} <= kinds
