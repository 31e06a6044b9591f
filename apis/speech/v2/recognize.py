"""recognize of v2: what is said in a short recording, through a recognizer."""

from __future__ import annotations

import base64
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.speech import hearing, results, sound, speakers, speech
from sensorium.apis.speech.v2 import config

_RPC = "google.cloud.speech.v2.Speech.Recognize"
_SILENCE = base64.b64encode(b"\xff" * 4000).decode()


@speech.rpc(
    _RPC,
    example={
        "recognizer": "projects/demo/locations/global/recognizers/_",
        "config": {
            "explicitDecodingConfig": {"encoding": "MULAW", "sampleRateHertz": 8000},
            "languageCodes": ["en-US"],
        },
        "content": _SILENCE,
    },
)
async def recognize_v2(request: Any, call: Call) -> JSON:
    """Write down what is said in a recording of up to 10 minutes, through a recognizer or `_`.

    What the request's config sets, or what of it `configMask` names, is in place of the
    recognizer's own. Everything else is as in v1.
    """
    whole = await config.merged(request.recognizer, request.config, request.config_mask, call)
    asked = config.read(whole)
    hearing.spoken(asked, call)
    speakers.check(asked, call)
    recording = await sound.recorded(request, asked, call, call.limits.audio_seconds, "")
    found = [one async for _, one in hearing.heard(recording, asked, call)]
    found = await speakers.identified(found, recording, asked, call)
    return {
        "results": results.told(found, asked, results.V2),
        "metadata": {
            "requestId": call.request_id,
            "totalBilledDuration": results.billed(recording.seconds),
        },
    }
