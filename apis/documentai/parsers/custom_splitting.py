"""CUSTOM_SPLITTING_PROCESSOR: the documents in a stack of pages, and what each is."""

from __future__ import annotations

import asyncio

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai.classifying import classifier, vectors
from sensorium.apis.documentai.document import anchor
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.processing import processes
from sensorium.apis.documentai.reading import Reading
from sensorium.models.extraction import splitting


@processes(
    "CUSTOM_SPLITTING_PROCESSOR",
    category="CUSTOM",
    summary="Custom splitter",
    version="",
    trainable=True,
)
async def custom_splitting(reading: Reading, document: JSON, options: Options, call: Call) -> JSON:
    """Return the document with an entity for each document in it, and its pages.

    The type is empty where no class is likely enough.
    """
    texts = reading.texts()
    if not texts:
        return document
    model = classifier(options)
    found = await asyncio.to_thread(
        splitting.split, texts, await vectors(texts, options.version.engine, call), model
    )
    entities = [
        {
            "id": str(i),
            "type": one.label,
            "confidence": one.confidence,
            "textAnchor": anchor((reading.spans[one.first][0], reading.spans[one.last][1])),
            "pageAnchor": {"pageRefs": [{"page": page} for page in range(one.first, one.last + 1)]},
        }
        for i, one in enumerate(found)
    ]
    return document | {"entities": entities}
