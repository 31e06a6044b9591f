"""Translation with Marian models, such as those of OPUS-MT, through transformers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sensorium.models.engines._languages import bcp47
from sensorium.models.engines._seq2seq import Writer
from sensorium.models.engines._transformers import open_model, open_part
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import Translator

_TARGET = re.compile(r">>([A-Za-z_-]{2,12})<<")


@engine(
    "marian",
    task=Translator,
    requires=("transformers", "torch", "safetensors", "sentencepiece"),
    card=BY_CARD,
    batch=64,
    memory="400MB",
    rank=20,
)
class Marian:
    """Translate one pair, or one language into several, with a Marian model (safetensors).

    The tokenizer's configuration tells the pair (`source_lang`, `target_lang`); a model for several
    targets has a token such as `>>fra<<` for each.
    """

    def __init__(self, weights: Path, device: str) -> None:
        with warnings.catch_warnings():  # it recommends a package that only mends punctuation
            warnings.simplefilter("ignore")
            self._tokenizer = open_part(weights, "AutoTokenizer")
        source = getattr(self._tokenizer, "source_lang", None)
        if not source:
            raise FailedPrecondition(
                f"{weights.name} does not tell its languages.",
                hint="`source_lang` and `target_lang` in tokenizer_config.json do.",
            )
        model = open_model(weights, device, "AutoModelForSeq2SeqLM", _POSITIONS)
        self._writer = Writer(model, self._tokenizer, device)
        self._source = bcp47(source)
        told = [_TARGET.fullmatch(code) for code in self._tokenizer.supported_language_codes]
        self._targets = {bcp47(found[1]): f"{found[0]} " for found in told if found}
        if not self._targets and self._tokenizer.target_lang:
            self._targets = {bcp47(self._tokenizer.target_lang): ""}

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the source with each target."""
        return tuple((self._source, target) for target in self._targets)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Return the translation of each text; InvalidArgument for a pair that is not its own."""
        start = self._targets.get(target)
        if source != self._source or start is None:
            raise InvalidArgument(f"This model does not translate {source!r} into {target!r}.")

        def encode(some: list[str]) -> Any:
            marked = [f"{start}{text}" for text in some]
            return self._tokenizer(marked, return_tensors="pt", padding=True, truncation=True)

        return self._writer.translate(texts, source, target, encode)


_POSITIONS = ("model.encoder.embed_positions", "model.decoder.embed_positions")  # are computed
