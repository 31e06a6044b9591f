"""PDF files written by hand, for tests."""

from __future__ import annotations

import io
import zlib


def pdf(*contents: str, page: str = "", extra: str = "", objects: dict[int, bytes] | None = None):
    """Write a PDF with a page for each content stream; Helvetica is /F1."""
    kids = " ".join(f"{10 + 2 * i} 0 R" for i in range(len(contents)))
    parts: dict[int, bytes] = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    }
    for i, content in enumerate(contents):
        parts[10 + 2 * i] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents {11 + 2 * i} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> /XObject << /Im1 4 0 R >> >> {page} >>"
        ).encode()
        stream = content.encode("cp1252")
        parts[11 + 2 * i] = b"<< /Length %d >> stream\n%s\nendstream" % (len(stream), stream)
    parts |= objects or {}
    out, offsets = io.BytesIO(b"%PDF-1.7\n"), {}
    out.seek(0, io.SEEK_END)
    for number, body in sorted(parts.items()):
        offsets[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start, size = out.tell(), max(parts) + 1
    out.write(b"xref\n0 %d\n" % size)
    for number in range(size):
        kind = b"n" if number in offsets else b"f"
        out.write(b"%010d 00000 %s \n" % (offsets.get(number, 0), kind))
    out.write(f"trailer << /Size {size} /Root 1 0 R {extra} >>\nstartxref\n{start}\n%%EOF".encode())
    return out.getvalue()


def scan() -> dict[int, bytes]:
    pixels = zlib.compress(bytes(30 * 20))
    head = (
        b"<< /Type /XObject /Subtype /Image /Width 30 /Height 20 /ColorSpace /DeviceGray "
        b"/BitsPerComponent 8 /Filter /FlateDecode /Length %d >> stream\n" % len(pixels)
    )
    return {4: head + pixels + b"\nendstream"}


def shown(text: str, x: float = 40, y: float = 150, more: str = "") -> str:
    return f"BT /F1 14 Tf {more} 1 0 0 1 {x} {y} Tm ({text}) Tj ET "
