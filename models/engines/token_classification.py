"""Token classification: any tagger of entities that transformers can open from a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensorium.models.engines._transformers import open_folder
from sensorium.models.entity_labels import OUTSIDE, Tag, nameless, tag
from sensorium.models.errors import FailedPrecondition
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import EntityRecognizer, Mention

_BATCH = 16
# Scripts without spaces between words, where a SentencePiece "word" is a whole clause.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


class Piece(NamedTuple):
    """A token of the model: its code points, the word it belongs to, its probabilities.

    `margin` is its distance in tokens to the nearer end of the window that it was read in.
    """

    start: int
    end: int
    word: int | None
    margin: int
    scores: NDArray[np.float32]


@engine(
    "token_classification",
    task=EntityRecognizer,
    requires=("transformers", "torch", "safetensors"),
    card=BY_CARD,
    batch=_BATCH,
    memory="600MB",
    rank=30,
)
class TokenClassification:
    """Find entities with a tagger of the user's choice (transformers, safetensors).

    A word has the label of its first piece, as such models are trained; texts longer than the model
    reads at once are cut into windows that overlap by a quarter.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._opened = open_folder(weights, device, "AutoModelForTokenClassification")
        labels = self._opened.labels
        if any(map(nameless, labels)) or all(label.upper() != "O" for label in labels):
            raise FailedPrecondition(
                f"{weights.name} is no tagger of entities: its labels are {', '.join(labels[:9])}.",
                hint="`id2label` in its config.json must name them, O for what is no entity.",
            )
        self._tags = [tag(label) for label in labels]

    def entities(self, texts: Sequence[str], language: str) -> list[list[Mention]]:
        """Return the mentions of each text in order, not overlapping."""
        found: list[list[Mention]] = [[] for _ in texts]
        asked = [at for at, text in enumerate(texts) if text.strip()]
        if asked:
            pieces = self._pieces([texts[at] for at in asked])
            for at, of_text in zip(asked, pieces, strict=True):
                found[at] = list(_mentions(texts[at], of_text, self._tags))
        return found

    def _pieces(self, texts: list[str]) -> list[list[Piece]]:
        """Return the tokens of each text, each from the window that shows most around it."""
        encoded = self._opened.encode(texts, stride=self._opened.window // 4)
        rows = sorted(range(len(encoded["input_ids"])), key=lambda r: len(encoded["input_ids"][r]))
        best: list[dict[tuple[int, int], Piece]] = [{} for _ in texts]
        for first in range(0, len(rows), _BATCH):
            some = rows[first : first + _BATCH]
            for row, logits in zip(some, self._opened.logits(encoded, some), strict=True):
                kept = best[encoded["overflow_to_sample_mapping"][row]]
                for piece in _read(encoded, row, _softmax(logits)):
                    span = piece.start, piece.end
                    if span not in kept or kept[span].margin < piece.margin:
                        kept[span] = piece
        return [[kept[span] for span in sorted(kept)] for kept in best]


def _read(encoded: Any, row: int, scores: NDArray[np.float32]) -> Iterator[Piece]:
    """Yield the tokens of one window that stand for characters."""
    offsets, words = encoded["offset_mapping"][row], encoded.word_ids(row)
    special = encoded["special_tokens_mask"][row]
    for at, (start, end) in enumerate(offsets):
        if not special[at] and end > start:
            yield Piece(start, end, words[at], min(at, len(offsets) - 1 - at), scores[at])


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float32] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _words(text: str, pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Yield the pieces word by word; the punctuation around a word is no part of it."""
    for number, group in groupby(pieces, key=lambda piece: piece.word):
        word = list(group)
        if number is None or _UNSPACED.search(text, word[0].start, word[-1].end):
            yield from ([piece] for piece in word)
            continue
        solid = [at for at, p in enumerate(word) if any(map(str.isalnum, text[p.start : p.end]))]
        first, last = (solid[0], solid[-1] + 1) if solid else (0, 0)
        yield from ([piece] for piece in word[:first])
        if solid:
            yield word[first:last]
        yield from ([piece] for piece in word[last:])


def _mentions(text: str, pieces: list[Piece], tags: Sequence[Tag]) -> Iterator[Mention]:
    """Yield the mentions that the words' labels spell out, in any of the common schemes."""
    open_, start, end = OUTSIDE, 0, 0
    scores: list[float] = []
    for word in _words(text, pieces):
        label = int(word[0].scores.argmax())
        now, score = tags[label], float(word[0].scores[label])
        goes_on = (
            now.kind is not None
            and now.kind == open_.kind
            and now.place in ("inside", "end")
            and open_.place in ("begin", "inside")
        )
        if not goes_on:
            yield from _mention(text, start, end, open_, scores)
            start, scores = word[0].start, []
        open_, end = now, word[-1].end
        scores.append(score)
    yield from _mention(text, start, end, open_, scores)


def _mention(
    text: str, start: int, end: int, said: Tag, scores: Sequence[float]
) -> Iterator[Mention]:
    """Yield a mention without the space around it, unless it is outside or nothing but space."""
    named = text[start:end]
    start += len(named) - len(named.lstrip())
    end -= len(named) - len(named.rstrip())
    if said.kind is not None and start < end:
        yield Mention(start, end, said.kind, min(1.0, sum(scores) / len(scores)))
