"""MTCNN: faces by a cascade of three small networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.models.engines._mtcnn import CELL, REQUIRES, SIDES, STRIDE, Floats, Networks
from sensorium.models.imaging.boxes import suppress, within
from sensorium.models.imaging.pose import pose
from sensorium.models.registry import engine
from sensorium.models.tasks import Face, FaceDetector, Pixels, Point

_SMALLEST, _SHARE = 20.0, 40.0  # pixels, and in how many parts of the longer side, of a face
_STEP = 0.709  # from one size of the picture to the next, which halves its area
_LEAST = {"propose": 0.6, "refine": 0.7, "decide": 0.92}  # of a score at each network
_OVERLAPS = {"size": 0.5, "propose": 0.7, "refine": 0.7, "decide": 0.5}
_INSIDE = 0.7  # the share of a face's smaller box from which two are one
_BATCH = 256  # squares that a network looks at together
# as the network orders them; left and right are the viewer's, as with Google
_LANDMARKS = ("LEFT_EYE", "RIGHT_EYE", "NOSE_TIP", "MOUTH_LEFT", "MOUTH_RIGHT")


@engine(
    "mtcnn",
    task=FaceDetector,
    requires=REQUIRES,
    batch=8,
    memory="150MB",
    rank=10,
)
class Mtcnn:
    """Find faces with eyes, nose and mouth corners, and how the head is held.

    Faces from a fortieth of the picture's longer side on are found, and none below 20 pixels.
    """

    def __init__(self) -> None:
        self._networks = Networks()

    def faces(self, images: Sequence[Pixels]) -> list[list[Face]]:
        """Return the faces of each picture, surest first, from a score of .92 on."""
        return [self._faces(image) for image in images]

    def _faces(self, image: Pixels) -> list[Face]:
        rows = self._proposed(image)
        if len(rows):
            rows = self._refined(image, rows)
        return self._decided(image, rows) if len(rows) else []

    def _proposed(self, image: Pixels) -> Floats:
        """Return rows of score and corners that the first network would look at again."""
        found = [np.zeros((0, 5), np.float32)]
        for small, scale in _sizes(image):
            sure, moved = self._networks.propose(small)
            ys, xs = (sure >= _LEAST["propose"]).nonzero()
            corners = np.stack([xs, ys, xs, ys], axis=1) * STRIDE + np.array([0, 0, CELL, CELL])
            rows = np.column_stack([sure[ys, xs], (corners + moved[ys, xs] * CELL) / scale])
            found.append(_distinct(rows.astype(np.float32), _OVERLAPS["size"]))
        return _distinct(np.concatenate(found), _OVERLAPS["propose"])

    def _refined(self, image: Pixels, rows: Floats) -> Floats:
        """Return the rows that the second network takes for faces, moved as it says."""
        told, squares = [], _squared(rows)
        for part in _parts(squares):
            told.append(self._networks.refine(_cut(image, part, SIDES["rnet"])))
        sure, moved = (np.concatenate(one) for one in zip(*told, strict=True))
        kept = sure >= _LEAST["refine"]
        return _distinct(_moved(squares[kept], sure[kept], moved[kept]), _OVERLAPS["refine"])

    def _decided(self, image: Pixels, rows: Floats) -> list[Face]:
        """Return the faces of the last network."""
        told, squares = [], _squared(rows)
        for part in _parts(squares):
            told.append(self._networks.decide(_cut(image, part, SIDES["onet"])))
        sure, moved, shares = (np.concatenate(one) for one in zip(*told, strict=True))
        kept = sure >= _LEAST["decide"]
        squares, sure, moved, shares = squares[kept], sure[kept], moved[kept], shares[kept]
        sizes = (squares[:, 3:5] - squares[:, 1:3])[:, None]
        points = squares[:, None, 1:3] + shares * sizes
        rows = _moved(squares, sure, moved)
        faces = []
        for at in _faces_apart(rows):
            if (box := within(rows[at, 1:5], image)) is None:
                continue
            places = [Point(float(x), float(y)) for x, y in points[at]]
            landmarks = dict(zip(_LANDMARKS, places, strict=True))
            held = pose(landmarks)
            angles = (held.roll, held.pan, held.tilt) if held else (None, None, None)
            faces.append(Face(box, landmarks, min(1.0, float(sure[at])), *angles))
        return faces


def _sizes(image: Pixels) -> Iterator[tuple[Floats, float]]:
    """Yield the picture ever smaller, with its scale: a face is once about CELL pixels large."""
    import cv2

    height, width = image.shape[:2]
    scale = CELL / max(_SMALLEST, max(height, width) / _SHARE)
    small = np.ascontiguousarray(image)
    while min(height, width) * scale >= CELL:
        size = (round(width * scale), round(height * scale))
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.uint8)
        yield small.astype(np.float32), scale
        scale *= _STEP


def _distinct(rows: Floats, overlap: float) -> Floats:
    """Return rows of score and corners that are not one thing, surest first."""
    return rows[suppress(rows[:, 1:5], rows[:, 0], np.zeros(len(rows), np.intp), overlap)]


def _faces_apart(rows: Floats) -> list[int]:
    """Return the rows that are faces of their own: a face in another's box is the same face."""
    kept: list[int] = []
    for at in suppress(rows[:, 1:5], rows[:, 0], np.zeros(len(rows), np.intp), _OVERLAPS["decide"]):
        area = _area(rows[at, 1:5])
        for other in kept:
            low = np.maximum(rows[at, 1:3], rows[other, 1:3])
            high = np.minimum(rows[at, 3:5], rows[other, 3:5])
            shared = _area(np.concatenate([low, high]))
            if shared > _INSIDE * min(area, _area(rows[other, 1:5])):
                break
        else:
            kept.append(at)
    return kept


