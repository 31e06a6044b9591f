"""Image classification: any classifier that transformers can open from a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sensorium.models.engines._pictures import Floats, open_seer
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import ImageLabeler, Label, Pixels

_BATCH = 8
_LEAST = 0.5  # a probability that is told


@engine(
    "image_classification",
    task=ImageLabeler,
    requires=("transformers", "torch", "safetensors", "PIL", "cv2"),
    card=BY_CARD,
    batch=_BATCH,
    memory="800MB",
    rank=30,
)
class ImageClassification:
    """Label pictures with a classifier of the user's choice (transformers, safetensors).

    Labels are told that are likelier than not. A label's name ends at its first comma: ImageNet's
    are lists of synonyms.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._seer = open_seer(weights, device, "AutoModelForImageClassification")
        self._names = [label.partition(",")[0].strip() for label in self._seer.labels]
        self._many = self._seer.model.config.problem_type == "multi_label_classification"

    def labels(self, images: Sequence[Pixels]) -> list[list[Label]]:
        """Return the labels of each picture, likeliest first; empty when nothing is sure."""
        import torch

        found: list[list[Label]] = [[] for _ in images]
        for places, taken in self._seer.batches(images, _BATCH):
            with torch.inference_mode():
                logits = self._seer.model(**taken).logits.float()
            shares = (logits.sigmoid() if self._many else logits.softmax(dim=-1)).cpu().numpy()
            for row, at in enumerate(places):
                found[at] = self._sure(shares[row])
        return found

    def _sure(self, shares: Floats) -> list[Label]:
        """Return the labels that are likelier than not; what has one name counts as one label."""
        likely: dict[str, float] = {}
        for name, share in zip(self._names, shares, strict=True):
            before = likely.get(name, 0.0)
            likely[name] = max(before, float(share)) if self._many else before + float(share)
        sure = [
            Label(name, min(score, 1.0))
            for name, score in likely.items()
            if score >= _LEAST and name
        ]
        return sorted(sure, key=lambda label: -label.score)
