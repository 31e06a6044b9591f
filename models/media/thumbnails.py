"""Small copies of pictures, to keep."""

from __future__ import annotations

import numpy as np

from sensorium.models.errors import Internal
from sensorium.models.tasks import Pixels

_QUALITY = 90


def reduced(pixels: Pixels, side: int) -> Pixels:
    """Return the picture with no side longer than `side`; as it is when it is small enough."""
    import cv2

    height, width = pixels.shape[:2]
    longest = max(height, width)
    if longest <= side:
        return pixels
    size = (max(1, round(width * side / longest)), max(1, round(height * side / longest)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def to_jpeg(pixels: Pixels) -> bytes:
    """Return the picture as JPEG."""
    import cv2

    bgr = np.ascontiguousarray(pixels[:, :, ::-1])
    done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise Internal("A picture could not be encoded.")
    return bytes(encoded)


def from_jpeg(content: bytes) -> Pixels:
    """Return the pixels of what `to_jpeg` made; not for files that strangers send."""
    import cv2

    bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise Internal("A kept picture cannot be decoded.")
    return np.ascontiguousarray(bgr[:, :, ::-1], np.uint8)
