"""What a file is, by its first bytes."""

from __future__ import annotations

import re

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HTML = "text/html"

# Signatures as in the WHATWG MIME Sniffing standard, section 6.1, with TIFF and PDF beside them.
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"\0\0\1\0", "image/x-icon"),
)
# The main parts of office files (ECMA-376 part 1, 11.3.10, 12.3.23 and 13.3.6)
_OFFICE = {b"word/document.xml": DOCX, b"xl/workbook.xml": XLSX, b"ppt/presentation.xml": PPTX}
_ZIP = b"PK\x03\x04"
_END = b"PK\x05\x06"  # of the directory's end (APPNOTE 4.3.16), which has its size and place
_END_WITHIN = 22 + 65_535
# atomic: however many comments there are, they are read in one way only
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?>(?:<!--.*?-->\s*)*)<(?:!doctype\s+html|html)[\s>]", re.I | re.S
)
_PDF_WITHIN = 1024  # a PDF's header may stand anywhere in its first kilobyte (ISO 32000-1, H.3)


def media_type(content: bytes) -> str | None:
    """Return the media type of a picture or document, or None when it is neither."""
    for signature, name in _SIGNATURES:
        if content.startswith(signature):
            return name
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if b"%PDF-" in content[:_PDF_WITHIN]:
        return "application/pdf"
    return None


def structured_type(content: bytes) -> str | None:
    """Return the media type of an office file or an HTML page, or None when it is neither.

    An office file is told by the main part in its archive; one whose archive is broken is None.
    """
    if _HTML.match(content[:_PDF_WITHIN]):
        return HTML
    if not content.startswith(_ZIP):
        return None
    directory = _directory(content)
    return next((kind for part, kind in _OFFICE.items() if part in directory), None)


def _directory(content: bytes) -> bytes:
    """Return the directory of an archive as it stands, empty where it has none.

    It is searched, not read: an archive may name more parts than a gateway has time to list.
    """
    end = content[-_END_WITHIN:].rpartition(_END)[2]
    size, start = (int.from_bytes(end[at : at + 4], "little") for at in (8, 12))
    return content[start : start + size]
