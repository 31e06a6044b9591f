"""The promise of faster_whisper: a converted Whisper listens, and says what it lacks.

The network is not trained, so that these tests are about what is around it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.models.engines.faster_whisper import FasterWhisper
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.registry import discover
from sensorium.models.tasks import Phrase
from sensorium.models.weights.own import Stated, describe
from tests.conformance.speech import check_multilingual_transcriber
from tests.unit.standard_whisper import save_standard_whisper
from tests.unit.tiny import brought


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("faster")
    brought("faster_whisper", made)  # skips where the libraries are missing
    from ctranslate2.converters import TransformersConverter

    source = tmp_path_factory.mktemp("standard")
    save_standard_whisper(source)
    copied = ["tokenizer.json", "preprocessor_config.json"]
    TransformersConverter(str(source), copy_files=copied).convert(str(made), force=True)
    return made


@pytest.fixture(scope="module")
def engine(folder: Path) -> FasterWhisper:
    return FasterWhisper(folder, "cpu")


def noise(seed: int) -> Any:
    return np.random.default_rng(seed).integers(-3000, 3000, 16_000, np.int16)


def test_it_keeps_the_promises_of_its_task(folder: Path):
    check_multilingual_transcriber(brought("faster_whisper", folder))


def test_the_library_tells_words_as_they_come_with_their_times(
    engine: FasterWhisper, monkeypatch: pytest.MonkeyPatch
):
    """What it refuses to believe of an untrained network it is made to believe here."""
    transcribe = engine._model.transcribe
    believed = {"log_prob_threshold": None, "compression_ratio_threshold": None}
    monkeypatch.setattr(
        engine._model,
        "transcribe",
        lambda sound, **how: transcribe(sound, **how, **believed, max_new_tokens=12),
    )
    (one,), (other,) = engine.transcribe([noise(1), noise(1)], "de-DE")
    assert one == other
    assert len(one.words) > 1
    times = [at for word in one.words for at in (word.start, word.end)]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] <= 1.0
    assert 0 < one.confidence < 1


def test_phrases_are_hot_words(engine: FasterWhisper, monkeypatch: pytest.MonkeyPatch):
    asked: list[Any] = []

    def watched(_: Any, **how: Any) -> Any:
        asked.append((how["language"], how["hotwords"]))
        return (), None

    monkeypatch.setattr(engine._model, "transcribe", watched)
    assert engine.transcribe([noise(1)], "en-GB", [Phrase("red shoes"), Phrase("x")]) == [[]]
    assert engine.transcribe([noise(1)], "fr") == [[]]
    assert asked == [("en", "red shoes, x"), ("fr", None)]


def test_every_language_has_its_share(engine: FasterWhisper):
    (scores,) = engine.spoken([noise(1)])
    assert len(scores) == 99
    assert sum(one.confidence for one in scores) == pytest.approx(1.0, abs=1e-3)


def test_a_language_that_the_model_does_not_know_is_refused(engine: FasterWhisper):
    with pytest.raises(InvalidArgument, match="'tlh'"):
        engine.transcribe([noise(1)], "tlh")


def test_a_folder_that_was_not_converted_is_refused(folder: Path, tmp_path: Path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.bin").unlink()
    with pytest.raises(FailedPrecondition, match=r"no model\.bin") as caught:
        FasterWhisper(tmp_path, "cpu")
    assert "ct2-transformers-converter" in (caught.value.hint or "")


def test_its_card_has_the_weights_but_no_pickle_of_that_name(folder: Path, tmp_path: Path):
    spec = next(spec for spec in discover() if spec.name == "faster_whisper")
    stated = Stated("Hears nothing.", "MIT", "Not trained.", ("en", "de"))
    card, _ = describe("mine", folder, spec, stated)
    assert "model.bin" in {file.path for file in card.files}
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.bin").write_bytes(b"\x80\x04" + b"Spec" * 20)
    card, left = describe("other", tmp_path, spec, stated)
    assert "model.bin" in left
    assert "model.bin" not in {file.path for file in card.files}
