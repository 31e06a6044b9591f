"""PDF set anew: the text of its pages exchanged, everything else as it is, by pdfium."""

from __future__ import annotations

import ctypes
import io
import math
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.engines._pdfium import character, opened
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.pages.settext import Piece, SetParagraph, paragraphs
from sensorium.models.registry import engine
from sensorium.models.tasks import PageRewriter

_TEXT = 1  # FPDF_PAGEOBJ_TEXT
_TRUETYPE = 2  # FPDF_FONT_TRUETYPE
_INVISIBLE = 3  # text rendering mode "neither fill nor stroke" (ISO 32000-1, table 106)
_SEEN, _SPOILT = 48, 0.002  # levels by which a pixel is another, and the share of such pixels
_LEVEL = 0.02  # of a size: how much a baseline may slope to be level
_LEAST = 0.55  # of its size: text that needs more room becomes no smaller
_STEP = 0.96
_SPACE = 0.278  # of a size: Helvetica's
_FAMILIES = {"courier": "Courier", "mono": "Courier", "times": "Times", "serif": "Times"}
_STYLES = {  # bold, italic
    "Courier": ("Courier", "Courier-Bold", "Courier-Oblique", "Courier-BoldOblique"),
    "Helvetica": ("Helvetica", "Helvetica-Bold", "Helvetica-Oblique", "Helvetica-BoldOblique"),
    "Times": ("Times-Roman", "Times-Bold", "Times-Italic", "Times-BoldItalic"),
}
_FIXED_PITCH, _SERIF, _ITALIC = 1 << 0, 1 << 1, 1 << 6  # font flags (ISO 32000-1, table 123)


@engine(
    "pdfium_text",
    task=PageRewriter,
    requires=("pypdfium2",),
    isolated=True,
    concurrency=2,
    memory="80MB",
    rank=10,
)
class PdfiumText:
    """Put other text into PDF files, paragraph by paragraph, smaller where it needs more room.

    Level text that the page itself sets is exchanged; text in pictures, in form fields, in reusable
    drawings and aslant stays. Words that look other than the rest of their paragraph do not keep
    that.
    """

    def paragraphs(self, content: bytes) -> tuple[str, ...]:
        """Return the paragraphs of all pages."""
        with opened(content) as document:
            return tuple(
                one.text for page in document for one in paragraphs(list(_pieces(page)[0]))
            )

    def rewritten(self, content: bytes, texts: Sequence[str], font: bytes) -> bytes:
        """Return the file with other paragraphs in place of its own.

        Old text is taken off the pages. pdfium writes some pages wrongly when it does that, which
        shows when they are rendered; there the old text is painted over instead.
        """
        done = _written(content, texts, font, frozenset())
        if wrong := _spoilt(content, done):
            done = _written(content, texts, font, wrong)
        return done


def _written(content: bytes, texts: Sequence[str], font: bytes, covered: frozenset[int]) -> bytes:
    """Return the file with other paragraphs; on pages that are `covered` old text stays below."""
    remaining = iter(texts)
    with opened(content) as document:
        fonts = _Fonts(document, font)
        for number, page in enumerate(document):
            pieces, objects = _pieces(page)
            papers = _Papers(page) if number in covered else None
            changed = False
            for one in paragraphs(pieces):
                text = next(remaining, None)
                if text is None:
                    raise InvalidArgument("There are fewer texts than paragraphs.")
                if text != one.text:
                    _exchange(page, one, text, objects, fonts, papers)
                    changed = True
            if changed:
                page.gen_content()
            page.close()
        target = io.BytesIO()
        document.save(target)
        return target.getvalue()


def _spoilt(before: bytes, after: bytes) -> frozenset[int]:
    """Return the pages that look other than before where there is no text."""
    wrong = set()
    with opened(before) as old, opened(after) as new:
        for number, (first, second) in enumerate(zip(old, new, strict=True)):
            was, became = (_rendered(page) for page in (first, second))
            off = np.abs(was - became).max(axis=2) > _SEEN
            for one in paragraphs(_pieces(first)[0]):
                off[_box(one, first)] = False
            if off.mean() > _SPOILT:
                wrong.add(number)
    return frozenset(wrong)


def _rendered(page: Any) -> NDArray[np.int16]:
    pixels = page.render(scale=1.0, rev_byteorder=True).to_numpy()[:, :, :3]
    return np.asarray(pixels, dtype=np.int16)


def _box(one: SetParagraph, page: Any) -> tuple[slice, slice]:
    """Return where a paragraph is on a page that was rendered at 72 dpi, with some room."""
    left, bottom, right, top = _around(one)
    height = page.get_height()
    rows = slice(max(0, math.floor(height - top)), max(0, math.ceil(height - bottom)))
    return rows, slice(max(0, math.floor(left)), max(0, math.ceil(right)))


