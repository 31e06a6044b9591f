"""Which way text runs: frames of reference in which its lines lie flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin

from sensorium.models.tasks import Line, Point, Polygon

_ALIKE = 20.0  # degrees within which lines share a frame
_SHORT = 2.0  # a line of fewer line heights tells its direction badly


@dataclass(frozen=True, slots=True)
class Frame:
    """Axes along the text and down the page, turned clockwise by `angle` degrees."""

    angle: float

    def to(self, point: Point) -> Point:
        """Return a point of the image in this frame."""
        c, s = cos(radians(self.angle)), sin(radians(self.angle))
        return Point(point.x * c + point.y * s, point.y * c - point.x * s)

    def back(self, x: float, y: float) -> Point:
        """Return a point of this frame in the image."""
        c, s = cos(radians(self.angle)), sin(radians(self.angle))
        return Point(x * c - y * s, x * s + y * c)

    def polygon(self, left: float, top: float, right: float, bottom: float) -> Polygon:
        """Return a rectangle of this frame in the image, from the text's own top left."""
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        return tuple(self.back(x, y) for x, y in corners)


def direction(line: Line) -> float:
    """Return the direction in which a line is read, in degrees clockwise from rightwards."""
    a, b = line.polygon[0], line.polygon[1]
    return degrees(atan2(b.y - a.y, b.x - a.x))


def length(line: Line) -> float:
    """Return how far a line runs, in its own unit."""
    a, b = line.polygon[0], line.polygon[1]
    return hypot(b.x - a.x, b.y - a.y)


def frames(lines: Sequence[Line]) -> list[tuple[Frame, list[Line]]]:
    """Return the lines by the frame they lie flat in, the one with most text first."""
    left = sorted((line for line in lines if line.words), key=length, reverse=True)
    found: list[tuple[Frame, list[Line]]] = []
    while left:
        angle = direction(left[0])
        members = [line for line in left if _alike(line, angle)]
        left = [line for line in left if not _alike(line, angle)]
        # An average of what is left after the rough angle: directions wrap at 180 degrees.
        weight = sum(length(line) for line in members) or 1.0
        turn = sum(length(line) * _apart(direction(line), angle) for line in members) / weight
        found.append((Frame(angle + turn), members))
    return sorted(found, key=lambda group: -sum(length(line) for line in group[1]))


def _alike(line: Line, angle: float) -> bool:
    a, b = line.polygon[0], line.polygon[-1]
    short = length(line) < _SHORT * hypot(b.x - a.x, b.y - a.y)
    return abs(_apart(direction(line), angle)) <= (45 if short else _ALIKE)


def _apart(a: float, b: float) -> float:
    """Return the turn from `b` to `a`, between -180 and 180 degrees."""
    return (a - b + 180) % 360 - 180
