"""The sentiment that the adapters of all-MiniLM-L6-v2 tell, for those who want nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.models.engines.minilm import REQUIRES, reader
from sensorium.models.registry import engine
from sensorium.models.tasks import Sentiment, SentimentAnalyzer


@engine(
    "minilm_sentiment",
    task=SentimentAnalyzer,
    requires=REQUIRES,
    languages=("en",),
    batch=64,
    memory="200MB",
    rank=20,
)
class MiniLMSentiment:
    """Score English sentences by the same pass as `minilm`, with whose weights it shares memory."""

    def __init__(self) -> None:
        self._reader = reader()

    def sentiment(self, sentences: Sequence[str], language: str) -> list[Sentiment]:
        """Return the sentiment of each sentence."""
        return [found.sentiment for found in self._reader.analyze(sentences)]
