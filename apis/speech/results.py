"""What was heard as `SpeechRecognitionResult`s of v1."""

from __future__ import annotations

import math

from sensorium.apis.core import JSON
from sensorium.apis.speech import wording
from sensorium.apis.speech.config import Asked
from sensorium.apis.speech.hearing import Heard
from sensorium.models.tasks import Hearing


def result(one: Heard, asked: Asked) -> JSON:
    """Return a result; confidence is told of the best alternative alone, as Google does."""
    told = [_alternative(hearing, asked) for hearing in one.hearings]
    told[0]["confidence"] = one.hearings[0].confidence
    return {
        "alternatives": told,
        **({"channelTag": one.channel} if one.channel else {}),
        "resultEndTime": seconds(one.end),
        "languageCode": one.language.lower(),
    }


def seconds(value: float) -> str:
    """Return a `Duration` to the millisecond."""
    return f"{value:.3f}s"


def billed(length: float) -> str:
    """Return the time that a recording counts for: whole seconds."""
    return f"{math.ceil(length)}s"


def _alternative(hearing: Hearing, asked: Asked) -> JSON:
    words = hearing.words
    if asked.spoken_punctuation:
        words = wording.punctuated(words)
    if asked.hide_profanities:
        words = wording.masked(words)
    told: JSON = {"transcript": wording.joined(words)}
    if asked.times or asked.confidences:
        told["words"] = [
            {
                "word": word.text,
                **(
                    {"startTime": seconds(word.start), "endTime": seconds(word.end)}
                    if asked.times
                    else {}
                ),
                **({"confidence": word.confidence} if asked.confidences else {}),
            }
            for word in words
        ]
    return told
