"""The promise of recognize: what was said, when, in order; nothing for silence, and no guesses."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.sources import LocalSources
from sensorium.models.errors import FailedPrecondition, InvalidArgument, OutOfRange
from sensorium.models.media.audio import encode, resample
from sensorium.models.pool import LocalModels
from tests.unit.desk import Desk
from tests.unit.talking import RATE, silence, stereo, talk

RECOGNIZE = "google.cloud.speech.v1.Speech.Recognize"
LONG = "google.cloud.speech.v1.Speech.LongRunningRecognize"
REFUND, CANCEL = "i would like a refund", "cancel my subscription"


@pytest.fixture(scope="module")
def models() -> Iterator[LocalModels]:
    made = LocalModels()
    yield made
    asyncio.run(made.close())


@pytest.fixture
def ask(models: LocalModels, tmp_path: Path) -> Any:
    def ask(content: bytes, **config: Any) -> Any:
        call = Call(models, LocalSources(tmp_path), Limits())
        request = {
            "config": {"languageCode": "en-US", **config},
            "audio": {"content": base64.b64encode(content).decode()},
        }
        return asyncio.run(LocalClient(call).call(RECOGNIZE, request))

    return ask


def transcripts(answer: Any) -> list[str]:
    return [one["alternatives"][0]["transcript"] for one in answer.get("results", [])]


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def test_each_stretch_between_pauses_is_a_result_in_order(ask: Any):
    answer = ask(encode(talk(REFUND, CANCEL), RATE, "WAV"))
    assert transcripts(answer) == [REFUND, CANCEL]
    first, second = answer["results"]
    assert first["languageCode"] == "en-us"
    assert 0 < first["alternatives"][0]["confidence"] <= 1
    assert seconds(first["resultEndTime"]) < seconds(second["resultEndTime"])
    length = len(talk(REFUND, CANCEL)) / RATE
    assert seconds(answer["totalBilledTime"]) == np.ceil(length)


def test_words_have_their_times_in_the_recording(ask: Any):
    answer = ask(
        encode(talk(REFUND, pause=2.0), RATE, "WAV"),
        enableWordTimeOffsets=True,
        enableWordConfidence=True,
    )
    words = answer["results"][0]["alternatives"][0]["words"]
    assert [word["word"] for word in words] == REFUND.split()
    times = [(seconds(word["startTime"]), seconds(word["endTime"])) for word in words]
    assert times == sorted(times)
    assert 1.8 < times[0][0] < 2.4
    assert times[-1][1] < 2.0 + len(talk(REFUND, pause=0.0)) / RATE + 0.3
    assert all(0 < word["confidence"] <= 1 for word in words)


@pytest.mark.parametrize("content", [silence(2.0), silence(0.0), silence(0.01)], ids=len)
def test_silence_is_no_result(ask: Any, content: Any):
    assert ask(encode(content, RATE, "WAV")).get("results", []) == []


def test_noise_is_not_written_down(ask: Any):
    noise = np.random.default_rng(7).integers(-2000, 2000, 2 * RATE, np.int16)
    assert ask(encode(noise, RATE, "WAV")).get("results", []) == []


@pytest.mark.parametrize("kind", ["WAV", "OGG_OPUS", "MP3", "M4A", "MULAW", "ALAW"])
@pytest.mark.parametrize("said", ["ENCODING_UNSPECIFIED", "FLAC"])
def test_what_the_sound_is_in_is_told_from_its_bytes(ask: Any, kind: str, said: str):
    answer = ask(encode(talk(CANCEL), RATE, kind), encoding=said)
    assert transcripts(answer) == [CANCEL]


def test_bytes_without_a_header_are_what_the_request_says(ask: Any):
    low = resample(talk(CANCEL), RATE, 8000)
    raw = low.astype("<i2").tobytes()
    answer = ask(raw, encoding="LINEAR16", sampleRateHertz=8000)
    assert transcripts(answer)
    with pytest.raises(InvalidArgument) as caught:
        ask(raw, encoding="LINEAR16")
    assert "sampleRateHertz" in (caught.value.hint or "")


def test_channels_are_recognized_each_by_itself_or_mixed(ask: Any):
    gap = np.concatenate([silence(len(talk(REFUND)) / RATE), talk(CANCEL)])
    raw = stereo(talk(REFUND), gap)
    how = {"encoding": "LINEAR16", "sampleRateHertz": RATE, "audioChannelCount": 2}
    apart = ask(raw, **how, enableSeparateRecognitionPerChannel=True)
    assert [(one["channelTag"], *transcripts({"results": [one]})) for one in apart["results"]] == [
        (1, REFUND),
        (2, CANCEL),
    ]
    mixed = ask(raw, **how)
    assert len(mixed["results"]) == 2
    assert "channelTag" not in mixed["results"][0]


HARD = (
    *("what time is it", "speak to an agent", "set a timer for ten minutes"),
    *("what is the weather in lisbon", "turn on the kitchen lights"),
)


def test_phrases_that_are_hinted_are_heard(ask: Any):
    """No two utterances of the synthetic voice are quite alike, so that they count together."""

    def right(**how: Any) -> int:
        return sum(transcripts(ask(encode(talk(one), RATE, "WAV"), **how)) == [one] for one in HARD)

    hints = [{"phrases": [*HARD, "good night", "open the window"], "boost": 5}]
    assert right() < len(HARD) - 1 <= right(speechContexts=hints)


def test_phrases_of_sets_are_hints_too_with_their_classes_filled_in(ask: Any):
    adaptation = {
        "phraseSets": [{"phrases": [{"value": "what ${thing} is it"}]}],
        "customClasses": [
            {"customClassId": "thing", "items": [{"value": "day"}, {"value": "time"}]}
        ],
    }
    content = encode(talk("what time is it"), RATE, "WAV")
    assert transcripts(ask(content, adaptation=adaptation)) == ["what time is it"]


def test_phrases_do_not_change_what_they_do_not_sound_like(ask: Any):
    content = encode(talk(REFUND, CANCEL), RATE, "WAV")
    hints = [{"phrases": ["open the garage door", "a pink elephant"], "boost": 20}]
    assert transcripts(ask(content, speechContexts=hints)) == [REFUND, CANCEL]


def test_alternatives_come_surest_first(ask: Any):
    answer = ask(encode(talk(CANCEL), RATE, "WAV"), maxAlternatives=3)
    told = [one["transcript"] for one in answer["results"][0]["alternatives"]]
    assert told[0] == CANCEL
    assert 1 < len(told) <= 3
    assert len(set(told)) == len(told)


def test_the_words_of_alternatives_have_their_own_times(ask: Any):
    answer = ask(encode(talk(CANCEL), RATE, "WAV"), maxAlternatives=5, enableWordTimeOffsets=True)
    best, *others = answer["results"][0]["alternatives"]
    known = {word["word"]: seconds(word["endTime"]) for word in best["words"]}
    assert others
    for other in others:
        assert " ".join(word["word"] for word in other["words"]) == other["transcript"]
        ends = [seconds(word["endTime"]) for word in other["words"]]
        assert ends == sorted(ends)
        assert ends[-1] == pytest.approx(known["subscription"], abs=0.3)
        shared = [word for word in other["words"][:1] if word["word"] in known]
        assert all(
            seconds(word["endTime"]) == pytest.approx(known[word["word"]], abs=0.06)
            for word in shared
        )


def test_profanities_keep_their_first_letter_when_filtered(ask: Any):
    content = encode(talk("he is a bastard"), RATE, "WAV")
    assert "bastard" in transcripts(ask(content))[0]
    assert "b******" in transcripts(ask(content, profanityFilter=True))[0]


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"languageCode": ""}, "config.languageCode"),
        ({"sampleRateHertz": 100}, "config.sampleRateHertz"),
        ({"sampleRateHertz": 8000}, "config.sampleRateHertz"),
        ({"audioChannelCount": 2}, "config.audioChannelCount"),
        ({"audioChannelCount": 9}, "config.audioChannelCount"),
        ({"maxAlternatives": 31}, "config.maxAlternatives"),
        (
            {
                "diarizationConfig": {
                    "enableSpeakerDiarization": True,
                    "minSpeakerCount": 4,
                    "maxSpeakerCount": 2,
                }
            },
            "config.diarizationConfig",
        ),
        ({"speechContexts": [{"phrases": ["x"], "boost": 21}]}, "config.adaptation"),
        ({"speechContexts": [{"phrases": ["x" * 101]}]}, "config.adaptation"),
        ({"speechContexts": [{"phrases": ["$MONEY"]}]}, "config.adaptation.customClasses"),
    ],
)
def test_what_is_wrong_says_where(ask: Any, config: dict[str, Any], field: str):
    with pytest.raises(InvalidArgument) as caught:
        ask(encode(silence(0.5), RATE, "WAV"), **config)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"languageCode": "tlh"}, "config.languageCode"),
        (
            {
                "diarizationConfig": {"enableSpeakerDiarization": True},
                "enableSeparateRecognitionPerChannel": True,
            },
            "config",
        ),
    ],
)
def test_what_no_engine_can_do_is_refused(ask: Any, config: dict[str, Any], field: str):
    with pytest.raises(FailedPrecondition) as caught:
        ask(encode(silence(0.5), RATE, "WAV"), **config)
    assert caught.value.field == field


def test_another_language_that_an_engine_knows_answers(ask: Any):
    answer = ask(
        encode(talk(CANCEL), RATE, "WAV"), languageCode="tlh", alternativeLanguageCodes=["en-GB"]
    )
    assert transcripts(answer) == [CANCEL]
    assert answer["results"][0]["languageCode"] == "en-gb"


WAV = encode(talk(CANCEL), RATE, "WAV")
TEN_HOURS = WAV[:40] + (16_000 * 2 * 36_000).to_bytes(4, "little") + WAV[44:]


def test_a_header_that_promises_ten_hours_is_what_there_is(ask: Any):
    assert transcripts(ask(TEN_HOURS)) == [CANCEL]


@pytest.mark.parametrize("kind", ["MP3", "OGG_OPUS", "M4A"])
def test_a_file_that_was_cut_off_is_what_there_is(ask: Any, kind: str):
    content = encode(talk(CANCEL, REFUND), RATE, kind)
    cut = content[: len(content) * 2 // 3]
    if kind == "M4A":  # the index, without which nothing can be found, is at its end
        with pytest.raises(InvalidArgument):
            ask(cut)
    else:
        assert transcripts(ask(cut))[:1] == [CANCEL]


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF\0\0\0\0WAVE", b"fLaC", b"OggS" + bytes(40), b"%PDF-1.7", b"\x1aE\xdf\xa3junk"],
)
def test_what_is_no_sound_is_refused(ask: Any, content: bytes):
    with pytest.raises(InvalidArgument) as caught:
        ask(content)
    assert caught.value.field == "audio.content"


def test_a_recording_that_is_too_long_is_refused(ask: Any):
    with pytest.raises(OutOfRange, match="600"):
        ask(encode(silence(601.0), 8000, "MULAW"))


def test_a_long_recording_tells_how_far_it_is_and_goes_where_it_is_wanted(tmp_path: Path):
    desk = Desk(tmp_path)
    uri = desk.put("call.wav", encode(talk(REFUND, CANCEL), RATE, "WAV"))
    done = desk.ask(
        LONG,
        {
            "config": {"languageCode": "en-US"},
            "audio": {"uri": uri},
            "outputConfig": {"gcsUri": "gs://b/out/words.json"},
        },
    )
    assert "error" not in done, done
    assert "/" not in done["name"].removeprefix("operations/")
    assert transcripts(done["response"]) == [REFUND, CANCEL]
    assert done["metadata"]["progressPercent"] == 100
    assert done["metadata"]["uri"] == uri
    assert transcripts(desk.stored("gs://b/out/words.json")) == [REFUND, CANCEL]
