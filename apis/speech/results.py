"""What was heard as `SpeechRecognitionResult`s, in the words of v1 or v2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.apis.core import JSON
from sensorium.apis.speech import wording
from sensorium.apis.speech.config import Asked
from sensorium.apis.speech.hearing import Heard
from sensorium.models.tasks import HeardWord, Hearing


@dataclass(frozen=True, slots=True)
class Names:
    """What a version calls moments (`Time` or `Offset`), and whether it has events of timeouts."""

    moment: str
    tells_timeouts: bool

    def of(self, what: str) -> str:
        """Return the name of a field, such as `resultEndTime`."""
        return f"{what}{self.moment}"


V1, V2 = Names("Time", True), Names("Offset", False)


def told(found: Sequence[Heard], asked: Asked, names: Names) -> list[JSON]:
    """Return the results of a recording.

    Where speakers are told apart, v1 has another result after all others, with all words.
    """
    some = [result(one, asked, names) for one in found]
    return (
        [*some, everybody(found, asked, names)]
        if found and asked.speakers and names is V1
        else some
    )


def everybody(found: Sequence[Heard], asked: Asked, names: Names) -> JSON:
    """Return the last result of v1 and of streams: all words so far with their speakers."""
    words = [word for one in found for word in _as_shown(one.hearings[0].words, asked)]
    return {
        "alternatives": [
            {
                "words": [
                    _word(word, asked, names)
                    | ({"speakerTag": word.speaker} if names is V1 else {})
                    | {"speakerLabel": str(word.speaker)}
                    for word in words
                ]
            }
        ],
        names.of("resultEnd"): seconds(found[-1].end),
        "languageCode": found[-1].language.lower(),
    }


def result(one: Heard, asked: Asked, names: Names) -> JSON:
    """Return a result; confidence is told of the best alternative alone, as Google does."""
    told = [_alternative(hearing, asked, names) for hearing in one.hearings]
    told[0]["confidence"] = one.hearings[0].confidence
    return {
        "alternatives": told,
        **({"channelTag": one.channel} if one.channel else {}),
        names.of("resultEnd"): seconds(one.end),
        "languageCode": one.language.lower(),
    }


def seconds(value: float) -> str:
    """Return a `Duration` to the millisecond."""
    return f"{value:.3f}s"


def billed(length: float) -> str:
    """Return the time that a recording counts for: whole seconds."""
    return f"{math.ceil(length)}s"


def shown(words: Sequence[HeardWord], asked: Asked) -> str:
    """Return words as the text that was asked for."""
    return wording.normalized(wording.joined(_as_shown(words, asked)), asked.replacements)


def _as_shown(words: Sequence[HeardWord], asked: Asked) -> Sequence[HeardWord]:
    if asked.spoken_punctuation:
        words = wording.punctuated(words)
    if asked.spoken_emojis:
        words = wording.pictured(words)
    return wording.masked(words) if asked.hide_profanities else words


def _alternative(hearing: Hearing, asked: Asked, names: Names) -> JSON:
    words = _as_shown(hearing.words, asked)
    told: JSON = {"transcript": shown(hearing.words, asked)}
    labels = asked.speakers is not None and names is V2
    if asked.times or asked.confidences or labels:
        told["words"] = [
            _word(word, asked, names)
            | ({"speakerLabel": str(word.speaker)} if labels and word.speaker else {})
            for word in words
        ]
    return told


def _word(word: HeardWord, asked: Asked, names: Names) -> JSON:
    told: JSON = {"word": word.text}
    if asked.times:
        told[names.of("start")] = seconds(word.start)
        told[names.of("end")] = seconds(word.end)
    if asked.confidences:
        told["confidence"] = word.confidence
    return told
