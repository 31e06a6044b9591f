"""The promise of taggers by card: names at their exact places, whatever the scheme and the text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sensorium.models.engines.token_classification import Piece, TokenClassification, _mentions
from sensorium.models.entity_labels import tag
from sensorium.models.errors import FailedPrecondition
from tests.conformance.language import check_entity_recognizer, check_mentions
from tests.unit.tiny import brought, save_tagger

SENTENCE = "Maria Ortega works in New Haven ."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tagger")
    brought("token_classification", made)  # skips where the libraries are missing
    save_tagger(made)
    return made


@pytest.fixture(scope="module")
def tagger(folder: Path) -> TokenClassification:
    return TokenClassification(folder, "cpu")


def named(tagger: TokenClassification, text: str) -> list[tuple[str, str]]:
    (found,) = tagger.entities([text], "en")
    check_mentions(text, found)
    return [(text[one.start : one.end], one.kind) for one in found]


def test_a_tagger_by_card_keeps_the_promises_of_its_task(folder: Path):
    check_entity_recognizer(brought("token_classification", folder))


# --- places -----------------------------------------------------------------------------------


def test_names_that_fall_into_pieces_are_found_whole(tagger: TokenClassification):
    assert named(tagger, SENTENCE) == [("Maria Ortega", "PERSON"), ("New Haven", "LOCATION")]
    assert named(tagger, "Does Tom Baker know Acme Tools ?") == [
        ("Tom Baker", "PERSON"),
        ("Acme Tools", "ORGANIZATION"),
    ]
    assert named(tagger, "Nothing happened here today .") == []


@pytest.mark.parametrize(
    "before", ["😀 ", "\ud83d ", "  \t", "👩‍👩‍👧 ", "\u202e ", "e\u0301 ", "\r\n\r\n"], ids=ascii
)
def test_places_are_code_points_whatever_stands_before(tagger: TokenClassification, before: str):
    assert ("New Haven", "LOCATION") in named(tagger, before + SENTENCE)


def test_a_decomposed_name_keeps_its_marks(tagger: TokenClassification):
    text = "Ju\u0308rgen Voß works in Zu\u0308rich ."
    (found,) = tagger.entities([text], "de")
    check_mentions(text, found)
    for one in found:
        assert text[one.start] != "\u0308"
        assert text[one.end] != "\u0308"


def test_punctuation_around_a_name_is_no_part_of_it(tagger: TokenClassification):
    assert ("Oslo", "LOCATION") in named(tagger, "Tom works in Oslo.")


# --- many and long texts ----------------------------------------------------------------------


def test_a_text_longer_than_the_model_is_read_in_windows(tagger: TokenClassification):
    found = named(tagger, " ".join([SENTENCE] * 40))
    assert found == [("Maria Ortega", "PERSON"), ("New Haven", "LOCATION")] * 40


def test_a_batch_equals_its_texts_one_by_one(tagger: TokenClassification):
    texts = [
        SENTENCE,
        "",
        "In Quito , Tom met Aisha Khan .",
        " ".join([SENTENCE] * 7),
        "Nothing happened here today .",
        "😀",
    ]
    together = tagger.entities(texts * 4, "en")
    alone = [tagger.entities([text], "en")[0] for text in texts] * 4
    for one, other in zip(together, alone, strict=True):
        assert [(m.start, m.end, m.kind) for m in one] == [(m.start, m.end, m.kind) for m in other]
        assert [m.confidence for m in one] == pytest.approx([m.confidence for m in other], abs=1e-4)


# --- schemes ----------------------------------------------------------------------------------


def spelled(text: str, labels: str) -> list[tuple[str, str]]:
    """The mentions of a text whose words have these labels."""
    words, said = text.split(), labels.split()
    known = list(dict.fromkeys(said))
    pieces, at = [], 0
    for number, (word, label) in enumerate(zip(words, said, strict=True)):
        at = text.index(word, at)
        scores = np.full(len(known), 0.05, np.float32)
        scores[known.index(label)] = 0.9
        pieces.append(Piece(at, at + len(word), number, 1, scores))
        at += len(word)
    found = list(_mentions(text, pieces, [tag(label) for label in known]))
    check_mentions(text, found)
    return [(text[one.start : one.end], one.kind) for one in found]


@pytest.mark.parametrize(
    "labels",
    [
        "B-PER I-PER B-PER O B-LOC B-LOC",
        "I-PER I-PER B-PER O I-LOC B-LOC",
        "B-PER E-PER S-PER O S-LOC S-LOC",
        "B-PER L-PER U-PER O U-LOC U-LOC",
        "B_PER M_PER B_PER O S_LOC S_LOC",
        "B-person I-person B-person O B-geo-loc B-GPE",
    ],
    ids=["IOB2", "IOB1", "BIOES", "BILOU", "BMES", "words"],
)
def test_every_common_scheme_spells_the_same_names(labels: str):
    assert spelled("Ana Lima Rui left Oslo Bergen", labels) == [
        ("Ana Lima", "PERSON"),
        ("Rui", "PERSON"),
        ("Oslo", "LOCATION"),
        ("Bergen", "LOCATION"),
    ]


def test_labels_without_a_prefix_join_neighbours():
    assert spelled("New Haven met Tom", "LOC LOC O PER") == [
        ("New Haven", "LOCATION"),
        ("Tom", "PERSON"),
    ]


def test_another_kind_ends_a_name():
    assert spelled("Ana Oslo", "B-PER I-LOC") == [("Ana", "PERSON"), ("Oslo", "LOCATION")]


def test_dates_and_quantities_of_a_tagger_are_left_to_the_rules():
    assert spelled("Ana paid 5 euros", "B-PERSON O B-MONEY I-MONEY") == [("Ana", "PERSON")]


# --- folders that are no tagger ----------------------------------------------------------------


def copied(folder: Path, to: Path, **changes: object) -> Path:
    """A copy of a model's folder, its configuration changed."""
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    config = json.loads((to / "config.json").read_text())
    (to / "config.json").write_text(json.dumps({**config, **changes}))
    return to


