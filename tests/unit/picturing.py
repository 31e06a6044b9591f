"""Pictures with words, and how the tests of Vision ask about them."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.models.errors import (
    NotFound,
)
from sensorium.models.pool import LocalModels
from tests.unit.pdfs import pdf, shown

IMAGES = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"
FILES = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateFiles"
TEXT = {"type": "TEXT_DETECTION"}
DOCUMENT = {"type": "DOCUMENT_TEXT_DETECTION"}
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


def elements(page: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = page["blocks"]
    for level in ("blocks", "paragraphs", "words", "symbols"):
        if level == kind:
            break
        after = {"blocks": "paragraphs", "paragraphs": "words", "words": "symbols"}[level]
        found = [child for parent in found for child in parent[after]]
    return found
