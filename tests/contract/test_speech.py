"""google-cloud-speech, unmodified: REST and gRPC, short, long and streaming."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pytest

pytest.importorskip("google.cloud.speech_v1")

import grpc
from google.api_core import exceptions
from google.cloud import speech_v1, speech_v1p1beta1, speech_v2

from sensorium.models.media.audio import encode
from tests.contract.clients import TRANSPORTS, client
from tests.gateway import Running
from tests.unit.talking import RATE, pieces, silence, talk
from tests.unit.test_speakers import DIALOGUE, conversation

REFUND, CANCEL = "i would like a refund", "cancel my subscription"
CLIENTS = (speech_v1.SpeechClient, speech_v1p1beta1.SpeechClient)
CONFIG = {"language_code": "en-US"}
RAW = {"encoding": "LINEAR16", "sample_rate_hertz": RATE, **CONFIG}


def transcripts(results: Any) -> list[str]:
    return [one.alternatives[0].transcript for one in results]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", CLIENTS, ids=["v1", "v1p1beta1"])
def test_a_recording_is_written_down(gateway: Running, transport, kind):
    answer = client(kind, transport, gateway).recognize(
        config=CONFIG, audio={"content": encode(talk(REFUND, CANCEL), RATE, "WAV")}
    )
    assert transcripts(answer.results) == [REFUND, CANCEL]
    assert answer.results[0].result_end_time.total_seconds() > 1
    assert answer.total_billed_time.total_seconds() > 5


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_long_recording_is_polled_for(gateway: Running, transport):
    operation = client(speech_v1.SpeechClient, transport, gateway).long_running_recognize(
        config=CONFIG, audio={"content": encode(talk(CANCEL), RATE, "OGG_OPUS")}
    )
    assert transcripts(operation.result(timeout=60).results) == [CANCEL]
    assert operation.metadata.progress_percent == 100


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_is_no_sound_is_a_bad_request(gateway: Running, transport):
    with pytest.raises(exceptions.BadRequest, match="no sound file"):
        client(speech_v1.SpeechClient, transport, gateway).recognize(
            config=CONFIG, audio={"content": b"hello"}
        )


@pytest.fixture
def live(gateway: Running) -> Any:
    return client(speech_v1.SpeechClient, "grpc", gateway)


def stream(live: Any, sound: Any, **options: Any) -> list[Any]:
    requests = ({"audio_content": piece} for piece in pieces(sound))
    config = {"config": RAW, **options}
    return list(live.streaming_recognize(config=config, requests=map(_request, requests)))


def _request(value: dict[str, Any]) -> Any:
    return speech_v1.StreamingRecognizeRequest(value)


def finals(answers: list[Any]) -> list[str]:
    return transcripts(one for answer in answers for one in answer.results if one.is_final)


def test_speech_is_written_down_while_it_is_said(live):
    answers = stream(live, talk(REFUND, CANCEL), interim_results=True)
    assert finals(answers) == [REFUND, CANCEL]
    interim = [one for answer in answers for one in answer.results if not one.is_final]
    assert interim
    assert all(0 < one.stability < 1 for one in interim)
    ends = [
        one.result_end_time.total_seconds() for a in answers for one in a.results if one.is_final
    ]
    assert ends == sorted(ends)


def test_interim_results_come_only_when_asked_for(live):
    answers = stream(live, talk(CANCEL))
    assert [one.is_final for answer in answers for one in answer.results] == [True]


def test_a_single_utterance_ends_the_stream(live):
    answers = stream(live, talk(REFUND, CANCEL), single_utterance=True)
    assert finals(answers) == [REFUND]
    kinds = speech_v1.StreamingRecognizeResponse.SpeechEventType
    events = [one.speech_event_type for one in answers if one.speech_event_type]
    assert events == [kinds.END_OF_SINGLE_UTTERANCE]


def test_voice_activity_is_told_as_it_begins_and_ends(live):
    answers = stream(live, talk(REFUND), enable_voice_activity_events=True)
    kinds = speech_v1.StreamingRecognizeResponse.SpeechEventType
    events = [one for one in answers if one.speech_event_type]
    assert [one.speech_event_type for one in events] == [
        kinds.SPEECH_ACTIVITY_BEGIN,
        kinds.SPEECH_ACTIVITY_END,
    ]
    begin, end = (one.speech_event_time.total_seconds() for one in events)
    assert 0.8 < begin < 1.4 < end


def test_a_silence_that_is_too_long_ends_the_stream(live):
    answers = stream(
        live,
        silence(8.0),
        enable_voice_activity_events=True,
        voice_activity_timeout={"speech_start_timeout": {"seconds": 2}},
    )
    kinds = speech_v1.StreamingRecognizeResponse.SpeechEventType
    (event,) = [one for one in answers if one.speech_event_type]
    assert event.speech_event_type == kinds.SPEECH_ACTIVITY_TIMEOUT
    assert event.speech_event_time.total_seconds() < 3


def test_speakers_are_told_apart_at_the_end_of_a_stream(live):
    config = {**RAW, "diarization_config": {"enable_speaker_diarization": True}}
    requests = (_request({"audio_content": piece}) for piece in pieces(conversation(*DIALOGUE)))
    answers = list(live.streaming_recognize(config={"config": config}, requests=requests))
    words = answers[-2].results[0].alternatives[0].words
    assert [tag for tag, _ in groupby(word.speaker_tag for word in words)] == [1, 2, 1, 2]


def test_results_come_before_the_stream_ends(live):
    """The pieces after the first sentence are held back until its result is there."""
    heard: queue.Queue[str] = queue.Queue()

    def requests() -> Iterator[Any]:
        for piece in pieces(talk(REFUND)):
            yield _request({"audio_content": piece})
        assert heard.get(timeout=60) == REFUND
        for piece in pieces(talk(CANCEL)):
            yield _request({"audio_content": piece})

    found = []
    for answer in live.streaming_recognize(config={"config": RAW}, requests=requests()):
        for text in finals([answer]):
            found.append(text)
            heard.put(text)
    assert found == [REFUND, CANCEL]


def test_a_caller_that_hangs_up_leaves_the_engine_to_others(live):
    def endless() -> Iterator[Any]:
        while True:
            for piece in pieces(talk(REFUND)):
                yield _request({"audio_content": piece})

    answers = live.streaming_recognize(config={"config": RAW}, requests=endless())
    assert next(iter(answers)).results
    answers.cancel()
    assert finals(stream(live, talk(CANCEL))) == [CANCEL]


@pytest.mark.parametrize("kind", ["OGG_OPUS", "WAV"])
def test_a_file_may_be_streamed_too(live, kind):
    content = encode(talk(REFUND, CANCEL), RATE, kind)
    step = len(content) // 20
    requests = [
        _request({"audio_content": content[at : at + step]}) for at in range(0, len(content), step)
    ]
    answers = list(live.streaming_recognize(config={"config": CONFIG}, requests=iter(requests)))
    assert finals(answers) == [REFUND, CANCEL]


def test_a_stream_without_a_config_is_refused(gateway: Running):
    with grpc.insecure_channel(gateway.grpc) as channel:
        call = channel.stream_stream("/google.cloud.speech.v1.Speech/StreamingRecognize")
        message = _request({"audio_content": b"\0\0"})
        raw = type(message).serialize(message)
        with pytest.raises(grpc.RpcError) as caught:
            list(call(iter([raw])))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


# --- v2 ---------------------------------------------------------------------------------------

PLACE = "projects/p/locations/global"
ANY = f"{PLACE}/recognizers/_"
ENGLISH = {"auto_decoding_config": {}, "language_codes": ["en-US"], "model": "long"}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_v2_writes_down_through_a_recognizer(gateway: Running, transport):
    v2 = client(speech_v2.SpeechClient, transport, gateway)
    recognizer = v2.create_recognizer(
        parent=PLACE,
        recognizer_id=f"calls-{transport}",
        recognizer={"default_recognition_config": ENGLISH},
    ).result(timeout=30)
    content = encode(talk(REFUND), RATE, "MP3")
    for request in (
        {"recognizer": recognizer.name, "content": content},
        {"recognizer": ANY, "config": ENGLISH, "content": content},
    ):
        answer = v2.recognize(request=request)
        assert transcripts(answer.results) == [REFUND]
        assert answer.metadata.total_billed_duration.total_seconds() > 1
    assert recognizer.name in [one.name for one in v2.list_recognizers(parent=PLACE)]
    v2.delete_recognizer(name=recognizer.name).result(timeout=30)


def stream_v2(gateway: Running, samples: Any, options: Any, **config: Any) -> list[Any]:
    v2 = client(speech_v2.SpeechClient, "grpc", gateway)
    decoding = {"encoding": "LINEAR16", "sample_rate_hertz": RATE, "audio_channel_count": 1}
    whole = {"explicit_decoding_config": decoding, "language_codes": ["en-US"], **config}
    first = {
        "recognizer": ANY,
        "streaming_config": {"config": whole, "streaming_features": options},
    }
    rest = [{"audio": piece} for piece in pieces(samples)]
    requests = (speech_v2.StreamingRecognizeRequest(one) for one in [first, *rest])
    return list(v2.streaming_recognize(requests=requests))


def test_v2_streams(gateway: Running):
    features = {"interim_results": True, "enable_voice_activity_events": True}
    answers = stream_v2(gateway, talk(REFUND, CANCEL), features)
    assert finals(answers) == [REFUND, CANCEL]
    kinds = speech_v2.StreamingRecognizeResponse.SpeechEventType
    events = [one.speech_event_type for one in answers if one.speech_event_type]
    assert events == [kinds.SPEECH_ACTIVITY_BEGIN, kinds.SPEECH_ACTIVITY_END] * 2


def test_v2_ends_a_stream_whose_silence_is_too_long(gateway: Running):
    """It has no event for that: the stream just ends, and counts what came until then."""
    timeout = {"speech_start_timeout": {"seconds": 2}}
    features = {"enable_voice_activity_events": True, "voice_activity_timeout": timeout}
    (answer,) = stream_v2(gateway, silence(8.0), features)
    assert answer.metadata.total_billed_duration.total_seconds() < 4


def test_v2_refuses_streams_whose_channels_are_to_be_told_apart(gateway: Running):
    apart = {"features": {"multi_channel_mode": "SEPARATE_RECOGNITION_PER_CHANNEL"}}
    with pytest.raises(exceptions.FailedPrecondition, match="Send each channel"):
        stream_v2(gateway, silence(1.0), {}, **apart)
