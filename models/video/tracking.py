"""Things followed from frame to frame.

Each thing is looked for where it was going; who is who is decided for all together, by the
assignment that makes the overlaps largest (Kuhn and Munkres, through SciPy).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sensorium.models.tasks import Box

_OVERLAP = 0.15  # intersection over union from which two boxes may be one thing
_REACH = 0.75  # of a box's mean side: how near the middles may be where boxes do not overlap
_LOST = 1.0  # seconds without a sighting until a thing is gone
_GLIMPSE = 2  # sightings that a thing has at least
_SMOOTH = 0.5  # of the latest motion in the one that is expected


@dataclass(frozen=True, slots=True)
class Seen:
    """A thing in one frame: what it is, how sure, and where in shares of the sides."""

    name: str
    score: float
    box: Box


@dataclass(slots=True)
class Track:
    """A thing through time: the second of each sighting, and what was seen."""

    name: str
    shot: int
    sightings: list[tuple[float, Seen]] = field(default_factory=list)
    motion: tuple[float, float] = (0.0, 0.0)  # shares of the sides a second

    @property
    def confidence(self) -> float:
        """Return how sure its sightings are on average."""
        return sum(seen.score for _, seen in self.sightings) / len(self.sightings)

    @property
    def best(self) -> tuple[float, Seen]:
        """Return its surest sighting."""
        return max(self.sightings, key=lambda one: one[1].score)

    def expected(self, time: float) -> Box:
        """Return where it should be."""
        last, seen = self.sightings[-1]
        dx, dy = (way * (time - last) for way in self.motion)
        box = seen.box
        return Box(box.left + dx, box.top + dy, box.right + dx, box.bottom + dy)

    def add(self, time: float, seen: Seen) -> None:
        """Note a sighting."""
        if self.sightings:
            last, before = self.sightings[-1]
            passed = max(time - last, 1e-6)
            now = tuple(
                (new - old) / passed
                for new, old in zip(_middle(seen.box), _middle(before.box), strict=True)
            )
            kept = 1 - _SMOOTH if len(self.sightings) > 1 else 0.0
            self.motion = (
                kept * self.motion[0] + (1 - kept) * now[0],
                kept * self.motion[1] + (1 - kept) * now[1],
            )
        self.sightings.append((time, seen))


def followed(frames: Sequence[tuple[float, int, Sequence[Seen]]]) -> list[Track]:
    """Return the things in frames: each a second, the number of its shot, and what is seen in it.

    Nothing goes on from one shot into the next.
    """
    live: list[Track] = []
    done: list[Track] = []
    for time, shot, seen in frames:
        gone = [one for one in live if one.shot != shot or time - one.sightings[-1][0] > _LOST]
        done += gone
        live = [one for one in live if one not in gone]
        pairs = _assigned(live, seen, time)
        for track, one in pairs:
            live[track].add(time, seen[one])
        for number in set(range(len(seen))) - {one for _, one in pairs}:
            track_ = Track(seen[number].name, shot)
            track_.add(time, seen[number])
            live.append(track_)
    found = [one for one in done + live if len(one.sightings) >= _GLIMPSE]
    return sorted(found, key=lambda one: one.sightings[0][0])


def _assigned(live: Sequence[Track], seen: Sequence[Seen], time: float) -> list[tuple[int, int]]:
    """Return which track each sighting belongs to, as pairs."""
    from scipy.optimize import linear_sum_assignment

    if not live or not seen:
        return []
    gain = np.array([[_likeness(one, other, time) for other in seen] for one in live])
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if gain[row, column] > 0
    ]


def _likeness(track: Track, seen: Seen, time: float) -> float:
    """Return how well a sighting goes on with a track, 0 for not at all."""
    if track.name != seen.name:
        return 0.0
    expected, last = track.expected(time), track.sightings[-1][1].box
    overlap = max(_overlap(expected, seen.box), _overlap(last, seen.box))
    if overlap >= _OVERLAP:
        return 1.0 + overlap
    (x, y), (other_x, other_y) = _middle(expected), _middle(seen.box)
    side = (last.right - last.left + last.bottom - last.top) / 2
    off = float(np.hypot(x - other_x, y - other_y)) / max(side, 1e-6)
    return 1.0 - off / _REACH if off < _REACH else 0.0


def _overlap(one: Box, other: Box) -> float:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (_area(one) + _area(other) - both)


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def _middle(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2
