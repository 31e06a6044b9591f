"""INVOICE_PROCESSOR: the fields of invoices and credit notes."""

from __future__ import annotations

import asyncio

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import fields
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.processing import processes
from sensorium.apis.documentai.reading import Reading
from sensorium.models.extraction import invoices


@processes(
    "INVOICE_PROCESSOR",
    category="SPECIALIZED",
    summary="Invoice parser",
    version="pretrained-invoice-v1.0",
)
async def invoice(reading: Reading, document: JSON, options: Options, call: Call) -> JSON:
    """Return the document with the fields that were found."""
    found = await asyncio.to_thread(invoices.extract, reading.placed)
    return document | {"entities": fields.entities(found, reading)}
