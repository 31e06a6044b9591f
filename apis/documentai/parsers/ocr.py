"""OCR_PROCESSOR: text and layout alone."""

from __future__ import annotations

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import forms
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.processing import processes
from sensorium.apis.documentai.reading import Reading


@processes(
    "OCR_PROCESSOR", category="GENERAL", summary="Document OCR", version="pretrained-ocr-v1.0"
)
async def ocr(reading: Reading, document: JSON, options: Options, call: Call) -> JSON:
    """Return the document as it was read, with its checkboxes if they are asked for."""
    if options.marks:
        for index, page in enumerate(document["pages"]):
            form = await forms.found(reading, index, call)
            page["visualElements"] = forms.marks(form, reading.sizes[index])
    return document