def _around(one: SetParagraph) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of a paragraph and what it may take."""
    size = max(line.size for line in one.lines)
    top, bottom = one.lines[0].baseline + size, one.lines[-1].baseline - 0.35 * size
    right = max(one.right, one.left + one.room)
    return one.left - 0.1 * size, bottom, right + 0.1 * size, top


class _Papers:
    """The colour of a page around its paragraphs."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._pixels = _rendered(page)

    def of(self, one: SetParagraph) -> list[int]:
        """Return the colour that most of a paragraph's box has: letters are thinner than paper."""
        part = self._pixels[_box(one, self._page)].reshape(-1, 3)
        return [int(level) for level in np.median(part, axis=0)] if len(part) else [255] * 3


def _pieces(page: Any) -> tuple[list[Piece], list[Any]]:
    """Return the level text of a page, and the objects that set it."""
    from pypdfium2 import raw

    textpage = page.get_textpage()
    told = _told(textpage)
    textpage.close()
    pieces: list[Piece] = []
    objects: list[Any] = []
    for number in range(raw.FPDFPage_CountObjects(page)):
        one = raw.FPDFPage_GetObject(page, number)
        if raw.FPDFPageObj_GetType(one) != _TEXT or _address(one) not in told:
            continue
        if raw.FPDFTextObj_GetTextRenderMode(one) == _INVISIBLE:
            continue
        piece = _piece(one, *told[_address(one)], len(objects))
        if piece is not None:
            pieces.append(piece)
            objects.append(one)
    return pieces, objects


def _told(textpage: Any) -> dict[int, tuple[str, bool]]:
    """Return the text of each text object, by its address, and whether a space is before it."""
    from pypdfium2 import raw

    found: dict[int, tuple[str, bool]] = {}
    space = False
    for at in range(raw.FPDFText_CountChars(textpage)):
        char = character(raw.FPDFText_GetUnicode(textpage, at))
        if raw.FPDFText_IsGenerated(textpage, at) == 1:
            space = True
            continue
        address = _address(raw.FPDFText_GetTextObject(textpage, at))
        text, spaced = found.get(address, ("", space))
        found[address] = (text + (" " if space and text else "") + char, spaced)
        space = False
    return found


def _address(one: Any) -> int:
    return ctypes.cast(one, ctypes.c_void_p).value or 0


def _piece(one: Any, text: str, spaced: bool, number: int) -> Piece | None:
    """Return a text object as a piece; None for one without words, or aslant."""
    from pypdfium2 import raw

    matrix, size = raw.FS_MATRIX(), ctypes.c_float()
    raw.FPDFPageObj_GetMatrix(one, ctypes.byref(matrix))
    raw.FPDFTextObj_GetFontSize(one, ctypes.byref(size))
    if not text.strip() or abs(matrix.b) > _LEVEL * abs(matrix.a) or matrix.a <= 0 or matrix.d <= 0:
        return None
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    sides = (ctypes.byref(side) for side in (left, bottom, right, top))
    raw.FPDFPageObj_GetBounds(one, *sides)
    height = size.value * matrix.d
    return Piece(text, left.value, right.value, matrix.f, height, number, spaced)


class _Fonts:
    """The fonts that new text is set in: standard ones, and one for letters that these lack."""

    def __init__(self, document: Any, font: bytes) -> None:
        self._document, self._file = document, font
        self._loaded: dict[str, Any] = {}

    def of(self, one: Any, text: str) -> Any:
        """Return a font for a text that looks like that of a text object."""
        from pypdfium2 import raw

        try:
            text.encode("cp1252")
        except UnicodeEncodeError:
            return self._brought(text)
        like = raw.FPDFTextObj_GetFont(one)
        name = ctypes.create_string_buffer(128)
        raw.FPDFFont_GetBaseFontName(like, name, len(name))
        told = name.value.decode("ascii", "replace").lower()
        flags = raw.FPDFFont_GetFlags(like)
        family = next((f for word, f in _FAMILIES.items() if word in told), None)
        if family is None:
            serif = "Times" if flags & _SERIF else "Helvetica"
            family = "Courier" if flags & _FIXED_PITCH else serif
        bold = "bold" in told or raw.FPDFFont_GetWeight(like) >= 600
        italic = "italic" in told or "oblique" in told or bool(flags & _ITALIC)
        wanted = _STYLES[family][bold + 2 * italic]
        if wanted not in self._loaded:
            font = raw.FPDFText_LoadStandardFont(self._document, wanted.encode())
            self._loaded[wanted] = font
        return self._loaded[wanted]

    def _brought(self, text: str) -> Any:
        from pypdfium2 import raw

        if any(unicodedata.bidirectional(char) in ("R", "AL") for char in text):
            raise FailedPrecondition("Text from right to left cannot be set in a PDF here.")
        if not self._file:
            raise FailedPrecondition("There is no font for the letters of the text.")
        if "" not in self._loaded:
            data = (ctypes.c_uint8 * len(self._file)).from_buffer_copy(self._file)
            self._loaded[""] = raw.FPDFText_LoadFont(
                self._document, data, len(self._file), _TRUETYPE, True
            )
        if not self._loaded[""]:
            raise FailedPrecondition("The font for the letters of the text cannot be opened.")
        return self._loaded[""]


