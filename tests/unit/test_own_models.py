"""The promise to those who bring a model: a card of its files, and an engine of the card's name."""

from __future__ import annotations

import hashlib
import pickle
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.errors import AlreadyExists, InvalidArgument
from sensorium.models.registry import BY_CARD, EngineSpec, with_cards
from sensorium.models.tasks import EntityRecognizer, SentimentAnalyzer
from sensorium.models.weights import Weights, own
from sensorium.models.weights.cards import Card, File, load
from sensorium.models.weights.own import Stated


class Reader:
    """Read nothing."""


SPEC = EngineSpec("reader", EntityRecognizer, Reader, card=BY_CARD, rank=30)
STATED = Stated("Names of ships", "MIT", "None are stated.", ("de", "en"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    (made / "vocab").mkdir(parents=True)
    (made / "model.safetensors").write_bytes(b"weights")
    (made / "config.json").write_bytes(b"{}")
    (made / "config.cfg").write_bytes(b"[nlp]")
    (made / "vocab" / "strings").write_bytes(b"msgpack")
    return made


def card(**facts: Any) -> Card:
    file = File(path="a.json", size=2, sha256="0" * 64)
    given: dict[str, Any] = {
        "name": "mine",
        "summary": "S",
        "task": "EntityRecognizer",
        "licence": "MIT",
        "limits": "L",
        "engine": "reader",
        "files": (file,),
    }
    return Card(**{**given, **facts})


# --- describing a folder ----------------------------------------------------------------------


def test_a_card_lists_every_file_with_size_and_hash(folder: Path):
    made, left = own.describe("ships", folder, SPEC, STATED)
    assert left == []
    assert {file.path for file in made.files} == {
        "model.safetensors",
        "config.json",
        "config.cfg",
        "vocab/strings",
    }
    for file in made.files:
        content = (folder / file.path).read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (made.task, made.engine, made.languages) == ("EntityRecognizer", "reader", ("de", "en"))


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "training.pt", "a.pth", "b.ckpt", "c.pkl", "rust_model.ot"]
)
def test_pickles_are_left_out_and_named(folder: Path, name: str):
    (folder / name).write_bytes(pickle.dumps({}))
    made, left = own.describe("ships", folder, SPEC, STATED)
    assert left == [name]
    assert name not in {file.path for file in made.files}


def test_tables_of_spacy_are_no_pickles(folder: Path):
    (folder / "vocab" / "lookups.bin").write_bytes(b"\x80")
    made, left = own.describe("ships", folder, SPEC, STATED)
    assert "vocab/lookups.bin" in {file.path for file in made.files}
    assert left == []


def test_hidden_empty_and_foreign_files_are_left_out(folder: Path):
    (folder / ".git").mkdir()
    (folder / ".git" / "index").write_bytes(b"x")
    (folder / "empty.json").touch()
    (folder / "run.py").write_bytes(b"print()")
    (folder / "two words.txt").write_bytes(b"x")
    _, left = own.describe("ships", folder, SPEC, STATED)
    assert left == [".git/index", "empty.json", "run.py", "two words.txt"]


def test_a_folder_without_a_model_is_refused(tmp_path: Path):
    (tmp_path / "model.pkl").write_bytes(b"x")
    with pytest.raises(InvalidArgument, match="files"):
        own.describe("ships", tmp_path, SPEC, STATED)
    with pytest.raises(InvalidArgument, match="is not a folder"):
        own.describe("ships", tmp_path / "none", SPEC, STATED)


def test_an_engine_with_weights_of_its_own_takes_no_others(folder: Path):
    with pytest.raises(InvalidArgument, match="does not run models of your own"):
        own.describe("ships", folder, replace(SPEC, card=None), STATED)


