"""texttospeech.voices.list."""

from __future__ import annotations

from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.texttospeech import texttospeech
from sensorium.apis.texttospeech.voices import check_tag, voices_of


@texttospeech.rpc(
    "google.cloud.texttospeech.v1.TextToSpeech.ListVoices", example={"languageCode": "en-US"}
)
async def list_voices(request: Any, call: Call) -> JSON:
    """List the voices that can be asked for.

    `languageCode` filters by prefix: `en` finds en-US and en-GB. A language that only another
    region's voices can speak lists those. Names follow Google's (`en-US-Standard-A`); the voices
    behind them are those of the installed engine.
    """
    code = request.language_code
    if code:
        check_tag(code, "languageCode")
    voices = await voices_of(call.models, code or None)
    return {
        "voices": [
            {
                "languageCodes": [one.language],
                "name": one.name,
                "ssmlGender": one.voice.gender,
                "naturalSampleRateHertz": one.voice.sample_rate,
            }
            for one in (voices.usable(code) if code else voices)
        ]
    }
