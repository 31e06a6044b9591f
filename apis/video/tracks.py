"""OBJECT_TRACKING, PERSON_DETECTION and FACE_DETECTION: what is followed through a film."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.video.film import Film, Span, offset
from sensorium.apis.vision import findings
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import Failure, ResourceExhausted, Unavailable
from sensorium.models.media import png
from sensorium.models.tasks import Box, Pixels, VideoReader
from sensorium.models.video.tracking import Seen, Track, followed

BATCH = 25  # frames of a step
_SIDE = 960  # pixels of a frame's longer side
_THUMBNAIL = 0.2  # of a face's sides, around it
_PERSON = "person"

Sighted = list[list[Any]]  # of a frame: name, score, left, top, right, bottom


async def _things(images: Sequence[Pixels], call: Call) -> list[Sighted]:
    found = await asyncio.gather(*(findings.things(Picture(one), call) for one in images))
    return [
        [[thing.name, thing.score, *_shares(thing.box, image)] for thing in some]
        for some, image in zip(found, images, strict=True)
    ]


async def _faces(images: Sequence[Pixels], call: Call) -> list[Sighted]:
    found = await asyncio.gather(*(findings.faces(Picture(one), call) for one in images))
    return [
        [["face", face.confidence, *_shares(face.box, image)] for face in some]
        for some, image in zip(found, images, strict=True)
    ]


Look = Callable[[Sequence[Pixels], Call], Awaitable[list[Sighted]]]
LOOKS: Mapping[str, tuple[str, Look]] = {
    "OBJECT_TRACKING": ("things", _things),
    "PERSON_DETECTION": ("things", _things),
    "FACE_DETECTION": ("faces", _faces),
}


def looks(names: Sequence[str]) -> dict[str, Look]:
    """Return what has to be looked for, once for all features that want it."""
    return dict(LOOKS[name] for name in names if name in LOOKS)


async def sighted(film: Film, start: int, kinds: Mapping[str, Look], call: Call) -> JSON:
    """Return what is seen in the next frames of a film, or why that cannot be told."""
    times = film.dense[start : start + BATCH]
    read = call.models.use(VideoReader.frames, timeout=call.limits.operation_seconds)
    images = await read(film.content, times, _SIDE)
    told = await asyncio.gather(*(_told(look, images, call) for look in kinds.values()))
    return dict(zip(kinds, told, strict=True))


async def _told(look: Look, images: Sequence[Pixels], call: Call) -> JSON:
    try:
        return {"frames": await look(images, call)}
    except (ResourceExhausted, Unavailable):
        raise
    except Failure as failure:
        return {"error": {"code": int(failure.code), "message": str(failure)}}


def tracks(film: Film, frames: Sequence[Sighted]) -> list[Track]:
    """Return things that were seen, followed through the film."""
    starts = [shot.start for shot in film.shots]
    seen = [[Seen(name, score, Box(*sides)) for name, score, *sides in some] for some in frames]
    return followed(
        [
            (time, bisect_right(starts, time), some)
            for time, some in zip(film.dense, seen, strict=True)
        ]
    )


def objects(found: Sequence[Track], span: Span, context: Any) -> JSON:
    """Return `objectAnnotations`."""
    return {
        "objectAnnotations": [
            {
                "entity": {"description": one.name, "languageCode": "en-US"},
                "confidence": one.confidence,
                "segment": _segment(inside),
                "frames": [
                    {"normalizedBoundingBox": _box(seen.box), "timeOffset": offset(time)}
                    for time, seen in inside
                ],
            }
            for one in found
            if (inside := _within(one, span))
        ]
    }


def people(found: Sequence[Track], span: Span, context: Any) -> JSON:
    """Return `personDetectionAnnotations`; boxes as `includeBoundingBoxes` has it."""
    boxes = context.person_detection_config.include_bounding_boxes
    persons = [one for one in found if one.name.lower() == _PERSON]
    return {
        "personDetectionAnnotations": [
            {"tracks": [_track(one, inside, boxes)]}
            for one in persons
            if (inside := _within(one, span))
        ]
    }


def faces(found: Sequence[Track], thumbnails: Sequence[bytes], span: Span, context: Any) -> JSON:
    """Return `faceDetectionAnnotations`, each with a picture of the face at its surest."""
    boxes = context.face_detection_config.include_bounding_boxes
    return {
        "faceDetectionAnnotations": [
            {"tracks": [_track(one, inside, boxes)], "thumbnail": picture}
            for one, picture in zip(found, thumbnails, strict=True)
            if (inside := _within(one, span))
        ]
    }


async def thumbnails(film: Film, found: Sequence[Track], call: Call) -> list[bytes]:
    """Return a PNG of each thing at its surest."""
    order = sorted(range(len(found)), key=lambda at: found[at].best[0])
    times = [found[at].best[0] for at in order]
    read = call.models.use(VideoReader.frames, timeout=call.limits.operation_seconds)
    images = await read(film.content, times, _SIDE) if times else []
    made = [b""] * len(found)
    for at, image in zip(order, images, strict=True):
        made[at] = png.encode(_cut(image, found[at].best[1].box))
    return made


def _cut(image: Pixels, box: Box) -> Pixels:
    height, width = image.shape[:2]
    across, down = (_THUMBNAIL * one for one in (box.right - box.left, box.bottom - box.top))
    columns, rows = (box.left - across, box.right + across), (box.top - down, box.bottom + down)
    left, right = (round(min(max(x, 0.0), 1.0) * width) for x in columns)
    top, bottom = (round(min(max(y, 0.0), 1.0) * height) for y in rows)
    return image[top : max(bottom, top + 1), left : max(right, left + 1)]


def _within(one: Track, span: Span) -> list[tuple[float, Seen]]:
    return [(time, seen) for time, seen in one.sightings if span.holds(time)]


def _track(one: Track, inside: Sequence[tuple[float, Seen]], boxes: bool) -> JSON:
    track: JSON = {"segment": _segment(inside), "confidence": one.confidence}
    if boxes:
        track["timestampedObjects"] = [
            {"normalizedBoundingBox": _box(seen.box), "timeOffset": offset(time)}
            for time, seen in inside
        ]
    return track


def _segment(inside: Sequence[tuple[float, Seen]]) -> JSON:
    return Span(inside[0][0], inside[-1][0]).wire()


def _box(box: Box) -> JSON:
    return {"left": box.left, "top": box.top, "right": box.right, "bottom": box.bottom}


def _shares(box: Box, image: Pixels) -> list[float]:
    """Return the sides of a box in shares of those of its picture, within it."""
    height, width = image.shape[:2]
    sides = (box.left / width, box.top / height, box.right / width, box.bottom / height)
    return [min(max(one, 0.0), 1.0) for one in sides]
