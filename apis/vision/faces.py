"""FACE_DETECTION: where faces are, how they are held, and whether they can be made out."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import replace

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import findings
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.likelihood import likelihood
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import FailedPrecondition
from sensorium.models.imaging import exposure
from sensorium.models.tasks import Box, Face, FaceDetector, Pixels, Point

# how far the head reaches beyond the face, in shares of the face's sides
_SIDEWAYS, _ABOVE, _BELOW = 0.15, 0.3, 0.1
_HALFWAY = {
    "MIDPOINT_BETWEEN_EYES": ("LEFT_EYE", "RIGHT_EYE"),
    "MOUTH_CENTER": ("MOUTH_LEFT", "MOUTH_RIGHT"),
}
_MOODS = ("joy", "sorrow", "anger", "surprise", "headwear")


@annotates("FACE_DETECTION")
async def faces(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `faceAnnotations`, surest first.

    `fdBoundingPoly` is the engine's box; `boundingPoly` has the head too: .15 of its width on
    either side, .3 of its height above and .1 below. Landmarks halfway between two others are
    worked out, and so is the roll from the eyes where the engine does not tell it; pan and tilt are
    only told by an engine. Whether a face is blurred or too dark is measured
    (`models/imaging/exposure.py`); the other likelihoods are UNKNOWN unless the engine tells them.
    Engines have one confidence for a face and its landmarks, which is told as both.
    """
    try:
        found = await findings.faces(picture, call, asked.engine)
    except FailedPrecondition as lacking:
        raise asked.lacking(lacking, FaceDetector) from lacking
    kept = [whole(face) for face in found[: asked.most]]
    told = await asyncio.gather(
        *(asyncio.to_thread(_measured, picture.pixels, face.box) for face in kept)
    )
    return {
        "faceAnnotations": [
            _annotation(picture, face, *pixels) for face, pixels in zip(kept, told, strict=True)
        ]
    }


def whole(face: Face) -> Face:
    """Return a face with what its landmarks say besides: those halfway, and the roll."""
    points = dict(face.landmarks)
    for name, (one, other) in _HALFWAY.items():
        if name not in points and one in points and other in points:
            a, b = points[one], points[other]
            points[name] = Point((a.x + b.x) / 2, (a.y + b.y) / 2)
    roll = face.roll
    if roll is None:
        roll = _roll(points)
    return replace(face, landmarks=points, roll=roll)


def _roll(points: Mapping[str, Point]) -> float | None:
    """Return how far the line through the eyes turns clockwise, in degrees."""
    left, right = points.get("LEFT_EYE"), points.get("RIGHT_EYE")
    if left is None or right is None:
        return None
    return math.degrees(math.atan2(right.y - left.y, right.x - left.x))


def _measured(pixels: Pixels, box: Box) -> tuple[float | None, float | None]:
    """Return how likely a face is blurred, and how likely too dark."""
    return exposure.blurred(pixels, box), exposure.underexposed(pixels, box)


def _annotation(picture: Picture, face: Face, blurred: float | None, dark: float | None) -> JSON:
    """Return a `FaceAnnotation`."""
    moods = face.attributes or {}
    annotation: JSON = {
        "boundingPoly": picture.box(_head(face.box)),
        "fdBoundingPoly": picture.box(face.box),
        "landmarks": [
            {"type": name, "position": picture.position(point)}
            for name, point in face.landmarks.items()
        ],
        "detectionConfidence": face.confidence,
        "landmarkingConfidence": face.confidence if face.landmarks else 0.0,
        "blurredLikelihood": likelihood(blurred),
        "underExposedLikelihood": likelihood(dark),
        **{f"{mood}Likelihood": likelihood(moods.get(mood)) for mood in _MOODS},
    }
    angles = {"rollAngle": face.roll, "panAngle": face.pan, "tiltAngle": face.tilt}
    return annotation | {name: angle for name, angle in angles.items() if angle is not None}


def _head(box: Box) -> Box:
    """Return a face's box with the head around it."""
    width, height = box.right - box.left, box.bottom - box.top
    return Box(
        box.left - _SIDEWAYS * width,
        box.top - _ABOVE * height,
        box.right + _SIDEWAYS * width,
        box.bottom + _BELOW * height,
    )