def _exchange(
    page: Any,
    one: SetParagraph,
    text: str,
    objects: Sequence[Any],
    fonts: _Fonts,
    papers: _Papers | None,
) -> None:
    """Take a paragraph off a page, or paint over it, and set another in its place."""
    from pypdfium2 import raw

    old = [objects[piece.number] for line in one.lines for piece in line.pieces]
    font = fonts.of(old[0], text)
    colour = [ctypes.c_uint() for _ in range(4)]
    raw.FPDFPageObj_GetFillColor(old[0], *(ctypes.byref(part) for part in colour))
    if papers is not None:
        _cover(page, one, papers.of(one))
    size, lines, width = _fitted(page, one, text, font)
    left = one.left if width <= one.room else max(0.0, one.left + one.room - width)
    leading = one.leading * min(1.0, len(one.lines) / max(1, len(lines)))
    if len(lines) <= len(one.lines):
        leading = one.leading
    for number, line in enumerate(lines):
        made = _made(page, line, font, size)
        baseline = one.lines[0].baseline - number * leading
        raw.FPDFPageObj_Transform(made, 1, 0, 0, 1, left, baseline)
        raw.FPDFPageObj_SetFillColor(made, *(part.value for part in colour))
        raw.FPDFPage_InsertObject(page, made)
    for gone in () if papers is not None else old:
        raw.FPDFPage_RemoveObject(page, gone)
        raw.FPDFPageObj_Destroy(gone)


def _cover(page: Any, one: SetParagraph, paper: Sequence[int]) -> None:
    """Paint over each line of a paragraph."""
    from pypdfium2 import raw

    for line in one.lines:
        left, bottom, right, top = _around(SetParagraph((line,)))
        made = raw.FPDFPageObj_CreateNewRect(left, bottom, right - left, top - bottom)
        raw.FPDFPageObj_SetFillColor(made, *paper, 255)
        raw.FPDFPath_SetDrawMode(made, raw.FPDF_FILLMODE_WINDING, False)
        raw.FPDFPage_InsertObject(page, made)


def _fitted(page: Any, one: SetParagraph, text: str, font: Any) -> tuple[float, list[str], float]:
    """Return the size at which a text fits where a paragraph stands, its lines and its width."""
    whole = one.lines[0].size
    words = text.split()
    widths = {word: _width(page, word, font) for word in set(words)}
    size = whole
    single = len(one.lines) == 1
    while True:
        lines = [words] if single else list(_wrapped(words, widths, size, one.room))
        widest = max((_measured(line, widths, size) for line in lines), default=0.0)
        fits = len(lines) <= len(one.lines) * whole / size and widest <= one.room * 1.02
        if fits or size <= _LEAST * whole:
            return size, [" ".join(line) for line in lines], widest
        size *= _STEP


def _wrapped(
    words: Sequence[str], widths: dict[str, float], size: float, room: float
) -> Iterator[list[str]]:
    line: list[str] = []
    for word in words:
        if line and _measured([*line, word], widths, size) > room * 1.02:
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def _measured(line: Sequence[str], widths: dict[str, float], size: float) -> float:
    return size * (sum(widths[word] for word in line) + _SPACE * (len(line) - 1))


def _width(page: Any, word: str, font: Any) -> float:
    """Return how wide a word is in sizes of the font."""
    from pypdfium2 import raw

    made = _made(page, word, font, 100.0)
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    sides = (ctypes.byref(side) for side in (left, bottom, right, top))
    raw.FPDFPageObj_GetBounds(made, *sides)
    raw.FPDFPageObj_Destroy(made)
    return max(0.0, right.value - min(0.0, left.value)) / 100.0


def _made(page: Any, text: str, font: Any, size: float) -> Any:
    """Return a new text object that no page has yet."""
    from pypdfium2 import raw

    made = raw.FPDFPageObj_CreateTextObj(page.pdf, font, size)
    encoded = (text + "\0").encode("utf-16-le")
    buffer = (raw.FPDF_WCHAR * (len(encoded) // 2)).from_buffer_copy(encoded)
    raw.FPDFText_SetText(made, buffer)
    return made
