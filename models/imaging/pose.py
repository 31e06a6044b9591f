"""How a head is held, told by five landmarks of its face."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sensorium.models.tasks import Point

# A grown-up's face, in millimetres from the tip of the nose: to the viewer's right, down, and away
# from the viewer. Means of common anthropometric figures, rounded.
_HEAD: Mapping[str, tuple[float, float, float]] = {
    "LEFT_EYE": (-31.0, -34.0, 27.0),
    "RIGHT_EYE": (31.0, -34.0, 27.0),
    "NOSE_TIP": (0.0, 0.0, 0.0),
    "MOUTH_LEFT": (-27.0, 30.0, 25.0),
    "MOUTH_RIGHT": (27.0, 30.0, 25.0),
}
_FLAT = 1e-6


@dataclass(frozen=True, slots=True)
class Pose:
    """Angles in degrees.

    `roll` is clockwise, `pan` positive towards the right of the picture, `tilt` positive upwards.
    """

    roll: float
    pan: float
    tilt: float


def pose(landmarks: Mapping[str, Point]) -> Pose | None:
    """Return how a head is held; None without five landmarks that are apart.

    Left and right are the viewer's. A mean head is fitted to the landmarks by least squares under
    weak perspective (DeMenthon & Davis, "Model-Based Object Pose in 25 Lines of Code", 1995), so
    pan and tilt are estimates: faces differ from the mean by several degrees.
    """
    if not landmarks.keys() >= _HEAD.keys():
        return None
    model = np.array(list(_HEAD.values()))
    seen = np.array([(landmarks[name].x, landmarks[name].y) for name in _HEAD])
    if not np.isfinite(seen).all():
        return None
    model, seen = model - model.mean(axis=0), seen - seen.mean(axis=0)
    solved, *_ = np.linalg.lstsq(model, seen, rcond=None)
    left, sizes, right = np.linalg.svd(solved.T, full_matrices=False)
    if sizes[1] < _FLAT:
        return None
    across, down = left @ right  # the nearest two rows of a rotation
    ahead = -np.cross(across, down)
    facing = np.array([across @ (0, 0, -1), down @ (0, 0, -1), ahead @ (0, 0, 1)])
    eyes = landmarks["LEFT_EYE"], landmarks["RIGHT_EYE"]
    return Pose(
        roll=math.degrees(math.atan2(eyes[1].y - eyes[0].y, eyes[1].x - eyes[0].x)),
        pan=math.degrees(math.atan2(facing[0], abs(facing[2]))),
        tilt=math.degrees(math.atan2(-facing[1], math.hypot(facing[0], facing[2]))),
    )
