"""Vision's features over engines that see colours: shapes, limits, and what cannot be told."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.vision import similar, vocabulary
from sensorium.apis.vision.likelihood import likelihood
from sensorium.apis.vision.logos import written
from sensorium.apis.vision.references import scored
from sensorium.models.pool import LocalModels
from sensorium.models.registry import discover
from sensorium.models.tasks import (
    DocumentReader,
    FaceDetector,
    ImageEmbedder,
    ImageLabeler,
    ImageMatcher,
    ImageReader,
    SafetyRater,
    TextReader,
)
from tests.unit import seeing
from tests.unit.pdfs import pdf, shown
from tests.unit.seeing import BLUE, GREEN, RED, TASKS, spec

IMAGES = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"
FILES = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateFiles"
OPENERS = [one for one in discover() if one.task in (ImageReader, DocumentReader)]
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def openers() -> Iterator[LocalModels]:
    """What opens files, shared by all tests because it starts processes."""
    pool = LocalModels(OPENERS)
    yield pool
    asyncio.run(pool.close())


class Both:
    """Engines that see, over those that open files."""

    def __init__(self, openers: LocalModels, *engines: Any) -> None:
        self.openers = openers
        self.seeing = LocalModels(engines)

    def _of(self, method: Any) -> LocalModels:
        return self.openers if method in _OPEN else self.seeing

    def use(self, method: Any, **which: Any) -> Any:
        return self._of(method).use(method, **which)

    def chosen(self, method: Any, **which: Any) -> str:
        return self._of(method).chosen(method, **which)


_OPEN = (ImageReader.frames, ImageReader.count, DocumentReader.page, DocumentReader.count)


@pytest.fixture
def ask(openers: LocalModels, tmp_path: Path) -> Ask:
    """Annotate one picture; `without` leaves tasks out, `engines` adds some."""

    def ask(
        content: bytes,
        *kinds: str | dict[str, Any],
        without: tuple[type, ...] = (),
        engines: tuple[Any, ...] = (),
        **context: Any,
    ) -> Any:
        specs = [spec(task, factory) for task, factory in TASKS.items() if task not in without]
        features = [kind if isinstance(kind, dict) else {"type": kind} for kind in kinds]
        request = {
            "image": {"content": base64.b64encode(content).decode()},
            "features": features,
            "imageContext": context,
        }
        return run(openers, [*specs, *engines], tmp_path, IMAGES, {"requests": [request]})[0]

    return ask


def run(openers: Any, specs: list[Any], state: Path, rpc: str, request: Any) -> Any:
    async def annotate() -> Any:
        models: Any = Both(openers, *specs)
        nothing: Any = None
        client = LocalClient(Call(models, nothing, Limits(), state=state))
        try:
            return await client.call(rpc, request)
        finally:
            await models.seeing.close()

    seeing.calls.clear()
    return asyncio.run(annotate())["responses"]


def drawn(
    *patches: tuple[tuple[int, int, int], tuple[int, int, int, int]],
    size: tuple[int, int] = (400, 200),
) -> Image.Image:
    """A grey picture with patches of colour in it."""
    image = Image.new("RGB", size, (128, 128, 128))
    for colour, box in patches:
        image.paste(colour, box)
    return image


def png(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def corners(poly: dict[str, Any]) -> tuple[float, float, float, float]:
    xs = [vertex.get("x", 0) for vertex in poly["vertices"]]
    ys = [vertex.get("y", 0) for vertex in poly["vertices"]]
    return min(xs), min(ys), max(xs), max(ys)


FACE = (RED, (100, 60, 180, 140))
TRUCK = (BLUE, (300, 20, 380, 60))
TREE = (GREEN, (0, 0, 390, 199))


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


def own_words(state: Path, kind: str, text: str) -> None:
    folder = state / "vocabularies"
    folder.mkdir(exist_ok=True)
    (folder / f"{kind}.txt").write_text(text)


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """Write a vocabulary of the user's own, in place of the gateway's."""
    monkeypatch.setattr(vocabulary, "_text", lambda kind: "")
    return lambda kind, text: own_words(tmp_path, kind, text)


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


# --- landmarks ----------------------------------------------------------------------------------

PLACES = "Red Rock\t36.1\t-115.4\nGreen Hill\t52.5\t13.4\n"


def test_a_landmark_of_the_vocabulary_has_its_location(ask: Ask, words):
    words("landmarks", PLACES)
    (one,) = ask(png(drawn()), "LANDMARK_DETECTION")["landmarkAnnotations"]
    assert (one["description"], one["score"]) == ("Green Hill", pytest.approx(0.8))
    assert one["locations"] == [{"latLng": {"latitude": 52.5, "longitude": 13.4}}]
    assert corners(one["boundingPoly"]) == (0, 0, 400, 200)


@pytest.mark.parametrize(
    ("low", "high", "score"),
    [
        ((50, 10), (55, 15), 0.8),
        ((10, 10), (20, 20), 0.4),
        ((50, 170), (55, -170), 0.4),
        ((50, 10), (55, -170), 0.8),
    ],
)
def test_places_outside_of_the_rectangle_count_half(ask: Ask, words, low, high, score):
    words("landmarks", PLACES)
    rectangle = {
        "minLatLng": {"latitude": low[0], "longitude": low[1]},
        "maxLatLng": {"latitude": high[0], "longitude": high[1]},
    }
    (one,) = ask(png(drawn()), "LANDMARK_DETECTION", latLongRect=rectangle)["landmarkAnnotations"]
    assert one["score"] == pytest.approx(score)


def test_a_rectangle_that_is_not_on_earth_is_refused(ask: Ask):
    rectangle = {"minLatLng": {"latitude": 95}}
    answer = ask(png(drawn()), "LANDMARK_DETECTION", latLongRect=rectangle)
    assert answer["error"]["code"] == 3
    assert "requests[0].imageContext.latLongRect.minLatLng" in answer["error"]["message"]


def test_the_users_own_pictures_teach_landmarks(ask: Ask, words, tmp_path):
    words("landmarks", "Our Barn\t1.5\t2.5\n")
    for name, colour in {"Our Barn": RED, "Our Pond": BLUE}.items():
        folder = tmp_path / "references" / "landmarks" / name
        folder.mkdir(parents=True)
        for i in range(2):
            shade = tuple(max(0, c - 8 * i) for c in colour)
            (folder / f"{i}.png").write_bytes(png(Image.new("RGB", (40, 40), shade)))
        (folder / "broken.jpg").write_bytes(b"not a picture")
        (folder / "notes.txt").write_text("ignored")
    barn = png(Image.new("RGB", (60, 30), (210, 25, 22)))
    (one,) = ask(barn, "LANDMARK_DETECTION", without=(ImageMatcher,))["landmarkAnnotations"]
    assert one["description"] == "Our Barn"
    assert one["score"] > 0.9
    assert one["locations"]
    first = seeing.calls["embed"]
    ask(barn, "LANDMARK_DETECTION", without=(ImageMatcher,))
    assert seeing.calls["embed"] < first  # references are embedded once
    meadow = png(Image.new("RGB", (60, 30), (30, 200, 30)))
    assert ask(meadow, "LANDMARK_DETECTION", without=(ImageMatcher,)) == {}


def test_references_without_an_engine_to_compare_them_are_refused(ask: Ask, words, tmp_path):
    folder = tmp_path / "references" / "logos" / "Acme"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(png(drawn()))
    answer = ask(png(drawn()), "LOGO_DETECTION", without=(ImageMatcher, ImageEmbedder))
    assert answer["error"]["code"] == 9


def test_a_score_is_what_a_picture_has_beyond_what_all_have_in_common():

    def unit(*parts: float) -> Any:
        return (np.array(parts) / np.linalg.norm(parts)).astype(np.float32)

    one, other = unit(1, 0.5, 0), unit(1, 0, 0.5)
    references = {"one": [one], "other": [other]}
    (found,) = scored(one, references)
    assert found.name == "one"
    assert found.score == pytest.approx(1)
    assert scored(unit(0, 0.9, 0.1), references) == []
    assert scored(unit(1, 0, 0), {}) == []


# --- logos --------------------------------------------------------------------------------------


def test_lettering_is_a_logo_where_it_stands_for_itself(ask: Ask, words, monkeypatch):
    words("logos", "Acme Tools\nApple\n")
    monkeypatch.setattr(seeing.Reader, "written", "ACME TOOLS")
    reader = spec(TextReader, seeing.Reader)
    without = (ImageMatcher, ImageEmbedder)
    answer = ask(png(drawn()), "LOGO_DETECTION", without=without, engines=(reader,))
    (one,) = answer["logoAnnotations"]
    assert one["description"] == "Acme Tools"
    assert one["score"] == pytest.approx(0.96)
    assert corners(one["boundingPoly"]) == (10, 10, 110, 30)
    assert "error" not in answer


def test_a_word_in_a_sentence_is_no_logo():
    assert written([seeing.line("She ate an apple at noon")], ["Apple"]) == []
    (one,) = written([seeing.line("Apple Inc")], ["Apple"])
    assert one.name == "Apple"
    assert 0.5 < one.score < 0.7
    assert written([seeing.line("Pineapple")], ["Apple"]) == []


def test_lettering_and_likeness_of_one_brand_are_one_logo(ask: Ask, words, monkeypatch):
    words("logos", "Other\nAcme\n")
    monkeypatch.setattr(seeing.Reader, "written", "acme")
    reader = spec(TextReader, seeing.Reader)
    (one,) = ask(png(drawn()), "LOGO_DETECTION", engines=(reader,))["logoAnnotations"]
    assert (one["description"], one["score"]) == ("Acme", pytest.approx(0.96))
    assert corners(one["boundingPoly"])[0] == 10


def test_where_nothing_knows_logos_and_none_is_written_that_is_said(ask: Ask, words):
    words("logos", "Acme\n")
    reader = spec(TextReader, seeing.Reader)
    answer = ask(png(drawn()), "LOGO_DETECTION", without=tuple(TASKS), engines=(reader,))
    assert answer["error"]["code"] == 9


# --- the web ------------------------------------------------------------------------------------


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> None:
    class Index:
        async def similar(self, picture: Any, most: int, call: Call) -> list[similar.Similar]:
            return [similar.Similar("gs://b/far.jpg", 0.6), similar.Similar("gs://b/near.jpg", 0.9)]

    monkeypatch.setattr(similar, "_indexes", [Index()])


def test_the_best_guess_is_a_label_and_the_rest_is_empty(ask: Ask, words):
    answer = ask(png(drawn(TREE)), "WEB_DETECTION")["webDetection"]
    assert answer == {"bestGuessLabels": [{"label": "forest", "languageCode": "en"}]}


def test_similar_pictures_come_from_the_users_own_index(ask: Ask, words, index):
    answer = ask(png(drawn(TREE)), "WEB_DETECTION", without=tuple(TASKS))["webDetection"]
    assert [one["url"] for one in answer["visuallySimilarImages"]] == [
        "gs://b/near.jpg",
        "gs://b/far.jpg",
    ]
    assert set(answer) == {"visuallySimilarImages"}


# --- vocabularies -------------------------------------------------------------------------------


def test_a_vocabulary_is_names_a_line_with_places_and_the_users_changes():
    found = vocabulary.parse(
        "# places\nRed Rock\t36.1\t-115.4\nNowhere\tx\ty\n\nFar\t99\t0\nred rock\nOld\n-old\n"
    )
    assert [(one.name, one.place) for one in found] == [
        ("red rock", None),
        ("Nowhere", None),
        ("Far", None),
    ]


def test_the_users_names_come_on_top(monkeypatch, tmp_path):
    monkeypatch.setattr(vocabulary, "_text", lambda kind: "cat\ndog\n")
    assert [one.name for one in vocabulary.vocabulary("labels", None)] == ["cat", "dog"]
    own_words(tmp_path, "labels", "-dog\nowl\n")
    assert [one.name for one in vocabulary.vocabulary("labels", tmp_path)] == ["cat", "owl"]


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
