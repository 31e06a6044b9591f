"""What a picture shows: faces, things, labels, hazards, and vectors to compare pictures by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sensorium.models.tasks.language import Vector
from sensorium.models.tasks.pictures import Pixels, Point


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels of its picture."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Face:
    """A face with its landmarks by Google's names (`LEFT_EYE`, `NOSE_TIP`, `MOUTH_LEFT` ...).

    `roll`, `pan` and `tilt` are degrees, None where the engine cannot tell. `attributes` are the
    probabilities that only some engines give (`joy`, `sorrow`, `anger`, `surprise`, `headwear`).
    """

    box: Box
    landmarks: Mapping[str, Point]
    confidence: float
    roll: float | None = None
    pan: float | None = None
    tilt: float | None = None
    attributes: Mapping[str, float] | None = None


class FaceDetector(Protocol):
    """Find faces."""

    def faces(self, images: Sequence[Pixels]) -> list[list[Face]]:
        """Return the faces of each picture, surest first."""
        ...


@dataclass(frozen=True, slots=True)
class Thing:
    """An object: what it is, how sure, and where."""

    name: str
    score: float
    box: Box


class ObjectDetector(Protocol):
    """Find things of known kinds."""

    def objects(self, images: Sequence[Pixels]) -> list[list[Thing]]:
        """Return the things in each picture, surest first."""
        ...

    def names(self) -> tuple[str, ...]:
        """Return every kind that it knows."""
        ...


@dataclass(frozen=True, slots=True)
class Label:
    """What a picture shows as a whole; `score` is the calibrated probability that it is right."""

    name: str
    score: float


class ImageLabeler(Protocol):
    """Tell what pictures show."""

    def labels(self, images: Sequence[Pixels]) -> list[list[Label]]:
        """Return the labels of each picture, likeliest first; empty when nothing is sure."""
        ...


class SafetyRater(Protocol):
    """Tell how likely pictures are not for everybody."""

    def rate(self, images: Sequence[Pixels]) -> list[dict[str, float]]:
        """Return probabilities by Google's names (`adult`, `racy`, `violence`, `medical`, `spoof`).

        What the engine cannot tell is left out.
        """
        ...


class ImageEmbedder(Protocol):
    """Turn pictures into vectors whose cosine tells how alike they are."""

    def embed_images(self, images: Sequence[Pixels]) -> list[Vector]:
        """Return a vector of unit length for each picture."""
        ...


class ImageMatcher(Protocol):
    """Compare pictures with words (CLIP and its kin), for kinds that nobody trained."""

    def match(self, images: Sequence[Pixels], names: Sequence[str]) -> list[list[float]]:
        """Return for each picture how likely each description fits, 0 to 1, each on its own."""
        ...
