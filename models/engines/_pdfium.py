"""What the engines that open PDF files share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sensorium.models.errors import InvalidArgument
from sensorium.models.media.sniff import media_type


@contextmanager
def opened(content: bytes) -> Iterator[Any]:
    """Open a document; InvalidArgument says why it cannot be."""
    import pypdfium2

    if media_type(content) != "application/pdf":
        raise InvalidArgument("This is no PDF: its first kilobyte has no %PDF- header.")
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise refused(str(error)) from error
    try:
        yield document
    except pypdfium2.PdfiumError as error:
        raise InvalidArgument(f"The PDF cannot be read: {error}.") from error
    finally:
        document.close()


def refused(reason: str) -> InvalidArgument:
    if "password" in reason.lower():
        return InvalidArgument(
            "The PDF is encrypted and needs a password.", hint="Send it without one."
        )
    if "security" in reason.lower():
        return InvalidArgument("The PDF is encrypted in a way that cannot be read.")
    return InvalidArgument(f"The PDF cannot be opened: {reason.rstrip('.')}.")


def character(code: int) -> str:
    """Return a character of pdfium; a hyphen at a line's end has codes of its own there."""
    if code in (0x02, 0xAD, 0xFFFE):
        return "-"
    if code == 0 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return "\ufffd"
    return chr(code)
