"""YOLOX: objects by the networks of Ge et al., "YOLOX: Exceeding YOLO Series in 2021" (ONNX)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.engines._onnx import open_session
from sensorium.models.errors import FailedPrecondition
from sensorium.models.imaging.boxes import suppress, within
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import ObjectDetector, Pixels, Thing

_SIDE = 640  # of a network that takes any size
_STRIDES = (8, 16, 32)
_GREY = 114  # what the networks were trained to see beside a picture
_LEAST = 0.35  # a score that is told
_OVERLAP = 0.45
_BATCH = 8
_COCO = (
    "person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant "
    "stop_sign parking_meter bench bird cat dog horse sheep cow elephant bear zebra giraffe "
    "backpack umbrella handbag tie suitcase frisbee skis snowboard sports_ball kite baseball_bat "
    "baseball_glove skateboard surfboard tennis_racket bottle wine_glass cup fork knife spoon bowl "
    "banana apple sandwich orange broccoli carrot hot_dog pizza donut cake chair couch "
    "potted_plant bed dining_table toilet tv laptop mouse remote keyboard cell_phone microwave "
    "oven toaster sink refrigerator book clock vase scissors teddy_bear hair_drier "
    "toothbrush"
)
COCO = tuple(name.replace("_", " ") for name in _COCO.split())

Floats = NDArray[np.float32]


@engine(
    "yolox",
    task=ObjectDetector,
    requires=("onnxruntime", "cv2"),
    card=BY_CARD,
    batch=_BATCH,
    memory="200MB",
    rank=20,
)
class Yolox:
    """Find things with a YOLOX network as its authors export it.

    The output must be raw (exported without `--decode_in_inference`). Names of kinds are the lines
    of `names.txt` beside it, or COCO's where there are 80.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._session = open_session(weights, device)
        given, told = self._session.get_inputs(), self._session.get_outputs()
        shape = given[0].shape
        if len(given) != 1 or len(told) != 1 or len(shape) != 4 or shape[1] != 3:
            raise FailedPrecondition(f"{weights.name} is no YOLOX network: it takes {shape}.")
        self._input = given[0].name
        self._many = not isinstance(shape[0], int)
        self._size = tuple(side if isinstance(side, int) else _SIDE for side in shape[2:])
        self._grid, self._strides = grid(*self._size)
        (guesses,) = self._look(np.zeros((1, 3, *self._size), np.float32))
        self._names = _names(weights, guesses.shape[-1] - 5)
        if guesses.shape[0] != len(self._grid):
            raise FailedPrecondition(
                f"{weights.name} is no YOLOX network of strides 8, 16 and 32: it answers "
                f"{guesses.shape[0]} places, not {len(self._grid)}."
            )

    def names(self) -> tuple[str, ...]:
        """Return every kind that it knows."""
        return self._names

    def objects(self, images: Sequence[Pixels]) -> list[list[Thing]]:
        """Return the things in each picture, surest first, from a score of .35 on."""
        found: list[list[Thing]] = []
        most = _BATCH if self._many else 1
        for first in range(0, len(images), most):
            some = images[first : first + most]
            fitted = [_fitted(image, self._size) for image in some]
            guesses = self._look(np.stack([pixels for pixels, _ in fitted]))
            found += [
                self._things(one, image, scale)
                for one, image, (_, scale) in zip(guesses, some, fitted, strict=True)
            ]
        return found

    def _look(self, batch: Floats) -> Any:
        """Return the raw guesses for some squares: squares x places x (box, object, kinds)."""
        (guesses,) = self._session.run(None, {self._input: batch})
        return guesses

    def _things(self, guesses: Floats, image: Pixels, scale: Floats) -> list[Thing]:
        """Return the things that the raw guesses for one picture tell of."""
        kinds = guesses[:, 5:].argmax(axis=1)
        scores = guesses[:, 4] * guesses[np.arange(len(guesses)), 5 + kinds]
        sure = scores >= _LEAST
        centers = (guesses[sure, :2] + self._grid[sure]) * self._strides[sure]
        halves = np.exp(np.minimum(guesses[sure, 2:4], 10)) * self._strides[sure] / 2
        corners = np.hstack([centers - halves, centers + halves]).astype(np.float32)
        corners /= np.tile(scale, 2)
        scores, kinds = np.clip(scores[sure], 0, 1), kinds[sure]
        return [
            Thing(self._names[kinds[row]], float(scores[row]), box)
            for row in suppress(corners, scores, kinds, _OVERLAP)
            if (box := within(corners[row], image)) is not None
        ]


def grid(height: int, width: int) -> tuple[Floats, Floats]:
    """Return the cell of every guess, x and y counted in cells, and its stride in pixels."""
    cells, strides = [], []
    for stride in _STRIDES:
        ys, xs = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([xs.ravel(), ys.ravel()], axis=1))
        strides.append(np.full((xs.size, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


def _fitted(image: Pixels, size: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return a picture as the network takes it (BGR, 0 to 255), and its scale along x and y."""
    import cv2

    height, width = image.shape[:2]
    scale = min(size[0] / height, size[1] / width)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    square = np.full((*size, 3), _GREY, np.uint8)
    square[:high, :wide] = cv2.resize(image, (wide, high), interpolation=cv2.INTER_LINEAR)
    planes = np.ascontiguousarray(square[:, :, ::-1].transpose(2, 0, 1), np.float32)
    return planes, np.array([wide / width, high / height], np.float32)


def _names(folder: Path, count: int) -> tuple[str, ...]:
    """Return the names of so many kinds; FailedPrecondition where nothing tells them."""
    file = folder / "names.txt"
    names = COCO
    if file.is_file():
        lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
        names = tuple(line for line in lines if line)
    if len(names) != count or len(set(names)) != count:
        raise FailedPrecondition(
            f"{folder.name} tells {count} kinds of things, and there are {len(set(names))} names.",
            hint="names.txt beside the network names each kind on a line.",
        )
    return names