@pytest.mark.parametrize(
    ("name", "stated", "key"),
    [
        ("Ships", STATED, "name"),
        ("../ships", STATED, "name"),
        ("ships", replace(STATED, licence=""), "licence"),
        ("ships", replace(STATED, repo="me/ships"), "repo and revision"),
        ("ships", replace(STATED, repo="https://x", revision="main"), "repo"),
    ],
)
def test_a_fact_that_cards_do_not_have_is_refused_by_its_key(
    folder: Path, name: str, stated: Stated, key: str
):
    with pytest.raises(InvalidArgument, match=key):
        own.describe(name, folder, SPEC, stated)


# --- writing a card ---------------------------------------------------------------------------


def test_a_written_card_reads_as_it_was_and_is_not_overwritten(folder: Path, tmp_path: Path):
    made, _ = own.describe("ships", folder, SPEC, STATED)
    path = own.write(made, tmp_path / "cards")
    assert path == tmp_path / "cards" / "ships.toml"
    assert load(path) == made
    before = path.read_bytes()
    with pytest.raises(AlreadyExists, match="exists"):
        own.write(made.model_copy(update={"summary": "Another"}), tmp_path / "cards")
    assert path.read_bytes() == before


@given(
    summary=st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=80),
    languages=st.lists(st.sampled_from(["de", "en", "*", "zh-Hant"]), max_size=3),
)
def test_any_words_survive_the_writing(
    tmp_path_factory: pytest.TempPathFactory, summary: str, languages: list[str]
):
    made = card(summary=summary, languages=tuple(languages))
    path = own.write(made, tmp_path_factory.mktemp("cards"))
    assert load(path) == made
    assert tomllib.loads(path.read_text(encoding="utf-8"))["summary"] == summary


@pytest.mark.parametrize("path", ["config.cfg", "vocab/strings"])
def test_files_whose_names_tell_nothing_need_their_hash(path: str):
    assert File(path=path, size=1, sha256="0" * 64).path == path
    with pytest.raises(ValueError, match="needs a sha256"):
        File(path=path, size=1)


def test_a_card_without_a_repository_is_imported_and_never_pulled(folder: Path, tmp_path: Path):
    made, _ = own.describe("ships", folder, SPEC, STATED)
    own.write(made, tmp_path / "cards")
    weights = Weights.of(tmp_path)
    assert weights.locate("ships") is None
    with pytest.raises(Exception, match="sensorium import DIR"):
        weights.pull(weights.card("ships"))
    told = {one.card: one.state for one in weights.import_folder(folder)}
    assert told["ships"] == "imported"
    found = weights.locate("ships")
    assert found is not None
    assert (found / "vocab" / "strings").read_bytes() == b"msgpack"


# --- engines of cards -------------------------------------------------------------------------

OTHER = EngineSpec("other", SentimentAnalyzer, Reader, rank=10)


def test_a_card_puts_an_engine_of_its_name_in_place_of_the_general_one():
    made = with_cards([SPEC, OTHER], [card(name="ships", languages=("de",)), card(name="towns")])
    assert [spec.name for spec in made] == ["ships", "towns", "other"]
    ships = made[0]
    assert (ships.card, ships.task, ships.languages) == ("ships", EntityRecognizer, ("de",))
    assert ships.speaks("de-AT")
    assert not ships.speaks("en")
    assert made[1].speaks("en")
    assert ships.missing() is None


def test_without_a_card_the_general_engine_says_how_to_bring_a_model():
    (spec,) = with_cards([SPEC], [card(engine=None)])
    assert spec == SPEC
    assert "sensorium cards new" in (spec.missing() or "")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"engine": "reeder"}, "must be one of reader, not 'reeder'"),
        ({"engine": "other"}, "must be one of reader, not 'other'"),
        ({"task": "SentimentAnalyzer"}, "the task of 'reader' is EntityRecognizer"),
        ({"name": "other"}, "has this name already"),
        ({"name": "reader"}, "has this name already"),
    ],
)
def test_a_card_that_fits_no_engine_is_refused_by_its_name(facts: dict[str, Any], reason: str):
    wrong = card(**facts)
    with pytest.raises(InvalidArgument, match=f"{wrong.name!r}.*{reason}"):
        with_cards([SPEC, OTHER], [wrong])
