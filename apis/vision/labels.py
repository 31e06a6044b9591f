"""LABEL_DETECTION: what a picture shows as a whole."""

from __future__ import annotations

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import findings
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import ImageMatcher


@annotates("LABEL_DETECTION")
async def labels(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `labelAnnotations`, likeliest first; none where nothing is sure.

    Labels come from a labeler, from the labels vocabulary by an engine that compares pictures with
    words, or from both. `score` is the probability that a label is right; `topicality` is the same.
    """
    try:
        found = await findings.labels(picture, call, asked.engine)
    except FailedPrecondition as lacking:
        raise asked.lacking(lacking, ImageMatcher) from lacking
    return {
        "labelAnnotations": [
            {
                "description": findings.shown(label.name),
                "score": label.score,
                "topicality": label.score,
            }
            for label in found[: asked.most]
        ]
    }
