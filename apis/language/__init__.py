"""Natural Language v1 and v2: one module per method, over one reading of the document."""

from sensorium.apis.core import api

language = api(
    "language",
    title="Natural Language",
    summary="Tell how a text feels, sentence by sentence.",
)
