"""Open a folder of a vision model of transformers, and make of pictures what it takes.

The processors of transformers that work on PIL are asked for by name: the others need torchvision,
which has no build beside a torch without CUDA.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.engines._transformers import open_model, open_part
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import Pixels

_LONGEST = 16  # times its width that a picture is high, or wide; what is thinner is stretched

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seer:
    """A processor of pictures, a model in evaluation mode, what it takes, and where it runs."""

    processor: Any
    model: Any
    takes: frozenset[str]
    device: str

    def batches(self, images: Sequence[Pixels], most: int) -> Iterator[tuple[list[int], Any]]:
        """Yield what the model takes for at most so many pictures at once, and which they are.

        Only pictures that come out in one shape go together, so that none is padded.
        """
        shapes: dict[tuple[int, ...], list[tuple[int, Any]]] = {}
        for at, image in enumerate(images):
            made = self.processor(
                images=[_thick(image)], input_data_format="channels_last", return_tensors="pt"
            )
            group = shapes.setdefault(tuple(made["pixel_values"].shape), [])
            group.append((at, made))
            if len(group) == most:
                yield self._joined(group)
                group.clear()
        for group in shapes.values():
            if group:
                yield self._joined(group)

    def _joined(self, group: list[tuple[int, Any]]) -> tuple[list[int], Any]:
        import torch

        taken = {
            name: torch.cat([made[name] for _, made in group]).to(self.device)
            for name in group[0][1]
            if name in self.takes
        }
        taken["pixel_values"] = taken["pixel_values"].to(self.model.dtype)
        return [at for at, _ in group], taken

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the names of the model's labels; FailedPrecondition when they have none."""
        config = self.model.config
        names = tuple(str(config.id2label[number]) for number in range(config.num_labels))
        if all(name == f"LABEL_{number}" for number, name in enumerate(names)):
            raise FailedPrecondition(
                "The model does not say what its labels are called.",
                hint="`id2label` in its config.json names them.",
            )
        return names


def open_seer(folder: Path, device: str, kind: str, spare: tuple[str, ...] = ()) -> Seer:
    """Open a vision model as `transformers.<kind>`; raises what `open_model` raises."""
    processor = open_part(folder, "AutoImageProcessor", backend="pil")
    model = open_model(folder, device, kind, spare)
    if device == "cpu":  # processors are slow at half precision, or cannot do it
        model = model.float()
    taker = getattr(model, "get_image_features", model.forward)
    return Seer(processor, model, frozenset(inspect.signature(taker).parameters), device)


def pooled(output: Any) -> Any:
    """Return the vectors of what `get_image_features` and its kin answer, of length 1."""
    import torch

    vectors = output if isinstance(output, torch.Tensor) else output.pooler_output
    vectors = vectors.float().flatten(1)
    return vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1e-12)


def _thick(image: Pixels) -> Pixels:
    """Return a picture that is no hair: processors that keep proportions would make it huge."""
    import cv2

    height, width = image.shape[:2]
    least = -(-max(height, width) // _LONGEST)
    if min(height, width) >= least:
        return np.ascontiguousarray(image)
    size = (max(width, least), max(height, least))
    return np.asarray(cv2.resize(np.ascontiguousarray(image), size), np.uint8)
