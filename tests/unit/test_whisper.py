"""The promise of Whisper by card: words with their times, in the language that is spoken."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.models.engines.whisper import Whisper
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.tasks import Phrase
from tests.conformance.speech import check_transcriber
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
    check_transcriber(brought("whisper", folder))


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
