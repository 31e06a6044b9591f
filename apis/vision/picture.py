"""A picture on its way through the annotators, and the shape in which places on it are told."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.apis.core import JSON
from sensorium.models.tasks import Line, Pixels, Polygon

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

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height in pixels, or in points for a page of a PDF."""
        height, width = self.pixels.shape[:2]
        if self.dpi is None:
            return width, height
        return round(width * _POINT / self.dpi), round(height * _POINT / self.dpi)

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
