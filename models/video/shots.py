"""Shots: where one ends and the next begins, told from small pictures of all frames.

A cut is one step between frames that is far larger than those around it. A gradual change (fade,
dissolve, wipe) is a span between two spells that are each still, compared with how different they
are from each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]  # frames x height x width x 3
_Floats = NDArray[np.float32]

_CUT = 0.085  # of the range of levels: the least step of a cut
_ABOVE = 3.2  # times the steps around it
_AROUND = 6  # frames on each side
_SPANS = (0.2, 0.35, 0.55, 0.8, 1.1, 1.5, 2.0)  # seconds that a gradual change may take
_STILL = 0.33  # of the change: how much the spells before and after may change by themselves
_RESTLESS, _MIXED = 0.62, 0.2  # the same, where frames between are made of both sides
_OTHER, _COVERED = 0.05, 0.6  # levels that are other, and the share of them that must be
_EVEN = 0.3  # how far a change may be from going on at one pace
_CHANGE = 0.09  # of the range: the least difference between both sides of a gradual change
_DARK, _PLAIN = 1.0, 0.06  # seconds between fading out and in, and how alike the levels are then
_SHORTEST = 0.25  # seconds of a shot


@dataclass(frozen=True, slots=True)
class Shot:
    """From a frame to another, both in it."""

    first: int
    last: int


def shots(pictures: Pictures, rate: float) -> list[Shot]:
    """Return the shots of a video of so many frames a second, in order, without gaps."""
    count = len(pictures)
    if not count:
        return []
    flat = np.asarray(pictures.reshape(count, -1), np.float32) / np.float32(255)
    steps = _apart(flat[:-1], flat[1:])
    least = max(2, round(_SHORTEST * rate))
    ends = _cuts(steps)
    ends |= _gradual(flat, steps, rate, ends)
    starts = [0]
    for end in sorted(ends):
        if end - starts[-1] >= least and count - end >= 2:
            starts.append(end)
    return [
        Shot(start, after - 1) for start, after in zip(starts, [*starts[1:], count], strict=True)
    ]


def _apart(one: _Floats, other: _Floats) -> _Floats:
    """Return how far frames are from each other: the mean difference of their levels."""
    return np.asarray(np.abs(one - other).mean(axis=1), dtype=np.float32)


def _cuts(steps: _Floats) -> set[int]:
    """Return the frames with which a shot begins at once."""
    found = set()
    for at, step in enumerate(steps):
        if step < _CUT:
            continue
        before, after = steps[max(0, at - _AROUND) : at], steps[at + 1 : at + 1 + _AROUND]
        if any(len(some) and step <= some.max() for some in (before, after)):
            continue
        around = np.concatenate([before, after])
        if not len(around) or step >= _ABOVE * max(float(np.median(around)), 0.012):
            found.add(at + 1)
    return found


def _gradual(flat: _Floats, steps: _Floats, rate: float, cuts: set[int]) -> set[int]:
    """Return the middle frames of gradual changes."""
    scores: list[tuple[float, int, int]] = []
    for seconds in _SPANS:
        span = max(3, round(seconds * rate))
        if span * 2 >= len(flat):
            continue
        scores += _spans(flat, span)
    taken: list[tuple[int, int]] = [(cut - 1, cut) for cut in sorted(cuts)]
    spans: list[tuple[int, int]] = []
    for _, first, last in sorted(scores, reverse=True):
        if any(first <= end and start <= last for start, end in taken):
            continue
        taken.append((first, last))
        spans.append((first, last))
    return {(first + last + 1) // 2 for first, last in _through_plain(sorted(spans), flat, rate)}


def _through_plain(
    spans: list[tuple[int, int]], flat: _Floats, rate: float
) -> list[tuple[int, int]]:
    """Return spans with a fade out and the fade in after it as one."""
    found: list[tuple[int, int]] = []
    for first, last in spans:
        if found:
            before, end = found[-1]
            middle = (end + first) // 2
            if first - end <= _DARK * rate and flat[middle].std() < _PLAIN:
                found[-1] = (before, last)
                continue
        found.append((first, last))
    return found


def _spans(flat: _Floats, span: int) -> list[tuple[float, int, int]]:
    """Return the spans of so many frames that lead from one spell to another, with a score."""
    spell = max(3, span // 2)
    count = len(flat) - span
    change = _apart(flat[:count], flat[span:])
    own = _apart(flat[:-spell], flat[spell:])
    found = []
    for at in range(spell, count - spell):
        if change[at] < _CHANGE or change[at] < change[max(0, at - 2) : at + 3].max():
            continue
        before, after = own[at - spell], own[at + span]
        still = max(float(before), float(after)) / float(change[at])
        if still >= _RESTLESS:
            continue
        mixed = _mixed(flat[at : at + span + 1]) / float(change[at])
        if still < _STILL or mixed < _MIXED:
            found.append((float(change[at]) * (1 - still) * (1 - mixed), at, at + span))
    return found


def _mixed(span: _Floats) -> float:
    """Return how far frames of a span are from being made of its first and its last one.

    In a dissolve each level lies between those of both by the same share, in a wipe it is that of
    the one or the other; where things move it is neither.
    """
    first, last = span[0], span[-1]
    way = last - first
    length = float(way @ way) or 1.0
    if (np.abs(way) > _OTHER).mean() < _COVERED:
        return 1.0
    worst = 0.0
    for share in (0.25, 0.5, 0.75):
        frame = span[round(share * (len(span) - 1))]
        along = float((frame - first) @ way) / length
        if abs(along - share) > _EVEN:
            return 1.0
        dissolved = np.abs(frame - first - along * way).mean()
        wiped = np.minimum(np.abs(frame - first), np.abs(frame - last)).mean()
        worst = max(worst, float(min(dissolved, wiped)))
    return worst


def boundaries(found: Sequence[Shot]) -> list[int]:
    """Return the first frames of all shots but the first."""
    return [shot.first for shot in found[1:]]
