"""The promise of tracking: who is who stays so while things move, cross, and are hidden."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.tasks import Box
from sensorium.models.video.tracking import Seen, followed

STEP = 0.2


def thing(x: float, y: float, name: str = "car", size: float = 0.1, score: float = 0.9) -> Seen:
    half = size / 2
    return Seen(name, score, Box(x - half, y - half, x + half, y + half))


def seen(frames, shot=lambda at: 0):
    return followed([(at * STEP, shot(at), some) for at, some in enumerate(frames)])


def paths(found) -> list[list[tuple[float, float]]]:
    return [
        [((s.box.left + s.box.right) / 2, (s.box.top + s.box.bottom) / 2) for _, s in one.sightings]
        for one in found
    ]


def test_things_that_cross_keep_who_they_are():
    frames = [
        [thing(0.1 + 0.04 * at, 0.4 + 0.01 * at), thing(0.9 - 0.04 * at, 0.6 - 0.01 * at)]
        for at in range(20)
    ]
    first, second = paths(seen(frames))
    assert len(first) == len(second) == 20
    assert [x for x, _ in first] == sorted(x for x, _ in first)
    assert [x for x, _ in second] == sorted((x for x, _ in second), reverse=True)


def test_what_is_hidden_for_a_moment_is_the_same_after_it():
    frames = [[] if 8 <= at < 11 else [thing(0.1 + 0.04 * at, 0.5)] for at in range(20)]
    (one,) = seen(frames)
    assert len(one.sightings) == 17


def test_what_comes_back_later_or_elsewhere_or_in_another_shot_is_another():
    late = [[] if 5 <= at < 15 else [thing(0.5, 0.5)] for at in range(20)]
    assert len(seen(late)) == 2
    elsewhere = [[thing(0.2 if at < 10 else 0.8, 0.5)] for at in range(20)]
    assert len(seen(elsewhere)) == 2
    assert len(seen([[thing(0.5, 0.5)]] * 20, shot=lambda at: at // 10)) == 2


def test_kinds_are_told_apart_and_a_glimpse_is_no_thing():
    frames = [[thing(0.5, 0.5), thing(0.5, 0.5, "dog")] for _ in range(5)]
    frames[2].append(thing(0.9, 0.9))
    assert sorted(one.name for one in seen(frames)) == ["car", "dog"]


def test_ten_seconds_of_several_things_switch_at_most_once():
    """Things go round in circles of their own, and a third of the sightings is missing."""
    count, missing = 4, 0
    frames = []
    for at in range(50):
        some = []
        for number in range(count):
            turn = 0.25 * at + number * 1.7
            if (at * 7 + number * 3) % 10 < 3:
                missing += 1
                continue
            some.append(
                thing(
                    0.2 + 0.2 * number + 0.06 * math.cos(turn),
                    0.5 + 0.2 * math.sin(turn),
                    size=0.12,
                )
            )
        frames.append(some)
    found = seen(frames)
    assert missing > 40
    assert len(found) - count <= 1


@given(
    st.lists(
        st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=4), min_size=1, max_size=12
    )
)
def test_each_sighting_belongs_to_one_thing_at_most_and_times_rise(places):
    frames = [[thing(x, y) for x, y in some] for some in places]
    found = seen(frames)
    told = [id(s) for one in found for _, s in one.sightings]
    assert len(told) == len(set(told)) <= sum(map(len, frames))
    for one in found:
        times = [time for time, _ in one.sightings]
        assert times == sorted(set(times))
        assert len(times) >= 2
