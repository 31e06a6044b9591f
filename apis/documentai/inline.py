"""A document that was read before: a `Document` with text and pages, to be enriched."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.reading import Reading
from sensorium.apis.documentai.resolution import Resolved
from sensorium.apis.wire.table import load
from sensorium.models.errors import InvalidArgument
from sensorium.models.extraction import PlacedText, PlacedWord
from sensorium.models.tasks import Point, Polygon

_FIELD = "inlineDocument"


def is_read(request: Any) -> bool:
    """Tell whether a request brings a document that was read before."""
    if request.WhichOneof("source") != "inline_document":
        return False
    document = request.inline_document
    return bool(document.text and document.pages and not document.content)


async def processed(document: Any, by: Resolved, options: Options, call: Call) -> JSON:
    """Return the document as a processor answers it; its text and pages stay as they are.

    Raises what `Options.check` does, and InvalidArgument for anchors that lead out of the text and
    places without a page's size.
    """
    options.check()
    if options.message.WhichOneof("page_range"):
        raise InvalidArgument(
            "Pages of a document that was read before cannot be selected.", field=options.field
        )
    if len(document.pages) > options.most:
        raise InvalidArgument(
            f"{len(document.pages)} pages are more than {options.most}.", field=f"{_FIELD}.pages"
        )
    reading = await asyncio.to_thread(_reading, document)
    answer: JSON = json_format.MessageToDict(document, descriptor_pool=load().pool)
    return await by.type.process(reading, answer, options, call)


def _reading(document: Any) -> Reading:
    """Return what parsers look things up in."""
    text = document.text
    sizes, spans, words = [], [], []
    for number, page in enumerate(document.pages):
        field = f"{_FIELD}.pages[{number}]"
        size = (page.dimension.width, page.dimension.height)
        if min(size) <= 0:
            raise InvalidArgument("A page has a width and a height.", field=f"{field}.dimension")
        sizes.append(size)
        found = [_span(page.layout, len(text), f"{field}.layout")]
        for i, token in enumerate(page.tokens):
            place = f"{field}.tokens[{i}].layout"
            start, end = _span(token.layout, len(text), place)
            end = start + len(text[start:end].rstrip())
            if start < end:
                polygon = _polygon(token.layout.bounding_poly, size, place)
                words.append(PlacedWord(start, end, number, polygon, token.layout.confidence))
                found.append((start, end))
        known = [span for span in found if span[0] < span[1]]
        spans.append(
            (min(start for start, _ in known), max(end for _, end in known)) if known else (0, 0)
        )
    return Reading(None, (), PlacedText(text, tuple(words)), sizes, spans)


def _span(layout: Any, length: int, field: str) -> tuple[int, int]:
    """Return the stretch of the text that a layout is about."""
    segments = layout.text_anchor.text_segments
    if not segments:
        return 0, 0
    start, end = segments[0].start_index, segments[-1].end_index
    if not 0 <= start <= end <= length:
        raise InvalidArgument(
            f"The anchor leads out of the text, which has {length} characters.",
            field=f"{field}.textAnchor",
        )
    return start, end


def _polygon(poly: Any, size: tuple[float, float], field: str) -> Polygon:
    """Return a `BoundingPoly` of four corners in the unit of the page."""
    points = tuple(_points(poly, size))
    if len(points) != 4:
        raise InvalidArgument("A place has four corners.", field=f"{field}.boundingPoly")
    return points


def _points(poly: Any, size: tuple[float, float]) -> Iterator[Point]:
    if poly.normalized_vertices:
        for one in poly.normalized_vertices:
            yield Point(one.x * size[0], one.y * size[1])
    else:
        for one in poly.vertices:
            yield Point(float(one.x), float(one.y))
