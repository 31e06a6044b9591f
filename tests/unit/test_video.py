"""The promise of videos:annotate: what is shown, written and said, and when."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.models.errors import InvalidArgument
from sensorium.models.media.audio import encode
from sensorium.models.registry import discover
from tests.unit.desk import Desk
from tests.unit.filming import RATE, encoded, joined, scene, written
from tests.unit.talking import RATE as HEARD
from tests.unit.talking import silence, talk
from tests.unit.tiny import brought

RPC = "google.cloud.videointelligence.v1.VideoIntelligenceService.AnnotateVideo"
REFUND = "i would like a refund"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def ask(desk: Desk, content: bytes, *features: str, **more: Any) -> Any:
    request = {
        "inputContent": base64.b64encode(content).decode(),
        "features": list(features),
        **more,
    }
    return desk.ask(RPC, request)


def result(desk: Desk, content: bytes, *features: str, **more: Any) -> Any:
    done = ask(desk, content, *features, **more)
    assert "error" not in done, done
    (one,) = done["response"]["annotationResults"]
    return one


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def times(segment: Any) -> tuple[float, float]:
    return seconds(segment["startTimeOffset"]), seconds(segment["endTimeOffset"])


FILM, PLACES = joined([scene(1, 2.0), scene(2, 3.0), scene(3, 2.0)], "cut")


@pytest.mark.parametrize("kind", ["mp4", "matroska", "avi", "mov"])
def test_shots_are_told_with_their_times(desk: Desk, kind: str):
    found = result(desk, encoded(FILM, kind=kind), "SHOT_CHANGE_DETECTION")
    shots = [times(one) for one in found["shotAnnotations"]]
    assert [start for start, _ in shots] == pytest.approx([0.0, 2.0, 5.0], abs=0.05)
    assert [end for _, end in shots] == pytest.approx([2.0, 5.0, 7.0], abs=0.1)


def test_text_is_told_for_as_long_as_it_stands(desk: Desk):
    film = np.concatenate([written("HELLO", 4.0), written("GOODBYE", 3.0)])
    found = result(desk, encoded(film), "TEXT_DETECTION")
    texts = {one["text"]: one["segments"] for one in found["textAnnotations"]}
    assert set(texts) == {"HELLO", "GOODBYE"}
    (hello,), (goodbye,) = texts["HELLO"], texts["GOODBYE"]
    assert times(hello["segment"]) == pytest.approx((0.5, 3.5), abs=0.1)
    assert times(goodbye["segment"])[0] == pytest.approx(4.5, abs=0.1)
    assert len(hello["frames"]) == 4
    corner = hello["frames"][0]["rotatedBoundingBox"]["vertices"][0]
    assert corner["x"] == pytest.approx(60 / 480, abs=0.03)
    assert 0 < hello["confidence"] <= 1


def test_speech_is_told_with_the_times_of_its_words(desk: Desk):
    sound = talk(REFUND, pause=1.0)
    film = np.repeat(scene(1, 0.2)[:1], round(len(sound) / HEARD * RATE), axis=0)
    config = {"speechTranscriptionConfig": {"languageCode": "en-US", "maxAlternatives": 2}}
    for content in (encoded(film, sound), encode(sound, HEARD, "WAV")):
        found = result(desk, content, "SPEECH_TRANSCRIPTION", videoContext=config)
        (one,) = found["speechTranscriptions"]
        best = one["alternatives"][0]
        assert best["transcript"] == REFUND
        assert 0.8 < seconds(best["words"][0]["startTime"]) < 1.5


def test_a_silent_film_and_sound_alone_have_honest_empty_answers(desk: Desk):
    config = {"speechTranscriptionConfig": {"languageCode": "en-US"}}
    features = ("SPEECH_TRANSCRIPTION", "SHOT_CHANGE_DETECTION", "TEXT_DETECTION")
    mute = result(desk, encoded(FILM), *features, videoContext=config)
    assert "speechTranscriptions" not in mute or mute["speechTranscriptions"] == []
    heard = result(desk, encode(silence(1.0), HEARD, "WAV"), *features, videoContext=config)
    assert heard.get("shotAnnotations", []) == heard.get("textAnnotations", []) == []


def test_explicit_content_is_told_of_each_second_that_is_looked_at(desk: Desk):
    found = result(desk, encoded(FILM), "EXPLICIT_CONTENT_DETECTION")
    frames = found["explicitAnnotation"]["frames"]
    assert [seconds(one["timeOffset"]) for one in frames] == pytest.approx(
        [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5], abs=0.01
    )
    assert {one["pornographyLikelihood"] for one in frames} <= {"VERY_UNLIKELY", "UNLIKELY"}


def test_labels_are_told_of_the_film_its_shots_and_its_frames(desk: Desk, shared: Path):
    from PIL import Image

    puppies = Image.open(shared / "data" / "images" / "puppies.jpg").convert("RGB")
    still = np.asarray(puppies.resize((640, 426)))
    film = np.repeat(still[None], 50, axis=0)
    config = {"labelDetectionConfig": {"labelDetectionMode": "SHOT_AND_FRAME_MODE"}}
    found = result(desk, encoded(film), "LABEL_DETECTION", videoContext=config)
    for field in ("segmentLabelAnnotations", "shotLabelAnnotations", "frameLabelAnnotations"):
        told = found.get(field, [])
        assert all(one["entity"]["description"] for one in told)
    segment = found.get("segmentLabelAnnotations", [])
    assert [one["entity"] for one in segment] == [
        one["entity"] for one in found.get("shotLabelAnnotations", [])
    ], "a film of one shot has its labels"


def moving(picture: Any, frames: int = 50) -> Any:
    """Frames in which a picture drifts to the right over grey."""
    height, width = picture.shape[:2]
    film = np.full((frames, 360, 640, 3), 128, np.uint8)
    for at, frame in enumerate(film):
        left = 20 + 4 * at
        frame[40 : 40 + height, left : left + width] = picture[:, : 640 - left]
    return film


def photo(shared: Path, name: str, width: int) -> Any:
    from PIL import Image

    image = Image.open(shared / "data" / "images" / name).convert("RGB")
    return np.asarray(image.resize((width, round(image.height * width / image.width))))


def test_a_face_is_followed_and_shown(desk: Desk, shared: Path):
    film = moving(photo(shared, "face-input.jpg", 260)[:300])
    config = {"faceDetectionConfig": {"includeBoundingBoxes": True}}
    found = result(desk, encoded(film), "FACE_DETECTION", videoContext=config)
    (one,) = found["faceDetectionAnnotations"]
    (track,) = one["tracks"]
    assert times(track["segment"]) == pytest.approx((0.1, 1.9), abs=0.25)
    lefts = [each["normalizedBoundingBox"]["left"] for each in track["timestampedObjects"]]
    assert lefts == sorted(lefts)
    assert lefts[-1] - lefts[0] == pytest.approx(36 * 4 / 640, abs=0.08)
    assert base64.b64decode(one["thumbnail"]).startswith(b"\x89PNG")
    plain = result(desk, encoded(film), "FACE_DETECTION")
    assert "timestampedObjects" not in plain["faceDetectionAnnotations"][0]["tracks"][0]


def test_things_without_a_detector_are_an_error_that_says_what_would_help(desk: Desk):
    found = result(desk, encoded(FILM), "OBJECT_TRACKING", "SHOT_CHANGE_DETECTION")
    assert len(found["shotAnnotations"]) == 3
    assert found["error"]["message"].startswith("OBJECT_TRACKING: No engine for ObjectDetector")


def test_things_are_followed_by_a_detector(tmp_path: Path, shared: Path):
    listening = [spec for spec in discover() if spec.name == "pyav_video"]
    (tmp_path / "weights").mkdir()
    shutil.copy(shared / "weights" / "yolox_nano.onnx", tmp_path / "weights")
    desk = Desk(tmp_path, *listening, brought("yolox", tmp_path / "weights"))
    film = moving(photo(shared, "wakeupcat.jpg", 420)[:300])
    found = result(desk, encoded(film), "OBJECT_TRACKING", "PERSON_DETECTION")
    cats = [
        one for one in found["objectAnnotations"] if one["entity"]["description"].lower() == "cat"
    ]
    assert len(cats) == 1
    start, end = times(cats[0]["segment"])
    assert end - start > 1.0
    lefts = [frame["normalizedBoundingBox"]["left"] for frame in cats[0]["frames"]]
    assert lefts[-1] > lefts[0] + 0.1
    assert 0 < cats[0]["confidence"] <= 1


def test_what_is_not_served_is_an_error_beside_what_is(desk: Desk):
    found = result(desk, encoded(FILM), "LOGO_RECOGNITION", "SHOT_CHANGE_DETECTION")
    assert len(found["shotAnnotations"]) == 3
    assert found["error"]["code"] == 9
    assert "LOGO_RECOGNITION" in found["error"]["message"]


def test_each_segment_has_a_result_of_its_own(desk: Desk):
    segments = [
        {"startTimeOffset": "0s", "endTimeOffset": "1s"},
        {"startTimeOffset": "1.5s", "endTimeOffset": "6s"},
    ]
    done = ask(desk, encoded(FILM), "SHOT_CHANGE_DETECTION", videoContext={"segments": segments})
    first, second = done["response"]["annotationResults"]
    assert [times(one) for one in first["shotAnnotations"]] == [(0.0, 1.0)]
    assert len(second["shotAnnotations"]) == 3
    assert times(second["segment"]) == (1.5, 6.0)
    beyond = [{"startTimeOffset": "60s", "endTimeOffset": "61s"}]
    done = ask(desk, encoded(FILM), "SHOT_CHANGE_DETECTION", videoContext={"segments": beyond})
    assert done["error"]["code"] == 3


def test_results_go_into_a_bucket_and_progress_is_told_by_feature(desk: Desk):
    uri = desk.put("film.mp4", encoded(FILM))
    done = desk.ask(
        RPC,
        {
            "inputUri": uri,
            "features": ["SHOT_CHANGE_DETECTION", "EXPLICIT_CONTENT_DETECTION"],
            "outputUri": "gs://b/out/film.json",
        },
    )
    told = done["metadata"]["annotationProgress"]
    assert [one["feature"] for one in told] == [
        "SHOT_CHANGE_DETECTION",
        "EXPLICIT_CONTENT_DETECTION",
    ]
    assert {one["progressPercent"] for one in told} == {100}
    (stored,) = desk.stored("gs://b/out/film.json")["annotationResults"]
    assert stored["inputUri"] == "/b/film.mp4"
    assert len(stored["shotAnnotations"]) == 3


CUT = encoded(FILM, kind="matroska")


@pytest.mark.parametrize(
    "content",
    [b"no video", b"RIFF\0\0\0\0AVI junk", encoded(FILM)[:3000], b"\x1aE\xdf\xa3" + bytes(90)],
    ids=["text", "avi", "no index", "zeros"],
)
def test_what_is_no_video_ends_with_a_clear_error(desk: Desk, content: bytes):
    done = ask(desk, content, "SHOT_CHANGE_DETECTION")
    assert done["error"]["code"] == 3, done
    assert done["error"]["message"].startswith("inputContent")


def test_a_file_that_was_cut_off_is_what_there_is_of_it(desk: Desk):
    found = result(desk, CUT[: len(CUT) * 2 // 3], "SHOT_CHANGE_DETECTION")
    assert 2 <= len(found["shotAnnotations"]) <= 3


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"features": []}, "features"),
        ({"inputContent": ""}, "inputUri"),
        ({"inputContent": "", "inputUri": "/etc/passwd"}, "inputUri"),
        ({"outputUri": "out.json"}, "outputUri"),
        (
            {"videoContext": {"segments": [{"startTimeOffset": "5s", "endTimeOffset": "1s"}]}},
            "videoContext.segments[0]",
        ),
        (
            {"features": ["SPEECH_TRANSCRIPTION"]},
            "videoContext.speechTranscriptionConfig.languageCode",
        ),
    ],
)
def test_what_is_wrong_says_where(desk: Desk, request_: dict[str, Any], field: str):
    whole = {"inputContent": "AAAA", "features": ["SHOT_CHANGE_DETECTION"]}
    with pytest.raises(InvalidArgument) as caught:
        desk.ask(RPC, whole | request_)
    assert caught.value.field == field
