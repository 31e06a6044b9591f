"""Object detection: any detector that transformers can open from a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.models.engines._pictures import Floats, open_seer
from sensorium.models.errors import FailedPrecondition
from sensorium.models.imaging.boxes import within
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import ObjectDetector, Pixels, Thing

_BATCH = 4
_LEAST = 0.5  # a score that is told
_NOTHING = ("", "n/a", "no object", "background")


@engine(
    "object_detection",
    task=ObjectDetector,
    requires=("transformers", "torch", "safetensors", "PIL", "cv2"),
    card=BY_CARD,
    batch=_BATCH,
    memory="1GB",
    rank=30,
)
class ObjectDetection:
    """Find things with a detector of the user's choice (transformers, safetensors).

    DETR and its kin: RT-DETR, D-FINE, conditional and deformable DETR, YOLOS. The model's
    configuration names the kinds of things.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._seer = open_seer(weights, device, "AutoModelForObjectDetection")
        self._labels = self._seer.labels
        self._names = tuple(dict.fromkeys(name for name in self._labels if _is_thing(name)))
        if not self._names:
            raise FailedPrecondition(f"{weights.name} names nothing that it could find.")

    def names(self) -> tuple[str, ...]:
        """Return every kind that it knows."""
        return self._names

    def objects(self, images: Sequence[Pixels]) -> list[list[Thing]]:
        """Return the things in each picture, surest first, from a score of .5 on."""
        import torch

        found: list[list[Thing]] = [[] for _ in images]
        for places, taken in self._seer.batches(images, _BATCH):
            with torch.inference_mode():
                told = self._seer.model(**taken)
            logits, boxes = (one.float().cpu().numpy() for one in (told.logits, told.pred_boxes))
            for row, at in enumerate(places):
                found[at] = self._things(logits[row], boxes[row], images[at])
        return found

    def _things(self, logits: Floats, boxes: Floats, image: Pixels) -> list[Thing]:
        """Return what the queries of one picture found: their likeliest kinds."""
        shares = likelihoods(logits, len(self._labels))
        kinds, scores = shares.argmax(axis=1), shares.max(axis=1)
        height, width = image.shape[:2]
        corners = np.hstack([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2])
        corners = corners * np.array([width, height, width, height], np.float32)
        things = []
        for row in np.argsort(-scores, kind="stable"):
            name = self._labels[kinds[row]]
            if scores[row] < _LEAST or not _is_thing(name):
                continue
            if (box := within(corners[row], image)) is not None:
                things.append(Thing(name, float(scores[row]), box))
        return things


def likelihoods(logits: Floats, labels: int) -> Any:
    """Return how likely each query found each label.

    With one more logit than labels the last is "nothing" and they compete (softmax: DETR, YOLOS);
    with as many each label stands on its own (sigmoid: the detectors trained with focal loss).
    """
    if logits.shape[1] == labels + 1:
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (powers / powers.sum(axis=1, keepdims=True))[:, :-1]
    return 1 / (1 + np.exp(-np.clip(logits[:, :labels], -50, 50)))


def _is_thing(name: str) -> bool:
    """Tell whether a label is more than a gap in the numbering."""
    return name.strip().casefold() not in _NOTHING
