"""The promise of the adapters: what is trained runs, and what is measured was never seen."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.adapters import corpora, encoder, text
from sensorium.models.adapters.batches import tokenizer
from sensorium.models.adapters.shapes import TABLES, letters, shapes
from sensorium.models.adapters.tags import KINDS, TAGS, best, spans
from sensorium.models.engines import minilm
from sensorium.models.errors import FailedPrecondition, InvalidArgument

WORDS = tokenizer()
SENTENCES = (
    "Angela Merkel visited Paris.",
    "not bad at all",
    "ACME Corp. of Springfield sells the Roadrunner 3000, which is a terrible, terrible product.",
    "x",
)


# --- the graph --------------------------------------------------------------------------------


def torch_way(extra: Any, sentence: str) -> dict[str, Any]:
    """What the training code says of a sentence."""
    import torch

    code = WORDS.encode(sentence)
    own = encoder.frozen()
    ids = torch.tensor([code.ids])
    with torch.no_grad():
        low, bias = encoder.lower(own, ids)
        plain = encoder.upper(own, {}, low, bias)
        rows = torch.from_numpy(shapes(sentence, code.word_ids, code.offsets))[None]
        high = encoder.upper(own, extra, encoder.shaped(extra, low, rows), bias)
        center = encoder.pooled(plain, ids)[0]
        return {
            "tags": encoder.tags(extra, high)[0].numpy(),
            "feelings": encoder.feelings(extra, high, plain, ids)[0].numpy(),
            "embedding": (center / center.norm()).numpy(),
        }


def test_the_graph_in_32_bits_says_what_torch_says():
    from safetensors.torch import load_file

    extra = {name: one.float() for name, one in load_file(minilm.WEIGHTS).items()}
    reader = minilm.Reader(minilm.WEIGHTS, eight_bits=False)
    for sentence, windows in zip(SENTENCES, reader._run(SENTENCES), strict=True):
        ((_, (tags, feelings, embedding, _)),) = windows
        wanted = torch_way(extra, sentence)
        assert tags[: len(wanted["tags"])] == pytest.approx(wanted["tags"], abs=2e-2)
        assert feelings == pytest.approx(wanted["feelings"], abs=2e-2)
        assert embedding @ wanted["embedding"] > 0.9999


def test_eight_bits_label_as_32_do():
    known = text.entities("dev", random.Random(0), 2)
    sentences = [one.text for one in known]
    plain = minilm.Reader(minilm.WEIGHTS, eight_bits=False).analyze(sentences)
    small = minilm.reader().analyze(sentences)
    said = [
        [{(m.start, m.end, m.kind) for m in one.mentions} for one in way] for way in (plain, small)
    ]
    same = sum(len(a & b) for a, b in zip(*said, strict=True))
    assert same >= 0.95 * max(sum(map(len, said[0])), sum(map(len, said[1])))


def test_a_long_text_is_read_to_its_end():
    found = minilm.reader().analyze(["word " * 700 + "and then Angela Merkel visited Paris."])[0]
    names = {
        ("word " * 700 + "and then Angela Merkel visited Paris.")[m.start : m.end]
        for m in found.mentions
    }
    assert {"Angela Merkel", "Paris"} <= names


def test_an_encoder_that_was_changed_is_refused(tmp_path: Path):
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(FailedPrecondition, match="sha256"):
        encoder.verify(tmp_path / "model.safetensors")


# --- tags and shapes --------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_the_best_tags_are_well_formed_and_tell_spans_in_order(seed: int, length: int):
    logits = np.random.default_rng(seed).normal(size=(length, len(TAGS))).astype(np.float32)
    tags = best(logits)
    for before, tag in zip([0, *tags], tags, strict=False):
        if tag and tag % 2 == 0:
            assert before in (tag - 1, tag)
    ends = 0
    for first, end, kind in spans(tags):
        assert ends <= first < end <= length
        assert kind in KINDS
        ends = end


@pytest.mark.parametrize(
    ("word", "row"),
    [("red", 1), ("Red", 2), ("R", 3), ("RED", 4), ("iPad", 5), ("42", 6), ("A4", 7), ("...", 8)],
)
def test_the_letters_of_a_word_have_a_row(word: str, row: int):
    assert letters(word) == row


@given(st.text(max_size=40))
def test_every_token_has_rows_that_the_tables_have(sentence: str):
    clean = sentence.encode("utf-8", "replace").decode()
    code = WORDS.encode(clean)
    found = shapes(clean, code.word_ids, code.offsets)
    assert found.shape == (len(code.ids), len(TABLES))
    assert (found < np.array(list(TABLES.values()))).all()


# --- what is learnt from ----------------------------------------------------------------------


def test_no_template_is_in_both_parts():
    chance = random.Random(0)
    both = [{one.text for one in text.entities(part, chance, 1)} for part in ("train", "dev")]
    assert both[0]
    assert both[1]
    assert not both[0] & both[1]
    for name in ("feelings", "hazards"):
        train = {line.partition("\t")[2] for line in text.lines(f"{name}.tsv")}
        dev = {line.partition("\t")[2] for line in text.lines(f"dev-{name}.tsv")}
        assert not train & dev


def test_a_filled_template_marks_its_names():
    for template in text.lines("mentions.txt"):
        one = text.filled(template, random.Random(1))
        assert "{" not in one.text
        for start, end, kind in one.mentions:
            assert one.text[start:end].strip() == one.text[start:end] != ""
            assert kind in KINDS


CONLL = "Anna\tB-PER\nlives\tO\nin\tO\nNew\tB-LOC\nYork\tI-LOC\n\n@\tB-PER\nbob\tI-PER\nhi\tO\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Public data of a few lines, in the formats of the real files."""
    folder = tmp_path / "entities"
    folder.mkdir()
    for name in ("wnut17-train", "wnut17-dev", *(f"btc-{part}" for part in "abefgh")):
        (folder / f"{name}.conll").write_text(CONLL)
    filing = "-DOCSTART- -X- O O\n\n" + "Anna NNP I-NP B-PER\npays VB O O\n\n" * 5
    (folder / "sec-filings-fin5.conll").write_text(filing)
    rows = "# sent_id = 1\n1\tAnna\tB-PER\t-\t-\n2\truns\tO\t-\t-\n\n"
    for part in ("dev", "test"):
        (folder / f"uner-ewt-{part}.iob2").write_text(rows)
    (tmp_path / "sentiment").mkdir()
    for name in ("amazon_cells", "imdb", "yelp"):
        lines = [f"{name} is good {n}\t1\n{name} is bad {n}\t0\n" for n in range(5)]
        (tmp_path / "sentiment" / f"{name}_labelled.txt").write_text("".join(lines))
    return tmp_path


