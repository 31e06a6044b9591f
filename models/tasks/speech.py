"""Speech: voices and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]  # mono PCM
Gender = Literal["MALE", "FEMALE", "NEUTRAL"]


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that an engine can speak with; `name` is what a request may ask for."""

    name: str
    languages: tuple[str, ...]
    gender: Gender
    sample_rate: int


@dataclass(frozen=True, slots=True)
class Prosody:
    """How to speak: rate as a factor, pitch in semitones, volume in dB."""

    rate: float = 1.0
    pitch: float = 0.0
    volume: float = 0.0


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech with one voice and one manner, then `pause` seconds of silence.

    `phonemes` (IPA) replace the pronunciation of `text`; `mark` names the moment before it;
    `continues` tells that more follows at once, so that the voice does not come to rest.
    """

    text: str
    language: str
    voice: str
    prosody: Prosody = field(default_factory=Prosody)
    pause: float = 0.0
    phonemes: str | None = None
    mark: str | None = None
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """Spoken audio: mono samples, their rate in Hz, and marks as (name, seconds)."""

    samples: Samples
    sample_rate: int
    marks: tuple[tuple[str, float], ...] = ()


class SpeechSynthesizer(Protocol):
    """Speak."""

    def voices(self) -> tuple[Voice, ...]:
        """Return every voice it can speak with."""
        ...

    def synthesize(self, utterances: Sequence[Utterance]) -> list[Speech]:
        """Return the speech of each utterance."""
        ...
