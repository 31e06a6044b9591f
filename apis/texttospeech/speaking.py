"""Speak passages, one engine call after the other, and join what was spoken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sensorium.apis.core import Call
from sensorium.apis.texttospeech.clips import played
from sensorium.apis.texttospeech.passages import Bleep, Passage, Sound
from sensorium.apis.texttospeech.ssml import SENTENCE_PAUSE
from sensorium.models.errors import InvalidArgument
from sensorium.models.media.audio import silence, tone
from sensorium.models.sentences import split
from sensorium.models.tasks import Prosody, Speech, SpeechSynthesizer, Utterance

_AT_ONCE = 16  # utterances; between two helpings the length is looked at
# what nested prosody may add up to: rate, semitones, decibels
_RATES, _PITCHES, _VOLUMES = (0.2, 6.0), (-24.0, 24.0), (-96.0, 24.0)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, and how: engine, language, the voice's rate in Hz, and the request's manner.

    `prosody` is added to each passage's own, except the volume, which is the whole output's.
    """

    language: str
    engine: str | None
    sample_rate: int
    prosody: Prosody


async def speak(
    passages: Sequence[Passage], speaker: Speaker, call: Call, field: str = "input"
) -> Speech:
    """Return the speech of all passages, with the moments of their marks.

    Raises InvalidArgument for more sound than `call.limits` allow.
    """
    most = call.limits.audio_seconds
    found = [one async for _, one in spoken(passages, speaker, call, most, field=field)]
    marks: list[tuple[str, float]] = []
    size = 0
    for one in found:
        marks += [(name, size / speaker.sample_rate + at) for name, at in one.marks]
        size += one.samples.size
    parts = [one.samples for one in found]
    joined = await asyncio.to_thread(np.concatenate, parts) if parts else np.zeros(0, np.int16)
    return Speech(joined, speaker.sample_rate, tuple(marks))


async def spoken(
    passages: Sequence[Passage],
    speaker: Speaker,
    call: Call,
    seconds: float,
    *,
    at_once: int = _AT_ONCE,
    field: str = "input",
) -> AsyncIterator[tuple[float, Speech]]:
    """Yield the speech of passages in order, each with the share of them that is done.

    So many go to the engine at once. Raises InvalidArgument for more than `seconds` of sound.
    """
    length = _Length(seconds, field)
    length.add(sum(one.pause for one in passages))
    synthesize = call.models.use(
        SpeechSynthesizer.synthesize, engine=speaker.engine, language=speaker.language
    )
    rate = speaker.sample_rate
    for start in range(0, len(passages), at_once):
        asked = passages[start : start + at_once]
        helping = [sound for one in asked for sound in await played(one, rate, call, field)]
        length.add(sum(one.pause for one in helping) - sum(one.pause for one in asked))
        utterances = [
            _adjusted(one, speaker.prosody) for one in helping if isinstance(one, Utterance)
        ]
        try:
            told = iter(await synthesize(utterances) if utterances else [])
        except InvalidArgument as failure:
            raise failure.within(field) from failure
        for at, one in enumerate(helping, 1):
            speech = next(told) if isinstance(one, Utterance) else _sounding(one, rate)
            length.add(speech.samples.size / rate - one.pause)
            yield (start + len(asked) * at / len(helping)) / len(passages), speech


def sentencewise(passages: Sequence[Passage]) -> list[Passage]:
    """Return passages of one sentence each, so that the first can be heard before the last."""
    found: list[Passage] = []
    for one in passages:
        if not isinstance(one, Utterance) or one.phonemes is not None:
            found.append(one)
            continue
        texts = [part.text for part in split(one.text, one.language)]
        for text in texts[:-1]:
            found.append(replace(one, text=text, pause=SENTENCE_PAUSE, continues=False))
            one = replace(one, mark=None)
        found.append(replace(one, text=texts[-1] if texts else one.text))
    return found


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


def _sounding(one: Bleep | Sound, sample_rate: int) -> Speech:
    """Return a recording, or the tone that stands for a word."""
    samples = one.samples if isinstance(one, Sound) else tone(one.seconds, sample_rate)
    return Speech(np.concatenate([samples, silence(one.pause, sample_rate)]), sample_rate)