def test_public_data_is_read_with_its_mentions(data: Path):
    (first, second) = corpora.entities(data, "dev")["wnut17"]
    assert first.text == "Anna lives in New York"
    assert [(first.text[s:e], kind) for s, e, kind in first.mentions] == [
        ("Anna", "PERSON"),
        ("New York", "LOCATION"),
    ]
    assert second.text == "@bob hi"
    assert second.mentions == ()


def test_a_fifth_of_the_reviews_is_held_back(data: Path):
    known, held = corpora.reviews(data)
    assert (len(known), len(held)) == (24, 6)
    assert not {one.text for one in known} & {one.text for one in held}


def test_a_folder_without_the_data_is_refused(tmp_path: Path):
    with pytest.raises(InvalidArgument, match="entities"):
        corpora.entities(tmp_path, "train")


def test_training_twice_gives_the_same_weights(data: Path):
    import torch

    from sensorium.models.adapters.train import learn

    tagged = corpora.entities(data, "train")["wnut17"]
    known, _ = corpora.reviews(data)
    torch.use_deterministic_algorithms(True)
    try:
        one, two = (learn(tagged, known, seed=1, epochs=1) for _ in range(2))
    finally:
        torch.use_deterministic_algorithms(False)
    assert set(one) == set(encoder.fresh())
    for name, tensor in one.items():
        assert (tensor == two[name]).all(), name
