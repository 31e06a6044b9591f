"""The part of a picture that matters: a polygon's rectangle, and the copy that is compared."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.apis.core import JSON
from sensorium.models.errors import InvalidArgument
from sensorium.models.hashing import perceptual_hash
from sensorium.models.media.thumbnails import reduced, to_jpeg
from sensorium.models.tasks import Box, Pixels

MOST = 10  # polygons of one reference picture
_SIDE = 640  # of the copy: several times what image embeddings look at


@dataclass(frozen=True, slots=True)
class Region:
    """A reference picture's region: its copy as JPEG, and its hash if it shows enough for one."""

    picture: bytes
    hash: bytes | None


def rectangle(poly: Any, pixels: Pixels, field: str, scale: float = 1.0) -> Box:
    """Return the upright rectangle around a `BoundingPoly`, kept within the picture.

    `scale` is the pixels of one unit of its vertices. Raises InvalidArgument when nothing of the
    picture is in it.
    """
    height, width = pixels.shape[:2]
    points = [(v.x * scale, v.y * scale) for v in poly.vertices]
    points += [(v.x * width, v.y * height) for v in poly.normalized_vertices]
    if not all(abs(value) < 1e9 for point in points for value in point):  # NaN is not, either
        raise InvalidArgument("A vertex has no place in a picture.", field=field)
    across = [min(max(x, 0.0), width) for x, _ in points] or [0.0]
    down = [min(max(y, 0.0), height) for _, y in points] or [0.0]
    box = Box(min(across), min(down), max(across), max(down))
    if box.right - box.left < 1 or box.bottom - box.top < 1:
        raise InvalidArgument(
            f"The polygon encloses nothing of the picture ({width} x {height}).", field=field
        )
    return box


def cut(pixels: Pixels, box: Box) -> Pixels:
    """Return what is in a rectangle of the picture, small enough to be compared."""
    return reduced(
        pixels[int(box.top) : max(1, round(box.bottom)), int(box.left) : max(1, round(box.right))],
        _SIDE,
    )


async def regions(pixels: Pixels, polys: Sequence[Any], field: str) -> list[Region]:
    """Return the region of each polygon, or the one that is the whole picture; InvalidArgument."""
    return await asyncio.to_thread(_regions, pixels, polys, field)


def _regions(pixels: Pixels, polys: Sequence[Any], field: str) -> list[Region]:
    height, width = pixels.shape[:2]
    boxes = [rectangle(poly, pixels, f"{field}[{i}]") for i, poly in enumerate(polys)]
    found = []
    for box in boxes or [Box(0, 0, width, height)]:
        part = cut(pixels, box)
        found.append(Region(to_jpeg(part), perceptual_hash(part)))
    return found


def told(poly: Any) -> JSON:
    """Return a `BoundingPoly` as it was given, for a list of them that is kept."""
    answer: JSON = {}
    if poly.vertices:
        answer["vertices"] = [{"x": v.x, "y": v.y} for v in poly.vertices]
    if poly.normalized_vertices:
        answer["normalizedVertices"] = [{"x": v.x, "y": v.y} for v in poly.normalized_vertices]
    return answer
