"""OBJECT_LOCALIZATION: the things in a picture, each with its box."""

from __future__ import annotations

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import findings
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import ObjectDetector


@annotates("OBJECT_LOCALIZATION")
async def objects(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `localizedObjectAnnotations`, surest first; places are shares of the sides."""
    try:
        found = await findings.things(picture, call, asked.engine)
    except FailedPrecondition as lacking:
        raise asked.lacking(lacking, ObjectDetector) from lacking
    return {
        "localizedObjectAnnotations": [
            {
                "name": findings.shown(thing.name),
                "languageCode": "en",
                "score": thing.score,
                "boundingPoly": picture.shares(thing.box),
            }
            for thing in found[: asked.most]
        ]
    }
