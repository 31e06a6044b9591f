"""files:annotate: pages of a PDF, TIFF or GIF, one response each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import features, vision
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import Failure, InvalidArgument, OutOfRange
from sensorium.models.media.sniff import media_type
from sensorium.models.tasks import DocumentReader, ImageReader

_TYPES = ("application/pdf", "image/tiff", "image/gif")
_PDF = _TYPES[0]
_DPI = 200  # small print is still legible, and a letter page has 3.7 million pixels
# A TIFF page that says "Hello", in base64.
_EXAMPLE = (
    "SUkqAE4AAAAmoHg1f//IazlvkI5Ff////8lnku/Refou3+k36Tf6X6TfH//y4uP//lwv////8k//+3+2l/aXtpfh"
    "irtisRERH/+ACACACQAAAQMAAQAAAGAAAAABAQMAAQAAACAAAAACAQMAAQAAAAEAAAADAQMAAQAAAAQAAAAGAQMA"
    "AQAAAAEAAAARAQQAAQAAAAgAAAAWAQMAAQAAACAAAAAXAQQAAQAAAEYAAAAcAQMAAQAAAAEAAAAAAAAA"
)


@dataclass(frozen=True, slots=True)
class File:
    """A file of pages: its bytes, media type and page count, and the field that it came by."""

    content: bytes
    kind: str
    total: int
    field: str


_RPC = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateFiles"


@vision.rpc(
    _RPC,
    example={
        "requests": [
            {
                "inputConfig": {"content": _EXAMPLE, "mimeType": "image/tiff"},
                "features": [{"type": "DOCUMENT_TEXT_DETECTION"}],
                "pages": [1],
            }
        ]
    },
)
async def batch_annotate_files(request: Any, call: Call) -> JSON:
    """Annotate up to five pages of one PDF, TIFF or GIF file.

    `pages` counts from 1, or from -1 backwards; without it the first five are taken. A page of a
    PDF is measured in points and its places are `normalizedVertices`; its own text layer is used
    where it has one that can be believed. What is wrong with the file or with one page stands in
    that response's `error`.
    """
    if len(request.requests) != 1:
        raise InvalidArgument(
            f"A request holds exactly one file, this one {len(request.requests)}.", field="requests"
        )
    return {"responses": [await _respond(request.requests[0], "requests[0]", call)]}


@vision.command("document", _RPC)
def text_of_document(content: bytes) -> JSON:
    """Read the first pages of a PDF, TIFF or GIF file."""
    feature = {"type": "DOCUMENT_TEXT_DETECTION"}
    return {"requests": [{"inputConfig": {"content": content}, "features": [feature]}]}


async def _respond(request: Any, where: str, call: Call) -> JSON:
    """Return the response for one file, its failure included."""
    response: JSON = {"inputConfig": told(request.input_config)}
    try:
        features.read(request.features, where)
        wanted = _wanted(request.pages, where, call.limits.pages)
        file = await opened(request.input_config, f"{where}.inputConfig", call)
    except Failure as failure:
        return response | {"error": features.error([failure])}
    first = range(1, min(file.total, call.limits.pages) + 1)
    response["totalPages"] = file.total
    response["responses"] = [
        await annotated(file, page, request, where, field, call)
        for field, page in wanted or [(file.field, number) for number in first]
    ]
    return response


def told(config: Any) -> JSON:
    """Return an `InputConfig` as answers repeat it: without the content."""
    answer: JSON = {"mimeType": config.mime_type}
    if config.gcs_source.uri:
        answer["gcsSource"] = {"uri": config.gcs_source.uri}
    return answer


async def opened(config: Any, where: str, call: Call) -> File:
    """Return the file of an `InputConfig`; a Failure says what is wrong with it."""
    content, field = await _content(config, where, call)
    kind = _kind(content, config.mime_type, where, field)
    try:
        reader = DocumentReader.count if kind == _PDF else ImageReader.count
        total = await call.models.use(reader, timeout=call.limits.seconds)(content)
    except Failure as failure:
        raise failure.within(field) from failure
    return File(content, kind, total, field)


async def annotated(
    file: File, page: int, request: Any, where: str, field: str, call: Call
) -> JSON:
    """Return the response for one page, its failure included; `page` is as it was asked for."""
    number = page if page > 0 else file.total + page + 1
    one: JSON
    try:
        asked = features.read(request.features, where)
        picture = await _picture(file, (number, page), field, call)
        one = await features.annotate(picture, asked, request.image_context, where, call)
    except Failure as failure:
        one = {"error": features.error([failure])}
    uri = request.input_config.gcs_source.uri
    return one | {"context": {"uri": uri, "pageNumber": max(number, 0)}}


def _wanted(pages: Sequence[int], where: str, limit: int) -> list[tuple[str, int]]:
    """Return the pages asked for, each with its place in the request."""
    if len(pages) > limit:
        raise InvalidArgument(
            f"{len(pages)} pages are more than the {limit} that one request may ask for.",
            field=f"{where}.pages",
        )
    for i, page in enumerate(pages):
        if page == 0:
            raise InvalidArgument("Pages count from 1, or from -1.", field=f"{where}.pages[{i}]")
    return [(f"{where}.pages[{i}]", page) for i, page in enumerate(pages)]


async def _content(config: Any, where: str, call: Call) -> tuple[bytes, str]:
    """Return the bytes of a file and the field that they came by."""
    if config.content:
        return config.content, f"{where}.content"
    if config.gcs_source.uri:
        field = f"{where}.gcsSource.uri"
        return await call.sources.read(config.gcs_source.uri, field=field), field
    raise InvalidArgument("A file needs content or a gcsSource.", field=where)


def _kind(content: bytes, said: str, where: str, field: str) -> str:
    """Return what the file is; InvalidArgument when that is not what it is said to be."""
    if said and said not in _TYPES:
        raise InvalidArgument(
            f"{said[:60]!r} is not served; {', '.join(_TYPES)} are.", field=f"{where}.mimeType"
        )
    kind = media_type(content)
    if kind not in _TYPES:
        found = kind or "something else"
        raise InvalidArgument(f"This is {found}, not one of {', '.join(_TYPES)}.", field=field)
    if said and said != kind:
        raise InvalidArgument(f"The file is {kind}, not {said}.", field=f"{where}.mimeType")
    return kind


async def _picture(file: File, page: tuple[int, int], field: str, call: Call) -> Picture:
    """Return a page as a picture; `page` is its number, and the number as asked."""
    number, asked = page
    if not 1 <= number <= file.total:
        raise OutOfRange(f"There is no page {asked}: the file has {file.total}.", field=field)
    seconds = call.limits.seconds
    try:
        if file.kind == _PDF:
            paper = await call.models.use(DocumentReader.page, timeout=seconds)(
                file.content, number, _DPI
            )
            return Picture(paper.image, paper.lines, dpi=_DPI)
        frames = call.models.use(ImageReader.frames, timeout=seconds)
        (pixels,) = await frames(file.content, call.limits.pixels, (number,))
        return Picture(pixels, paged=True)
    except Failure as failure:
        raise failure.within(field) from failure
