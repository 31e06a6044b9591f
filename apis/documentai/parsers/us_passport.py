"""US_PASSPORT_PROCESSOR: the fields of the machine readable zone."""

from __future__ import annotations

import asyncio

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import fields
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.processing import processes
from sensorium.apis.documentai.reading import Reading
from sensorium.models.extraction import passports


@processes(
    "US_PASSPORT_PROCESSOR",
    category="SPECIALIZED",
    summary="US passport parser",
    version="pretrained-us-passport-v1.0",
)
async def us_passport(reading: Reading, document: JSON, options: Options, call: Call) -> JSON:
    """Return the document with the fields that were found."""
    found = await asyncio.to_thread(passports.extract, reading.placed)
    return document | {"entities": fields.entities(found, reading)}
