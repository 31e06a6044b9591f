"""Texts as batches of numbers, alike in length."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.adapters import encoder
from sensorium.models.adapters.corpora import Felt, Tagged
from sensorium.models.adapters.shapes import TABLES, shapes
from sensorium.models.adapters.tags import KINDS, TAGS

LONGEST = 256
_OUT = -1e4
_PLACES: dict[str, int] = {kind: place for place, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Batch:
    """Ids (texts x tokens, 0 is none), shapes, and the targets of one task.

    `allowed` is added to the log-likelihoods of tags: 0 where the annotation permits the tag.
    `weights` is 1 for the first token of each word. `felt` is texts x 3, None for tagging.
    """

    ids: NDArray[np.int64]
    shapes: NDArray[np.int64]
    allowed: NDArray[np.float32]
    weights: NDArray[np.float32]
    felt: NDArray[np.float32] | None


def tokenizer() -> Any:
    """Return the encoder's own tokenizer, without padding, cut at LONGEST tokens."""
    from tokenizers import Tokenizer

    words = Tokenizer.from_file(str(encoder.folder() / "tokenizer.json"))
    words.no_padding()
    words.enable_truncation(LONGEST)
    return words


def batches(
    words: Any,
    tagged: Sequence[Tagged],
    felt: Sequence[Felt],
    tokens: int,
    chance: random.Random,
) -> list[Batch]:
    """Return batches of about so many tokens, each of one task."""
    made = []
    for items in (list(tagged), list(felt)):
        coded = list(zip(words.encode_batch([one.text for one in items]), items, strict=True))
        chance.shuffle(coded)
        coded.sort(key=lambda pair: len(pair[0].ids) + chance.random() * 4)
        group: list[Any] = []
        for pair in coded:
            if group and (len(group) + 1) * len(pair[0].ids) > tokens:
                made.append(_batch(group))
                group = []
            group.append(pair)
        if group:
            made.append(_batch(group))
    return made


def _batch(group: Sequence[tuple[Any, Any]]) -> Batch:
    width = max(len(code.ids) for code, _ in group)
    ids = np.zeros((len(group), width), np.int64)
    rows = np.zeros((len(group), width, len(TABLES)), np.int64)
    allowed = np.zeros((len(group), width, 1, len(TAGS)), np.float32)
    weights = np.zeros((len(group), width), np.float32)
    felt = []
    for row, (code, one) in enumerate(group):
        ids[row, : len(code.ids)] = code.ids
        rows[row, : len(code.ids)] = shapes(one.text, code.word_ids, code.offsets)
        if isinstance(one, Felt):
            felt.append(one.shares)
        else:
            _target(code, one, allowed[row, :, 0], weights[row])
    return Batch(ids, rows, allowed, weights, np.array(felt, np.float32) if felt else None)


def _target(
    code: Any, one: Tagged, allowed: NDArray[np.float32], weights: NDArray[np.float32]
) -> None:
    """Fill the tags that each first token of a word may have."""
    outside = np.full(len(TAGS), _OUT, np.float32)
    outside[0] = 0
    for place, looked_for in enumerate(KINDS):
        if looked_for not in one.kinds:
            outside[[2 * place + 1, 2 * place + 2]] = 0
    last = None
    for token, (word, (start, _)) in enumerate(zip(code.word_ids, code.offsets, strict=True)):
        if word is None or word == last:
            continue
        last = word
        weights[token] = 1
        allowed[token] = outside
        for first, end, kind in one.mentions:
            if first <= start < end:
                at = 2 * _PLACES[kind] + (1 if start == first else 2)
                allowed[token] = _OUT
                allowed[token, at] = 0
