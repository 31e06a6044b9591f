"""WEB_DETECTION: what can be told of it without the web."""

from __future__ import annotations

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import findings, similar
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import ImageMatcher

_GUESSES = 1  # Google has one best guess, too


@annotates("WEB_DETECTION")
async def web(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `webDetection`: best guess labels, and similar pictures out of the user's own.

    `bestGuessLabels` is the likeliest label of LABEL_DETECTION, `visuallySimilarImages` come from
    the user's own index where there is one. The web is not searched: entities, pages and matching
    images stay empty.
    """
    answer: JSON = {}
    lacking: list[FailedPrecondition] = []
    try:
        labels = await findings.labels(picture, call, asked.engine)
        answer["bestGuessLabels"] = [
            {"label": label.name, "languageCode": "en"} for label in labels[:_GUESSES]
        ]
    except FailedPrecondition as missing:
        lacking.append(missing)
    found: list[similar.Similar] = []
    asked_of = similar.indexes()
    for index in asked_of:
        try:
            found += await index.similar(picture, asked.most, call)
        except FailedPrecondition as missing:
            lacking.append(missing)
    if len(lacking) == 1 + len(asked_of):
        raise asked.lacking(lacking[0], ImageMatcher) from lacking[0]
    found.sort(key=lambda one: -one.score)
    answer["visuallySimilarImages"] = [
        {"url": one.uri, "score": one.score} for one in found[: asked.most]
    ]
    return {"webDetection": answer}
