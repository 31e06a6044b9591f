"""What a video shows: its facts, small pictures of all its frames, and some frames whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks.pictures import Pixels


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """How long a video is in seconds, its upright size in pixels, and what there is of it.

    `rate` is frames a second on average; `frames` is false for a file that has sound alone, `sound`
    for one that is silent.
    """

    seconds: float
    width: int
    height: int
    rate: float
    frames: bool
    sound: bool


@dataclass(frozen=True, slots=True)
class Glances:
    """Small pictures of frames (frames x 18 x 32 x 3, RGB), and the second at which each begins."""

    times: NDArray[np.float64]
    pictures: NDArray[np.uint8]


class VideoReader(Protocol):
    """Open video files."""

    def facts(self, content: bytes) -> VideoFacts:
        """Return what a file says of itself; InvalidArgument for what is no video or sound."""
        ...

    def glances(self, content: bytes, seconds: float) -> Glances:
        """Return small pictures of all frames; OutOfRange for more than `seconds`.

        A file that ends early is what there is of it.
        """
        ...

    def frames(self, content: bytes, times: Sequence[float], side: int) -> list[Pixels]:
        """Return the frames that are shown at these seconds, which rise, upright.

        Their longer side has at most `side` pixels. After the end it is the last frame.
        """
        ...
