"""US_DRIVER_LICENSE_PROCESSOR: the fields of a licence."""

from __future__ import annotations

import asyncio

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import fields
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.processing import processes
from sensorium.apis.documentai.reading import Reading
from sensorium.models.extraction import licences


@processes(
    "US_DRIVER_LICENSE_PROCESSOR",
    category="SPECIALIZED",
    summary="US driver license parser",
    version="pretrained-us-driver-license-v1.0",
)
async def us_driver_license(reading: Reading, document: JSON, options: Options, call: Call) -> JSON:
    """Return the document with the fields that were found."""
    found = await asyncio.to_thread(licences.extract, reading.placed)
    return document | {"entities": fields.entities(found, reading)}
