"""FORM_PARSER_PROCESSOR: named fields, checkboxes and tables."""

from __future__ import annotations

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import forms
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.processing import processes
from sensorium.apis.documentai.reading import Reading


@processes(
    "FORM_PARSER_PROCESSOR",
    category="GENERAL",
    summary="Form parser",
    version="pretrained-form-parser-v1.0",
)
async def form_parser(reading: Reading, document: JSON, options: Options, call: Call) -> JSON:
    """Return the document with the form of each page."""
    for index, page in enumerate(document["pages"]):
        form = await forms.found(reading, index, call)
        page |= forms.shown(form, reading.sizes[index])
    return document
