"""all-MiniLM-L6-v2 as it was published: vectors of 384 numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.models.engines.minilm import REQUIRES, reader
from sensorium.models.registry import engine
from sensorium.models.tasks import TextEmbedder, Vector


@engine("minilm_embedder", task=TextEmbedder, requires=REQUIRES, batch=64, memory="120MB", rank=20)
class MiniLMEmbedder:
    """Embed English texts; other languages mostly by the names and loan words in them."""

    def __init__(self) -> None:
        self._reader = reader(None)

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector of unit length for each text."""
        return self._reader.embed(texts)

    def tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many word pieces each text has, those that begin and end it included."""
        return self._reader.tokens(texts)
