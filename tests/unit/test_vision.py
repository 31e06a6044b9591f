"""Vision's handlers: the text in pictures and files in Google's shape, failures one by one."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.vision import vision
from sensorium.models.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
)
from sensorium.models.pool import LocalModels
from sensorium.models.tasks import ImageReader
from tests.unit.pdfs import pdf, scan, shown

IMAGES = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"
FILES = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateFiles"
TEXT = {"type": "TEXT_DETECTION"}
DOCUMENT = {"type": "DOCUMENT_TEXT_DETECTION"}
BREAKS = {"SPACE": " ", "SURE_SPACE": " ", "EOL_SURE_SPACE": "\n", "LINE_BREAK": "\n"}
POEM = (
    "The garden gate is open now,",
    "and every path is white with",
    "petals from the pear tree.",
)


class Bucket:
    """Objects that the tests put there."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = objects

    async def read(self, uri: str, *, field: str, limit: int | None = None) -> bytes:
        name = uri.rpartition("/")[2]
        if name not in self.objects:
            raise NotFound(f"There is no {uri}.", field=field)
        return self.objects[name]


@pytest.fixture(scope="module")
def models() -> Iterator[LocalModels]:
    pool = LocalModels()
    yield pool
    asyncio.run(pool.close())


@pytest.fixture
def ask(models: LocalModels) -> Callable[..., Any]:
    def ask(rpc: str, *requests: dict[str, Any], limits: Limits | None = None, pool=None) -> Any:
        bucket = Bucket(good=png("Hello"), paper=pdf(shown("From a bucket")))
        call = Call(pool or models, bucket, limits or Limits())
        answer = asyncio.run(LocalClient(call).call(rpc, {"requests": list(requests)}))
        return answer["responses"]

    return ask


def drawn(*lines: str, size: int = 40, width: int = 800) -> Image.Image:
    image = Image.new("RGB", (width, 60 + int(len(lines) * size * 1.4)), "white")
    pen = ImageDraw.Draw(image)
    for i, line in enumerate(lines):
        y = 30 + int(i * size * 1.4)
        pen.text((50, y), line, fill="black", font=ImageFont.load_default(size))
    return image


def png(*lines: str, **options: Any) -> bytes:
    return saved(drawn(*lines, **options), "PNG")


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def image(content: bytes, *features: dict[str, Any], **context: Any) -> dict[str, Any]:
    return {
        "image": {"content": encoded(content)},
        "features": list(features or (DOCUMENT,)),
        "imageContext": context,
    }


def file(content: bytes, mime: str, **more: Any) -> dict[str, Any]:
    return {
        "inputConfig": {"content": encoded(content), "mimeType": mime},
        "features": [DOCUMENT],
        **more,
    }


def elements(page: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = page["blocks"]
    for level in ("blocks", "paragraphs", "words", "symbols"):
        if level == kind:
            break
        after = {"blocks": "paragraphs", "paragraphs": "words", "words": "symbols"}[level]
        found = [child for parent in found for child in parent[after]]
    return found


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


# --- pictures ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        ({"content": encoded(b"just words")}, "requests[0].image.content"),
        ({"content": encoded(png("Hello")[:200])}, "requests[0].image.content"),
        ({}, "requests[0].image"),
        ({"source": {"imageUri": "gs://bucket/bad"}}, "requests[0].image.source.imageUri"),
        ({"source": {"gcsImageUri": "gs://bucket/bad"}}, "requests[0].image.source.gcsImageUri"),
    ],
)
def test_what_is_wrong_with_one_picture_stays_with_it(ask, broken, field):
    good = image(png("Hello"))
    bad, fine = ask(IMAGES, {"image": broken, "features": [TEXT]}, good)
    assert bad["error"]["code"] in (3, 5)
    assert bad["error"]["message"].startswith(field + ":")
    assert fine["textAnnotations"][0]["description"] == "Hello"


def test_a_picture_over_the_limit_is_refused_alone(ask):
    limits = Limits(pixels=100_000)
    big, small = ask(IMAGES, image(png("a", width=2000)), image(png("Hello")), limits=limits)
    assert "more than the 100000" in big["error"]["message"]
    assert small["textAnnotations"][0]["description"] == "Hello"


@pytest.mark.parametrize("name", ["imageUri", "gcsImageUri"])
def test_a_picture_may_lie_in_a_bucket(ask, name):
    request = {"image": {"source": {name: "gs://bucket/good"}}, "features": [TEXT]}
    (response,) = ask(IMAGES, request)
    assert response["textAnnotations"][0]["description"] == "Hello"


def test_content_takes_precedence_over_a_source(ask):
    request = image(png("Inline"))
    request["image"]["source"] = {"imageUri": "gs://bucket/bad"}
    (response,) = ask(IMAGES, request)
    assert response["textAnnotations"][0]["description"] == "Inline"


def test_a_request_without_pictures_or_with_too_many_is_refused_whole(ask):
    with pytest.raises(InvalidArgument, match="At least one"):
        ask(IMAGES)
    with pytest.raises(InvalidArgument, match="17 pictures are more than the 16"):
        ask(IMAGES, *[image(png())] * 17)


class Failing:
    """Models that refuse one task."""

    def __init__(self, models: LocalModels, failure: Exception) -> None:
        self.models = models
        self.failure = failure

    def use(self, method: Any, **which: Any) -> Callable[..., Awaitable[Any]]:
        if method is not ImageReader.frames:
            return self.models.use(method, **which)

        async def call(*args: Any) -> Any:
            raise self.failure

        return call


def test_overload_is_the_whole_requests_so_that_clients_retry(ask, models):
    pool = Failing(models, ResourceExhausted("The line is full.", retry_after=1.0))
    with pytest.raises(ResourceExhausted, match="The line is full"):
        ask(IMAGES, image(png("Hello")), pool=pool)


