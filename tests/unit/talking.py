"""Recordings that the tests make: what eSpeak NG says, between silences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from sensorium.models.engines.espeak import Espeak
from sensorium.models.media.audio import resample
from sensorium.models.tasks import Utterance

RATE = 16_000
VOICE = "gmw/en-US+f2"


@cache
def _engine() -> Espeak:
    return Espeak()


@cache
def said(text: str, voice: str = VOICE) -> Any:
    """A sentence at 16 kHz."""
    (speech,) = _engine().synthesize([Utterance(text, "en-US", voice)])
    return resample(speech.samples, speech.sample_rate, RATE)


def silence(seconds: float) -> Any:
    return np.zeros(int(seconds * RATE), np.int16)


def talk(*texts: str, pause: float = 1.0) -> Any:
    """Sentences with pauses before, between and after them."""
    parts: list[Any] = [silence(pause)]
    for text in texts:
        parts += [said(text), silence(pause)]
    return np.concatenate(parts)


def stereo(left: Any, right: Any) -> bytes:
    """Raw interleaved samples of two channels."""
    length = max(len(left), len(right))
    both = [np.pad(one, (0, length - len(one))) for one in (left, right)]
    return np.stack(both, axis=1).astype("<i2").tobytes()


def pieces(samples: Any, seconds: float = 0.1) -> Sequence[bytes]:
    step = int(seconds * RATE)
    return [samples[at : at + step].tobytes() for at in range(0, len(samples), step)]
