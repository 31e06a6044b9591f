"""Vision: odd pictures, and files of many pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sensorium.apis.core import Limits
from sensorium.models.errors import (
    FailedPrecondition,
    InvalidArgument,
    ResourceExhausted,
)
from sensorium.models.pool import LocalModels
from sensorium.models.tasks import ImageReader
from tests.unit import picturing
from tests.unit.pdfs import pdf, scan, shown
from tests.unit.picturing import (
    DOCUMENT,
    FILES,
    IMAGES,
    POEM,
    TEXT,
    drawn,
    elements,
    encoded,
    image,
    png,
    saved,
)

ask = picturing.ask
models = picturing.models


def file(content: bytes, mime: str, **more: Any) -> dict[str, Any]:
    return {
        "inputConfig": {"content": encoded(content), "mimeType": mime},
        "features": [DOCUMENT],
        **more,
    }


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