@pytest.mark.parametrize("names", [[f"LABEL_{n}" for n in range(7)], list("ABCDEFG")])
def test_labels_that_say_nothing_are_refused_by_name(
    folder: Path, tmp_path: Path, names: Sequence[str]
):
    labels = {
        "id2label": {str(number): name for number, name in enumerate(names)},
        "label2id": {name: number for number, name in enumerate(names)},
    }
    with pytest.raises(FailedPrecondition) as refusal:
        TokenClassification(copied(folder, tmp_path, **labels), "cpu")
    assert f"its labels are {names[0]}, {names[1]}" in refusal.value.message
    assert "id2label" in (refusal.value.hint or "")


def test_a_folder_without_safetensors_is_refused(folder: Path, tmp_path: Path):
    copied(folder, tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(FailedPrecondition, match=r"no \.safetensors file"):
        TokenClassification(tmp_path, "cpu")


def test_a_head_that_was_never_trained_is_refused(folder: Path, tmp_path: Path):
    from safetensors.torch import load_file, save_file

    copied(folder, tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    kept = {name: value for name, value in weights.items() if not name.startswith("classifier")}
    save_file(kept, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(FailedPrecondition, match="lacks the weights classifier"):
        TokenClassification(tmp_path, "cpu")


def test_weights_that_are_torn_are_refused(folder: Path, tmp_path: Path):
    copied(folder, tmp_path)
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FailedPrecondition, match="cannot be opened"):
        TokenClassification(tmp_path, "cpu")


def test_code_in_the_folder_never_runs(folder: Path, tmp_path: Path):
    mine = {"AutoConfig": "mine.Mine", "AutoModelForTokenClassification": "mine.Mine"}
    copied(folder, tmp_path, model_type="mine", auto_map=mine)
    ran = tmp_path / "ran"
    (tmp_path / "mine.py").write_text(f"open({str(ran)!r}, 'w')\nclass Mine: ...\n")
    with pytest.raises(FailedPrecondition, match="cannot be opened"):
        TokenClassification(tmp_path, "cpu")
    assert not ran.exists()
