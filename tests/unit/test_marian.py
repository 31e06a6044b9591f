"""The promise of translators by card: sentences are translated, everything between them stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensorium.models.engines._languages import bcp47
from sensorium.models.engines.marian import Marian
from sensorium.models.engines.nllb import Nllb
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from tests.conformance.language import check_translator
from tests.unit.tiny import brought
from tests.unit.tiny_translators import FRENCH, PAIRS, save_marian, save_nllb


@pytest.fixture(scope="module")
def marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("marian")
    brought("marian", made)  # skips where the libraries are missing
    save_marian(made)
    return made


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("several")
    brought("marian", made)
    save_marian(made, "deu", "fra")
    return made


@pytest.fixture(scope="module")
def nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("nllb")
    brought("nllb", made)
    save_nllb(made)
    return made


def test_marian_keeps_the_promises_of_its_task(marian: Path):
    check_translator(brought("marian", marian))


def test_nllb_keeps_the_promises_of_its_task(nllb: Path):
    check_translator(brought("nllb", nllb))


def test_a_model_for_one_pair_tells_it_and_translates(marian: Path):
    engine = Marian(marian, "cpu")
    assert engine.pairs() == (("en", "de"),)
    assert engine.translate(list(PAIRS), "en", "de") == list(PAIRS.values())
    with pytest.raises(InvalidArgument):
        engine.translate(["x"], "de", "en")


def test_sentences_of_a_text_are_translated_one_by_one_and_the_white_space_stays(marian: Path):
    engine = Marian(marian, "cpu")
    text = "  Good morning!\n\nthe house is red. the dog sleeps.\t"
    (found,) = engine.translate([text.replace("Good", "good")], "en", "de")
    assert found == "  guten Morgen!\n\ndas Haus ist rot. der Hund schläft.\t"


def test_a_sentence_is_written_once_and_remembered(marian: Path, monkeypatch: pytest.MonkeyPatch):
    engine = Marian(marian, "cpu")
    model = engine._writer.model
    seen: list[int] = []
    generate = model.generate

    def counted(**taken: Any) -> Any:
        seen.append(len(taken["input_ids"]))
        return generate(**taken)

    monkeypatch.setattr(model, "generate", counted)
    (one, two) = engine.translate(["the dog sleeps. the dog sleeps."] * 2, "en", "de")
    assert one == two == "der Hund schläft. der Hund schläft."
    assert seen == [1]
    engine.translate(["the dog sleeps. I see a tree."], "en", "de")
    assert seen == [1, 1], "what is known is not written again"


def test_a_model_for_several_targets_tells_them_apart(several: Path):
    engine = Marian(several, "cpu")
    assert set(engine.pairs()) == {("en", "de"), ("en", "fr")}
    assert engine.translate(list(FRENCH), "en", "fr") == list(FRENCH.values())
    assert engine.translate(list(PAIRS), "en", "de") == list(PAIRS.values())


def test_nllb_translates_into_the_language_that_is_asked_for(nllb: Path):
    engine = Nllb(nllb, "cpu")
    assert {("en", "de"), ("en", "fr"), ("de", "fr")} <= set(engine.pairs())
    assert engine.translate(list(PAIRS), "en", "de") == list(PAIRS.values())
    assert engine.translate(list(FRENCH), "en", "fr") == list(FRENCH.values())
    with pytest.raises(InvalidArgument):
        engine.translate(["x"], "en", "ja")


def test_a_model_that_does_not_tell_its_languages_is_refused(marian: Path, tmp_path: Path):
    import json
    import shutil

    shutil.copytree(marian, tmp_path, dirs_exist_ok=True)
    told = tmp_path / "tokenizer_config.json"
    facts = json.loads(told.read_text())
    facts["source_lang"] = None
    told.write_text(json.dumps(facts))
    with pytest.raises(FailedPrecondition, match="languages") as caught:
        Marian(tmp_path, "cpu")
    assert "source_lang" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        *(("eng", "en"), ("spa", "es"), ("en", "en"), ("eng_Latn", "en"), ("zho_Hans", "zh-Hans")),
        *(("srp_Cyrl", "sr"), ("uzn_Latn", "uz"), ("pt_BR", "pt-BR"), ("ast", "ast")),
        *(("kas_Deva", "ks-Deva"), ("cat", "ca")),
    ],
)
def test_codes_are_bcp_47(code: str, wanted: str):
    assert bcp47(code) == wanted
