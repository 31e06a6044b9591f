"""streamingSynthesize: text that comes in pieces to sound that goes out sentence by sentence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.texttospeech import texttospeech
from sensorium.apis.texttospeech.speaking import sentencewise, spoken
from sensorium.apis.texttospeech.synthesize_speech import Script, prepared
from sensorium.apis.wire.table import load
from sensorium.models.errors import InvalidArgument
from sensorium.models.media.audio import Encoder, check_rate, nearest_rate, resample
from sensorium.models.tasks import Samples

_CONFIG = "streamingConfig"
_KINDS = {
    "AUDIO_ENCODING_UNSPECIFIED": "PCM",
    **{name: name for name in ("PCM", "MULAW", "ALAW", "OGG_OPUS")},
}


@texttospeech.rpc(
    "google.cloud.texttospeech.v1.TextToSpeech.StreamingSynthesize",
    example={"streamingConfig": {"voice": {"languageCode": "en-US"}}},
)
async def streaming_synthesize(requests: Any, call: Call) -> AsyncIterator[JSON]:
    """Speak text while it comes in (gRPC alone), each sentence as soon as it is spoken.

    The first message has `streamingConfig`, all others `input` with text or markup, each of whole
    sentences. The sound is headerless PCM at the voice's rate unless `streamingAudioConfig` says
    MULAW, ALAW or OGG_OPUS; at most 10 minutes of it.
    """
    stream: _Stream | None = None
    async for request in requests:
        if stream is None:
            stream = _Stream.of(request)
            continue
        if request.HasField("streaming_config"):
            raise InvalidArgument("The config comes once, first", field=_CONFIG)
        async for content in stream.say(request.input, call):
            yield {"audioContent": content}
    if stream is None:
        raise InvalidArgument("The first message has the config", field=_CONFIG)
    if rest := stream.finish():
        yield {"audioContent": rest}


@dataclass(slots=True)
class _Stream:
    """The config of a stream, and the file that its sound goes into."""

    config: Any
    kind: str
    seconds: float = 0.0
    encoder: Encoder | None = None

    @classmethod
    def of(cls, request: Any) -> _Stream:
        if not request.HasField("streaming_config"):
            raise InvalidArgument("The first message has the config", field=_CONFIG)
        audio = request.streaming_config.streaming_audio_config
        encodings = audio.DESCRIPTOR.fields_by_name["audio_encoding"].enum_type.values_by_number
        known = encodings.get(audio.audio_encoding)
        name = known.name if known else str(audio.audio_encoding)
        field = f"{_CONFIG}.streamingAudioConfig"
        if name not in _KINDS:
            raise InvalidArgument(
                f"{name} cannot be streamed; PCM, MULAW, ALAW and OGG_OPUS can",
                field=f"{field}.audioEncoding",
            )
        if audio.sample_rate_hertz:
            check_rate(audio.sample_rate_hertz, _KINDS[name], f"{field}.sampleRateHertz")
        return cls(request.streaming_config, _KINDS[name])

    async def say(self, given: Any, call: Call) -> AsyncIterator[bytes]:
        """Yield the sound of one input, sentence by sentence."""
        script = await prepared(self._request(given), call)
        sentences = sentencewise(script.passages)
        left = call.limits.audio_seconds - self.seconds
        async for _, speech in spoken(sentences, script.speaker, call, left, at_once=1):
            self.seconds += speech.samples.size / speech.sample_rate
            if content := await asyncio.to_thread(self._encoded, speech.samples, script):
                yield content

    def finish(self) -> bytes:
        """Return the end of the file."""
        return b"" if self.encoder is None else self.encoder.finish()

    def _encoded(self, samples: Samples, script: Script) -> bytes:
        own = script.speaker.sample_rate
        rate = self.config.streaming_audio_config.sample_rate_hertz or nearest_rate(own, self.kind)
        if self.encoder is None:
            self.encoder = Encoder(rate, self.kind)
        return self.encoder.add(resample(samples, own, rate))

    def _request(self, given: Any) -> Any:
        """Return the request of `text:synthesize` for one input."""
        whole: Any = load().message("google.cloud.texttospeech.v1.SynthesizeSpeechRequest")()
        kind = given.WhichOneof("input_source")
        if kind == "multi_speaker_markup":
            whole.input.multi_speaker_markup.CopyFrom(given.multi_speaker_markup)
        elif kind is not None:
            setattr(whole.input, kind, getattr(given, kind))
        whole.input.prompt = given.prompt
        whole.input.custom_pronunciations.CopyFrom(self.config.custom_pronunciations)
        whole.voice.CopyFrom(self.config.voice)
        whole.advanced_voice_options.CopyFrom(self.config.advanced_voice_options)
        whole.audio_config.audio_encoding = 1
        whole.audio_config.speaking_rate = self.config.streaming_audio_config.speaking_rate
        return whole
