"""SPEECH_TRANSCRIPTION: what is said in a video."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.speech import config, hearing, results, sound, speakers
from sensorium.apis.speech.config import Asked
from sensorium.apis.video.film import LONGEST, Film, Span
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from sensorium.models.errors import Failure, ResourceExhausted, Unavailable

_CONFIG = "google.cloud.speech.v1.RecognitionConfig"
_FIELD = "videoContext.speechTranscriptionConfig"


def asked(given: Any) -> Asked:
    """Return what a `SpeechTranscriptionConfig` asks for, as Speech v1 would be asked.

    Raises InvalidArgument and FailedPrecondition.
    """
    told: Any = load().message(_CONFIG)()
    body: JSON = {
        "languageCode": given.language_code,
        "maxAlternatives": given.max_alternatives,
        "profanityFilter": given.filter_profanity,
        "enableWordTimeOffsets": True,
        "enableWordConfidence": given.enable_word_confidence,
        "speechContexts": [{"phrases": list(one.phrases)} for one in given.speech_contexts],
    }
    if given.enable_speaker_diarization:
        body["diarizationConfig"] = {
            "enableSpeakerDiarization": True,
            "maxSpeakerCount": given.diarization_speaker_count,
        }
    decode(told, body)
    return config.read(told, _FIELD)


async def transcribed(film: Film, spans: Sequence[Span], context: Any, call: Call) -> JSON:
    """Return the `speechTranscriptions` of each span, or why there are none."""
    try:
        return {"spans": await _transcribed(film, spans, context, call)}
    except (ResourceExhausted, Unavailable):
        raise
    except Failure as failure:
        return {"error": {"code": int(failure.code), "message": str(failure)}}


async def _transcribed(
    film: Film, spans: Sequence[Span], context: Any, call: Call
) -> list[list[JSON]]:
    if not film.facts.sound:
        return [[] for _ in spans]
    wanted = asked(context.speech_transcription_config)
    hearing.spoken(wanted, call)
    recording = await sound.decoded(film.content, wanted, call, LONGEST, "inputContent")
    found = [one async for _, one in hearing.heard(recording, wanted, call)]
    found = await speakers.identified(found, recording, wanted, call)
    plain = dataclasses.replace(wanted, speakers=None)
    answer = []
    for span in spans:
        inside = [one for one in found if span.holds(one.hearings[0].words[0].start)]
        told = [_shown(results.result(one, plain, results.V1)) for one in inside]
        if wanted.speakers is not None and inside:
            told.append(_shown(results.everybody(inside, wanted, results.V1)))
        answer.append(told)
    return answer


def _shown(result: JSON) -> JSON:
    """Return a result of Speech as a `SpeechTranscription`."""
    for alternative in result["alternatives"]:
        for word in alternative.get("words", ()):
            word.pop("speakerLabel", None)
    return {"alternatives": result["alternatives"], "languageCode": result["languageCode"]}
