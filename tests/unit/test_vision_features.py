"""Vision's features over engines that see colours: shapes, limits, and what cannot be told."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from sensorium.apis.vision.likelihood import likelihood
from sensorium.models.tasks import (
    FaceDetector,
    ImageLabeler,
    ImageMatcher,
    SafetyRater,
    TextReader,
)
from tests.unit import patches, seeing
from tests.unit.patches import TREE, Ask, corners, drawn, png, run
from tests.unit.pdfs import pdf, shown
from tests.unit.seeing import BLUE, RED, TASKS, spec

ask = patches.ask
openers = patches.openers
words = patches.words

FILES = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateFiles"


FACE = (RED, (100, 60, 180, 140))


TRUCK = (BLUE, (300, 20, 380, 60))


# --- faces --------------------------------------------------------------------------------------


def test_a_face_has_its_boxes_landmarks_and_angles(ask: Ask):
    (face,) = ask(png(drawn(FACE)), "FACE_DETECTION")["faceAnnotations"]
    assert corners(face["fdBoundingPoly"]) == (100, 60, 180, 140)
    assert corners(face["boundingPoly"]) == (88, 36, 192, 148)
    places = {one["type"]: one["position"] for one in face["landmarks"]}
    assert (places["LEFT_EYE"]["x"], places["LEFT_EYE"]["y"]) == (124, 84)
    assert places["MIDPOINT_BETWEEN_EYES"]["x"] == pytest.approx(140)
    assert face["rollAngle"] == pytest.approx(45)
    assert face["panAngle"] == 5
    assert "tiltAngle" not in face
    assert face["detectionConfidence"] == face["landmarkingConfidence"] == pytest.approx(0.9)


def test_what_no_engine_tells_of_a_face_is_unknown(ask: Ask):
    (face,) = ask(png(drawn(FACE)), "FACE_DETECTION")["faceAnnotations"]
    for mood in ("joy", "sorrow", "anger", "surprise", "headwear"):
        assert face[f"{mood}Likelihood"] == "UNKNOWN"
    assert face["blurredLikelihood"] == "UNKNOWN"  # an even patch has nothing to be sharp
    assert face["underExposedLikelihood"] in ("VERY_UNLIKELY", "UNLIKELY", "POSSIBLE")


def test_what_an_engine_tells_of_a_face_is_told(ask: Ask):
    moody = spec(FaceDetector, seeing.Moods)
    (face,) = ask(png(drawn(FACE)), "FACE_DETECTION", without=(FaceDetector,), engines=(moody,))[
        "faceAnnotations"
    ]
    assert face["joyLikelihood"] == "VERY_LIKELY"
    assert face["headwearLikelihood"] == "VERY_UNLIKELY"
    assert face["sorrowLikelihood"] == "UNKNOWN"


def test_a_head_at_the_edge_stays_in_the_picture(ask: Ask):
    picture = png(drawn((RED, (0, 0, 80, 80))))
    (face,) = ask(picture, "FACE_DETECTION")["faceAnnotations"]
    assert corners(face["boundingPoly"])[:2] == (0, 0)


def test_a_picture_without_faces_is_an_empty_answer(ask: Ask):
    assert ask(png(drawn()), "FACE_DETECTION") == {}


def test_faces_on_a_page_of_a_pdf_are_in_its_points(openers, tmp_path):
    content = pdf("0.86 0.08 0.08 rg 30 100 60 60 re f " + shown("x"))
    request = {
        "inputConfig": {
            "content": base64.b64encode(content).decode(),
            "mimeType": "application/pdf",
        },
        "features": [{"type": "FACE_DETECTION"}, {"type": "OBJECT_LOCALIZATION"}],
    }
    specs = [spec(FaceDetector, seeing.Faces)]
    (file,) = run(openers, specs, tmp_path, FILES, {"requests": [request]})
    (page,) = file["responses"]
    (face,) = page["faceAnnotations"]
    assert "vertices" not in face["fdBoundingPoly"]
    first = face["fdBoundingPoly"]["normalizedVertices"][0]
    assert first["x"] == pytest.approx(0.1, abs=0.01)
    assert first["y"] == pytest.approx(0.2, abs=0.01)
    eye = next(one for one in face["landmarks"] if one["type"] == "LEFT_EYE")
    assert eye["position"]["x"] == pytest.approx(48, abs=1)
    assert "OBJECT_LOCALIZATION" in page["error"]["message"]


# --- safety -------------------------------------------------------------------------------------


def test_likelihoods_have_documented_steps():
    found = [likelihood(p) for p in (None, 0, 0.049, 0.05, 0.2, 0.5, 0.8, 1)]
    assert found == [
        "UNKNOWN",
        "VERY_UNLIKELY",
        "VERY_UNLIKELY",
        "UNLIKELY",
        "POSSIBLE",
        "LIKELY",
        "VERY_LIKELY",
        "VERY_LIKELY",
    ]


def test_hazards_that_no_engine_knows_are_unknown(ask: Ask):
    answer = ask(png(drawn(FACE)), "SAFE_SEARCH_DETECTION", without=(ImageMatcher,))
    rated = answer["safeSearchAnnotation"]
    assert rated == {
        "adult": "VERY_UNLIKELY",
        "racy": "VERY_LIKELY",
        "spoof": "UNKNOWN",
        "medical": "UNKNOWN",
        "violence": "UNKNOWN",
    }


def test_hazards_that_a_rater_leaves_out_are_compared_with_words(ask: Ask):
    rated = ask(png(drawn(FACE)), "SAFE_SEARCH_DETECTION")["safeSearchAnnotation"]
    assert rated == {
        "adult": "VERY_UNLIKELY",
        "racy": "VERY_LIKELY",
        "spoof": "UNLIKELY",
        "medical": "POSSIBLE",
        "violence": "VERY_LIKELY",
    }


def test_words_alone_tell_hazards_where_there_is_no_rater(ask: Ask):
    answer = ask(png(drawn(FACE)), "SAFE_SEARCH_DETECTION", without=(SafetyRater,))
    assert "error" not in answer
    assert "UNKNOWN" not in answer["safeSearchAnnotation"].values()


# --- colours and crops --------------------------------------------------------------------------


def test_colours_need_no_engine(ask: Ask):
    answer = ask(png(drawn(FACE, TRUCK)), "IMAGE_PROPERTIES", without=tuple(TASKS))
    found = answer["imagePropertiesAnnotation"]["dominantColors"]["colors"]
    grey = max(found, key=lambda one: one["pixelFraction"])
    assert [round(grey["color"][name]) for name in ("red", "green", "blue")] == [128, 128, 128]
    assert grey["color"]["alpha"] == 1
    assert grey["pixelFraction"] == pytest.approx(0.88, abs=0.02)
    assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True)


def test_crops_follow_the_faces_and_keep_the_ratios_asked_for(ask: Ask):
    params = {"aspectRatios": [1.0, 0.5]}
    answer = ask(png(drawn(FACE)), "CROP_HINTS", cropHintsParams=params)
    square, tall = answer["cropHintsAnnotation"]["cropHints"]
    for hint, ratio in ((square, 1.0), (tall, 0.5)):
        left, top, right, bottom = corners(hint["boundingPoly"])
        assert (right - left) / (bottom - top) == pytest.approx(ratio, rel=0.05)
        assert left <= 105
        assert right >= 175
        assert 0.5 < hint["importanceFraction"] <= 1
        assert 0 < hint["confidence"] <= 1


def test_without_ratios_there_is_one_crop_of_the_pictures_shape(ask: Ask):
    answer = ask(png(drawn(FACE)), "CROP_HINTS", without=tuple(TASKS))
    (hint,) = answer["cropHintsAnnotation"]["cropHints"]
    left, top, right, bottom = corners(hint["boundingPoly"])
    assert (right - left) / (bottom - top) == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("ratios", [[0.0], [-1.0], [1e9], [1.0] * 17], ids=str)
def test_ratios_that_make_no_sense_are_refused(ask: Ask, ratios):
    answer = ask(png(drawn()), "CROP_HINTS", cropHintsParams={"aspectRatios": ratios})
    assert answer["error"]["code"] == 3
    assert "requests[0].imageContext.cropHintsParams.aspectRatios" in answer["error"]["message"]


def test_faces_and_things_are_looked_for_once_for_all_features(ask: Ask):
    answer = ask(
        png(drawn(FACE, TRUCK)),
        *("FACE_DETECTION", "CROP_HINTS", "OBJECT_LOCALIZATION", "LABEL_DETECTION"),
        "WEB_DETECTION",
    )
    assert {"faceAnnotations", "cropHintsAnnotation", "webDetection"} <= set(answer)
    assert seeing.calls["faces"] == 1
    assert seeing.calls["objects"] == 1
    assert seeing.calls["labels"] == 1


def test_text_is_read_once_for_all_features_and_counts_in_crops(ask: Ask, monkeypatch):
    monkeypatch.setattr(seeing.Reader, "written", "STOP HERE NOW")
    reader = spec(TextReader, seeing.Reader)
    answer = ask(
        png(drawn()),
        *("TEXT_DETECTION", "CROP_HINTS", "LOGO_DETECTION", "DOCUMENT_TEXT_DETECTION"),
        engines=(reader,),
        cropHintsParams={"aspectRatios": [1.0]},
    )
    assert seeing.calls["read"] == 1
    (hint,) = answer["cropHintsAnnotation"]["cropHints"]
    assert corners(hint["boundingPoly"])[0] <= 20  # where the text is


# --- things and labels --------------------------------------------------------------------------


def test_things_have_places_in_shares_of_the_sides(ask: Ask):
    truck, bus = ask(png(drawn(TRUCK)), "OBJECT_LOCALIZATION")["localizedObjectAnnotations"]
    assert (truck["name"], truck["score"]) == ("Truck", pytest.approx(0.9))
    assert bus["name"] == "Bus"
    assert set(truck["boundingPoly"]) == {"normalizedVertices"}
    vertices = truck["boundingPoly"]["normalizedVertices"]
    assert (vertices[0]["x"], vertices[0]["y"]) == (pytest.approx(0.75), pytest.approx(0.1))
    assert (vertices[2]["x"], vertices[2]["y"]) == (pytest.approx(0.95), pytest.approx(0.3))


def test_at_most_so_many_results_as_asked_for(ask: Ask):
    feature = {"type": "OBJECT_LOCALIZATION", "maxResults": 1}
    assert len(ask(png(drawn(TRUCK)), feature)["localizedObjectAnnotations"]) == 1
    colours = {"type": "IMAGE_PROPERTIES", "maxResults": 1}
    answer = ask(png(drawn(TRUCK, FACE)), colours)["imagePropertiesAnnotation"]
    assert len(answer["dominantColors"]["colors"]) == 1


def test_labels_of_a_labeler_and_of_the_vocabulary_are_put_together(ask: Ask, words):
    words("labels", "desert\nforest\nsea\n")
    answer = ask(png(drawn(TREE)), "LABEL_DETECTION")
    found = {one["description"]: one["score"] for one in answer["labelAnnotations"]}
    assert found == {"Sea": pytest.approx(0.9), "Forest": pytest.approx(0.7)}
    assert all(one["topicality"] == one["score"] for one in answer["labelAnnotations"])


@pytest.mark.parametrize("missing", [ImageLabeler, ImageMatcher])
def test_either_kind_of_engine_tells_labels(ask: Ask, words, missing):
    words("labels", "desert\nsea\n")
    assert ask(png(drawn(TREE)), "LABEL_DETECTION", without=(missing,))["labelAnnotations"]


def test_a_model_names_the_engine(ask: Ask):
    feature = {"type": "LABEL_DETECTION", "model": "seeing-labels"}
    answer = ask(png(drawn(TREE)), feature)
    assert [one["description"] for one in answer["labelAnnotations"]] == ["Forest"]
    wrong = ask(png(drawn(TREE)), {"type": "FACE_DETECTION", "model": "clairvoyance"})
    assert wrong["error"]["code"] == 9
    assert "requests[0].features[0].model" in wrong["error"]["message"]


# --- what cannot be told ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "task"),
    [
        ("FACE_DETECTION", "FaceDetector"),
        ("SAFE_SEARCH_DETECTION", "SafetyRater"),
        ("OBJECT_LOCALIZATION", "ObjectDetector"),
        ("LABEL_DETECTION", "ImageMatcher"),
        ("LANDMARK_DETECTION", "ImageMatcher"),
        ("LOGO_DETECTION", "ImageMatcher"),
        ("WEB_DETECTION", "ImageMatcher"),
    ],
)
def test_what_no_engine_can_tell_is_refused_beside_what_is_told(ask: Ask, kind, task):
    answer = ask(png(drawn()), kind, "IMAGE_PROPERTIES", without=tuple(TASKS))
    assert answer["imagePropertiesAnnotation"]
    assert answer["error"]["code"] == 9
    assert kind in answer["error"]["message"]
    assert "requests[0].features[0].type" in answer["error"]["message"]
    assert f"sensorium pull --task {task}" in answer["error"]["message"]
    assert set(answer) == {"imagePropertiesAnnotation", "error"}


# --- odd pictures -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["CMYK", "I;16", "L", "P", "1", "LA", "RGBA"])
def test_every_kind_of_picture_has_colours_and_crops(ask: Ask, mode):
    image = drawn(FACE)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    target = io.BytesIO()
    image.save(target, "TIFF")
    answer = ask(target.getvalue(), "IMAGE_PROPERTIES", "CROP_HINTS", "FACE_DETECTION")
    assert answer["imagePropertiesAnnotation"]["dominantColors"]["colors"]
    assert answer["cropHintsAnnotation"]["cropHints"]
    assert "error" not in answer


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 2)])
def test_the_smallest_pictures_are_answered(ask: Ask, size):
    answer = ask(
        png(Image.new("RGB", size, RED)),
        *("IMAGE_PROPERTIES", "CROP_HINTS", "FACE_DETECTION", "OBJECT_LOCALIZATION"),
    )
    assert "error" not in answer


def test_of_an_animated_gif_the_first_frame_counts(ask: Ask):
    target = io.BytesIO()
    frames = [drawn(FACE), drawn(TRUCK)]
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:])
    answer = ask(target.getvalue(), "FACE_DETECTION", "OBJECT_LOCALIZATION")
    assert len(answer["faceAnnotations"]) == 1
    assert "localizedObjectAnnotations" not in answer


def test_an_svg_is_refused_with_what_to_do(ask: Ask):
    answer = ask(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "FACE_DETECTION")
    assert answer["error"]["code"] == 3
    assert "PNG" in answer["error"]["message"]
