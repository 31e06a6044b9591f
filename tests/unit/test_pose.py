"""The pose of a head: angles that a turned head has, and none where landmarks tell nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensorium.models.imaging.pose import _HEAD, Pose, pose
from sensorium.models.tasks import Point


def seen(pan: float = 0, tilt: float = 0, roll: float = 0, size: float = 2.0) -> dict[str, Point]:
    """The landmarks of the mean head, turned by degrees and seen from far away."""
    p, t, r = (math.radians(angle) for angle in (pan, tilt, roll))
    sideways = np.array([[math.cos(p), 0, -math.sin(p)], [0, 1, 0], [math.sin(p), 0, math.cos(p)]])
    upwards = np.array([[1, 0, 0], [0, math.cos(t), math.sin(t)], [0, -math.sin(t), math.cos(t)]])
    around = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    turned = np.array(list(_HEAD.values())) @ (around @ sideways @ upwards).T
    return {
        name: Point(100 + size * x, 80 + size * y)
        for name, (x, y, _) in zip(_HEAD, turned, strict=True)
    }


@pytest.mark.parametrize("angle", [-60, -30, -10, 0, 15, 45])
def test_a_head_turned_to_one_side_or_up_is_told_so(angle: float):
    turned = pose(seen(pan=angle))
    raised = pose(seen(tilt=angle))
    assert turned is not None
    assert raised is not None
    assert (turned.pan, turned.tilt) == (pytest.approx(angle, abs=0.01), pytest.approx(0, abs=0.01))
    assert (raised.pan, raised.tilt) == (pytest.approx(0, abs=0.01), pytest.approx(angle, abs=0.01))


def test_the_nose_points_where_the_head_does():
    points = seen(pan=30)
    middle = (points["LEFT_EYE"].x + points["RIGHT_EYE"].x) / 2
    assert points["NOSE_TIP"].x > middle
    raised, still = seen(tilt=30), seen()
    assert raised["LEFT_EYE"].y > still["LEFT_EYE"].y, "the nose comes nearer to the eyes"


@pytest.mark.parametrize("angle", [-120, -45, 0, 20, 90, 170])
def test_a_picture_turned_clockwise_rolls_the_head(angle: float):
    rolled = pose(seen(roll=angle))
    assert rolled is not None
    assert rolled.roll == pytest.approx(angle, abs=0.01)
    assert (rolled.pan, rolled.tilt) == (pytest.approx(0, abs=0.01), pytest.approx(0, abs=0.01))


def test_the_size_of_a_face_says_nothing_of_its_pose():
    small, large = pose(seen(20, -10, 5, 0.2)), pose(seen(20, -10, 5, 50))
    assert small is not None
    assert large is not None
    for one, other in zip(_angles(small), _angles(large), strict=True):
        assert one == pytest.approx(other, abs=0.01)


def _angles(one: Pose) -> tuple[float, float, float]:
    return one.roll, one.pan, one.tilt


def test_landmarks_that_tell_nothing_give_no_pose():
    assert pose({"LEFT_EYE": Point(1, 1), "RIGHT_EYE": Point(2, 1)}) is None
    assert pose(dict.fromkeys(_HEAD, Point(5, 5))) is None
    assert pose({**seen(), "NOSE_TIP": Point(math.nan, 1)}) is None
    assert pose({name: Point(3 * n, 3 * n) for n, name in enumerate(_HEAD)}) is None
