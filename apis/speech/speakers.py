"""Who says which word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from sensorium.apis.core import Call
from sensorium.apis.speech.config import Asked
from sensorium.apis.speech.hearing import Heard, channels
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import HEARD_RATE, HeardWord, Recording, Samples, SpeakerDiarizer

_LONGEST, _GAP = 1.8, 0.4  # seconds of a turn, and of a pause that ends one
_SHORTEST = 0.5  # seconds: a last word that is shorter belongs to the turn before it


def check(asked: Asked, call: Call) -> None:
    """Raise FailedPrecondition when speakers are to be told apart and cannot be."""
    if asked.speakers is None:
        return
    if asked.separate:
        raise FailedPrecondition(
            "Speakers are told apart in one channel, not where each channel is by itself.",
            field=asked.field,
            hint="Leave diarization out: channelTag tells who speaks.",
        )
    call.models.chosen(SpeakerDiarizer.speakers)


def turns(one: Heard, sound: Samples, first: float = 0.0) -> list[Samples]:
    """Return the sound of each turn of a stretch; `first` is the second at which `sound` begins."""
    return [_cut(sound, some, first) for some in _turns(one.hearings[0].words)]


async def identified(
    found: Sequence[Heard], recording: Recording, asked: Asked, call: Call
) -> list[Heard]:
    """Return the stretches of a recording with the speakers of their words, if these are asked for.

    They are told from each other by all of the recording, so that a number means the same in each.
    """
    if asked.speakers is None or not found:
        return list(found)
    ((_, sound),) = channels(recording, asked)
    return await told(found, [turns(one, sound) for one in found], asked, call)


async def told(
    found: Sequence[Heard], sounds: Sequence[Sequence[Samples]], asked: Asked, call: Call
) -> list[Heard]:
    """Return stretches with the speakers of their words, told from the sounds of their turns."""
    if asked.speakers is None or not found:
        return list(found)
    work = call.models.use(SpeakerDiarizer.speakers, timeout=call.limits.operation_seconds)
    whole = [turn for some in sounds for turn in some]
    (numbers,) = await work([whole], asked.speakers.least, asked.speakers.most)
    speakers = iter(numbers)
    return [_with(one, speakers) for one in found]


def _with(one: Heard, speakers: Iterator[int]) -> Heard:
    words: list[HeardWord] = []
    for turn in _turns(one.hearings[0].words):
        number = next(speakers)
        words += [replace(word, speaker=number) for word in turn]
    best = replace(one.hearings[0], words=tuple(words))
    return replace(one, hearings=(best, *one.hearings[1:]))


def _turns(words: Sequence[HeardWord]) -> list[list[HeardWord]]:
    """Return words in turns of a second or two."""
    found: list[list[HeardWord]] = []
    for word in words:
        open_ = found[-1] if found else None
        if open_ and (
            (word.start - open_[-1].end < _GAP and word.end - open_[0].start < _LONGEST)
            or (word is words[-1] and word.end - word.start < _SHORTEST)
        ):
            open_.append(word)
        else:
            found.append([word])
    return found


def _cut(sound: Samples, words: Sequence[HeardWord], first: float) -> Samples:
    start, end = (round((at - first) * HEARD_RATE) for at in (words[0].start, words[-1].end))
    part = sound[max(0, start) : end]
    return part if len(part) else np.zeros(1, np.int16)
