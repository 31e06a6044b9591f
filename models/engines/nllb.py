"""Translation with NLLB and M2M-100: one model for many languages, through transformers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sensorium.models.engines._languages import bcp47
from sensorium.models.engines._seq2seq import Writer
from sensorium.models.engines._transformers import open_model, open_part
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import Translator

# `eng_Latn` of NLLB, `__en__` of M2M-100
_LANGUAGE = re.compile(r"([a-z]{3}_[A-Z][a-z]{3})|__([a-z]{2,3})__")


@engine(
    "nllb",
    task=Translator,
    requires=("transformers", "torch", "safetensors", "sentencepiece"),
    card=BY_CARD,
    batch=32,
    memory="3GB",
    rank=15,
)
class Nllb:
    """Translate between all languages of an NLLB or M2M-100 (safetensors).

    The weights of NLLB are for non-commercial use (CC BY-NC 4.0), those of M2M-100 are MIT.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._tokenizer = open_part(weights, "AutoTokenizer")
        model = open_model(weights, device, "AutoModelForSeq2SeqLM", _POSITIONS)
        self._writer = Writer(model, self._tokenizer, device)
        self._codes: dict[str, tuple[str, int]] = {}
        for token, number in self._tokenizer.get_vocab().items():
            if found := _LANGUAGE.fullmatch(token):
                code = found[1] or found[2]
                self._codes.setdefault(bcp47(code), (code, number))
        if len(self._codes) < 2:
            raise FailedPrecondition(f"{weights.name} does not tell its languages.")

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return all pairs of its languages."""
        return tuple((a, b) for a in self._codes for b in self._codes if a != b)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Return the translation of each text; InvalidArgument for a language it does not know."""
        if source not in self._codes or target not in self._codes:
            raise InvalidArgument(f"This model does not translate {source!r} into {target!r}.")
        own, (_, start) = self._codes[source][0], self._codes[target]

        def encode(some: list[str]) -> Any:
            self._tokenizer.src_lang = own
            return self._tokenizer(some, return_tensors="pt", padding=True, truncation=True)

        way = f"{source}>{target}"
        return self._writer.translate(texts, source, way, encode, forced_bos_token_id=start)


_POSITIONS = ("model.encoder.embed_positions", "model.decoder.embed_positions")  # are computed
