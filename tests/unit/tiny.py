"""Models of a few thousand parameters, trained by the tests until they know a few sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sensorium.models.registry import EngineSpec, discover

PEOPLE = ["Maria Ortega", "Tom Baker", "Aisha Khan", "Jürgen Voß", "Maria Baker", "Tom"]
PLACES = ["Lisbon", "Oslo", "New Haven", "Zürich", "Quito"]
FIRMS = ["Nordwind", "Acme Tools", "Bluebird Coffee"]
FRAMES = (
    "{P} works in {L} .",
    "{P} left {F} for {L} .",
    "In {L} , {P} met {P} .",
    "{F} opened an office in {L} .",
    "We paid {F} and then went home .",
    "Does {P} know {F} ?",
    "Nothing happened here today .",
    "This is wonderful .",
)
KINDS = {"P": "PER", "L": "LOC", "F": "ORG"}


def brought(name: str, folder: Path) -> EngineSpec:
    """The engine of this name with a model that the user brought, as one without a card."""
    spec = next(spec for spec in discover() if spec.name == name)
    if reason := replace(spec, card=None).missing():
        pytest.skip(f"{name}: {reason}")
    factory: Any = partial(spec.factory, weights=folder)
    return replace(spec, card=None, factory=factory)


def tagged_sentences() -> list[tuple[list[str], list[str]]]:
    """Words and IOB2 labels: every frame filled with every name."""
    made = []
    names = {"P": PEOPLE, "L": PLACES, "F": FIRMS}
    for turn in range(12):
        for at, frame in enumerate(FRAMES):
            words: list[str] = []
            labels: list[str] = []
            for slot, part in enumerate(frame.split()):
                if not (found := re.fullmatch(r"\{(.)\}", part)):
                    words.append(part)
                    labels.append("O")
                    continue
                filled = names[found[1]][(turn + at + slot) % len(names[found[1]])].split()
                words += filled
                labels += [f"{'I' if n else 'B'}-{KINDS[found[1]]}" for n in range(len(filled))]
            made.append((words, labels))
    return made


def tokenizer(texts: Sequence[str], length: int) -> Any:
    """A cased WordPiece tokenizer of 220 pieces, so that names fall apart."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import PreTrainedTokenizerFast

    made = BertWordPieceTokenizer(lowercase=False)
    made.train_from_iterator(texts, vocab_size=220, min_frequency=1, show_progress=False)
    special = {
        f"{name}_token": f"[{name.upper()}]" for name in ("unk", "sep", "pad", "cls", "mask")
    }
    from tokenizers.processors import BertProcessing

    ends = [(name, made.token_to_id(name)) for name in ("[SEP]", "[CLS]")]
    made._tokenizer.post_processor = BertProcessing(ends[0], ends[1])
    return PreTrainedTokenizerFast(
        tokenizer_object=made._tokenizer, model_max_length=length, **special
    )


def config(vocabulary: int, labels: Sequence[str], length: int = 64) -> Any:
    """A BERT of two layers of width 32."""
    from transformers import BertConfig

    names: Mapping[int, str] = dict(enumerate(labels))
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=length,
        initializer_range=0.2,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        id2label=names,
        label2id={name: number for number, name in names.items()},
    )


def train(model: Any, batch: Mapping[str, Any], least: float, steps: int = 400) -> None:
    """Fit one batch until the loss is below `least`."""
    import torch

    # more threads would add numbers in another order, and make another model
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        _fit(model, batch, least, steps)
    finally:
        torch.set_num_threads(threads)


def _fit(model: Any, batch: Mapping[str, Any], least: float, steps: int) -> None:
    import torch

    optimizer = torch.optim.AdamW((p for p in model.parameters() if p.requires_grad), lr=5e-3)
    model.train()
    for _ in range(steps):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < least:
            return
    pytest.fail(f"the tiny model did not learn: loss {loss.item():.3f}")


def save_tagger(folder: Path, length: int = 64) -> None:
    """Train a tagger on `tagged_sentences` and save it."""
    import torch
    from transformers import BertForTokenClassification

    torch.manual_seed(7)
    sentences = tagged_sentences()
    labels = ["O", *(f"{place}-{kind}" for kind in KINDS.values() for place in "BI")]
    tokens = tokenizer([" ".join(words) for words, _ in sentences], length)
    batch = tokens(
        [words for words, _ in sentences],
        is_split_into_words=True,
        padding=True,
        return_tensors="pt",
    )
    wanted = torch.full_like(batch["input_ids"], -100)
    for row, (_, said) in enumerate(sentences):
        seen = None
        for at, word in enumerate(batch.word_ids(row)):
            if word is not None and word != seen:
                wanted[row, at] = labels.index(said[word])
            seen = word
    model = BertForTokenClassification(config(len(tokens), labels, length))
    places = model.bert.embeddings.position_embeddings.weight
    places.requires_grad_(False).zero_()  # it never sees the far places of long texts
    train(model, {**batch, "labels": wanted}, 0.01)
    model.save_pretrained(folder)
    tokens.save_pretrained(folder)


GOOD = ("This is wonderful.", "I love it.", "What a great day.", "The best coffee.")
BAD = ("This is horrible.", "I hate it.", "What a bad day.", "The worst coffee.")
PLAIN = ("The shop opens at nine.", "It is a door.", "We met on Monday.", "The list has two parts.")


def save_classifier(folder: Path, labels: Sequence[str], kinds: Mapping[str, int]) -> None:
    """Train a classifier on three kinds of sentences; `kinds` numbers their labels."""
    import torch
    from transformers import BertForSequenceClassification

    torch.manual_seed(7)
    known = {"good": GOOD, "bad": BAD, "plain": PLAIN}
    texts = [text for kind in kinds for text in known[kind]]
    wanted = [number for kind, number in kinds.items() for _ in known[kind]]
    tokens = tokenizer(texts, 32)
    batch = tokens(texts, padding=True, return_tensors="pt")
    model = BertForSequenceClassification(config(len(tokens), labels, 34))
    train(model, {**batch, "labels": torch.tensor(wanted)}, 0.02)
    model.save_pretrained(folder)
    tokens.save_pretrained(folder)
