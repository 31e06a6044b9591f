"""Embeddings: texts as vectors, in the shape that OpenAI's clients speak."""

from sensorium.apis.core import api

embeddings = api(
    "embeddings",
    title="Embeddings",
    summary="Turn texts into vectors that can be compared, in OpenAI's shape.",
)
