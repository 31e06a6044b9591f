"""PDF, by pdfium: pages as pictures, and the text that the file carries itself."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from sensorium.models.engines._pdfium import character, opened
from sensorium.models.errors import InvalidArgument, OutOfRange
from sensorium.models.pages import rules
from sensorium.models.pages.textlayer import Glyph, lines
from sensorium.models.registry import engine
from sensorium.models.tasks import DocumentPage, DocumentReader, Line, Pixels, Rule

MAX_PIXELS = 100_000_000
_POINT = 72.0
_INVISIBLE = 3  # text rendering mode "neither fill nor stroke" (ISO 32000-1, table 106)
_WIDGET = 20  # FPDF_ANNOT_WIDGET
_IMAGE = 3  # FPDF_PAGEOBJ_IMAGE
_SCAN = 0.5  # of the page under pictures makes it a scan,
_FEW = 300  # unless it has more characters than a stamp or a page number
_MOST_CHARACTERS = 200_000
_PATH = 2  # FPDF_PAGEOBJ_PATH
_LINE, _MOVE = 0, 2  # FPDF_SEGMENT_LINETO, FPDF_SEGMENT_MOVETO
_MOST_CORNERS = 40_000  # of all paths of a page: a map or a plan is no form
_WHITE = 250  # levels from which on nobody sees a line on paper
_DEVICE = 1_000_000
_EM_HEIGHT = 1.35  # ascent and descent of a usual font, in em


@engine(
    "pypdfium2",
    task=DocumentReader,
    requires=("pypdfium2",),
    isolated=True,
    concurrency=2,
    memory="80MB",
    rank=10,
)
class Pypdfium2:
    """Open PDF files: render pages, and read the text they carry."""

    def __init__(self) -> None:
        import pypdfium2

        self._raw = pypdfium2.raw

    def count(self, content: bytes) -> int:
        """Return the number of pages."""
        with self._open(content) as document:
            return len(document)

    def page(self, content: bytes, number: int, dpi: int) -> DocumentPage:
        """Return a page's picture, its text layer, and the rules that it draws as vectors.

        The layer is None where it cannot be believed: none or nearly none over a scan, invisible
        text that some other OCR put there, characters without a meaning, or form fields, whose
        values it lacks.
        """
        with self._open(content) as document:
            if not 1 <= number <= len(document):
                raise OutOfRange(f"There is no page {number}: the document has {len(document)}.")
            page = document[number - 1]
            image = self._render(page, dpi)
            found = self._lines(page, dpi)
            drawn = rules.within(self._rules(page, dpi), image.shape[1], image.shape[0])
            return DocumentPage(image, None if found is None else tuple(found), tuple(drawn))

    @contextmanager
    def _open(self, content: bytes) -> Iterator[Any]:
        """Open a document with its form fields; InvalidArgument says why it cannot be."""
        with opened(content) as document:
            if document.get_formtype() != self._raw.FORMTYPE_NONE:
                document.init_forms()
            yield document

    def _render(self, page: Any, dpi: int) -> Pixels:
        """Return the page as RGB at `dpi`."""
        scale = dpi / _POINT
        width, height = page.get_size()
        if not width * height > 0:
            raise InvalidArgument("The page has no area.")
        if width * height * scale * scale > MAX_PIXELS:
            raise InvalidArgument(
                f"The page measures {width:.0f} x {height:.0f} points: more than {MAX_PIXELS} "
                f"pixels at {dpi} dpi."
            )
        bitmap = page.render(scale=scale, rev_byteorder=True)
        pixels: Pixels = np.array(bitmap.to_numpy()[:, :, :3])
        if pixels.shape[2] == 1:
            pixels = np.repeat(pixels, 3, axis=2)
        return pixels

    # --- the text layer -------------------------------------------------------------------------

    def _lines(self, page: Any, dpi: int) -> list[Line] | None:
        """Return the lines of the text layer in pixels, or None where there is none to believe."""
        text = page.get_textpage()
        try:
            count = self._raw.FPDFText_CountChars(text)
            if count <= 0 or count > _MOST_CHARACTERS or self._has_fields(page):
                return None
            glyphs = list(self._glyphs(page, text, count, dpi))
            drawn = [glyph for glyph in glyphs if not glyph.text.isspace()]
            meant = [glyph for glyph in drawn if glyph.meant]
            if len(meant) < max(1, 0.9 * len(drawn)):
                return None
            if len(drawn) < _FEW and self._pictured(page) > _SCAN:
                return None
            return lines(glyphs)
        finally:
            text.close()

    def _glyphs(self, page: Any, text: Any, count: int, dpi: int) -> Iterator[Glyph]:
        """Yield the characters in the order of the content, boxes in pixels."""
        raw = self._raw
        matrix, shift = self._to_pixels(page, dpi)
        tight = [ctypes.c_double() for _ in range(4)]
        loose = raw.FS_RECTF()
        for i in range(count):
            code = raw.FPDFText_GetUnicode(text, i)
            if raw.FPDFText_IsGenerated(text, i) == 1:
                yield Glyph(" " if code == 32 else "\n")
                continue
            raw.FPDFText_GetCharBox(text, i, *(ctypes.byref(side) for side in tight))
            raw.FPDFText_GetLooseCharBox(text, i, ctypes.byref(loose))
            left, right, bottom, top = (side.value for side in tight)
            angle = raw.FPDFText_GetCharAngle(text, i)
            # Along the line a character takes its advance, so that gaps are the type setter's own
            # and "111" has none; across the line it takes what is drawn.
            if abs(np.sin(angle)) > abs(np.cos(angle)):
                bottom, top, em = loose.bottom, loose.top, loose.right - loose.left
            else:
                left, right, em = loose.left, loose.right, loose.top - loose.bottom
            points = np.array([[left, top], [right, bottom]]) @ matrix + shift
            along = np.array([np.cos(angle), np.sin(angle)]) @ matrix
            yield Glyph(
                character(code),
                tuple(map(float, points.ravel())),
                float(np.degrees(np.arctan2(along[1], along[0]))),
                em * dpi / _POINT / _EM_HEIGHT,
                self._is_meant(text, i, code),
            )

    def _is_meant(self, text: Any, i: int, code: int) -> bool:
        """Tell whether a character is visible and stands for what it says."""
        raw = self._raw
        if code == 0 or code == 0xFFFD or 0xE000 <= code <= 0xF8FF:
            return False
        if raw.FPDFText_HasUnicodeMapError(text, i) == 1:
            return False
        thing = raw.FPDFText_GetTextObject(text, i)
        return not thing or raw.FPDFTextObj_GetTextRenderMode(thing) != _INVISIBLE

    def _to_pixels(self, page: Any, dpi: int) -> tuple[Any, Any]:
        """Return the affine map from the page's coordinates, rotated as it is, to pixels."""
        x, y = ctypes.c_int(), ctypes.c_int()

        def device(px: float, py: float) -> tuple[float, float]:
            self._raw.FPDF_PageToDevice(
                page, 0, 0, _DEVICE, _DEVICE, 0, px, py, ctypes.byref(x), ctypes.byref(y)
            )
            return x.value / _DEVICE, y.value / _DEVICE

        width, height = page.get_size()
        size = np.array([width, height]) * dpi / _POINT
        origin = np.array(device(0, 0))
        rows = [(np.array(device(*unit)) - origin) / 100 * size for unit in ((100, 0), (0, 100))]
        return np.array(rows), origin * size

    # --- the rules ------------------------------------------------------------------------------

    def _rules(self, page: Any, dpi: int) -> Iterator[Rule]:
        """Yield the level and upright lines of the page's paths, in pixels."""
        raw = self._raw
        matrix, shift = self._to_pixels(page, dpi)
        left = _MOST_CORNERS
        for thing in page.get_objects(filter=[_PATH], max_depth=3):
            left -= max(0, raw.FPDFPath_CountSegments(thing))
            if left < 0:
                return
            fill, stroke = ctypes.c_int(), ctypes.c_int()
            raw.FPDFPath_GetDrawMode(thing, ctypes.byref(fill), ctypes.byref(stroke))
            is_stroked = bool(stroke.value) and self._is_seen(thing, raw.FPDFPageObj_GetStrokeColor)
            is_filled = bool(fill.value) and self._is_seen(thing, raw.FPDFPageObj_GetFillColor)
            if is_stroked or is_filled:
                for corners in self._corners(thing):
                    path = [(float(x), float(y)) for x, y in corners @ matrix + shift]
                    yield from rules.stroked(path) if is_stroked else rules.filled(path)

    def _corners(self, thing: Any) -> Iterator[Any]:
        """Yield the corners of each part of a path on the page; one with curves has no rules."""
        raw = self._raw
        parts: list[list[tuple[float, float]]] = []
        x, y = ctypes.c_float(), ctypes.c_float()
        for i in range(raw.FPDFPath_CountSegments(thing)):
            segment = raw.FPDFPath_GetPathSegment(thing, i)
            kind = raw.FPDFPathSegment_GetType(segment)
            if kind not in (_LINE, _MOVE):
                return
            raw.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
            if kind == _MOVE or not parts:
                parts.append([])
            parts[-1].append((x.value, y.value))
            if raw.FPDFPathSegment_GetClose(segment):
                parts[-1].append(parts[-1][0])
        placed = thing
        matrix = np.eye(3)
        while placed is not None:
            a, b, c, d, e, f = placed.get_matrix().get()
            matrix = matrix @ np.array([[a, b, 0], [c, d, 0], [e, f, 1]])
            placed = placed.container
        for part in parts:
            if len(part) > 1:
                yield np.array(part) @ matrix[:2, :2] + matrix[2, :2]

    def _is_seen(self, thing: Any, color: Any) -> bool:
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        if not color(thing, *(ctypes.byref(level) for level in (red, green, blue, alpha))):
            return True
        return alpha.value > 0 and min(red.value, green.value, blue.value) < _WHITE

    def _has_fields(self, page: Any) -> bool:
        raw = self._raw
        for i in range(min(raw.FPDFPage_GetAnnotCount(page), 1000)):
            annotation = raw.FPDFPage_GetAnnot(page, i)
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            raw.FPDFPage_CloseAnnot(annotation)
            if kind == _WIDGET:
                return True
        return False

    def _pictured(self, page: Any) -> float:
        """Return the share of the page that its largest picture covers."""
        width, height = page.get_size()
        largest = 0.0
        for thing in page.get_objects(filter=[_IMAGE], max_depth=3):
            left, bottom, right, top = thing.get_bounds()
            largest = max(largest, (right - left) * (top - bottom))
        return float(largest / (width * height))
