"""VADER: sentiment of English from a lexicon and rules (Hutto and Gilbert, ICWSM 2014)."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from sensorium.models.registry import engine
from sensorium.models.tasks import Sentiment, SentimentAnalyzer

# The lexicon spells contractions with the ASCII apostrophe; phones type the others.
_APOSTROPHES = str.maketrans("\u2019\u02bc\uff07", "'''")


@engine(
    "vader",
    task=SentimentAnalyzer,
    requires=("vaderSentiment",),
    languages=("en",),
    batch=256,
    memory="5MB",
    rank=10,
)
class Vader:
    """Score English sentences by their words, negations, emphasis and emoji; no model.

    The score is VADER's compound value. The magnitude is the same measure over the valences
    without their signs, so that praise and blame add up where they cancel out in the score.
    """

    def __init__(self) -> None:
        self._analyzer = _analyzer()

    def sentiment(self, sentences: Sequence[str], language: str) -> list[Sentiment]:
        """Return the sentiment of each sentence; words that the lexicon lacks are neutral."""
        return [self._sentiment(sentence) for sentence in sentences]

    def _sentiment(self, sentence: str) -> Sentiment:
        """Return the sentiment of one sentence."""
        scores = self._analyzer.polarity_scores(sentence.translate(_APOSTROPHES))
        return Sentiment(scores["compound"], scores["strength"])


def _analyzer() -> Any:
    """Return VADER's analyzer, which answers a strength beside its scores, too."""
    from vaderSentiment import vaderSentiment

    class Analyzer(vaderSentiment.SentimentIntensityAnalyzer):  # type: ignore[misc]
        """The analyzer, adding up its valences without their signs."""

        def sentiment_valence(
            self, valence: float, text: Any, item: str, at: int, sentiments: list[float]
        ) -> Any:
            """Show the rules the words that they look at, three before and two behind.

            They would lower-case the whole sentence again for each of its words.
            """
            first = max(0, at - 3)
            near = SimpleNamespace(
                words_and_emoticons=text.words_and_emoticons[first : at + 3],
                is_cap_diff=text.is_cap_diff,
            )
            return super().sentiment_valence(valence, near, item, at - first, sentiments)

        def score_valence(self, sentiments: list[float], text: str) -> dict[str, float]:
            """Add `strength`, 0 to 1."""
            scores: dict[str, float] = super().score_valence(sentiments, text)
            strength = sum(abs(valence) for valence in sentiments)
            if strength:
                strength += self._punctuation_emphasis(text)
            scores["strength"] = round(vaderSentiment.normalize(strength), 4)
            return scores

    return Analyzer()
