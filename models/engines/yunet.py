"""YuNet: faces by the network of Wu et al., "YuNet: A Tiny Millisecond-level Face Detector"."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.models.engines._onnx import open_session
from sensorium.models.imaging.boxes import suppress, within
from sensorium.models.imaging.pose import pose
from sensorium.models.registry import engine
from sensorium.models.tasks import Face, FaceDetector, Pixels, Point

_STRIDES = (8, 16, 32)
# The network was trained on faces of 10 to 300 pixels and is surest of the smaller ones; of large
# ones it takes those of dogs for people's. So a picture is looked at twice, at most so large, and
# faces that are not tiny in the small look are told from there.
_LARGE, _SMALL = 1280, 320
_TINY = 40  # pixels of a face's longer side
_LEAST = 0.75  # a confidence that is told
_OVERLAP = 0.3
# as the network orders them; left and right are the viewer's, as with Google
_LANDMARKS = ("LEFT_EYE", "RIGHT_EYE", "NOSE_TIP", "MOUTH_LEFT", "MOUTH_RIGHT")

Floats = NDArray[np.float32]


@engine(
    "yunet",
    task=FaceDetector,
    requires=("onnxruntime", "cv2"),
    card="yunet",
    batch=8,
    memory="200MB",
    rank=20,
)
class Yunet:
    """Find faces with eyes, nose and mouth corners, and how the head is held."""

    def __init__(self, weights: Path, device: str) -> None:
        self._session = open_session(weights, device)
        self._outputs = [one.name for one in self._session.get_outputs()]

    def faces(self, images: Sequence[Pixels]) -> list[list[Face]]:
        """Return the faces of each picture, surest first, from a confidence of .75 on."""
        return [self._faces(image) for image in images]

    def _faces(self, image: Pixels) -> list[Face]:
        longer = max(image.shape[:2])
        rows = self._look(image, min(1.0, _SMALL / longer))
        if longer > _SMALL:
            close = self._look(image, min(1.0, _LARGE / longer))
            sizes = (close[:, 3:5] - close[:, 1:3]).max(axis=1)
            rows = np.concatenate([rows, close[sizes < _TINY * longer / _SMALL]])
        kept = suppress(rows[:, 1:5], rows[:, 0], np.zeros(len(rows), np.intp), _OVERLAP)
        faces = []
        for row in rows[kept]:
            if (box := within(row[1:5], image)) is None:
                continue
            points = [Point(float(x), float(y)) for x, y in row[5:].reshape(-1, 2)]
            landmarks = dict(zip(_LANDMARKS, points, strict=True))
            held = pose(landmarks)
            angles = (held.roll, held.pan, held.tilt) if held else (None, None, None)
            faces.append(Face(box, landmarks, min(1.0, float(row[0])), *angles))
        return faces

    def _look(self, image: Pixels, scale: float) -> Floats:
        """Return rows of confidence, corners and landmarks, in pixels of the picture."""
        import cv2

        height, width = image.shape[:2]
        wide, high = max(1, round(width * scale)), max(1, round(height * scale))
        padded = np.zeros((-(-high // 32) * 32, -(-wide // 32) * 32, 3), np.uint8)
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        padded[:high, :wide] = cv2.resize(image, (wide, high), interpolation=way)
        planes = np.ascontiguousarray(padded[:, :, ::-1].transpose(2, 0, 1), np.float32)
        told = self._session.run(self._outputs, {"input": planes[None]})
        found = {name: one[0] for name, one in zip(self._outputs, told, strict=True)}
        rows = np.concatenate([_decoded(found, stride, padded.shape[1]) for stride in _STRIDES])
        rows[:, 1::2] *= width / wide
        rows[:, 2::2] *= height / high
        return rows


def _decoded(found: dict[str, Floats], stride: int, width: int) -> Floats:
    """Return the rows of one stride that are sure, in pixels of what the network saw."""
    objects, kinds = found[f"obj_{stride}"][:, 0], found[f"cls_{stride}"][:, 0]
    scores = np.sqrt(np.clip(objects * kinds, 0, 1))
    sure = np.flatnonzero(scores >= _LEAST)
    ys, xs = np.divmod(sure, width // stride)
    cells = np.stack([xs, ys], axis=1).astype(np.float32)
    boxes = found[f"bbox_{stride}"][sure]
    centers = (boxes[:, :2] + cells) * stride
    halves = np.exp(np.minimum(boxes[:, 2:], 10)) * stride / 2
    points = (found[f"kps_{stride}"][sure].reshape(-1, 5, 2) + cells[:, None]) * stride
    return np.hstack(
        [scores[sure, None], centers - halves, centers + halves, points.reshape(-1, 10)]
    ).astype(np.float32)
