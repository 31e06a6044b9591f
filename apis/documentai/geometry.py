"""Places on pages as `BoundingPoly`, and which way text on them is up."""

from __future__ import annotations

from math import atan2, degrees

from sensorium.apis.core import JSON
from sensorium.models.tasks import Box, Point, Polygon

Size = tuple[float, float]
_ORIENTATIONS = ("PAGE_UP", "PAGE_RIGHT", "PAGE_DOWN", "PAGE_LEFT")


def poly(polygon: Polygon, size: Size) -> JSON:
    """Return a polygon in pixels and in shares of the page's sides, kept within the page."""
    width, height = size
    points = [(min(max(p.x, 0.0), width), min(max(p.y, 0.0), height)) for p in polygon]
    return {
        "vertices": [{"x": round(x), "y": round(y)} for x, y in points],
        "normalizedVertices": [
            {"x": x / max(width, 1.0), "y": y / max(height, 1.0)} for x, y in points
        ],
    }


def box(place: Box, size: Size) -> JSON:
    """Return the `BoundingPoly` of an upright rectangle."""
    left, top, right, bottom = place.left, place.top, place.right, place.bottom
    corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    return poly(corners, size)


def orientation(polygon: Polygon) -> str:
    """Return how the page must be looked at to read a text: its upper edge tells."""
    start, end = polygon[0], polygon[1]
    angle = degrees(atan2(end.y - start.y, end.x - start.x))
    return _ORIENTATIONS[round(angle / 90) % 4]
