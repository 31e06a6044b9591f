"""What a file is, by its first bytes."""

from __future__ import annotations

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