def _area(corners: Floats) -> float:
    return float(np.prod(np.maximum(corners[2:] - corners[:2], 0)))


def _squared(rows: Floats) -> Floats:
    """Return the boxes as squares around the same centers."""
    centers = (rows[:, 1:3] + rows[:, 3:5]) / 2
    halves = (rows[:, 3:5] - rows[:, 1:3]).max(axis=1, keepdims=True) / 2
    return np.hstack([rows[:, :1], centers - halves, centers + halves])


def _moved(squares: Floats, sure: Floats, moved: Floats) -> Floats:
    """Return the boxes with their new scores, each side moved by its share."""
    sizes = np.tile(squares[:, 3:5] - squares[:, 1:3], 2)
    return np.column_stack([sure, squares[:, 1:5] + moved * sizes]).astype(np.float32)


def _parts(rows: Floats) -> Iterator[Floats]:
    for first in range(0, len(rows), _BATCH):
        yield rows[first : first + _BATCH]


def _cut(image: Pixels, rows: Floats, side: int) -> Floats:
    """Return squares cut out of the picture, of so many pixels; grey lies beyond its edges."""
    import cv2

    height, width = image.shape[:2]
    squares = np.full((len(rows), side, side, 3), 127.5, np.float32)
    places: NDArray[np.intp] = np.rint(rows[:, 1:3]).astype(np.intp)
    sizes = np.maximum(np.rint(rows[:, 3] - rows[:, 1]), 1).astype(np.intp)
    for at, ((left, top), size) in enumerate(zip(places, sizes, strict=True)):
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + size, width), min(top + size, height)
        if x1 <= x0 or y1 <= y0:
            continue
        part = image[y0:y1, x0:x1]
        if part.shape[:2] != (size, size):
            part = np.full((size, size, 3), 128, np.uint8)
            part[y0 - top : y1 - top, x0 - left : x1 - left] = image[y0:y1, x0:x1]
        way = cv2.INTER_AREA if size > side else cv2.INTER_LINEAR
        squares[at] = cv2.resize(np.ascontiguousarray(part), (side, side), interpolation=way)
    return squares
