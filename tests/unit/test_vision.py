"""Vision's handlers: the text in pictures and files in Google's shape, failures one by one."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from sensorium.apis.vision import vision
from tests.unit import picturing
from tests.unit.picturing import (
    DOCUMENT,
    FILES,
    IMAGES,
    POEM,
    TEXT,
    drawn,
    elements,
    image,
    png,
    saved,
)

ask = picturing.ask
models = picturing.models

BREAKS = {"SPACE": " ", "SURE_SPACE": " ", "EOL_SURE_SPACE": "\n", "LINE_BREAK": "\n"}


def rebuilt(page: dict[str, Any]) -> str:
    """Return the text that symbols and breaks say, as clients put it together."""
    text = ""
    for symbol in elements(page, "symbols"):
        after = symbol.get("property", {}).get("detectedBreak", {}).get("type")
        text += symbol["text"] + ("-\n" if after == "HYPHEN" else BREAKS.get(after, ""))
    return text


def corners(poly: dict[str, Any]) -> list[tuple[int, int]]:
    return [(vertex.get("x", 0), vertex.get("y", 0)) for vertex in poly["vertices"]]


# --- the shape --------------------------------------------------------------------------------


@pytest.mark.parametrize("feature", [TEXT, DOCUMENT])
def test_both_features_fill_both_annotations(ask, feature):
    (response,) = ask(IMAGES, image(png(*POEM), feature))
    whole, *words = response["textAnnotations"]
    assert whole["description"] == "\n".join(POEM)
    assert [word["description"] for word in words] == " ".join(POEM).split()
    assert response["fullTextAnnotation"]["text"] == whole["description"]
    assert "error" not in response


def test_symbols_and_breaks_spell_the_text(ask):
    (response,) = ask(IMAGES, image(png(*POEM)))
    full = response["fullTextAnnotation"]
    assert rebuilt(full["pages"][0]).rstrip("\n") == full["text"]
    breaks = [
        symbol["property"]["detectedBreak"]["type"]
        for symbol in elements(full["pages"][0], "symbols")
        if "property" in symbol
    ]
    assert breaks.count("EOL_SURE_SPACE") == 2
    assert breaks[-1] == "LINE_BREAK"


def test_a_word_divided_at_the_end_of_a_line_has_a_hyphen_break(ask):
    (response,) = ask(IMAGES, image(png("All of the peo-", "ple went home.")))
    (page,) = response["fullTextAnnotation"]["pages"]
    word = next(w for w in elements(page, "words") if w["symbols"][0]["text"] == "p")
    assert "".join(symbol["text"] for symbol in word["symbols"]) == "peo"
    assert word["symbols"][-1]["property"]["detectedBreak"]["type"] == "HYPHEN"
    assert response["fullTextAnnotation"]["text"] == "All of the peo-\nple went home."


def test_pages_have_their_size_and_every_element_its_place(ask):
    picture = drawn(*POEM)
    (response,) = ask(IMAGES, image(saved(picture, "PNG")))
    (page,) = response["fullTextAnnotation"]["pages"]
    assert (page["width"], page["height"]) == picture.size
    for kind in ("blocks", "paragraphs", "words", "symbols"):
        for element in elements(page, kind):
            for x, y in corners(element["boundingBox"]):
                assert 0 <= x <= picture.width
                assert 0 <= y <= picture.height
            assert 0 < element["confidence"] <= 1
    assert all(block["blockType"] == "TEXT" for block in page["blocks"])


def test_words_lie_in_their_paragraphs(ask):
    (response,) = ask(IMAGES, image(png(*POEM)))
    for paragraph in elements(response["fullTextAnnotation"]["pages"][0], "paragraphs"):
        box = corners(paragraph["boundingBox"])
        for word in paragraph["words"]:
            for x, y in corners(word["boundingBox"]):
                assert min(p[0] for p in box) - 2 <= x <= max(p[0] for p in box) + 2
                assert min(p[1] for p in box) - 2 <= y <= max(p[1] for p in box) + 2


@pytest.mark.parametrize(("turn", "first"), [(90, "left"), (180, "right"), (270, "right")])
def test_vertices_of_turned_text_begin_at_its_own_top_left(ask, turn, first):
    turned = drawn(*POEM).rotate(turn, expand=True)
    (response,) = ask(IMAGES, image(saved(turned, "PNG")))
    assert response["fullTextAnnotation"]["text"] == "\n".join(POEM)
    start, along, *_ = corners(response["textAnnotations"][1]["boundingPoly"])
    moved = (along[0] - start[0], along[1] - start[1])
    assert {90: moved[1] < -20, 180: moved[0] < -20, 270: moved[1] > 20}[turn]
    xs = [x for x, _ in corners(response["textAnnotations"][1]["boundingPoly"])]
    assert abs(start[0] - (min(xs) if first == "left" else max(xs))) <= 3


def test_a_photo_is_measured_upright(ask):
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = drawn(*POEM).rotate(90, expand=True)
    (response,) = ask(IMAGES, image(saved(stored, "JPEG", exif=exif, quality=95)))
    (page,) = response["fullTextAnnotation"]["pages"]
    assert (page["width"], page["height"]) == drawn(*POEM).size
    assert response["fullTextAnnotation"]["text"] == "\n".join(POEM)


def test_confidences_of_text_detection_come_on_request(ask):
    enable = {"textDetectionParams": {"enableTextDetectionConfidenceScore": True}}
    plain, scored = ask(IMAGES, image(png("Hello"), TEXT), image(png("Hello"), TEXT, **enable))
    (bare,) = plain["fullTextAnnotation"]["pages"]
    (full,) = scored["fullTextAnnotation"]["pages"]
    for kind in ("blocks", "paragraphs", "words", "symbols"):
        assert all("confidence" not in element for element in elements(bare, kind))
        assert all("confidence" in element for element in elements(full, kind))


def test_languages_are_told_at_every_level(ask):
    (response,) = ask(IMAGES, image(png(*POEM)))
    assert response["textAnnotations"][0]["locale"] == "en"
    (page,) = response["fullTextAnnotation"]["pages"]
    for element in [page, *elements(page, "paragraphs"), *elements(page, "words")]:
        assert element["property"]["detectedLanguages"][0]["languageCode"] == "en"


def test_a_picture_without_text_has_no_annotations(ask):
    assert ask(IMAGES, image(png())) == [{}]


def test_the_examples_of_the_documentation_are_read(ask):
    rpcs = vision.rpcs
    (picture,) = ask(IMAGES, *rpcs[IMAGES].example["requests"])
    assert picture["fullTextAnnotation"]["text"] == "Hello"
    (paper,) = ask(FILES, *rpcs[FILES].example["requests"])
    assert paper["responses"][0]["fullTextAnnotation"]["text"] == "Hello"


# --- features ---------------------------------------------------------------------------------


def test_a_feature_that_is_not_served_is_named_beside_one_that_is(ask):
    (response,) = ask(IMAGES, image(png("Hello"), {"type": "LANDMARK_DETECTION"}, TEXT))
    assert response["textAnnotations"][0]["description"] == "Hello"
    assert response["error"]["code"] in (9, 12)
    assert "LANDMARK_DETECTION" in response["error"]["message"]
    assert "requests[0].features[0]" in response["error"]["message"]


@pytest.mark.parametrize("model", ["builtin/stable", "builtin/latest", "rapidocr"])
def test_a_model_may_be_named(ask, model):
    (response,) = ask(IMAGES, image(png("Hello"), TEXT | {"model": model}))
    assert response["textAnnotations"][0]["description"] == "Hello"


def test_an_unknown_model_is_refused(ask):
    (response,) = ask(IMAGES, image(png("Hello"), TEXT | {"model": "clairvoyance"}))
    assert response["error"]["code"] == 9
    assert "clairvoyance" in response["error"]["message"]
    assert "requests[0].features[0].model" in response["error"]["message"]


@pytest.mark.parametrize("hints", [["en"], ["de", "fr"], ["en-t-i0-handwrit"], ["zh-Hans"]])
def test_hints_at_languages_that_are_read_are_taken(ask, hints):
    (response,) = ask(IMAGES, image(png("Hello"), TEXT, languageHints=hints))
    assert response["textAnnotations"][0]["description"] == "Hello"


@pytest.mark.parametrize(("hint", "code"), [("ar", 9), ("en_what?", 3), ("", 3)])
def test_a_hint_at_a_language_that_is_not_read_is_refused(ask, hint, code):
    (response,) = ask(IMAGES, image(png("Hello"), TEXT, languageHints=["en", hint]))
    assert response["error"]["code"] == code
    assert "requests[0].imageContext.languageHints[1]" in response["error"]["message"]


@pytest.mark.parametrize(
    ("features", "field"),
    [
        ([], "requests[0].features"),
        ([{}], "requests[0].features[0].type"),
        ([{"type": "TEXT_DETECTION", "maxResults": -1}], "requests[0].features[0].maxResults"),
    ],
)
def test_features_that_make_no_sense_are_refused(ask, features, field):
    request = image(png("Hello")) | {"features": features}
    (response,) = ask(IMAGES, request)
    assert response["error"]["code"] == 3
    assert response["error"]["message"].startswith(field)
