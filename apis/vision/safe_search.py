"""SAFE_SEARCH_DETECTION: how likely a picture is not for everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import findings
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.likelihood import likelihood
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import SafetyRater

# what a picture shows that is so, in words to compare it with
_SHOWN: Mapping[str, Sequence[str]] = {
    "adult": ("pornography", "a naked person", "a sex act"),
    "spoof": ("an internet meme", "a parody of a well-known picture"),
    "medical": ("a surgical operation", "an open wound", "a diseased part of the body"),
    "violence": ("an act of violence", "a bloodied person", "a dead body", "people who fight"),
    "racy": ("a person in lingerie", "a person in a sexually suggestive pose"),
}


@annotates("SAFE_SEARCH_DETECTION")
async def safe_search(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `safeSearchAnnotation`; what no engine can tell is UNKNOWN.

    What a rater does not tell is asked of an engine that compares pictures with words, where one is
    installed: the likeliest of a few descriptions counts. The steps from probability to likelihood
    are those of `likelihood.py`.
    """
    rated: dict[str, float] = {}
    lacking: FailedPrecondition | None = None
    try:
        rate = call.models.use(SafetyRater.rate, engine=asked.engine, timeout=call.limits.seconds)
        (rated,) = await rate([picture.pixels])
    except FailedPrecondition as missing:
        lacking = missing
    left = [name for name in _SHOWN if name not in rated]
    try:
        rated = rated | await _compared(picture, left, asked.engine, call)
    except FailedPrecondition:
        if lacking is not None:
            raise asked.lacking(lacking, SafetyRater) from lacking
    return {"safeSearchAnnotation": {name: likelihood(rated.get(name)) for name in _SHOWN}}


async def _compared(
    picture: Picture, hazards: Sequence[str], engine: str | None, call: Call
) -> dict[str, float]:
    """Return how likely the picture shows each hazard; FailedPrecondition without an engine."""
    words = [shown for hazard in hazards for shown in _SHOWN[hazard]]
    matched = dict(await findings.matches(picture, words, call, engine))
    return {hazard: max(matched[shown] for shown in _SHOWN[hazard]) for hazard in hazards}
