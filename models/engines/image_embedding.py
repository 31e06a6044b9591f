"""Image embedding: any vision model that transformers can open from a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.models.engines._pictures import open_seer, pooled
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import ImageEmbedder, Pixels, Vector

_BATCH = 8
_POOLER = "pooler."  # models saved with a head of another kind lack its weights


@engine(
    "image_embedding",
    task=ImageEmbedder,
    requires=("transformers", "torch", "safetensors", "PIL", "cv2"),
    card=BY_CARD,
    batch=_BATCH,
    memory="800MB",
    rank=30,
)
class ImageEmbedding:
    """Embed pictures with a model of the user's choice (transformers, safetensors).

    DINOv2, ViT, ConvNeXT, Swin and their kin, and the picture half of SigLIP and CLIP.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._seer = open_seer(weights, device, "AutoModel", spare=(_POOLER,))
        weighed = [name for name, _ in self._seer.model.named_parameters()]
        self._joint = hasattr(self._seer.model, "get_image_features")
        self._classed = any(name.endswith("cls_token") for name in weighed)
        self._pooled = not any(name.startswith(_POOLER) for name in weighed)

    def embed_images(self, images: Sequence[Pixels]) -> list[Vector]:
        """Return a vector of unit length for each picture."""
        import torch

        found: dict[int, Vector] = {}
        for places, taken in self._seer.batches(images, _BATCH):
            with torch.inference_mode():
                vectors = pooled(self._seen(taken)).cpu().numpy().astype(np.float32)
            found.update(zip(places, vectors, strict=True))
        return [found[at] for at in range(len(images))]

    def _seen(self, taken: Any) -> Any:
        """Return what stands for the whole picture: joint features, a class token, or the mean."""
        if self._joint:
            return self._seer.model.get_image_features(**taken)
        told = self._seer.model(**taken)
        last = told.last_hidden_state
        if self._classed and last.ndim == 3:
            return last[:, 0]
        if self._pooled and getattr(told, "pooler_output", None) is not None:
            return told.pooler_output
        return last.mean(dim=1) if last.ndim == 3 else last.mean(dim=(2, 3))
