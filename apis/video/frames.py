"""What single frames show, feature by feature, as JSON that a checkpoint can keep."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from sensorium.apis.core import JSON, Call
from sensorium.apis.video.film import Film
from sensorium.apis.vision import findings
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import Failure, ResourceExhausted, Unavailable
from sensorium.models.tasks import Line, Pixels, SafetyRater, TextReader, VideoReader

BATCH = 16  # frames of a step
_SIDE = 1280  # pixels of a frame's longer side
_ERROR = "error"
Look = Callable[[Sequence[Pixels], Call], Awaitable[list[JSON]]]


async def labels(images: Sequence[Pixels], call: Call) -> list[JSON]:
    """Return the labels of each frame with their scores."""
    told = await asyncio.gather(*(findings.labels(Picture(one), call) for one in images))
    return [{findings.shown(label.name): label.score for label in some} for some in told]


async def explicit(images: Sequence[Pixels], call: Call) -> list[JSON]:
    """Return how likely each frame is pornography."""
    rate = call.models.use(SafetyRater.rate, timeout=call.limits.seconds)
    return [{"adult": rated.get("adult")} for rated in await rate(images)]


async def text(images: Sequence[Pixels], call: Call) -> list[JSON]:
    """Return the lines of each frame: text, confidence, and corners in shares of the sides."""
    read = call.models.use(TextReader.read, timeout=call.limits.seconds)
    found = await read(images)
    return [
        {"lines": [_line(line, image) for line in lines]}
        for lines, image in zip(found, images, strict=True)
    ]


LOOKS: Mapping[str, Look] = {
    "LABEL_DETECTION": labels,
    "EXPLICIT_CONTENT_DETECTION": explicit,
    "TEXT_DETECTION": text,
}


async def looked_at(film: Film, start: int, features: Sequence[str], call: Call) -> JSON:
    """Return what the features tell of the next samples of a film, or why they cannot."""
    times = film.samples[start : start + BATCH]
    read = call.models.use(VideoReader.frames, timeout=call.limits.operation_seconds)
    images = await read(film.content, times, _SIDE)
    told = await asyncio.gather(*(_told(LOOKS[name], images, call) for name in features))
    return dict(zip(features, told, strict=True))


async def _told(look: Look, images: Sequence[Pixels], call: Call) -> JSON:
    """Return the answers of one feature, or its error; an engine that is busy raises."""
    try:
        return {"frames": await look(images, call)}
    except (ResourceExhausted, Unavailable):
        raise
    except Failure as failure:
        return {_ERROR: {"code": int(failure.code), "message": str(failure)}}


def _line(line: Line, image: Pixels) -> JSON:
    height, width = image.shape[:2]
    words = [f"{word.text}{' ' if word.space else ''}" for word in line.words]
    return {
        "text": "".join(words).strip(),
        "confidence": line.confidence,
        "corners": [[point.x / width, point.y / height] for point in line.polygon],
    }
