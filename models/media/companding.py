"""Sound of telephones: eight bits a sample, logarithmic (ITU-T G.711)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks import RawEncoding, Samples

_BIAS = 0x84


def samples(content: bytes, encoding: RawEncoding) -> Samples:
    """Return raw bytes as 16-bit samples; a byte that is half a sample is left out."""
    if encoding == "LINEAR16":
        return np.frombuffer(content[: len(content) // 2 * 2], "<i2").astype(np.int16)
    table = _MU_LAW if encoding == "MULAW" else _A_LAW
    return table[np.frombuffer(content, np.uint8)]


def _mu_law() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    size = (((code & 0x0F) << 3) + _BIAS << ((code & 0x70) >> 4)) - _BIAS
    return np.where(code & 0x80, -size, size).astype(np.int16)


def _a_law() -> NDArray[np.int16]:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (code & 0x70) >> 4
    low = ((code & 0x0F) << 4) + 8
    size = np.where(segment > 0, low + 0x100 << np.maximum(segment - 1, 0), low)
    return np.where(code & 0x80, size, -size).astype(np.int16)


_MU_LAW, _A_LAW = _mu_law(), _a_law()
