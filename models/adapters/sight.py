"""The heads over nudenet's backbone that this project trained: labels of pictures, and vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.models.adapters.regions import MEAN, QUARTERS, Floats
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import Label, Pixels, Vector

WEIGHTS = Path(__file__).with_name("nudenet.safetensors")
SIDE = 64  # pixels of the longer side of a picture that is to be compared
MAPS = 3


@dataclass(frozen=True, slots=True)
class Heads:
    """A line of weights for each of `names`, and for each map the axes that vectors are told in.

    `names` may hold one twice. A score s of the line stands for the probability
    1 / (1 + exp(-(slope s + offset))) that a label is right, and is told from `least` on.
    """

    names: tuple[str, ...]
    weight: Floats
    bias: Floats
    slope: float
    offset: float
    least: float
    centers: tuple[Floats, ...]
    axes: tuple[Floats, ...]

    def scores(self, flat: Floats) -> Floats:
        """Return the score of each name for what `flattened` makes of each picture."""
        scores: Floats = flat @ self.weight.T + self.bias
        return scores

    def labels(self, scores: Floats) -> list[Label]:
        """Return the labels of one picture that are sure, likeliest first."""
        likely: dict[str, float] = {}
        shares = 1 / (1 + np.exp(-(self.slope * scores.astype(np.float64) + self.offset)))
        for at in np.argsort(-scores, kind="stable"):
            if scores[at] < self.least:
                break
            likely.setdefault(self.names[at], float(shares[at]))
        return [Label(name, share) for name, share in likely.items()]

    def vector(self, pooled: Sequence[Floats]) -> Vector:
        """Return the vector of a picture whose longer side is SIDE, of unit length.

        The mean of the picture and those of its quarters, on every map, are told in axes that are
        alike in weight; each counts as much as any other.
        """
        parts = []
        for seen, center, axes in zip(pooled, self.centers, self.axes, strict=True):
            told = (np.vstack([seen[MEAN], seen[QUARTERS]]) - center) @ axes
            parts.append(told / np.maximum(np.linalg.norm(told, axis=1, keepdims=True), 1e-6))
        vector = np.concatenate(parts).ravel()
        return np.asarray(vector / max(1e-6, float(np.linalg.norm(vector))), np.float32)


def flattened(pooled: Sequence[Floats]) -> Floats:
    """Return everything that is known of a picture in one row."""
    return np.concatenate([one.ravel() for one in pooled])


def shrunk(image: Pixels) -> Pixels:
    """Return a picture without what blurring and compression take, SIDE pixels at most."""
    import cv2

    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def load(path: Path = WEIGHTS) -> Heads:
    """Return the trained heads; FailedPrecondition when the file is not there."""
    from safetensors import safe_open

    if not path.is_file():
        raise FailedPrecondition(
            f"{path.name} is not there.",
            hint="`python -m sensorium.models.adapters.train_pictures` trains it.",
        )
    with safe_open(str(path), framework="numpy") as file:
        names = tuple(json.loads(file.metadata()["names"]))
        tensors: dict[str, Any] = {
            name: file.get_tensor(name).astype(np.float32)
            for name in file.keys()  # noqa: SIM118
        }
    slope, offset, least = map(float, tensors["label.calibration"])
    return Heads(
        names,
        tensors["label.weight"],
        tensors["label.bias"],
        slope,
        offset,
        least,
        centers=tuple(tensors[f"vector.{at}.center"] for at in range(MAPS)),
        axes=tuple(tensors[f"vector.{at}.axes"] for at in range(MAPS)),
    )
