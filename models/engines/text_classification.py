"""Text classification: any classifier of sentiment that transformers can open from a folder."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.models.engines._transformers import open_folder
from sensorium.models.errors import FailedPrecondition
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import Sentiment, SentimentAnalyzer

_BATCH = 32
_STARS = re.compile(r"([1-5])(?:[ _-]?stars?)?")
_VALUES: Mapping[str, float] = {
    "very positive": 1.0,
    "positive": 1.0,
    "pos": 1.0,
    "neutral": 0.0,
    "neu": 0.0,
    "mixed": 0.0,
    "negative": -1.0,
    "neg": -1.0,
    "very negative": -1.0,
}


@engine(
    "text_classification",
    task=SentimentAnalyzer,
    requires=("transformers", "torch", "safetensors"),
    card=BY_CARD,
    batch=_BATCH,
    memory="600MB",
    rank=30,
)
class TextClassification:
    """Tell sentiment with a classifier of the user's choice (transformers, safetensors).

    Labels are one to five stars, or positive, neutral and negative in words. The score is what they
    are worth, -1 to 1, weighted by their probabilities; the magnitude is the same without signs, or
    the score's own where the model knows no neutral text.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._opened = open_folder(weights, device, "AutoModelForSequenceClassification")
        config = self._opened.model.config
        values = worth(self._opened.labels)
        if values is None or config.problem_type == "multi_label_classification":
            labels = ", ".join(self._opened.labels[:9])
            raise FailedPrecondition(
                f"{weights.name} is no classifier of sentiment: its labels are {labels}.",
                hint="`id2label` in its config.json must say 1 to 5 stars, or positive, negative "
                "and neutral.",
            )
        self._values = np.asarray(values, np.float32)

    def sentiment(self, sentences: Sequence[str], language: str) -> list[Sentiment]:
        """Return the sentiment of each sentence; nothing but space is neutral."""
        asked = [at for at, sentence in enumerate(sentences) if sentence.strip()]
        found = [Sentiment(0.0, 0.0)] * len(sentences)
        if asked:
            shares = self._shares([sentences[at] for at in asked])
            for at, share in zip(asked, shares, strict=True):
                found[at] = self._sentiment(share)
        return found

    def _sentiment(self, share: NDArray[np.float32]) -> Sentiment:
        """Return what the probabilities of the labels say."""
        score = float(np.clip(share @ self._values, -1.0, 1.0))
        graded = bool((np.abs(self._values) < 1.0).any())
        strength = float(share @ np.abs(self._values)) if graded else abs(score)
        return Sentiment(score, max(strength, abs(score)))

    def _shares(self, texts: list[str]) -> list[NDArray[np.float32]]:
        """Return the labels' probabilities for each text, averaged over windows by length."""
        encoded = self._opened.encode(texts, stride=0)
        sizes = [len(ids) for ids in encoded["input_ids"]]
        rows = sorted(range(len(sizes)), key=sizes.__getitem__)
        sums = np.zeros((len(texts), len(self._values)), np.float32)
        for first in range(0, len(rows), _BATCH):
            some = rows[first : first + _BATCH]
            for row, logits in zip(some, self._opened.logits(encoded, some), strict=True):
                powers = np.exp(logits - logits.max())
                text = encoded["overflow_to_sample_mapping"][row]
                sums[text] += sizes[row] * powers / powers.sum()
        return [total / total.sum() for total in sums]


def worth(labels: Sequence[str]) -> tuple[float, ...] | None:
    """Return what each label is worth, -1 to 1; None unless all are known, good and bad ones."""
    values = []
    graded = any(label.casefold().startswith("very") for label in labels)
    for label in labels:
        plain = re.sub(r"[\s_-]+", " ", label.strip()).casefold()
        if stars := _STARS.fullmatch(plain):
            values.append((int(stars[1]) - 3) / 2)
        elif plain in _VALUES:
            half = graded and not plain.startswith("very")
            values.append(_VALUES[plain] / 2 if half else _VALUES[plain])
        else:
            return None
    return tuple(values) if values and min(values) < 0 < max(values) else None
