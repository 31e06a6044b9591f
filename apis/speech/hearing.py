"""What is said in a recording: stretches between pauses, in order, with their words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sensorium.apis.core import Call
from sensorium.apis.speech.config import Asked
from sensorium.models.errors import FailedPrecondition
from sensorium.models.speech.endpointing import Endpointer, Stretch
from sensorium.models.tasks import (
    HEARD_RATE,
    HeardWord,
    Hearing,
    Recording,
    Samples,
    Transcriber,
    VoiceDetector,
)

MARGIN = HEARD_RATE // 5  # samples before and after a stretch that are listened to as well
_TOGETHER = 4  # stretches
_PIECE = 60 * HEARD_RATE  # samples that are looked through for voices at once


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of speech: the ways to hear it, surest first, its language, channel and end.

    Times are in seconds from the start of the recording; `channel` counts from 1, 0 where the
    channels are not told apart.
    """

    hearings: tuple[Hearing, ...]
    language: str
    channel: int
    end: float


async def heard(
    recording: Recording, asked: Asked, call: Call
) -> AsyncIterator[tuple[float, Heard]]:
    """Yield the stretches in which something was said in their order, and what share is done."""
    languages = spoken(asked, call)
    tracks = channels(recording, asked)
    stretches = [
        (stretch, number, samples)
        for number, samples in tracks
        for stretch in await voiced(samples, call)
    ]
    stretches.sort(key=lambda one: (one[0].end, one[1]))
    for start in range(0, len(stretches), _TOGETHER):
        some = stretches[start : start + _TOGETHER]
        told = await transcribed(
            [cut(samples, one) for one, _, samples in some], languages, asked, call
        )
        for (stretch, number, _), (language, hearings) in zip(some, told, strict=True):
            done = min(1.0, (start + _TOGETHER) / len(stretches))
            if hearings:
                first = max(0, stretch.start - MARGIN) / HEARD_RATE
                ways = tuple(shifted(one, first) for one in hearings)
                yield done, Heard(ways, language, number, stretch.end / HEARD_RATE)


def spoken(asked: Asked, call: Call) -> list[str]:
    """Return those of the languages asked for that an engine understands.

    Raises FailedPrecondition when that is none.
    """
    found = []
    lacking: FailedPrecondition | None = None
    for language in asked.languages:
        try:
            call.models.chosen(Transcriber.transcribe, language=language)
        except FailedPrecondition as missing:
            lacking = lacking or missing
        else:
            found.append(language)
    if lacking is not None and not found:
        lacking.field = f"{asked.field}.languageCode"
        raise lacking
    return found


def channels(recording: Recording, asked: Asked) -> list[tuple[int, Samples]]:
    """Return the sound to listen to: each channel with its number, or all mixed as number 0."""
    if asked.separate and len(recording.channels) > 1:
        return list(enumerate(recording.channels, 1))
    if len(recording.channels) < 2:
        return [(0, channel) for channel in recording.channels]
    mixed = np.mean(np.stack(recording.channels), axis=0)
    return [(0, mixed.astype(np.int16))]


async def voiced(samples: Samples, call: Call) -> list[Stretch]:
    """Return the stretches of speech in a recording."""
    listen = call.models.use(VoiceDetector.voices, timeout=call.limits.seconds)
    endpointer, state = Endpointer(), None
    found: list[Stretch] = []
    for start in range(0, len(samples), _PIECE):
        ((likely, state),) = await listen([(samples[start : start + _PIECE], state)])
        found += endpointer.add(likely.tolist())
    return found + endpointer.finish()


def cut(samples: Samples, stretch: Stretch) -> Samples:
    """Return a stretch with a little of what is around it."""
    return samples[max(0, stretch.start - MARGIN) : stretch.end + MARGIN]


async def transcribed(
    stretches: Sequence[Samples], languages: Sequence[str], asked: Asked, call: Call
) -> list[tuple[str, list[Hearing]]]:
    """Return each stretch in the language in which it is heard surest."""

    async def within(language: str) -> list[list[Hearing]]:
        transcribe = call.models.use(
            Transcriber.transcribe, language=language, timeout=call.limits.seconds
        )
        return await transcribe(stretches, language, asked.phrases, asked.alternatives)

    told = await asyncio.gather(*(within(language) for language in languages))
    found = []
    for ways in zip(*told, strict=True):
        sure = [one[0].confidence if one else -1.0 for one in ways]
        best = sure.index(max(sure))
        found.append((languages[best], ways[best]))
    return found


def shifted(one: Hearing, seconds: float) -> Hearing:
    """Return a hearing so many seconds later."""
    return replace(
        one,
        words=tuple(
            HeardWord(word.text, word.start + seconds, word.end + seconds, word.confidence)
            for word in one.words
        ),
    )
