"""The promise of Whisper by card: words with their times, in the language that is spoken."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.apis.speech import hearing
from sensorium.models.engines.whisper import Whisper
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.media.audio import encode
from sensorium.models.registry import discover
from sensorium.models.speech.endpointing import Stretch
from sensorium.models.tasks import Phrase
from tests.conformance.speech import check_multilingual_transcriber
from tests.unit.desk import Desk
from tests.unit.tiny import brought
from tests.unit.tiny_whisper import GERMAN, WORDS, save_whisper, tone


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("whisper")
    brought("whisper", made)  # skips where the libraries are missing
    save_whisper(made)
    return made


@pytest.fixture(scope="module")
def whisper(folder: Path) -> Whisper:
    return Whisper(folder, "cpu")


def texts(found: Any) -> list[str]:
    return [one[0].text if one else "" for one in found]


def test_whisper_keeps_the_promises_of_its_task(folder: Path):
    check_multilingual_transcriber(brought("whisper", folder))


@pytest.mark.parametrize(("language", "words"), [("en-US", WORDS), ("de", GERMAN)])
def test_what_is_said_is_written_in_the_language_that_is_spoken(
    whisper: Whisper, language: str, words: dict[int, str]
):
    sounds = [tone(hertz, seed=99) for hertz in words]
    found = whisper.transcribe(sounds, language)
    assert texts(found) == [text.strip() for text in words.values()]
    assert all(one[0].confidence > 0.8 for one in found)


def test_words_have_times_within_their_stretch_in_order(whisper: Whisper):
    ((hearing,),) = whisper.transcribe([tone(2500, seed=99)], "en")
    assert [word.text for word in hearing.words] == ["a", "high", "tone"]
    times = [at for word in hearing.words for at in (word.start, word.end)]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= 1.0


def test_without_named_heads_the_later_layers_tell_the_times(folder: Path, tmp_path: Path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "generation_config.json"
    facts = json.loads(path.read_text())
    named = facts.pop("alignment_heads")
    path.write_text(json.dumps(facts))
    whisper = Whisper(tmp_path, "cpu")
    assert whisper._model.generation_config.alignment_heads == named, "of two layers, the second"
    ((hearing,),) = whisper.transcribe([tone(2500, seed=99)], "en")
    assert [word.text for word in hearing.words] == ["a", "high", "tone"]


def test_more_stretches_than_go_together_are_answered_each_in_its_place(whisper: Whisper):
    sounds = [tone(hertz, seed) for seed in range(50, 54) for hertz in WORDS]
    nothing = np.zeros(100, np.int16)
    found = texts(whisper.transcribe([*sounds, nothing], "en"))
    assert found == [*[text.strip() for _ in range(4) for text in WORDS.values()], ""]


def test_phrases_are_shown_to_the_model_and_are_not_told(
    whisper: Whisper, monkeypatch: pytest.MonkeyPatch
):
    shown: list[Any] = []
    generate = whisper._model.generate

    def watched(*given: Any, **how: Any) -> Any:
        shown.append(how.pop("prompt_ids"))
        return generate(*given, **how)

    monkeypatch.setattr(whisper._model, "generate", watched)
    found = whisper.transcribe([tone(300, seed=99)], "en", [Phrase("low tone"), Phrase("x")])
    assert texts(found) == ["low tone"]
    assert "low tone, x" in whisper._tokenizer.decode(shown[0])


def test_a_language_that_the_model_does_not_know_is_refused(whisper: Whisper):
    with pytest.raises(InvalidArgument, match="'fr'"):
        whisper.transcribe([tone(300)], "fr")


def test_a_folder_without_whispers_generation_config_is_refused(folder: Path, tmp_path: Path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "generation_config.json").unlink()
    with pytest.raises(FailedPrecondition, match="generation_config"):
        Whisper(tmp_path, "cpu")


def test_the_language_that_is_spoken_is_told(whisper: Whisper):
    english, german = tone(900, seed=99), tone(300, seed=99, german=True)
    told = whisper.spoken([german, english, np.zeros(0, np.int16)])
    assert [scores[0].language for scores in told[:2]] == ["de", "en"]
    assert all(scores[0].confidence > 0.8 for scores in told[:2])
    assert told[2] == []


@pytest.fixture
def desk(folder: Path, tmp_path: Path) -> Desk:
    listening = [spec for spec in discover() if spec.name in ("pyav", "silero_vad")]
    return Desk(tmp_path, *listening, brought("whisper", folder))


async def _everything(samples: Any, _: Any) -> list[Stretch]:
    return [Stretch(0, len(samples))]  # no tone sounds like a voice


def ask(desk: Desk, german: bool, **config: Any) -> Any:
    content = encode(tone(300, seed=99, german=german), 16_000, "WAV")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hearing, "voiced", _everything)
        answer = desk.ask(
            "google.cloud.speech.v2.Speech.Recognize",
            {
                "recognizer": "projects/p/locations/global/recognizers/_",
                "config": {"autoDecodingConfig": {}, **config},
                "content": base64.b64encode(content).decode(),
            },
        )
    (one,) = answer["results"]
    return one["languageCode"], one["alternatives"][0]["transcript"]


@pytest.mark.parametrize("languages", [["auto"], ["en-GB", "de-AT"], ["fr", "de", "en"]])
def test_what_is_spoken_is_written_down_in_its_language(desk: Desk, languages: list[str]):
    named = {one[:2]: one.lower() for one in languages}
    assert ask(desk, german=True, languageCodes=languages) == (named.get("de", "de"), "tiefer Ton")
    assert ask(desk, german=False, languageCodes=languages) == (named.get("en", "en"), "low tone")
