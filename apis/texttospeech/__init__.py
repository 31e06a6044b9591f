"""Text-to-Speech: text and SSML to sound, in the voices of the installed engines."""

from __future__ import annotations

from sensorium.apis.core import api

texttospeech = api(
    "texttospeech",
    title="Text-to-Speech",
    summary="Turn text or SSML into natural language speech, in 140 languages.",
)
