"""The promise of diarization: each word has its speaker, and nobody is made two."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.sources import LocalSources
from sensorium.models.engines.bic import Bic
from sensorium.models.media.audio import encode
from sensorium.models.pool import LocalModels
from sensorium.models.speech.speakers import grouped
from tests.unit.talking import RATE, said, silence

V1 = "google.cloud.speech.v1.Speech.Recognize"
V2 = "google.cloud.speech.v2.Speech.Recognize"
SHE, HE = "gmw/en-US+f2", "gmw/en-US+m7"
DIALOGUE = [
    (SHE, "i would like to cancel my subscription please"),
    (HE, "could you tell me the number of your account"),
    (SHE, "the number of my account is two four seven"),
    (HE, "thank you very much we will send you a letter"),
]


@pytest.fixture(scope="module")
def models() -> Iterator[LocalModels]:
    made = LocalModels()
    yield made
    asyncio.run(made.close())


def conversation(*lines: tuple[str, str]) -> Any:
    parts = [silence(0.8)]
    for voice, text in lines:
        parts += [said(text, voice), silence(0.8)]
    return np.concatenate(parts)


def ask(models: LocalModels, folder: Path, rpc: str, samples: Any, **config: Any) -> Any:
    content = base64.b64encode(encode(samples, RATE, "WAV")).decode()
    request: Any = {"config": config, "audio": {"content": content}}
    if rpc == V2:
        request = {
            "recognizer": "projects/p/locations/global/recognizers/_",
            "config": config,
            "content": content,
        }
    call = Call(models, LocalSources(folder), Limits())
    return asyncio.run(LocalClient(call).call(rpc, request))


def by_line(words: list[Any], end: str) -> list[set[str]]:
    """The speakers of the words of each line of the dialogue."""
    found: list[set[str]] = []
    at = 0.8
    for voice, text in DIALOGUE:
        until = at + len(said(text, voice)) / RATE + 0.4
        times = [(float(word[end].removesuffix("s")), word["speakerLabel"]) for word in words]
        found.append({label for time, label in times if at < time < until})
        at = until + 0.4
    return found


def test_the_last_result_of_v1_has_all_words_with_their_speakers(models, tmp_path: Path):
    answer = ask(
        models,
        tmp_path,
        V1,
        conversation(*DIALOGUE),
        languageCode="en-US",
        enableWordTimeOffsets=True,
        diarizationConfig={"enableSpeakerDiarization": True},
    )
    *results, last = answer["results"]
    words = last["alternatives"][0]["words"]
    assert len(words) == sum(len(one["alternatives"][0]["words"]) for one in results)
    assert by_line(words, "endTime") == [{"1"}, {"2"}, {"1"}, {"2"}]
    assert all(str(word["speakerTag"]) == word["speakerLabel"] for word in words)
    assert "transcript" not in last["alternatives"][0]


def test_words_of_v2_have_their_speakers_in_their_place(models, tmp_path: Path):
    answer = ask(
        models,
        tmp_path,
        V2,
        conversation(*DIALOGUE),
        autoDecodingConfig={},
        languageCodes=["en-US"],
        features={"enableWordTimeOffsets": True, "diarizationConfig": {"maxSpeakerCount": 2}},
    )
    words = [word for one in answer["results"] for word in one["alternatives"][0]["words"]]
    assert by_line(words, "endOffset") == [{"1"}, {"2"}, {"1"}, {"2"}]


def test_one_voice_is_one_speaker(models, tmp_path: Path):
    alone = conversation(*((SHE, text) for _, text in DIALOGUE))
    config = {"languageCode": "en-US", "diarizationConfig": {"enableSpeakerDiarization": True}}
    answer = ask(models, tmp_path, V1, alone, **config)
    words = answer["results"][-1]["alternatives"][0]["words"]
    assert {word["speakerTag"] for word in words} == {1}


def test_silence_has_no_speakers(models, tmp_path: Path):
    config = {"languageCode": "en-US", "diarizationConfig": {"enableSpeakerDiarization": True}}
    assert ask(models, tmp_path, V1, silence(2.0), **config).get("results", []) == []


def test_the_fewest_and_the_most_speakers_are_kept_to():
    turns = [part for voice, text in DIALOGUE for part in np.array_split(said(text, voice), 2)]
    (told,) = Bic().speakers([turns], 1, 6)
    assert told == [1, 1, 2, 2, 1, 1, 2, 2]
    assert Bic().speakers([turns], 1, 1) == [[1] * 8]
    assert max(Bic().speakers([turns], 3, 6)[0]) == 3
    assert Bic().speakers([turns[:1], [], turns[:2]], 2, 2) == [[1], [], [1, 2]]


POINTS = st.lists(st.integers(0, 3).map(lambda one: one * 10.0), max_size=40)


@given(POINTS, st.integers(1, 3), st.integers(0, 3))
def test_groups_are_numbered_as_they_come_and_as_many_as_allowed(points, least, more):
    """Numbers on a line stand for voices: those less than 5 apart are one."""

    def apart(one: tuple[float, int], other: tuple[float, int]) -> float:
        return abs(one[0] / one[1] - other[0] / other[1]) - 5

    def together(one: tuple[float, int], other: tuple[float, int]) -> tuple[float, int]:
        return one[0] + other[0], one[1] + other[1]

    most = least + more
    told = grouped([(point, 1) for point in points], apart, together, least, most)
    kinds = len(set(points))
    assert len(set(told)) == max(min(least, len(points)), min(kinds, most))
    assert sorted(set(told), key=told.index) == list(range(1, len(set(told)) + 1))
    if least <= kinds <= most:
        assert len(set(zip(points, told, strict=True))) == kinds


def test_a_long_recording_is_told_apart_as_a_short_one():
    points = [(10.0 * (at // 7 % 3), 1) for at in range(1000)]
    told = grouped(
        points,
        lambda one, other: abs(one[0] / one[1] - other[0] / other[1]) - 5,
        lambda one, other: (one[0] + other[0], one[1] + other[1]),
        1,
        6,
    )
    assert told == [at // 7 % 3 + 1 for at in range(1000)]
