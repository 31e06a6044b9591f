"""The promise of YOLOX networks: what is in the picture, where it is, whatever the sizes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sensorium.models.engines.yolox import COCO, Yolox
from sensorium.models.errors import FailedPrecondition
from tests.conformance.pictures import check_object_detector
from tests.unit.installed import annotated, sensorium
from tests.unit.networks import BLUE, RED, painted, save_yolox
from tests.unit.tiny import brought


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("yolox") / "model"
    save_yolox(made)
    return made


@pytest.fixture(scope="module")
def yolox(folder: Path) -> Yolox:
    return Yolox(folder, "cpu")


def told(things: list[Any]) -> list[tuple[str, list[float]]]:
    return [
        (one.name, [one.box.left, one.box.top, one.box.right, one.box.bottom]) for one in things
    ]


def test_a_yolox_by_card_keeps_the_promises_of_its_task(folder: Path):
    check_object_detector(brought("yolox", folder))


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_every_stride_is_decoded_to_its_place(tmp_path: Path, stride: int):
    save_yolox(tmp_path, seen=stride)
    place = (2 * stride, stride, 3 * stride, 2 * stride)
    (found,) = Yolox(tmp_path, "cpu").objects([painted(96, 96, (RED, place))])
    ((name, box),) = told(found)
    assert name == "red thing"
    assert box == pytest.approx(list(place), abs=0.01)
    assert found[0].score > 0.9


@pytest.mark.parametrize(("width", "height"), [(192, 96), (96, 192), (48, 48), (960, 960)])
def test_places_are_those_of_the_picture_and_not_of_the_networks_square(
    yolox: Yolox, width: int, height: int
):
    cell = 32 * max(width, height) // 96
    blue = (0, 0, cell, min(cell, height))
    (found,) = yolox.objects([painted(width, height, (BLUE, blue))])
    ((name, box),) = told(found)
    assert name == "blue thing"
    assert box == pytest.approx(list(blue), abs=0.01)


def test_boxes_end_where_the_picture_ends(yolox: Yolox):
    (found,) = yolox.objects([painted(96, 40, (RED, (64, 32, 96, 40)), (RED, (0, 0, 32, 32)))])
    for _, (left, top, right, bottom) in told(found):
        assert 0 <= left < right <= 96
        assert 0 <= top < bottom <= 40


def test_surer_things_come_first_and_each_picture_has_its_own(yolox: Yolox):
    pale = (190, 60, 60)
    both = painted(96, 96, (pale, (0, 0, 32, 32)), (RED, (64, 64, 96, 96)))
    found = yolox.objects([both, painted(96, 96), painted(96, 96, (BLUE, (0, 0, 32, 32)))])
    assert [box[0] for _, box in told(found[0])] == [64, 0]
    assert found[0][0].score > found[0][1].score
    assert found[1] == []
    assert [name for name, _ in told(found[2])] == ["blue thing"]


def test_a_network_that_takes_many_at_once_answers_the_same(tmp_path: Path, yolox: Yolox):
    save_yolox(tmp_path, batch="n")
    rng = np.random.default_rng(3)
    pictures = []
    for _ in range(11):
        x, y = (int(32 * one) for one in rng.integers(0, 3, 2))
        pictures.append(painted(96, 96, (RED, (x, y, x + 32, y + 32))))
    assert Yolox(tmp_path, "cpu").objects(pictures) == yolox.objects(pictures)


def test_a_network_of_any_size_looks_at_640_pixels(tmp_path: Path):
    save_yolox(tmp_path, side=("h", "w"))  # type: ignore[arg-type]
    (found,) = Yolox(tmp_path, "cpu").objects([painted(640, 320, (RED, (320, 64, 352, 96)))])
    assert told(found) == [("red thing", pytest.approx([320, 64, 352, 96]))]


def test_names_that_do_not_fit_are_refused(tmp_path: Path):
    save_yolox(tmp_path, names="red thing\n")
    with pytest.raises(FailedPrecondition, match=r"2 kinds of things.*names\.txt"):
        Yolox(tmp_path, "cpu")
    (tmp_path / "names.txt").unlink()
    with pytest.raises(FailedPrecondition, match="80 names"):
        Yolox(tmp_path, "cpu")


@pytest.mark.parametrize("content", [b"", b"no network at all"])
def test_a_file_that_is_no_network_is_refused_by_name(tmp_path: Path, content: bytes):
    with pytest.raises(FailedPrecondition, match=r"one \.onnx file; it holds none"):
        Yolox(tmp_path, "cpu")
    (tmp_path / "broken.onnx").write_bytes(content)
    with pytest.raises(FailedPrecondition, match=r"broken\.onnx cannot be opened"):
        Yolox(tmp_path, "cpu")


def test_there_are_80_kinds_in_coco():
    assert len(set(COCO)) == 80
    assert {"traffic light", "cat", "toothbrush"} <= set(COCO)


# --- from a folder to Google's answer -----------------------------------------------------------


def test_a_network_of_ones_own_answers_object_localization(folder: Path, tmp_path: Path):
    how = ("--engine", "yolox", "--languages", "*", "--licence", "MIT")
    assert "imported" in sensorium(tmp_path, "cards", "new", "colours", str(folder), *how)
    target = io.BytesIO()
    Image.fromarray(painted(192, 96, (BLUE, (64, 0, 128, 64)))).save(target, "PNG")
    (answer,) = annotated(tmp_path, "OBJECT_LOCALIZATION", target.getvalue())
    (thing,) = answer["localizedObjectAnnotations"]
    assert thing["name"] == "Blue thing"
    corner = thing["boundingPoly"]["normalizedVertices"][0]
    assert (corner["x"], corner["y"]) == (pytest.approx(1 / 3, abs=0.01), 0)


def test_the_real_yolox_nano_finds_what_is_there(shared: Path, tmp_path: Path):
    """The toys are found where they are; the network was trained on none and calls them food."""
    assert "yolox-nano" in sensorium(tmp_path, "import", str(shared / "weights"))
    names = ("wakeupcat.jpg", "face-input.jpg", "duck_and_truck.jpg")
    pictures = [(shared / "data" / "images" / name).read_bytes() for name in names]
    answers = annotated(tmp_path, "OBJECT_LOCALIZATION", *pictures)
    cat, person, toys = (one["localizedObjectAnnotations"] for one in answers)
    assert cat[0]["name"] == "Cat"
    assert person[0]["name"] == "Person"
    found = [one["boundingPoly"]["normalizedVertices"] for one in toys]
    for left, top, right, bottom in ((0.09, 0.17, 0.41, 0.83), (0.5, 0.18, 0.95, 0.81)):
        assert any(
            abs(box[0]["x"] - left) < 0.06
            and abs(box[0]["y"] - top) < 0.15
            and abs(box[2]["x"] - right) < 0.06
            and abs(box[2]["y"] - bottom) < 0.06
            for box in found
        )