def test_a_missing_engine_is_that_pictures_failure(ask, models):
    pool = Failing(models, FailedPrecondition("No engine.", hint="Install one."))
    (response,) = ask(IMAGES, image(png("Hello")), pool=pool)
    assert response["error"]["code"] == 9
    assert "Install one." in response["error"]["message"]


# --- files ------------------------------------------------------------------------------------


def test_a_pdfs_own_text_is_used_and_measured_in_points(ask):
    (response,) = ask(FILES, file(pdf(shown("Fresh bread")), "application/pdf"))
    assert response["totalPages"] == 1
    (page,) = response["responses"]
    assert page["context"] == {"pageNumber": 1}
    full = page["fullTextAnnotation"]
    assert full["text"] == "Fresh bread"
    assert (full["pages"][0]["width"], full["pages"][0]["height"]) == (300, 200)
    (first, _) = elements(full["pages"][0], "words")
    assert "vertices" not in first["boundingBox"]
    corner = first["boundingBox"]["normalizedVertices"][0]
    assert corner["x"] == pytest.approx(40 / 300, abs=0.01)
    assert corner["y"] == pytest.approx((200 - 150 - 11) / 200, abs=0.02)


def test_a_scanned_page_is_read_by_ocr(ask):
    content = saved(drawn(*POEM), "PDF", resolution=150)
    (response,) = ask(FILES, file(content, "application/pdf"))
    assert response["responses"][0]["fullTextAnnotation"]["text"] == "\n".join(POEM)


def test_hidden_text_over_a_scan_is_not_believed(ask):
    content = pdf("q 9 0 0 9 0 0 cm /Im1 Do Q " + shown("garbage", more="3 Tr"), objects=scan())
    (response,) = ask(FILES, file(content, "application/pdf"))
    assert "garbage" not in str(response)


@pytest.mark.parametrize(
    ("pages", "want"), [([], [1, 2, 3, 4, 5]), ([2, -1], [2, 7]), ([-7], [1]), ([3, 3], [3, 3])]
)
def test_pages_are_the_first_five_or_those_asked_for(ask, pages, want):
    content = pdf(*(shown(f"Page {n}") for n in range(1, 8)))
    (response,) = ask(FILES, file(content, "application/pdf", pages=pages))
    assert response["totalPages"] == 7
    assert [page["context"]["pageNumber"] for page in response["responses"]] == want
    texts = [page["fullTextAnnotation"]["text"] for page in response["responses"]]
    assert texts == [f"Page {n}" for n in want]


def test_a_page_that_is_not_there_fails_alone(ask):
    content = pdf(shown("Page 1"))
    (response,) = ask(FILES, file(content, "application/pdf", pages=[4, 1]))
    missing, there = response["responses"]
    assert missing["error"]["code"] == 11
    assert "requests[0].pages[0]" in missing["error"]["message"]
    assert there["fullTextAnnotation"]["text"] == "Page 1"


@pytest.mark.parametrize(("kind", "mime"), [("TIFF", "image/tiff"), ("GIF", "image/gif")])
def test_frames_are_measured_in_pixels_and_in_shares(ask, kind, mime):
    frames = [drawn("First"), drawn("Second")]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    (response,) = ask(FILES, file(content, mime))
    texts = [page["fullTextAnnotation"]["text"] for page in response["responses"]]
    assert texts == ["First", "Second"]
    (page,) = response["responses"][0]["fullTextAnnotation"]["pages"]
    assert (page["width"], page["height"]) == frames[0].size
    poly = response["responses"][0]["textAnnotations"][1]["boundingPoly"]
    assert poly["normalizedVertices"][0]["x"] == pytest.approx(
        poly["vertices"][0]["x"] / page["width"], abs=0.01
    )


@pytest.mark.parametrize(
    ("content", "mime", "field"),
    [
        (pdf(shown("a")), "image/tiff", "requests[0].inputConfig.mimeType"),
        (png("a"), "application/pdf", "requests[0].inputConfig.content"),
        (pdf(shown("a")), "text/html", "requests[0].inputConfig.mimeType"),
        (b"words", "application/pdf", "requests[0].inputConfig.content"),
        (b"%PDF-1.7 broken", "application/pdf", "requests[0].inputConfig.content"),
        (b"", "application/pdf", "requests[0].inputConfig"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(ask, content, mime, field):
    (response,) = ask(FILES, file(content, mime))
    assert response["error"]["code"] == 3
    assert response["error"]["message"].startswith(field + ":")


@pytest.mark.parametrize(("pages", "what"), [([1] * 6, "6 pages"), ([0], "count from 1")])
def test_page_numbers_that_make_no_sense_are_refused(ask, pages, what):
    (response,) = ask(FILES, file(pdf(shown("a")), "application/pdf", pages=pages))
    assert what in response["error"]["message"]


def test_a_file_may_lie_in_a_bucket(ask):
    request = file(b"", "application/pdf")
    request["inputConfig"]["gcsSource"] = {"uri": "gs://bucket/paper"}
    (response,) = ask(FILES, request)
    assert response["inputConfig"]["gcsSource"]["uri"] == "gs://bucket/paper"
    (page,) = response["responses"]
    assert page["fullTextAnnotation"]["text"] == "From a bucket"
    assert page["context"]["uri"] == "gs://bucket/paper"


def test_a_request_holds_one_file(ask):
    one = file(pdf(shown("a")), "application/pdf")
    with pytest.raises(InvalidArgument, match="exactly one file, this one 2"):
        ask(FILES, one, one)
    with pytest.raises(InvalidArgument, match="exactly one file, this one 0"):
        ask(FILES)
