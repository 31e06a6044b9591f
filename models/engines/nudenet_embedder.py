"""Pictures as vectors, from what nudenet's backbone sees of them when they are small."""

from __future__ import annotations

from collections.abc import Sequence

from sensorium.models.adapters.regions import regions
from sensorium.models.adapters.sight import load, shrunk
from sensorium.models.engines._nudenet import REQUIRES, network
from sensorium.models.registry import engine
from sensorium.models.tasks import ImageEmbedder, Pixels, Vector


@engine(
    "nudenet_embedder",
    task=ImageEmbedder,
    requires=(*REQUIRES, "safetensors"),
    batch=32,
    memory="150MB",
    rank=10,
)
class NudeNetEmbedder:
    """Embed pictures so that copies of one are found first, cropped, blurred or recompressed.

    What merely shows the same kind of thing is near by its colours and shapes, not by its meaning.
    """

    def __init__(self) -> None:
        self._network, self._heads = network(), load()

    def embed_images(self, images: Sequence[Pixels]) -> list[Vector]:
        """Return a vector of unit length for each picture; most pairs have a cosine about 0."""
        small = [shrunk(image) for image in images]
        return [
            self._heads.vector(regions(seen.maps, *image.shape[:2]))
            for image, seen in zip(small, self._network.look(small), strict=True)
        ]
