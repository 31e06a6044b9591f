"""The promise of endpointing: stretches are in order, apart, and as long as was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.speech.endpointing import FRAME, Endpointer, Stretch
from sensorium.models.tasks import HEARD_RATE


def frames(*parts: tuple[float, float]) -> list[float]:
    """Probabilities: so many seconds of each."""
    return [likely for likely, seconds in parts for _ in range(round(seconds * HEARD_RATE / FRAME))]


def test_a_pause_ends_a_stretch_and_a_short_one_does_not():
    endpointer = Endpointer(pause=0.5)
    found = endpointer.add(frames((0, 1), (0.9, 1), (0, 0.3), (0.9, 1), (0, 1), (0.9, 1)))
    assert [
        pytest.approx(at / HEARD_RATE, abs=0.05) for one in found for at in (one.start, one.end)
    ] == [
        1.0,
        3.3,
    ]
    assert endpointer.speaking
    (last,) = endpointer.finish()
    assert last.start / HEARD_RATE == pytest.approx(4.3, abs=0.1)
    assert not endpointer.speaking


def test_a_click_is_no_speech():
    assert Endpointer(least=0.1).add(frames((0, 1), (0.9, 0.064), (0, 1))) == []


def test_talk_without_a_pause_is_cut():
    found = Endpointer(most=10).add(frames((0.9, 35)))
    assert [round((one.end - one.start) / HEARD_RATE) for one in found] == [10, 10, 10]


@given(st.lists(st.floats(0, 1), max_size=300), st.integers(1, 7))
def test_pieces_give_the_same_stretches_as_the_whole(likely: list[float], size: int):
    whole, pieces = Endpointer(), Endpointer()
    wanted = whole.add(likely) + whole.finish()
    found: list[Stretch] = []
    for start in range(0, len(likely), size):
        found += pieces.add(likely[start : start + size])
    assert found + pieces.finish() == wanted
    ends = [at for one in wanted for at in (one.start, one.end)]
    assert ends == sorted(ends)
    assert all(one.end <= len(likely) * FRAME for one in wanted)
