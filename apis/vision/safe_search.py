"""SAFE_SEARCH_DETECTION: how likely a picture is not for everybody."""

from __future__ import annotations

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.likelihood import likelihood
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import SafetyRater

_HAZARDS = ("adult", "spoof", "medical", "violence", "racy")


@annotates("SAFE_SEARCH_DETECTION")
async def safe_search(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `safeSearchAnnotation`; what the engine cannot tell is UNKNOWN.

    The steps from probability to likelihood are those of `likelihood.py`.
    """
    try:
        rate = call.models.use(SafetyRater.rate, engine=asked.engine, timeout=call.limits.seconds)
    except FailedPrecondition as lacking:
        raise asked.lacking(lacking, SafetyRater) from lacking
    (rated,) = await rate([picture.pixels])
    return {"safeSearchAnnotation": {name: likelihood(rated.get(name)) for name in _HAZARDS}}
