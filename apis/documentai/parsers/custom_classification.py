"""CUSTOM_CLASSIFICATION_PROCESSOR: which of the user's classes a document is of."""

from __future__ import annotations

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai.classifying import classifier, vectors
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.processing import processes
from sensorium.apis.documentai.reading import Reading


@processes(
    "CUSTOM_CLASSIFICATION_PROCESSOR",
    category="CUSTOM",
    summary="Custom classifier",
    version="",
    trainable=True,
)
async def custom_classification(
    reading: Reading, document: JSON, options: Options, call: Call
) -> JSON:
    """Return the document with an entity for each class, the likeliest first.

    A document without text is of no class.
    """
    if not reading.placed.text.strip():
        return document
    model = classifier(options)
    (found,) = model.classify(await vectors([reading.placed.text], options.version.engine, call))
    ordered = sorted(found.scores.items(), key=lambda item: (-item[1], item[0]))
    entities = [
        {"id": str(i), "type": label, "confidence": chance}
        for i, (label, chance) in enumerate(ordered)
    ]
    return document | {"entities": entities}
