"""The promise of shots: cuts are found to the frame, gradual changes nearly so, and motion is none.

The films are composed of scenes in which things drift, with changes at known places.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.video.shots import boundaries, shots
from tests.unit.filming import RATE, f1, joined, scene, small

FILMS = 6


def film(how: str, seed: int):
    rng = np.random.default_rng(seed)
    scenes = [
        scene(seed * 100 + number, rng.uniform(1.6, 4), motion=rng.choice([0.3, 1, 2]))
        for number in range(5)
    ]
    return joined(scenes, how, rng.uniform(0.4, 1.4))


@pytest.mark.parametrize(
    ("how", "least", "tolerance"),
    [("cut", 0.95, 1), ("dissolve", 0.8, 18), ("black", 0.8, 18), ("wipe", 0.8, 18)],
)
def test_changes_between_scenes_are_found(how: str, least: float, tolerance: int):
    counts = np.zeros(3)
    for seed in range(FILMS):
        frames, places = film(how, seed)
        counts += f1(boundaries(shots(small(frames), RATE)), places, tolerance)
    hits, true, told = counts
    assert 2 * hits / (true + told) >= least, counts


def test_what_moves_is_no_change():
    told = sum(len(shots(small(scene(seed, 6.0, motion=2.0)), RATE)) - 1 for seed in range(FILMS))
    assert told <= 1


def test_a_flash_is_no_shot_and_a_still_is_one():
    still = np.full((50, 18, 32, 3), 90, np.uint8)
    assert len(shots(still, 25)) == 1
    flash = still.copy()
    flash[25] = 255
    assert len(shots(flash, 25)) == 1
    assert shots(still[:0], 25) == []
    assert len(shots(still[:1], 25)) == 1


@given(st.integers(0, 60), st.integers(0, 2**32 - 1), st.sampled_from([1.0, 25.0, 240.0]))
def test_shots_follow_each_other_from_the_first_frame_to_the_last(count, seed, rate):
    frames = np.random.default_rng(seed).integers(0, 256, (count, 18, 32, 3), np.uint8)
    found = shots(frames, rate)
    assert [frame for one in found for frame in range(one.first, one.last + 1)] == list(
        range(count)
    )
