"""A perceptual hash: 64 bits that hardly change when a picture is scaled, blurred or recompressed.

The signs of the lowest frequencies of the picture's brightness against their median, after
C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), section 3.2.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks import Pixels

BITS = 64
_SIDE = 32  # what a picture is averaged to before its frequencies are taken
_LOW = 8
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_FLAT = 2.0  # contrast, in levels of 255, below which only noise would be hashed

Hashes = NDArray[np.uint8]  # n x 8


def perceptual_hash(pixels: Pixels) -> bytes | None:
    """Return 8 bytes, or None for a picture that shows next to nothing."""
    grey = _averaged(_averaged(pixels.astype(np.float32) @ _LUMA, _SIDE).T, _SIDE).T
    if float(grey.std()) < _FLAT:
        return None
    basis = _cosines()
    low = (basis @ grey @ basis.T).ravel()
    return np.packbits(low > np.median(low[1:])).tobytes()


def distances(one: bytes, others: Hashes) -> NDArray[np.int64]:
    """Return how many of the 64 bits differ from each of the others."""
    differing = np.bitwise_count(others ^ np.frombuffer(one, np.uint8))
    counts: NDArray[np.int64] = differing.sum(axis=1, dtype=np.int64)
    return counts


@cache
def _cosines() -> NDArray[np.float32]:
    """Return the lowest rows of the type II discrete cosine transform."""
    k, n = np.arange(_LOW)[:, None], np.arange(_SIDE)[None, :]
    rows: NDArray[np.float32] = np.cos(np.pi * (2 * n + 1) * k / (2 * _SIDE)).astype(np.float32)
    return rows


def _averaged(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return `count` rows: means of equal shares of the rows, a row on a border shared out."""
    height = len(values)
    total = np.zeros((height + 1, *values.shape[1:]))
    np.cumsum(values, axis=0, out=total[1:])
    edges = np.linspace(0, height, count + 1)
    whole = np.minimum(edges.astype(int), height - 1)
    upto = total[whole] + values[whole] * (edges - whole)[:, None]
    means: NDArray[np.float32] = (np.diff(upto, axis=0) * (count / height)).astype(np.float32)
    return means
