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
    Hearing,
    Recording,
    Samples,
    SpokenLanguageIdentifier,
    Transcriber,
    VoiceDetector,
)

ANY = "auto"  # whatever language is spoken
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
    """Return those of the languages asked for that an engine understands; ANY for all of them.

    Raises FailedPrecondition when that is none, or when any is asked for and no engine can tell
    which it is.
    """
    if ANY in asked.languages:
        if not call.models.able(SpokenLanguageIdentifier):
            raise FailedPrecondition(
                "No installed engine tells which language is spoken.",
                field=f"{asked.field}.languageCodes",
                hint="Name the language, or bring a Whisper: docs/bring-a-model.md.",
            )
        return [ANY]
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
    """Return each stretch in its language, and which that is.

    Where there are several, an engine tells which is spoken; without one, all are tried and the one
    in which a stretch is heard surest counts.
    """

    async def within(language: str, some: Sequence[Samples]) -> list[list[Hearing]]:
        transcribe = call.models.use(
            Transcriber.transcribe, language=language, timeout=call.limits.seconds
        )
        return await transcribe(some, language, asked.phrases, asked.alternatives)

    single = len(languages) == 1 and ANY not in languages
    if not single and call.models.able(SpokenLanguageIdentifier):
        told = await _told(stretches, languages, call)
        found: list[tuple[str, list[Hearing]]] = [(language, []) for language in told]
        for language in dict.fromkeys(told):
            at = [index for index, one in enumerate(told) if one == language]
            ways = await within(language, [stretches[index] for index in at])
            for index, one in zip(at, ways, strict=True):
                found[index] = (language, one)
        return found
    tried = await asyncio.gather(*(within(language, stretches) for language in languages))
    found = []
    for ways_ in zip(*tried, strict=True):
        sure = [one[0].confidence if one else -1.0 for one in ways_]
        best = sure.index(max(sure))
        found.append((languages[best], ways_[best]))
    return found


async def _told(stretches: Sequence[Samples], languages: Sequence[str], call: Call) -> list[str]:
    """Return which of the languages each stretch is in: the likeliest that an engine understands.

    Of what nothing can be told, such as silence, the first counts.
    """
    tell = call.models.use(SpokenLanguageIdentifier.spoken, timeout=call.limits.seconds)
    known = [one for one in languages if one != ANY]
    first = known[0] if known else "und"
    found = []
    for scores in await tell(stretches):
        codes = {one.partition("-")[0].lower(): one for one in reversed(known)}
        allowed = (
            codes.get(one.language, one.language if ANY in languages else "") for one in scores
        )
        found.append(next((one for one in allowed if one and _understood(one, call)), first))
    return found


def _understood(language: str, call: Call) -> bool:
    try:
        call.models.chosen(Transcriber.transcribe, language=language)
    except FailedPrecondition:
        return False
    return True


def shifted(one: Hearing, seconds: float) -> Hearing:
    """Return a hearing so many seconds later."""
    return replace(
        one,
        words=tuple(
            replace(word, start=word.start + seconds, end=word.end + seconds) for word in one.words
        ),
    )
