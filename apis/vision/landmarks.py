"""LANDMARK_DETECTION: known places, by a vocabulary and by the user's own pictures."""

from __future__ import annotations

from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import findings
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.picture import Picture
from sensorium.apis.vision.references import likenesses
from sensorium.apis.vision.vocabulary import Entry, vocabulary
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.tasks import ImageMatcher

_ELSEWHERE = 0.5  # what a place outside of the request's rectangle keeps of its score


@annotates("LANDMARK_DETECTION")
async def landmarks(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `landmarkAnnotations`, likeliest first.

    A landmark is a name of the landmarks vocabulary that an engine which compares pictures with
    words finds likelier than not, or one whose reference pictures (`references/landmarks/NAME/` in
    the state folder) look like this picture. `locations` are the vocabulary's. Places outside of
    `latLongRect` count half. Nothing tells where in the picture it is: the box is the whole.
    """
    entries = vocabulary("landmarks", call.state)
    places = {entry.name.casefold(): entry for entry in entries}
    rectangle = _rectangle(asked)
    scores: dict[str, float] = {}
    lacking: FailedPrecondition | None = None
    try:
        matched = await findings.matches(
            picture, [entry.name for entry in entries], call, asked.engine
        )
        scores = {name: score for name, score in matched if score >= findings.SURE}
    except FailedPrecondition as missing:
        lacking = missing
    try:
        own = await likenesses(picture, "landmarks", call)
    except FailedPrecondition as missing:
        own, lacking = None, lacking or missing
    if lacking is not None and own is None:
        raise asked.lacking(lacking, ImageMatcher) from lacking
    for one in own or ():
        scores[one.name] = max(one.score, scores.get(one.name, 0.0))
    told = [
        (name, _biased(score, places.get(name.casefold()), rectangle))
        for name, score in scores.items()
    ]
    told.sort(key=lambda pair: -pair[1])
    return {
        "landmarkAnnotations": [
            _annotation(picture, name, score, places.get(name.casefold()))
            for name, score in told[: asked.most]
        ]
    }


def _annotation(picture: Picture, name: str, score: float, entry: Entry | None) -> JSON:
    """Return an `EntityAnnotation`."""
    annotation: JSON = {
        "description": name,
        "score": score,
        "boundingPoly": picture.box(picture.whole),
    }
    if entry is not None and entry.place is not None:
        latitude, longitude = entry.place
        annotation["locations"] = [{"latLng": {"latitude": latitude, "longitude": longitude}}]
    return annotation


def _rectangle(asked: Asked) -> Any:
    """Return the request's rectangle on Earth, None without one."""
    if not asked.context.HasField("lat_long_rect"):
        return None
    rectangle = asked.context.lat_long_rect
    for name, corner in (
        ("minLatLng", rectangle.min_lat_lng),
        ("maxLatLng", rectangle.max_lat_lng),
    ):
        if not (abs(corner.latitude) <= 90 and abs(corner.longitude) <= 180):
            raise InvalidArgument(
                "Latitudes are -90 to 90, longitudes -180 to 180.",
                field=f"{asked.field}.latLongRect.{name}",
            )
    return rectangle


def _biased(score: float, entry: Entry | None, rectangle: Any) -> float:
    """Return a score, lowered for a place known to lie outside of the rectangle."""
    if rectangle is None or entry is None or entry.place is None:
        return score
    low, high = rectangle.min_lat_lng, rectangle.max_lat_lng
    latitude, longitude = entry.place
    beside = low.longitude <= longitude <= high.longitude
    if low.longitude > high.longitude:  # across the date line
        beside = longitude >= low.longitude or longitude <= high.longitude
    inside = low.latitude <= latitude <= high.latitude and beside
    return score if inside else score * _ELSEWHERE
