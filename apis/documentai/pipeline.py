"""From a document of a request to the processed `Document`."""

from __future__ import annotations

import asyncio
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import sheets
from sensorium.apis.documentai.document import document
from sensorium.apis.documentai.opening import PAGED, File, Given, opened
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.reading import Reading
from sensorium.apis.documentai.resolution import Resolved
from sensorium.models.extraction import PlacedText


async def processed(
    given: Given, by: Resolved, options: Options, call: Call
) -> tuple[JSON, Reading]:
    """Return a document as a processor answers it, and what was read of it."""
    options.check()
    file = await opened(given, call, by.type.also)
    answer, reading = await _read(file, by, options, call)
    answer = await by.type.process(reading, answer, options, call)
    return answer, reading


async def _read(file: File, by: Resolved, options: Options, call: Call) -> tuple[JSON, Reading]:
    """Return the document as every processor finds it; without pages where the kind has none."""
    if file.kind not in PAGED:
        answer: JSON = {"mimeType": file.kind}
        if file.uri:
            answer["uri"] = file.uri
        return answer, Reading(file, (), PlacedText("", ()), (), ())
    extras = sheets.Extras(
        picture=options.images,
        defects=options.quality,
        barcodes=by.type.type == "OCR_PROCESSOR",
    )
    read = await sheets.read(file, options, extras, call)
    return await asyncio.to_thread(document, file, read, options.symbols)


async def source(message: Any, kind: str, field: str, call: Call) -> Given:
    """Return the document that a `RawDocument` or `GcsDocument` is.

    Raises InvalidArgument without content, NotFound for an object that is not there.
    """
    if kind == "raw_document":
        return Given(message.content, message.mime_type, f"{field}.content")
    place = f"{field}.gcsUri"
    content = await call.sources.read(message.gcs_uri, field=place)
    return Given(content, message.mime_type, place, message.gcs_uri)
