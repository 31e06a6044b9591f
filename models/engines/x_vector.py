"""Speakers told apart by x-vectors, through transformers (WavLM, wav2vec 2.0, UniSpeech-SAT)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.engines._transformers import open_model, open_part
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.speech.speakers import grouped
from sensorium.models.tasks import HEARD_RATE, Samples, SpeakerDiarizer

_BATCH = 8
_SHORTEST = HEARD_RATE // 2  # samples that a network is shown; what is shorter is repeated
_APART = 0.35  # cosine distance; WavLM's verification examples take .14 for whole sentences


@engine(
    "x_vector",
    task=SpeakerDiarizer,
    requires=("transformers", "torch", "safetensors"),
    card=BY_CARD,
    memory="1.5GB",
    rank=20,
)
class XVector:
    """Tell speakers apart by a network of the user's choice that knows voices (safetensors)."""

    def __init__(self, weights: Path, device: str) -> None:
        self._extractor = open_part(weights, "AutoFeatureExtractor")
        self._model = open_model(weights, device, "AutoModelForAudioXVector")
        self._device = device

    def speakers(
        self, recordings: Sequence[Sequence[Samples]], least: int, most: int
    ) -> list[list[int]]:
        """Return who speaks in each turn of each recording."""
        return [self._told(turns, least, most) for turns in recordings]

    def _told(self, turns: Sequence[Samples], least: int, most: int) -> list[int]:
        voices = [
            voice * len(turn)
            for start in range(0, len(turns), _BATCH)
            for turn, voice in zip(
                turns[start : start + _BATCH],
                self._voices(turns[start : start + _BATCH]),
                strict=True,
            )
        ]
        return grouped(voices, _apart, np.add, least, most)

    def _voices(self, turns: Sequence[Samples]) -> NDArray[np.float64]:
        """Return a vector of unit length for each turn."""
        import torch

        shown = [_long_enough(turn).astype(np.float32) / 32768 for turn in turns]
        made: Any = self._extractor(
            shown, sampling_rate=HEARD_RATE, padding=True, return_tensors="pt"
        )
        with torch.inference_mode():
            told = self._model(**made.to(self._device)).embeddings
        found = told.float().cpu().numpy().astype(np.float64)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def _long_enough(turn: Samples) -> Samples:
    return turn if len(turn) >= _SHORTEST else np.resize(turn, _SHORTEST)


def _apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return how far apart two sums of vectors point, less what one voice may."""
    alike = one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
    return float(1 - alike - _APART)
