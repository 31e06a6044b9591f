"""What engines that look at pictures promise."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from sensorium.models import tasks
from sensorium.models.errors import InvalidArgument
from sensorium.models.registry import EngineSpec
from tests.conformance.asking import ask

LANDMARKS = frozenset(
    f"{side}_{part}"
    for side in ("LEFT", "RIGHT")
    for part in (
        *("EYE", "EYE_PUPIL", "EYE_TOP_BOUNDARY", "EYE_BOTTOM_BOUNDARY", "EYE_LEFT_CORNER"),
        *("EYE_RIGHT_CORNER", "EYEBROW_UPPER_MIDPOINT", "EAR_TRAGION", "CHEEK_CENTER"),
    )
) | frozenset(
    (
        *("LEFT_OF_LEFT_EYEBROW", "RIGHT_OF_LEFT_EYEBROW", "LEFT_OF_RIGHT_EYEBROW"),
        *("RIGHT_OF_RIGHT_EYEBROW", "MIDPOINT_BETWEEN_EYES", "NOSE_TIP", "NOSE_BOTTOM_LEFT"),
        *("NOSE_BOTTOM_RIGHT", "NOSE_BOTTOM_CENTER", "UPPER_LIP", "LOWER_LIP", "MOUTH_LEFT"),
        *("MOUTH_RIGHT", "MOUTH_CENTER", "FOREHEAD_GLABELLA", "CHIN_GNATHION"),
        *("CHIN_LEFT_GONION", "CHIN_RIGHT_GONION"),
    )
)


def png(width: int = 64, height: int = 48) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(target, "PNG")
    return target.getvalue()


def odd_pictures() -> list[tasks.Pixels]:
    """Nothing, one pixel, a hair, a wall, noise, and views that cannot be written to."""
    noise = np.random.default_rng(7).integers(0, 256, (90, 160, 3), np.uint8)
    blank = np.full((64, 200, 3), 255, np.uint8)
    sizes = ((1, 1), (3, 5000), (5000, 3), (2, 2), (700, 900))
    made = [blank, *(np.full((*size, 3), 90, np.uint8) for size in sizes)]
    made += [noise, noise[:, ::-1], noise[::-1, ::2]]
    for image in made:
        image.flags.writeable = False
    return made


def check_box(box: tasks.Box, image: tasks.Pixels) -> None:
    """A box has an area and lies in its picture."""
    height, width = image.shape[:2]
    assert 0 <= box.left < box.right <= width
    assert 0 <= box.top < box.bottom <= height


def check_face(face: tasks.Face, image: tasks.Pixels) -> None:
    """A face has a place, Google's landmarks, and angles in degrees."""
    check_box(face.box, image)
    assert 0 <= face.confidence <= 1
    assert set(face.landmarks) <= LANDMARKS
    for point in face.landmarks.values():
        assert np.isfinite([point.x, point.y]).all()
    for angle in (face.roll, face.pan, face.tilt):
        assert angle is None or -180 <= angle <= 180
    assert set(face.attributes or {}) <= {"joy", "sorrow", "anger", "surprise", "headwear"}
    assert all(0 <= likely <= 1 for likely in (face.attributes or {}).values())


def check_text_reader(spec: EngineSpec) -> None:
    blank = np.full((64, 200, 3), 255, np.uint8)
    assert ask(spec, tasks.TextReader.read, [blank, blank]) == [[], []]


def check_image_reader(spec: EngineSpec) -> None:
    (frame,) = ask(spec, tasks.ImageReader.frames, png(), 10_000)
    assert frame.shape == (48, 64, 3)
    assert frame.dtype == np.uint8
    assert ask(spec, tasks.ImageReader.count, png()) == 1
    with pytest.raises(InvalidArgument):
        ask(spec, tasks.ImageReader.frames, png(200, 200), 10_000)
    with pytest.raises(InvalidArgument):
        ask(spec, tasks.ImageReader.frames, b"no picture", 10_000)


