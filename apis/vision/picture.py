"""A picture on its way through the annotators, and the shape in which places on it are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sensorium.apis.core import JSON
from sensorium.models.tasks import Box, Line, Pixels, Point, Polygon

T = TypeVar("T")
_POINT = 72.0


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright picture, and the text that its file carries for it (`lines`), if it does.

    `dpi` is the resolution that a page of a PDF was rendered at: such a page is measured in points
    and its places are shares of its sides. `paged` pictures come from a TIFF or GIF file and have
    their places told both ways.
    """

    pixels: Pixels
    lines: tuple[Line, ...] | None = None
    dpi: int | None = None
    paged: bool = False
    _shared: dict[Hashable, asyncio.Future[Any]] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height in pixels, or in points for a page of a PDF."""
        height, width = self.pixels.shape[:2]
        if self.dpi is None:
            return width, height
        return round(width * _POINT / self.dpi), round(height * _POINT / self.dpi)

    async def once(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Return what `make` answers, made once for all features that ask under this key."""
        if key not in self._shared:
            self._shared[key] = asyncio.ensure_future(make())
        found: T = await self._shared[key]
        return found

    @property
    def whole(self) -> Box:
        """Return the box of the whole picture, in pixels."""
        height, width = self.pixels.shape[:2]
        return Box(0.0, 0.0, float(width), float(height))

    def position(self, point: Point) -> JSON:
        """Return a `Position`: in pixels, or in points for a page of a PDF."""
        unit = 1.0 if self.dpi is None else _POINT / self.dpi
        return {"x": point.x * unit, "y": point.y * unit, "z": 0.0}

    def box(self, box: Box) -> JSON:
        """Return the `BoundingPoly` of an upright rectangle."""
        return self.poly(corners(box))

    def shares(self, box: Box) -> JSON:
        """Return the `BoundingPoly` of a rectangle in shares of the sides alone."""
        height, width = self.pixels.shape[:2]
        points = [
            (min(max(p.x / width, 0.0), 1.0), min(max(p.y / height, 0.0), 1.0))
            for p in corners(box)
        ]
        return {"normalizedVertices": [{"x": x, "y": y} for x, y in points]}

    def poly(self, polygon: Polygon) -> JSON:
        """Return a `BoundingPoly`, kept within the picture."""
        height, width = self.pixels.shape[:2]
        points = [(min(max(p.x, 0.0), width), min(max(p.y, 0.0), height)) for p in polygon]
        poly: JSON = {}
        if self.dpi is None:
            poly["vertices"] = [{"x": round(x), "y": round(y)} for x, y in points]
        if self.dpi is not None or self.paged:
            poly["normalizedVertices"] = [{"x": x / width, "y": y / height} for x, y in points]
        return poly


def corners(box: Box) -> Polygon:
    """Return a rectangle's corners, clockwise from the top left."""
    return (
        Point(box.left, box.top),
        Point(box.right, box.top),
        Point(box.right, box.bottom),
        Point(box.left, box.bottom),
    )
