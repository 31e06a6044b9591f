"""recognize: what is said in a short recording."""

from __future__ import annotations

import base64
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.speech import adaptation, config, hearing, results, sound, speakers, speech

_RPC = "google.cloud.speech.v1.Speech.Recognize"
# half a second of silence, 8 kHz mu-law
_SILENCE = base64.b64encode(b"\xff" * 4000).decode()


@speech.rpc(
    _RPC,
    example={
        "config": {"encoding": "MULAW", "sampleRateHertz": 8000, "languageCode": "en-US"},
        "audio": {"content": _SILENCE},
    },
)
async def recognize(request: Any, call: Call) -> JSON:
    """Write down what is said in a recording of up to 10 minutes.

    What the sound is in is told from its first bytes (WAV, FLAC, Ogg or WebM Opus, MP3, MP4 or M4A,
    AMR); `encoding` and `sampleRateHertz` count for bytes without a header. There is a result for
    each stretch between two pauses, none for silence. Channels are mixed unless each is to be
    recognized by itself. `enableAutomaticPunctuation` has an effect only with an engine that
    punctuates; the embedded one does not. FAILED_PRECONDITION for a language that no engine
    understands.
    """
    await adaptation.fill(request.config, call, "config")
    asked = config.read(request.config)
    hearing.spoken(asked, call)
    speakers.check(asked, call)
    recording = await sound.recorded(request.audio, asked, call, call.limits.audio_seconds)
    found = [one async for _, one in hearing.heard(recording, asked, call)]
    found = await speakers.identified(found, recording, asked, call)
    return {
        "results": results.told(found, asked, results.V1),
        "totalBilledTime": results.billed(recording.seconds),
    }


@speech.command("recognize", _RPC)
def recognize_file(content: bytes) -> JSON:
    """Write down what is said in a sound file, in US English."""
    return {
        "config": {"languageCode": "en-US", "enableWordTimeOffsets": True},
        "audio": {"content": content},
    }
