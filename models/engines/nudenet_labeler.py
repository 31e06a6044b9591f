"""Labels of pictures by lines over nudenet's backbone, trained here on 111 kinds of things."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.models.adapters.regions import regions
from sensorium.models.adapters.sight import flattened, load
from sensorium.models.engines._nudenet import REQUIRES, network
from sensorium.models.registry import engine
from sensorium.models.tasks import ImageLabeler, Label, Pixels


@engine(
    "nudenet_labeler",
    task=ImageLabeler,
    requires=(*REQUIRES, "safetensors"),
    batch=8,
    memory="150MB",
    rank=10,
)
class NudeNetLabeler:
    """Label pictures that show one of 107 things or garments, and stay silent on all others."""

    def __init__(self) -> None:
        self._network, self._heads = network(), load()

    def labels(self, images: Sequence[Pixels]) -> list[list[Label]]:
        """Return the labels of each picture, likeliest first; empty when nothing is sure."""
        return [
            self._heads.labels(self._heads.scores(flattened(regions(seen.maps, *image.shape[:2]))))
            for image, seen in zip(images, self._network.look(images), strict=True)
        ]
