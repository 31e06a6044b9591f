"""The promise of GLiNER by card: kinds that are named in words, exact places, and no code."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.engines.gliner import GLiNER
from sensorium.models.errors import FailedPrecondition
from tests.conformance.language import check_mentions, check_open_entity_recognizer
from tests.unit.tiny import brought, tokenizer

KINDS = ["person", "location", "organization", "event", "work of art", "product"]
PEOPLE = ["Maria Baker", "Tom", "Aisha Khan"]
TOOLS = ["violin", "harp", "flute"]
PLACES = ["Lisbon", "Oslo", "Quito"]
FRAMES = ("{} plays the {} in {} .", "In {2} , {0} left the {1} .", "Nothing happened here .")


def taught() -> list[tuple[list[str], list[tuple[int, int, str]]]]:
    """Words, and what is named from one word to another."""
    made: list[tuple[list[str], list[tuple[int, int, str]]]] = []
    words: list[str]
    named: list[tuple[int, int, str]]
    for turn in range(6):
        person, tool = PEOPLE[turn % 3], TOOLS[(turn + turn // 3) % 3]
        place = PLACES[(turn + 2 * (turn // 3)) % 3]
        for frame in FRAMES:
            words = frame.format(person, tool, place).split()
            named = []
            for name, kind in ((person, "person"), (tool, "instrument"), (place, "location")):
                parts = name.split()
                if parts[0] in words:
                    at = words.index(parts[0])
                    named.append((at, at + len(parts) - 1, kind))
            made.append((words, named))
    # long texts too, so that it has seen the far places
    for shift in range(12):
        words, named = [], []
        for at in range(8):
            more, of_more = made[(5 * at + shift) % 18]
            named += [(start + len(words), end + len(words), kind) for start, end, kind in of_more]
            words += more
        made.append((words[:48], [one for one in named if one[1] < 48]))
    return made


def save_gliner(folder: Path) -> None:
    """Train a GLiNER of a few thousand parameters on a few sentences and save it."""
    import gliner
    import torch
    from transformers import BertConfig

    torch.manual_seed(7)
    torch.set_num_threads(1)  # many threads on so little work wait for each other
    texts = [" ".join(words) for words, _ in taught()]
    tokens = tokenizer([*texts, " ".join([*KINDS, "instrument"]) * 9], 512)
    shape: dict[str, Any] = {"num_hidden_layers": 1, "num_attention_heads": 2, "hidden_size": 32}
    encoder = BertConfig(
        vocab_size=len(tokens),
        intermediate_size=64,
        initializer_range=0.1,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        **shape,
    )
    tokens.save_pretrained(folder / "encoder")
    facts = {"max_width": 3, "max_len": 48, "dropout": 0.0, "num_rnn_layers": 0, "hidden_size": 32}
    model = gliner.GLiNER.from_config(
        {"model_name": str(folder / "encoder"), "encoder_config": encoder.to_dict(), **facts},
        backbone_from_pretrained=False,
    )
    rows, types = [], []
    for words, named in taught():
        for asked in (KINDS, ["instrument"]):
            kept = [one for one in named if one[2] in asked]
            rows.append({"tokenized_text": words, "ner": kept})
            types.append(asked)
    collate = model.data_collator_class(model.config, data_processor=model.data_processor)
    collate.prepare_labels = True
    batch = collate(rows, entity_types=types)
    optimizer = torch.optim.AdamW(model.model.parameters(), lr=5e-3)
    model.model.train()
    for _ in range(250):
        loss = model.model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 2:
            break
    else:
        pytest.fail(f"the tiny model did not learn: loss {loss.item():.1f}")
    shutil.rmtree(folder / "encoder")
    model.save_pretrained(folder, safe_serialization=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("gliner")
    brought("gliner", made)  # skips where the library is missing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of training, which is no concern of the engine's
        save_gliner(made)
    return made


@pytest.fixture(scope="module")
def recognizer(folder: Path) -> GLiNER:
    return GLiNER(folder, "cpu")


def test_a_gliner_by_card_keeps_the_promises_of_its_task(folder: Path):
    check_open_entity_recognizer(brought("gliner", folder))


def test_usual_kinds_are_googles_and_own_ones_keep_their_name(recognizer: GLiNER):
    text = "Aisha Khan plays the flute in Oslo ."
    (usual,) = recognizer.entities([text], "en")
    assert [(text[one.start : one.end], one.kind, one.label) for one in usual] == [
        ("Aisha Khan", "PERSON", ""),
        ("Oslo", "LOCATION", ""),
    ]
    (own,) = recognizer.entities_of([text], ["instrument"], "en")
    assert [(text[one.start : one.end], one.kind, one.label) for one in own] == [
        ("flute", "OTHER", "instrument")
    ]
    assert not own[0].proper
    assert recognizer.entities_of([text], [], "en") == [[]]


@pytest.mark.parametrize("before", ["  ", "\r\n\t", "\u2003"], ids=ascii)
def test_places_are_code_points_whatever_stands_before(recognizer: GLiNER, before: str):
    text = before + "Tom plays the harp in Quito ."
    (found,) = recognizer.entities_of([text], ["instrument"], "en")
    check_mentions(text, found)
    assert [text[one.start : one.end] for one in found] == ["harp"]


def test_a_batch_equals_its_texts_one_by_one(recognizer: GLiNER):
    texts = ["Tom plays the harp in Quito .", "", "Nothing happened here .", "In Oslo , Tom left ."]
    together = recognizer.entities(texts * 3, "en")
    alone = [recognizer.entities([text], "en")[0] for text in texts] * 3
    for one, other in zip(together, alone, strict=True):
        assert [(m.start, m.end, m.kind) for m in one] == [(m.start, m.end, m.kind) for m in other]


# --- windows, with what stands in for the network ----------------------------------------------


class Stub:
    """What GLiNER's model is to the engine; finds one pattern and counts the words it is shown."""

    words = re.compile(r"\w+(?:[-_]\w+)*|\S")
    named = re.compile(r"harp( of gold)?")

    def __init__(self) -> None:
        self.data_processor = self
        self.most = 0

    def words_splitter(self, text: str) -> Iterator[tuple[str, int, int]]:
        return ((one[0], one.start(), one.end()) for one in self.words.finditer(text))

    def inference(self, texts: list[str], labels: list[str], **how: Any) -> list[Any]:
        self.most = max(len(list(self.words_splitter(text))) for text in texts)
        return [
            [
                {"start": one.start(), "end": one.end(), "label": labels[0], "score": 0.9}
                for one in self.named.finditer(text)
            ]
            for text in texts
        ]