def check_barcode_reader(spec: EngineSpec) -> None:
    blank = np.full((64, 200, 3), 255, np.uint8)
    assert ask(spec, tasks.BarcodeReader.barcodes, [blank, blank]) == [[], []]


def check_face_detector(spec: EngineSpec) -> None:
    images = odd_pictures()
    found = ask(spec, tasks.FaceDetector.faces, images)
    assert len(found) == len(images)
    assert found[0] == []
    for image, faces in zip(images, found, strict=True):
        surest = [face.confidence for face in faces]
        assert surest == sorted(surest, reverse=True)
        for face in faces:
            check_face(face, image)
    assert ask(spec, tasks.FaceDetector.faces, []) == []


def check_object_detector(spec: EngineSpec) -> None:
    names = ask(spec, tasks.ObjectDetector.names)
    assert names
    assert len(set(names)) == len(names)
    images = odd_pictures()
    found = ask(spec, tasks.ObjectDetector.objects, images)
    assert len(found) == len(images)
    assert found[0] == []
    for image, things in zip(images, found, strict=True):
        surest = [thing.score for thing in things]
        assert surest == sorted(surest, reverse=True)
        for thing in things:
            assert thing.name in names
            assert 0 <= thing.score <= 1
            check_box(thing.box, image)
    assert ask(spec, tasks.ObjectDetector.objects, []) == []


def check_image_labeler(spec: EngineSpec) -> None:
    images = odd_pictures()
    found = ask(spec, tasks.ImageLabeler.labels, images)
    assert len(found) == len(images)
    for labels in found:
        scores = [label.score for label in labels]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert len({label.name.casefold() for label in labels}) == len(labels)
        assert all(label.name.strip() for label in labels)
    assert ask(spec, tasks.ImageLabeler.labels, []) == []


def check_image_matcher(spec: EngineSpec) -> None:
    images, names = odd_pictures(), ["a cat", "rain", "", "🦊 fox " * 200]
    found = ask(spec, tasks.ImageMatcher.match, images, names)
    assert len(found) == len(images)
    for scores in found:
        assert len(scores) == len(names)
        assert all(0 <= score <= 1 for score in scores)
    (alone,) = ask(spec, tasks.ImageMatcher.match, images[-1:], names[1:2])
    assert alone == pytest.approx(found[-1][1:2], abs=1e-3), "each name on its own"
    assert ask(spec, tasks.ImageMatcher.match, images[:2], []) == [[], []]
    assert ask(spec, tasks.ImageMatcher.match, [], names) == []


def check_image_embedder(spec: EngineSpec) -> None:
    images = odd_pictures()
    found = ask(spec, tasks.ImageEmbedder.embed_images, [*images, images[-1].copy()])
    assert len({one.shape for one in found}) == 1
    for one in found:
        assert one.dtype == np.float32
        assert np.linalg.norm(one) == pytest.approx(1, abs=1e-3)
    assert found[-1] @ found[-2] == pytest.approx(1, abs=1e-3)
    assert found[-1] @ found[0] < 0.999
    assert ask(spec, tasks.ImageEmbedder.embed_images, []) == []


def check_safety_rater(spec: EngineSpec) -> None:
    images = odd_pictures()
    found = ask(spec, tasks.SafetyRater.rate, images)
    assert len(found) == len(images)
    for rated in found:
        assert rated
        assert set(rated) <= {"adult", "racy", "violence", "medical", "spoof"}
        assert all(0 <= likely <= 1 for likely in rated.values())
    assert ask(spec, tasks.SafetyRater.rate, []) == []


CHECKS: dict[type, Callable[[EngineSpec], None]] = {
    tasks.TextReader: check_text_reader,
    tasks.ImageReader: check_image_reader,
    tasks.BarcodeReader: check_barcode_reader,
    tasks.FaceDetector: check_face_detector,
    tasks.ObjectDetector: check_object_detector,
    tasks.ImageLabeler: check_image_labeler,
    tasks.ImageMatcher: check_image_matcher,
    tasks.ImageEmbedder: check_image_embedder,
    tasks.SafetyRater: check_safety_rater,
}
