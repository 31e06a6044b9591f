"""Turns grouped by who speaks: what is most alike is put together, until what is left is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TypeVar

Voice = TypeVar("Voice")
_AT_ONCE = 200  # turns: the work grows with the cube of their number


def grouped(
    turns: Sequence[Voice],
    apart: Callable[[Voice, Voice], float],
    together: Callable[[Voice, Voice], Voice],
    least: int,
    most: int,
) -> list[int]:
    """Return the speaker of each turn: numbers from 1 in the order in which they first speak.

    `apart` is positive for two who differ and negative for one and the same, and `together` makes
    one of two; there are at least and at most so many speakers, as far as there are turns. Many
    turns are first grouped by the part of the recording.
    """
    if len(turns) <= _AT_ONCE:
        return _clustered(turns, apart, together, least, most)
    voices: list[Voice] = []
    owners: list[int] = []
    for start in range(0, len(turns), _AT_ONCE):
        part = turns[start : start + _AT_ONCE]
        told = _clustered(part, apart, together, least, 2 * most)
        owners += [len(voices) + one - 1 for one in told]
        voices += [
            reduce(together, (turn for turn, one in zip(part, told, strict=True) if one == number))
            for number in range(1, max(told) + 1)
        ]
    numbers = grouped(voices, apart, together, least, most)
    return _numbered([numbers[owner] for owner in owners])


def _clustered(
    turns: Sequence[Voice],
    apart: Callable[[Voice, Voice], float],
    together: Callable[[Voice, Voice], Voice],
    least: int,
    most: int,
) -> list[int]:
    voices = list(turns)
    members = [[at] for at in range(len(turns))]
    distances = {(b, a): apart(voices[b], voices[a]) for a in range(len(voices)) for b in range(a)}
    alive = list(range(len(voices)))
    while len(alive) > max(least, 1):
        (keep, drop), nearest = min(
            ((pair, distances[pair]) for pair in _pairs(alive)), key=lambda one: one[1]
        )
        if nearest > 0 and len(alive) <= most:
            break
        voices[keep] = together(voices[keep], voices[drop])
        members[keep] += members[drop]
        alive.remove(drop)
        for other in alive:
            if other != keep:
                pair = (min(other, keep), max(other, keep))
                distances[pair] = apart(voices[pair[0]], voices[pair[1]])
    owner = {turn: group for group in alive for turn in members[group]}
    return _numbered([owner[at] for at in range(len(turns))])


def _numbered(owners: Sequence[int]) -> list[int]:
    numbers: dict[int, int] = {}
    return [numbers.setdefault(one, len(numbers) + 1) for one in owners]


def _pairs(alive: Sequence[int]) -> list[tuple[int, int]]:
    return [(a, b) for at, a in enumerate(alive) for b in alive[at + 1 :]]
