"""streamingRecognize: what is said, while it is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.speech import config, results, speech
from sensorium.apis.speech.session import Session
from sensorium.models.errors import InvalidArgument

_RPC = "google.cloud.speech.v1.Speech.StreamingRecognize"


@speech.rpc(
    _RPC,
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
    session: Session | None = None
    async for request in requests:
        if session is None:
            session = _begun(request, call)
            continue
        if request.HasField("streaming_config"):
            raise InvalidArgument("The config comes once, first.", field="streamingConfig")
        async for told in session.take(await session.live.add(request.audio_content)):
            yield told
        if session.over:
            break
    if session is None:
        raise InvalidArgument("The first message has the config.", field="streamingConfig")
    async for told in session.finish():
        yield told
    yield {"totalBilledTime": results.billed(session.live.seconds)}


def _begun(request: Any, call: Call) -> Session:
    if not request.HasField("streaming_config"):
        raise InvalidArgument("The first message has the config.", field="streamingConfig")
    options = request.streaming_config
    asked = config.read(options.config, "streamingConfig.config")
    return Session.of(asked, options, results.V1, call)
