"""Recordings in what is spoken: SSML's `<audio>`."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sensorium.apis.core import Call
from sensorium.apis.texttospeech.passages import Bleep, Clip, Passage, Sound
from sensorium.models.errors import Failure, InvalidArgument, ResourceExhausted, Unavailable
from sensorium.models.media.audio import amplify, stretch
from sensorium.models.tasks import AudioReader, Recording, Samples, Utterance

_LONGEST = 240.0  # seconds of a recording, as at Google's
_MOST_TIMES = 100.0
_TIME = re.compile(r"\+?(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})(ms|s)")
_SHARE = re.compile(r"(\d{1,4}(?:\.\d{0,6})?)%")
_LEVEL = re.compile(r"([+-]?\d{1,3}(?:\.\d{0,6})?)db")


def clip_of(attributes: Mapping[str, str], where: str) -> Clip:
    """Return the recording that an element asks for; ValueError for what is wrong with that."""
    begin = _seconds(attributes, "clipBegin") or 0.0
    end = _seconds(attributes, "clipEnd")
    if end is not None and end <= begin:
        raise ValueError("clipEnd must come after clipBegin")
    speed = attributes.get("speed", "100%").strip()
    share = _SHARE.fullmatch(speed)
    if not share or not 50 <= float(share[1]) <= 200:
        raise ValueError(f"speed is 50% to 200%, not {speed[:40]!r}")
    level = attributes.get("soundLevel", "+0dB").strip()
    decibels = _LEVEL.fullmatch(level.lower())
    if not decibels or not -40 <= float(decibels[1]) <= 40:
        raise ValueError(f"soundLevel is -40dB to +40dB, not {level[:40]!r}")
    seconds = _seconds(attributes, "repeatDur")
    return Clip(
        attributes["src"].strip(),
        where,
        begin,
        end,
        float(share[1]) / 100,
        _times(attributes.get("repeatCount"), seconds),
        seconds,
        float(decibels[1]),
    )


async def played(
    one: Passage, rate: int, call: Call, field: str
) -> list[Utterance | Bleep | Sound]:
    """Return a passage with a recording as its samples at `rate`, or as what is heard instead.

    Raises InvalidArgument for a recording that cannot be played and has nothing instead.
    """
    if not isinstance(one, Clip):
        return [one]
    try:
        content = await call.sources.read(one.uri, field=field)
        read = call.models.use(AudioReader.recording, timeout=call.limits.seconds)
        recording = await read(content, None, _LONGEST, rate)
        return [Sound(await asyncio.to_thread(_cut, recording, one), one.pause)]
    except (ResourceExhausted, Unavailable):
        raise
    except Failure as failure:
        if not one.instead:
            raise InvalidArgument(
                f"Invalid SSML, {one.where}: <audio> cannot be played: {failure}",
                field=field,
                hint="What to speak instead belongs between its tags.",
            ) from failure
    instead = [other for some in one.instead for other in await played(some, rate, call, field)]
    instead[-1] = replace(instead[-1], pause=instead[-1].pause + one.pause)
    return instead


def _cut(recording: Recording, clip: Clip) -> Samples:
    """Return what is heard of a recording: its channels mixed, cut, repeated and made louder."""
    if not recording.channels:
        return np.zeros(0, np.int16)
    mixed = np.mean(np.stack(recording.channels), axis=0).astype(np.int16)
    rate = recording.rate
    end = None if clip.end is None else round(clip.end * rate)
    part = stretch(mixed[round(clip.begin * rate) : end], rate, 1 / clip.speed)
    size = round(part.size * min(clip.times, _LONGEST * rate / max(part.size, 1)))
    if clip.seconds is not None:
        size = min(size, round(clip.seconds * rate))
    repeated = np.resize(part, size) if part.size else part
    return amplify(np.asarray(repeated, dtype=np.int16), clip.decibels)


def _seconds(attributes: Mapping[str, str], name: str) -> float | None:
    value = attributes.get(name)
    if value is None:
        return None
    found = _TIME.fullmatch(value.strip().lower())
    if not found:
        raise ValueError(f"{name} is seconds or milliseconds such as 500ms, not {value[:40]!r}")
    return float(found[1]) / (1000 if found[2] == "ms" else 1)


def _times(value: str | None, seconds: float | None) -> float:
    """Return how often a recording is played; as long as `repeatDur` says if only that is given."""
    if value is None:
        return math.inf if seconds is not None else 1.0
    if not re.fullmatch(r"\d{1,3}(\.\d{0,6})?", value.strip()) or not (
        0 < float(value) <= _MOST_TIMES
    ):
        raise ValueError(f"repeatCount is up to {_MOST_TIMES:g}, not {value[:40]!r}")
    return float(value)
