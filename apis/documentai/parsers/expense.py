"""EXPENSE_PROCESSOR: the fields of receipts."""

from __future__ import annotations

import asyncio

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import fields
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.processing import processes
from sensorium.apis.documentai.reading import Reading
from sensorium.models.extraction import receipts


@processes(
    "EXPENSE_PROCESSOR",
    category="SPECIALIZED",
    summary="Expense parser",
    version="pretrained-expense-v1.0",
)
async def expense(reading: Reading, document: JSON, options: Options, call: Call) -> JSON:
    """Return the document with the fields that were found."""
    found = await asyncio.to_thread(receipts.extract, reading.placed)
    return document | {"entities": fields.entities(found, reading)}
