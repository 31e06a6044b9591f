"""Speak passages, one engine call after the other, and join what was spoken."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sensorium.apis.core import Call
from sensorium.apis.texttospeech.passages import Bleep, Passage
from sensorium.models.errors import InvalidArgument
from sensorium.models.media.audio import silence, tone
from sensorium.models.tasks import Prosody, Samples, Speech, SpeechSynthesizer, Utterance

_AT_ONCE = 16  # utterances; between two helpings the length is looked at
# what nested prosody may add up to: rate, semitones, decibels
_RATES, _PITCHES, _VOLUMES = (0.2, 6.0), (-24.0, 24.0), (-96.0, 24.0)


async def speak(
    passages: Sequence[Passage],
    call: Call,
    *,
    language: str,
    engine: str | None,
    sample_rate: int,
    prosody: Prosody,
    field: str = "input",
) -> Speech:
    """Return the speech of all passages, with the moments of their marks.

    `prosody` is added to each passage's own, except the volume, which is the whole output's.
    `sample_rate` is the voice's. Raises InvalidArgument for more sound than `call.limits` allow.
    """
    length = _Length(call.limits.audio_seconds, field)
    length.add(sum(one.pause for one in passages))
    synthesize = call.models.use(SpeechSynthesizer.synthesize, engine=engine, language=language)
    parts: list[Samples] = []
    marks: list[tuple[str, float]] = []
    size = 0
    for start in range(0, len(passages), _AT_ONCE):
        helping = passages[start : start + _AT_ONCE]
        utterances = [_adjusted(one, prosody) for one in helping if isinstance(one, Utterance)]
        try:
            spoken = iter(await synthesize(utterances) if utterances else [])
        except InvalidArgument as failure:
            raise failure.within(field) from failure
        for one in helping:
            speech = next(spoken) if isinstance(one, Utterance) else _bleep(one, sample_rate)
            marks += [(name, size / sample_rate + at) for name, at in speech.marks]
            parts.append(speech.samples)
            size += speech.samples.size
            length.add(speech.samples.size / sample_rate - one.pause)
    joined = await asyncio.to_thread(np.concatenate, parts) if parts else np.zeros(0, np.int16)
    return Speech(joined, sample_rate, tuple(marks))


class _Length:
    """The seconds spoken so far, and the most that are allowed."""

    def __init__(self, most: float, field: str) -> None:
        self._most, self._field, self._seconds = most, field, 0.0

    def add(self, seconds: float) -> None:
        """Count seconds in; InvalidArgument when they are too many."""
        self._seconds += seconds
        if self._seconds > self._most:
            raise InvalidArgument(
                f"More than {self._most:g} seconds of sound",
                field=self._field,
                hint="Split the text and join the sound.",
            )


def _adjusted(utterance: Utterance, prosody: Prosody) -> Utterance:
    """Return an utterance in its own manner and in the request's."""
    own = utterance.prosody
    return replace(
        utterance,
        prosody=Prosody(
            rate=_clamped(own.rate * prosody.rate, _RATES),
            pitch=_clamped(own.pitch + prosody.pitch, _PITCHES),
            volume=_clamped(own.volume, _VOLUMES),
        ),
    )


def _clamped(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])


def _bleep(bleep: Bleep, sample_rate: int) -> Speech:
    """Return the tone that stands for a word."""
    parts = [tone(bleep.seconds, sample_rate), silence(bleep.pause, sample_rate)]
    return Speech(np.concatenate(parts), sample_rate)
