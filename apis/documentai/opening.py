"""From the bytes of a request to a file whose kind and number of pages are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sensorium.apis.core import Call
from sensorium.models.errors import Failure, InvalidArgument
from sensorium.models.media.sniff import HTML, XLSX, media_type, structured_type
from sensorium.models.tasks import DocumentPage, DocumentReader, ImageReader

PDF = "application/pdf"
PAGED = (PDF, "image/png", "image/jpeg", "image/tiff", "image/gif", "image/bmp", "image/webp")
DPI = 200  # small print is still legible, and a letter page has 3.7 million pixels
_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/x-ms-bmp": "image/bmp",
    "image/tif": "image/tiff",
    "text/x-markdown": "text/markdown",
    "application/vnd.ms-excel.sheet.macroenabled.12": XLSX,
}
_TEXTS = (HTML, "text/markdown")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a known kind; `total` pages (0 where it has none), `field` tells where it came."""

    content: bytes
    kind: str
    total: int
    field: str
    uri: str = ""

    async def page(self, number: int, call: Call) -> DocumentPage:
        """Return a page's picture, and its own text where the file carries it."""
        seconds = call.limits.seconds
        try:
            if self.kind == PDF:
                return await call.models.use(DocumentReader.page, timeout=seconds)(
                    self.content, number, DPI
                )
            frames = call.models.use(ImageReader.frames, timeout=seconds)
            (pixels,) = await frames(self.content, call.limits.pixels, (number,))
            return DocumentPage(pixels, None)
        except Failure as failure:
            raise failure.within(self.field) from failure


@dataclass(frozen=True, slots=True)
class Given:
    """A document as a request gives it: its bytes, what it is said to be, and where it stands."""

    content: bytes
    said: str
    field: str
    uri: str = ""


async def opened(given: Given, call: Call, also: tuple[str, ...] = ()) -> File:
    """Return the file that the bytes are, of one of the paged kinds or of `also`.

    Raises InvalidArgument for what is empty, of another kind, not what it is said to be, or broken.
    """
    content, field = given.content, given.field
    if not content:
        raise InvalidArgument("The document is empty.", field=field)
    said = given.said.partition(";")[0].strip().lower()
    said = _ALIASES.get(said, said)
    told = f"{field.rpartition('.')[0]}.mimeType"
    served = (*PAGED, *also)
    if said and said not in served:
        raise InvalidArgument(
            f"{said[:60]!r} is not served by this processor; {', '.join(served)} are.", field=told
        )
    kind = _told(content, said)
    if kind is not None and kind not in served:
        raise InvalidArgument(f"This is {kind}, not one of {', '.join(served)}.", field=field)
    if kind is not None and said and said != kind:
        raise InvalidArgument(f"The file is {kind}, not {said}.", field=told)
    if (kind or said) in also:
        return File(content, kind or said, 0, field, given.uri)
    # what is of no known kind is opened, too: whatever opens pictures says best why it is none
    reader: Any = DocumentReader.count if kind == PDF else ImageReader.count
    try:
        total = await call.models.use(reader, timeout=call.limits.seconds)(content)
    except Failure as failure:
        raise failure.within(field) from failure
    return File(content, kind or said, total, field, given.uri)


def _told(content: bytes, said: str) -> str | None:
    """Return what a file is by its bytes; of what is text, its sender knows best."""
    kind = media_type(content) or structured_type(content)
    return said if kind == HTML and said in _TEXTS else kind
