"""Translation by encoder-decoder models: sentence by sentence, those of like length together."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sensorium.models import sentences
from sensorium.models.engines._transformers import readable
from sensorium.models.sentences import Sentence

BATCH = 16  # sentences
_LONGEST = 512  # tokens
_WIDEST = 480  # characters of a sentence: never more tokens than a model takes
_KEPT = 20_000  # sentences remembered

Encode = Callable[[list[str]], Any]


@dataclass(slots=True)
class Writer:
    """A model that writes one sentence for another, and what it wrote before."""

    model: Any
    tokenizer: Any
    device: str
    _written: OrderedDict[tuple[str, str], str] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def translate(
        self,
        texts: Sequence[str],
        language: str,
        way: str,
        encode: Encode,
        size: int = BATCH,
        **how: Any,
    ) -> list[str]:
        """Return texts with their sentences translated and what stands between them as it was.

        `language` is that of the texts, by which they are cut into sentences; `way` tells one
        direction of the model from another; `encode` makes of sentences what `generate` takes
        besides `how`, of `size` at most.
        """
        texts = [readable(text) for text in texts]
        cut = [list(_cut(text, language)) for text in texts]
        wanted = list(dict.fromkeys(one.text for found in cut for one in found))
        known = {text: self._known(way, text) for text in wanted}
        fresh = sorted((text for text in wanted if known[text] is None), key=len)
        for start in range(0, len(fresh), size):
            some = fresh[start : start + size]
            for text, written in zip(some, self._generated(encode(some), how), strict=True):
                known[text] = written or text  # a model that has nothing to say does not know it
                self._remember(way, text, written or text)
        return [_joined(text, found, known) for text, found in zip(texts, cut, strict=True)]

    def _generated(self, encoded: Any, how: dict[str, Any]) -> list[str]:
        import torch

        taken = {name: value[:, :_LONGEST].to(self.device) for name, value in encoded.items()}
        longest = 32 + 3 * int(taken["input_ids"].shape[1])
        with torch.inference_mode():
            told = self.model.generate(**taken, max_new_tokens=min(_LONGEST, longest), **how)
        return [one.strip() for one in self.tokenizer.batch_decode(told, skip_special_tokens=True)]

    def _known(self, way: str, text: str) -> str | None:
        with self._lock:
            found = self._written.get((way, text))
            if found is not None:
                self._written.move_to_end((way, text))
            return found

    def _remember(self, way: str, text: str, written: str) -> None:
        with self._lock:
            self._written[way, text] = written
            if len(self._written) > _KEPT:
                self._written.popitem(last=False)


def _cut(text: str, language: str) -> Iterator[Sentence]:
    """Yield the sentences of a text, those that a model could not take whole in pieces."""
    for one in sentences.split(text, language):
        start = one.start
        while one.end - start > _WIDEST:
            space = text.rfind(" ", start + 1, start + _WIDEST)
            end = space if space > 0 else start + _WIDEST
            yield Sentence(text[start:end], start, end)
            start = end + (space > 0)
        yield Sentence(text[start : one.end], start, one.end)


def _joined(text: str, found: Sequence[Sentence], known: dict[str, str | None]) -> str:
    pieces = []
    at = 0
    for one in found:
        pieces += [text[at : one.start], known[one.text] or ""]
        at = one.end
    return "".join([*pieces, text[at:]])
