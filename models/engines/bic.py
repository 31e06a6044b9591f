"""Speakers told apart by the Bayesian information criterion, without any model.

S. Chen and P. Gopalakrishnan, Speaker, Environment and Channel Change Detection and Clustering via
the Bayesian Information Criterion (1998): two turns are of one voice when one Gaussian describes
the cepstra of both as well as two do, less a penalty for the parameters of the second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sensorium.models.registry import engine
from sensorium.models.speech.speakers import grouped
from sensorium.models.tasks import HEARD_RATE, Samples, SpeakerDiarizer

_Floats = NDArray[np.float64]
_WINDOW, _HOP, _POINTS = 400, 160, 512  # samples: 25 ms every 10 ms
_BANDS, _CEPSTRA = 40, 19
_LOWEST, _HIGHEST = 100.0, 7600.0  # Hz
_PREEMPHASIS = 0.97
_PENALTY = 2.0  # lambda; 1 is the criterion's own, which splits one voice by what it says
_FLOOR = 1e-3  # of a variance


@dataclass(frozen=True, slots=True)
class _Gaussian:
    """What is kept of frames: how many there are, their sum, and that of their outer products."""

    count: int
    sums: _Floats
    products: _Floats

    def joined(self, other: _Gaussian) -> _Gaussian:
        return _Gaussian(
            self.count + other.count, self.sums + other.sums, self.products + other.products
        )

    @property
    def cost(self) -> float:
        """Return the frames' negative log likelihood, but for what is the same for all."""
        mean = self.sums / self.count
        spread = self.products / self.count - np.outer(mean, mean)
        spread += _FLOOR * np.eye(len(mean))
        return 0.5 * self.count * float(np.linalg.slogdet(spread)[1])


@engine(
    "bic",
    task=SpeakerDiarizer,
    requires=("transformers",),
    concurrency=2,
    memory="20MB",
    rank=10,
)
class Bic:
    """Tell speakers apart by the sound of their voices, in any language.

    It takes some seconds of each voice, and clear ones: people who sound alike, or who speak over
    each other, become one.
    """

    def speakers(
        self, recordings: Sequence[Sequence[Samples]], least: int, most: int
    ) -> list[list[int]]:
        """Return who speaks in each turn of each recording."""
        return [
            grouped([_voice(turn) for turn in turns], _apart, _Gaussian.joined, least, most)
            for turns in recordings
        ]


def _apart(one: _Gaussian, other: _Gaussian) -> float:
    count, size = one.count + other.count, len(one.sums)
    parameters = size + size * (size + 1) / 2
    gain = one.joined(other).cost - one.cost - other.cost
    return gain - _PENALTY * 0.5 * parameters * math.log(count)


def _voice(turn: Samples) -> _Gaussian:
    frames = _cepstra(turn)
    return _Gaussian(len(frames), frames.sum(axis=0), frames.T @ frames)


def _cepstra(turn: Samples) -> _Floats:
    """Return the mel cepstra of a turn but the first, which is its loudness: frames x 19."""
    from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

    sound = np.zeros(max(len(turn), _POINTS), np.float64)
    sound[: len(turn)] = turn / 32768
    bands = spectrogram(
        sound,
        window_function(_WINDOW, "hann"),
        _WINDOW,
        _HOP,
        _POINTS,
        power=2.0,
        preemphasis=_PREEMPHASIS,
        mel_filters=mel_filter_bank(
            _POINTS // 2 + 1, _BANDS, _LOWEST, _HIGHEST, HEARD_RATE, mel_scale="htk"
        ),
        mel_floor=1e-10,
        log_mel="log",
    )
    return np.asarray(bands.T @ _cosines())


@cache
def _cosines() -> _Floats:
    """Return the discrete cosine transform of the bands, without its first term."""
    bands = np.arange(_BANDS) + 0.5
    terms = np.arange(1, _CEPSTRA + 1)
    return np.cos(np.pi / _BANDS * np.outer(bands, terms)) * math.sqrt(2 / _BANDS)
