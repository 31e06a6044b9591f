"""google-cloud-texttospeech, unmodified, on both transports."""

from __future__ import annotations

import io

import av
import pytest

pytest.importorskip("google.cloud.texttospeech_v1")

from google.api_core import exceptions
from google.cloud import texttospeech_v1, texttospeech_v1beta1

from tests.contract.clients import TRANSPORTS, client
from tests.gateway import Running

VOICE = {"language_code": "en-US", "name": "en-US-Standard-A"}
CLIENTS = (
    texttospeech_v1.TextToSpeechClient,
    texttospeech_v1beta1.TextToSpeechClient,
)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", CLIENTS, ids=["v1", "v1beta1"])
@pytest.mark.parametrize("encoding", ["LINEAR16", "MP3", "OGG_OPUS"])
def test_speech_can_be_played(gateway: Running, transport, kind, encoding):
    answer = client(kind, transport, gateway).synthesize_speech(
        input={"text": "Hello there, how are you today?"},
        voice=VOICE,
        audio_config={"audio_encoding": encoding},
    )
    with av.open(io.BytesIO(answer.audio_content)) as container:
        seconds = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    assert 1 < seconds < 5


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_voices_of_a_language_are_listed(gateway: Running, transport):
    answer = client(texttospeech_v1.TextToSpeechClient, transport, gateway).list_voices(
        language_code="en"
    )
    assert answer.voices
    for voice in answer.voices:
        assert all(code.startswith("en-") for code in voice.language_codes)
        assert voice.natural_sample_rate_hertz >= 16000


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_malformed_ssml_is_refused_with_line_and_column(gateway: Running, transport):
    with pytest.raises(exceptions.BadRequest, match=r"line 2.*column"):
        client(texttospeech_v1.TextToSpeechClient, transport, gateway).synthesize_speech(
            input={"ssml": "<speak>\n<p>open</speak>"},
            voice=VOICE,
            audio_config={"audio_encoding": "LINEAR16"},
        )
