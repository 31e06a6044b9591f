"""synthesizeLongAudio: a long text to a sound file in a bucket."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import numpy as np

from sensorium.apis.core import JSON, Call
from sensorium.apis.destinations import checked
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.texttospeech import texttospeech
from sensorium.apis.texttospeech.speaking import sentencewise, spoken
from sensorium.apis.texttospeech.synthesize_speech import prepared
from sensorium.apis.wire.table import load
from sensorium.models.errors import Failure, InvalidArgument
from sensorium.models.tasks import Speech

_RPC = "google.cloud.texttospeech.v1.TextToSpeechLongAudioSynthesize.SynthesizeLongAudio"
_MOST_BYTES = 1_000_000
_LONGEST = 2 * 3600.0  # seconds
_PARENT = re.compile(r"projects/[^/]+/locations/[^/]+")


@texttospeech.rpc(
    _RPC,
    example={
        "parent": "projects/demo/locations/us-central1",
        "input": {"text": "Once upon a time there was a lighthouse."},
        "voice": {"languageCode": "en-US"},
        "audioConfig": {"audioEncoding": "LINEAR16"},
        "outputGcsUri": "gs://examples/story.wav",
    },
)
async def synthesize_long_audio(request: Any, call: Call) -> JSON:
    """Begin to speak up to a million bytes of text or SSML into an object of a bucket.

    At most two hours of sound; the operation's metadata tells how far it is. Everything else is as
    in `text:synthesize`.
    """
    if not _PARENT.fullmatch(request.parent):
        raise InvalidArgument(
            f"{request.parent[:200]!r} does not read projects/P/locations/L.", field="parent"
        )
    try:
        checked(request.output_gcs_uri)
    except Failure as failure:
        raise failure.within("outputGcsUri") from failure
    await prepared(_short(request), call, _MOST_BYTES)
    return await start(_RPC, request, call, prefix=f"{request.parent}/operations/")


@runs(_RPC)
async def speak_long(request: Any, call: Call, progress: Progress) -> JSON:
    """Speak the text, a few sentences at a time, and write the file."""
    script = await prepared(_short(request), call, _MOST_BYTES)
    sentences = sentencewise(script.passages)
    parts = []
    async for share, speech in spoken(sentences, script.speaker, call, _LONGEST):
        parts.append(speech.samples)
        await progress.update(progress_percentage=99 * share)
    samples = np.concatenate(parts) if parts else np.zeros(0, np.int16)
    whole = Speech(samples, script.speaker.sample_rate)
    content = await asyncio.to_thread(script.output.render, whole)
    await call.destinations.write(
        request.output_gcs_uri, content, field="outputGcsUri", kind="application/octet-stream"
    )
    await progress.update(progress_percentage=100.0)
    return {}


def _short(request: Any) -> Any:
    """Return the request of `text:synthesize` that asks for the same."""
    short: Any = load().message("google.cloud.texttospeech.v1.SynthesizeSpeechRequest")()
    short.input.CopyFrom(request.input)
    short.voice.CopyFrom(request.voice)
    short.audio_config.CopyFrom(request.audio_config)
    return short