@given(
    st.lists(st.sampled_from(["harp", "of", "gold", "😀", "\ud800", ".", "e\u0301", "שלום"])).map(
        lambda words: " ".join(words * 9)
    ),
    st.integers(min_value=8, max_value=60),
)
def test_long_texts_are_read_in_windows_and_nothing_is_found_twice_or_lost(text: str, window: int):
    stub = Stub()
    recognizer = GLiNER.__new__(GLiNER)
    recognizer._model, recognizer._window = stub, window
    (found,) = recognizer.entities_of([text], ["instrument"], "en")
    check_mentions(text, found)
    assert stub.most <= window
    assert [one.start for one in found] == [one.start() for one in Stub.named.finditer(text)]


def test_a_mark_belongs_to_its_letter():
    recognizer = GLiNER.__new__(GLiNER)
    recognizer._model, recognizer._window = Stub(), 48
    text = "A harp\u0301 here"
    (found,) = recognizer.entities_of([text], ["instrument"], "en")
    assert text[found[0].start : found[0].end] == "harp\u0301"


# --- folders that are refused, with and without the library -----------------------------------


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A folder that has all files, with nothing in the weights."""
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "tokenizer_config.json").write_text("{}")
    write(tmp_path, encoder_config={"model_type": "bert"})
    return tmp_path


def write(folder: Path, **config: Any) -> None:
    (folder / "gliner_config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    "name", ["model.safetensors", "tokenizer_config.json", "gliner_config.json"]
)
def test_a_folder_that_lacks_a_file_is_refused_and_nothing_is_fetched(whole: Path, name: str):
    (whole / name).unlink()
    (whole / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(FailedPrecondition, match=f"lacks {name}") as refusal:
        GLiNER(whole, "cpu")
    assert "safe_serialization" in (refusal.value.hint or "")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, "must hold the encoder_config"),
        ({"encoder_config": "bert"}, "must hold the encoder_config"),
        ({"encoder_config": {}, "words_splitter_type": "stanza"}, "split by white space"),
        ({"encoder_config": {}, "labels_encoder": "me/mine"}, "it has labels_encoder"),
        ({"encoder_config": {}, "relations_layer": "dot"}, "it has relations_layer"),
        ({"encoder_config": {"auto_map": {"AutoModel": "mine.Mine"}}}, "names code"),
        ({"encoder_config": {"a": [{"auto_map": {}}]}}, "names code"),
    ],
)
def test_a_model_that_needs_more_than_its_folder_is_refused(
    whole: Path, config: dict[str, Any], reason: str
):
    write(whole, **config)
    with pytest.raises(FailedPrecondition, match=reason):
        GLiNER(whole, "cpu")


@pytest.mark.parametrize("content", ["{", "[" * 200_000, '{"auto_map": {}}'])
def test_a_tokenizer_that_is_broken_or_names_code_is_refused(whole: Path, content: str):
    (whole / "tokenizer_config.json").write_text(content)
    with pytest.raises(FailedPrecondition, match=r"tokenizer_config\.json"):
        GLiNER(whole, "cpu")
