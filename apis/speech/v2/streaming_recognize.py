"""streamingRecognize of v2: what is said, while it is said, through a recognizer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.speech import results, speech
from sensorium.apis.speech.session import Session, run
from sensorium.apis.speech.v2 import config


@speech.rpc(
    "google.cloud.speech.v2.Speech.StreamingRecognize",
    example={
        "recognizer": "projects/demo/locations/global/recognizers/_",
        "streamingConfig": {
            "config": {
                "explicitDecodingConfig": {"encoding": "LINEAR16", "sampleRateHertz": 16000},
                "languageCodes": ["en-US"],
            },
            "streamingFeatures": {"interimResults": True},
        },
    },
)
async def streaming_recognize_v2(requests: Any, call: Call) -> AsyncIterator[JSON]:
    """Write down what is said while it is said (gRPC alone): up to 305 seconds.

    The first message has the recognizer and `streamingConfig`, all others `audio`.
    """

    async def begin(request: Any) -> Session:
        options = request.streaming_config
        whole = await config.merged(request.recognizer, options.config, options.config_mask, call)
        asked = config.read(whole, "streamingConfig.config")
        return Session.of(asked, options.streaming_features, results.V2, call)

    def billed(time: str) -> JSON:
        return {"metadata": {"totalBilledDuration": time}}

    async for told in run(requests, begin, "audio", billed):
        yield told
