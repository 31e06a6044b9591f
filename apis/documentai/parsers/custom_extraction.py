"""CUSTOM_EXTRACTION_PROCESSOR: the fields that the user's schema names."""

from __future__ import annotations

import asyncio
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import fields, schemas
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.processing import processes
from sensorium.apis.documentai.reading import Reading
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from sensorium.models.errors import FailedPrecondition
from sensorium.models.extraction import Entity, custom
from sensorium.models.extraction.confirmed import confirmed
from sensorium.models.extraction.schema import Schema
from sensorium.models.tasks import FieldReader, ReadField


@processes(
    "CUSTOM_EXTRACTION_PROCESSOR",
    category="CUSTOM",
    summary="Custom extractor",
    version="pretrained-custom-extraction-v1.0",
    trainable=True,
)
async def custom_extraction(reading: Reading, document: JSON, options: Options, call: Call) -> JSON:
    """Return the document with what the schema names.

    The schema is the request's `schemaOverride`, else that of the version. What rules do not find
    is asked of an engine that reads fields off pictures, where one is installed.
    """
    message, field = _schema(options)
    wanted = schemas.read(message, field)
    found = await asyncio.to_thread(custom.extract, reading.placed, wanted.schema)
    names = {one.type for one in found}
    if left := [one for one in wanted.schema.properties if one.name not in names]:
        found += await _seen(reading, Schema.of(left), call)
    return document | {"entities": fields.entities(schemas.composed(found, wanted), reading)}


async def _seen(reading: Reading, schema: Schema, call: Call) -> list[Entity]:
    """Return what an engine reads off the pages' pictures; nothing where none is installed."""
    told: list[tuple[int, ReadField]] = []
    for index in range(len(reading.sizes)):
        paper = await reading.paper(index, call)
        if paper is None:
            return []
        try:
            read = call.models.use(FieldReader.fields, timeout=call.limits.seconds)
            (fields,) = await read([paper.image])
        except FailedPrecondition:
            return []
        told += [(index, one) for one in fields]
    return await asyncio.to_thread(confirmed, reading.placed, schema, told)


def _schema(options: Options) -> tuple[Any, str]:
    """Return the `DocumentSchema` to extract by, and its place."""
    field = f"{options.field}.schemaOverride"
    if options.message.HasField("schema_override"):
        return options.message.schema_override, field
    if options.version is None or not options.version.document_schema:
        raise FailedPrecondition(
            "There is no schema that tells what to extract.",
            field=field,
            hint="Send one, or train a version with a documentSchema.",
        )
    message = load().message("google.cloud.documentai.v1.DocumentSchema")()
    decode(message, options.version.document_schema)
    return message, "documentSchema"
