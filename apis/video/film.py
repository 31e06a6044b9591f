"""A video on its way through the features: opened once, its frames shared by all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.apis.core import JSON, Call
from sensorium.models.tasks import Glances, VideoFacts, VideoReader
from sensorium.models.video.shots import Shot, shots

LONGEST = 4 * 3600.0  # seconds
_EVERY = 1.0  # seconds between two frames that are looked at
_FOLLOWED = 0.2  # the same, where things are followed
_SAME = 0.04  # of the range of levels: by how much any part differs in a frame like the last one


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a video in seconds."""

    start: float
    end: float

    def wire(self) -> JSON:
        """Return a `VideoSegment`."""
        return {"startTimeOffset": offset(self.start), "endTimeOffset": offset(self.end)}

    def holds(self, time: float) -> bool:
        """Tell whether a moment is in it."""
        return self.start <= time <= self.end

    def common(self, other: Span) -> Span | None:
        """Return what both have, None for nothing."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Film:
    """A video: its file, its facts, its shots, and the frames to look at.

    `samples` are the seconds of frames that differ from the one before; `like` tells for each
    moment looked at which of them it is like.
    """

    content: bytes
    facts: VideoFacts
    shots: tuple[Span, ...]
    samples: tuple[float, ...]
    like: tuple[tuple[float, int], ...]

    @property
    def dense(self) -> tuple[float, ...]:
        """Return the seconds of the frames in which things are followed."""
        if not self.facts.frames:
            return ()
        count = max(1, int(self.facts.seconds / _FOLLOWED))
        return tuple((at + 0.5) * _FOLLOWED for at in range(count))

    @property
    def whole(self) -> Span:
        """Return all of it."""
        return Span(0.0, self.facts.seconds)

    def moments(self, span: Span) -> list[tuple[float, int]]:
        """Return the moments of a span, each with the sample that it is like."""
        return [(time, sample) for time, sample in self.like if span.holds(time)]


async def opened(content: bytes, call: Call) -> Film:
    """Return a file as a film; InvalidArgument for what is none."""
    seconds = call.limits.operation_seconds
    facts = await call.models.use(VideoReader.facts, timeout=seconds)(content)
    if not facts.frames:
        return Film(content, facts, (), (), ())
    glances = await call.models.use(VideoReader.glances, timeout=seconds)(content, LONGEST)
    found = await asyncio.to_thread(_shots, glances, facts)
    samples, like = await asyncio.to_thread(_samples, glances, found)
    return Film(content, facts, tuple(found), tuple(samples), tuple(like))


def offset(seconds: float) -> str:
    """Return a `Duration` to the microsecond."""
    return f"{seconds:.6f}s"


def _shots(glances: Glances, facts: VideoFacts) -> list[Span]:
    found: Sequence[Shot] = shots(glances.pictures, facts.rate)
    ends = [*(glances.times[one.first] for one in found[1:]), max(facts.seconds, 0.0)]
    return [
        Span(float(glances.times[one.first]), float(end))
        for one, end in zip(found, ends, strict=True)
    ]


def _samples(
    glances: Glances, found: Sequence[Span]
) -> tuple[list[float], list[tuple[float, int]]]:
    """Return the moments to look at: one a second and one in each shot, like ones told once."""
    last = float(glances.times[-1])
    times = set(np.arange(_EVERY / 2, last, _EVERY).tolist()) or {last}
    for shot in found:
        if not any(shot.start <= at < shot.end for at in times):
            times.add((shot.start + shot.end) / 2)
    samples: list[float] = []
    like: list[tuple[float, int]] = []
    shown: np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None = None
    for time in sorted(times):
        at = max(0, int(np.searchsorted(glances.times, time, side="right")) - 1)
        picture = glances.pictures[at].astype(np.float32) / np.float32(255)
        if shown is None or float(np.abs(picture - shown).mean(axis=2).max()) > _SAME:
            samples.append(time)
            shown = picture
        like.append((time, len(samples) - 1))
    return samples, like
