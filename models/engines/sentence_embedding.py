"""Sentence embedding: any model that sentence-transformers can open from a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.models.engines._transformers import readable
from sensorium.models.errors import FailedPrecondition
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import TextEmbedder, Vector

_BATCH = 32


@engine(
    "sentence_embedding",
    task=TextEmbedder,
    requires=("sentence_transformers", "torch", "safetensors"),
    card=BY_CARD,
    batch=_BATCH,
    memory="600MB",
    rank=30,
)
class SentenceEmbedding:
    """Embed texts with a model of the user's choice (sentence-transformers, safetensors)."""

    def __init__(self, weights: Path, device: str) -> None:
        """Open the folder; no code of it runs, and nothing is fetched."""
        from sentence_transformers import SentenceTransformer

        if not any(weights.rglob("*.safetensors")):
            raise FailedPrecondition(
                f"{weights.name} holds no .safetensors file.",
                hint="Save the model again with `save_pretrained(..., safe_serialization=True)`.",
            )
        try:
            self._model: Any = SentenceTransformer(
                str(weights),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            ).eval()
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise FailedPrecondition(f"{weights.name} cannot be opened: {error}") from error

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector of unit length for each text; what exceeds the model's window is cut."""
        vectors = self._model.encode(
            [readable(text) for text in texts],
            batch_size=_BATCH,
            show_progress_bar=False,
            normalize_embeddings=True,
        )
        return list(np.asarray(vectors, np.float32))

    def tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens the model's tokenizer makes of each text."""
        tokenizer = self._model.tokenizer
        return [len(tokenizer(readable(text))["input_ids"]) for text in texts]
