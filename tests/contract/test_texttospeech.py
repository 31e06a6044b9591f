"""google-cloud-texttospeech, unmodified, on both transports."""

from __future__ import annotations

import io
import queue
from collections.abc import Iterator
from typing import Any

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


# --- long and streamed ------------------------------------------------------------------------

STORY = "The keeper lit the lamp. The ships came home. Nobody was lost that night. " * 40


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_long_text_becomes_a_file_of_a_bucket(gateway: Running, transport):
    long = client(texttospeech_v1.TextToSpeechLongAudioSynthesizeClient, transport, gateway)
    operation = long.synthesize_long_audio(
        request={
            "parent": "projects/p/locations/us-central1",
            "input": {"text": STORY * 2},
            "voice": VOICE,
            "audio_config": {"audio_encoding": "LINEAR16"},
            "output_gcs_uri": f"gs://stories/{transport}.wav",
        }
    )
    operation.result(timeout=120)
    assert operation.metadata.progress_percentage == 100
    with av.open(str(gateway.log.parent / "buckets" / "stories" / f"{transport}.wav")) as file:
        seconds = sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))
    assert seconds > 200


def test_a_long_text_without_a_place_is_refused(gateway: Running):
    long = client(texttospeech_v1.TextToSpeechLongAudioSynthesizeClient, "grpc", gateway)
    with pytest.raises(exceptions.InvalidArgument, match="outputGcsUri"):
        long.synthesize_long_audio(
            request={
                "parent": "projects/p/locations/us-central1",
                "input": {"text": "x"},
                "voice": VOICE,
                "audio_config": {"audio_encoding": "LINEAR16"},
                "output_gcs_uri": "x.wav",
            }
        )


@pytest.fixture
def live(gateway: Running) -> Any:
    return client(texttospeech_v1.TextToSpeechClient, "grpc", gateway)


def streamed(live: Any, *texts: Any, **audio: Any) -> list[bytes]:
    config = {"voice": VOICE, **({"streaming_audio_config": audio} if audio else {})}
    inputs = [{"input": {"text": text} if isinstance(text, str) else text} for text in texts]
    requests = [{"streaming_config": config}, *inputs]
    answers = live.streaming_synthesize(
        requests=(texttospeech_v1.StreamingSynthesizeRequest(one) for one in requests)
    )
    return [answer.audio_content for answer in answers]


def test_every_sentence_comes_as_soon_as_it_is_spoken(live):
    parts = streamed(live, "One house. Two houses. Three houses.", "And a dog.")
    assert len(parts) >= 4
    (whole,) = [b"".join(streamed(live, "One house."))]
    assert len(whole) % 2 == 0
    assert 0.3 < len(whole) / 2 / 22050 < 2


def test_the_first_bytes_are_there_before_the_last_text_is(live):
    heard: queue.Queue[int] = queue.Queue()

    def requests() -> Iterator[Any]:
        make = texttospeech_v1.StreamingSynthesizeRequest
        yield make({"streaming_config": {"voice": VOICE}})
        yield make({"input": {"text": "The first sentence."}})
        assert heard.get(timeout=60) > 0
        yield make({"input": {"text": "The last sentence."}})

    sizes = []
    for answer in live.streaming_synthesize(requests=requests()):
        sizes.append(len(answer.audio_content))
        heard.put(sizes[-1])
    assert len(sizes) >= 2


@pytest.mark.parametrize("encoding", ["PCM", "MULAW", "ALAW", "OGG_OPUS"])
def test_sound_streams_in_the_encoding_that_is_asked_for(live, encoding):
    text = "The keeper lit the lamp, and the ships came home."
    content = b"".join(streamed(live, text, audio_encoding=encoding, sample_rate_hertz=16000))
    if encoding == "OGG_OPUS":
        with av.open(io.BytesIO(content)) as file:
            seconds = sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))
    else:
        seconds = len(content) / 16000 / (2 if encoding == "PCM" else 1)
    assert 1.5 < seconds < 6


def test_what_cannot_be_streamed_is_refused(live):
    with pytest.raises(exceptions.InvalidArgument, match="MP3 cannot be streamed"):
        streamed(live, "x", audio_encoding="MP3")
    with pytest.raises(exceptions.InvalidArgument, match="empty"):
        streamed(live, " ")


def test_markup_and_pronunciations_are_streamed_too(live):
    plain = b"".join(streamed(live, "One. Two."))
    paused = b"".join(streamed(live, {"markup": "One. [pause long] Two."}))
    assert len(paused) > len(plain) + 22050
