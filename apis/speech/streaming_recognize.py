"""streamingRecognize: what is said, while it is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.speech import adaptation, config, results, speech
from sensorium.apis.speech.session import Session, run


@speech.rpc(
    "google.cloud.speech.v1.Speech.StreamingRecognize",
    example={
        "streamingConfig": {
            "config": {"encoding": "LINEAR16", "sampleRateHertz": 16000, "languageCode": "en-US"},
            "interimResults": True,
        }
    },
)
async def streaming_recognize(requests: Any, call: Call) -> AsyncIterator[JSON]:
    """Write down what is said while it is said (gRPC alone): up to 305 seconds.

    The first message has `streamingConfig`, all others `audioContent`. A pause of .4 seconds
    ends a result; `singleUtterance` ends the stream with the first. Interim results come with
    `interimResults`, events with `enableVoiceActivityEvents`; the timeouts of
    `voiceActivityTimeout` are in seconds of sound.
    """

    async def begin(request: Any) -> Session:
        options = request.streaming_config
        await adaptation.fill(options.config, call, "streamingConfig.config")
        asked = config.read(options.config, "streamingConfig.config")
        return Session.of(asked, options, results.V1, call)

    async for told in run(requests, begin, "audio_content", lambda time: {"totalBilledTime": time}):
        yield told
