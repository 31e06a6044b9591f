"""Engines that see colours: a red patch is a face, a blue one a truck, and so on.

What they find is worked out from the pixels, so a test can tell a right place from a wrong one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from sensorium.models.registry import EngineSpec
from sensorium.models.tasks import (
    Box,
    Face,
    FaceDetector,
    ImageEmbedder,
    ImageLabeler,
    ImageMatcher,
    Label,
    Line,
    ObjectDetector,
    Pixels,
    Point,
    SafetyRater,
    Symbol,
    Thing,
    Vector,
    Word,
)

RED, GREEN, BLUE = (220, 20, 20), (20, 200, 20), (20, 20, 220)
calls: Counter[str] = Counter()  # how often each engine was asked


def patch(image: Pixels, colour: tuple[int, int, int]) -> Box | None:
    """Return the box of what has nearly this colour."""
    near = (np.abs(image.astype(int) - colour).max(axis=2) < 60).nonzero()
    if not near[0].size:
        return None
    return Box(
        float(near[1].min()),
        float(near[0].min()),
        float(near[1].max() + 1),
        float(near[0].max() + 1),
    )


class Faces:
    """Sees red faces, with eyes a little turned."""

    moods: ClassVar[dict[str, float] | None] = None

    def faces(self, images: Sequence[Pixels]) -> list[list[Face]]:
        calls["faces"] += 1
        return [[self._face(box)] if (box := patch(image, RED)) else [] for image in images]

    def _face(self, box: Box) -> Face:
        wide, high = box.right - box.left, box.bottom - box.top
        eyes = {
            "LEFT_EYE": Point(box.left + 0.3 * wide, box.top + 0.3 * high),
            "RIGHT_EYE": Point(box.left + 0.7 * wide, box.top + 0.3 * high + 0.4 * wide),
        }
        return Face(box, eyes, 0.9, pan=5.0, attributes=self.moods)


class Moods(Faces):
    """Sees what the faces feel, too."""

    moods: ClassVar[dict[str, float] | None] = {"joy": 0.95, "headwear": 0.01}


class Things:
    """Sees blue trucks, and says of each once more that it might be a bus."""

    def objects(self, images: Sequence[Pixels]) -> list[list[Thing]]:
        calls["objects"] += 1
        found = [patch(image, BLUE) for image in images]
        return [[Thing("truck", 0.9, box), Thing("bus", 0.3, box)] if box else [] for box in found]

    def names(self) -> tuple[str, ...]:
        return ("truck", "bus")


class Labels:
    """Labels pictures by their mean colour."""

    def labels(self, images: Sequence[Pixels]) -> list[list[Label]]:
        calls["labels"] += 1
        names = ("sunset", "forest", "sea")
        return [[Label(names[int(image.mean(axis=(0, 1)).argmax())], 0.7)] for image in images]


class Matcher:
    """Finds that the last names of a list fit best; "sea" always fits."""

    def match(self, images: Sequence[Pixels], names: Sequence[str]) -> list[list[float]]:
        calls["match"] += 1
        scores = [
            0.9 if name == "sea" else 0.1 + 0.5 * i / len(names) for i, name in enumerate(names)
        ]
        if len(names) > 1:
            scores[-1] = max(scores[-1], 0.8)
        return [list(scores) for _ in images]


class Rater:
    """Finds red racy, and knows nothing else than adult."""

    def rate(self, images: Sequence[Pixels]) -> list[dict[str, float]]:
        return [{"adult": 0.01, "racy": 0.9 if patch(image, RED) else 0.1} for image in images]


class Embedder:
    """Turns pictures into their mean colour."""

    def embed_images(self, images: Sequence[Pixels]) -> list[Vector]:
        calls["embed"] += len(images)
        means = [image.astype(float).mean(axis=(0, 1)) + 1e-6 for image in images]
        return [np.asarray(mean / np.linalg.norm(mean), np.float32) for mean in means]


class Reader:
    """Reads whatever `written` says, in a line at the top."""

    written = ""

    def read(self, images: Sequence[Pixels]) -> list[list[Line]]:
        calls["read"] += 1
        return [[line(self.written)] if self.written else [] for _ in images]


def line(text: str, top: float = 10.0) -> Line:
    """Return a line of text whose letters are 10 wide and 20 high."""
    words, left = [], 10.0
    for part in text.split():
        box = _square(left, top, 10.0 * len(part))
        symbols = tuple(
            Symbol(letter, _square(left + 10.0 * i, top, 10.0), 0.96)
            for i, letter in enumerate(part)
        )
        words.append(Word(symbols, box, 0.96))
        left += 10.0 * (len(part) + 1)
    return Line(tuple(words), _square(10.0, top, left - 20.0), 0.96)


def _square(left: float, top: float, wide: float) -> tuple[Point, ...]:
    return (
        Point(left, top),
        Point(left + wide, top),
        Point(left + wide, top + 20),
        Point(left, top + 20),
    )


TASKS: dict[type, Any] = {
    FaceDetector: Faces,
    ObjectDetector: Things,
    ImageLabeler: Labels,
    ImageMatcher: Matcher,
    SafetyRater: Rater,
    ImageEmbedder: Embedder,
}


def spec(task: type, factory: Any, **facts: Any) -> EngineSpec:
    """Return the engine of a task, by the name of its class in small letters."""
    name = facts.pop("name", f"seeing-{factory.__name__.lower()}")
    return EngineSpec(name, task, factory, **{"batch": 8, "rank": 50, **facts})
