"""Pixels as a PNG file (W3C PNG, third edition), without an image library."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from sensorium.models.tasks.pictures import Pixels

_GREY, _RGB = 0, 2
_UP = 2  # the filter that tells each byte by the one above it: pages are made of vertical strokes
_FAST = 1


def encode(image: Pixels) -> bytes:
    """Return height x width x 3 pixels as a PNG, in greys where there is no colour."""
    height, width = image.shape[:2]
    grey = bool(
        (image[:, :, 0] == image[:, :, 1]).all() and (image[:, :, 1] == image[:, :, 2]).all()
    )
    rows = (image[:, :, 0] if grey else image).reshape(height, -1)
    filtered = np.empty((height, rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    filtered[1:, 1:] = rows[1:] - rows[:-1]
    header = struct.pack(">IIBBBBB", width, height, 8, _GREY if grey else _RGB, 0, 0, 0)
    data = zlib.compress(filtered.tobytes(), _FAST)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND")


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check
