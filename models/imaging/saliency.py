"""What stands out in a picture: spectral residual and rarity of colour, without a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks import Pixels

Importance = NDArray[np.float64]  # height x width, sums to 1

_RESIDUAL_SIDE = 64  # the scale at which the method was published
_SIDE = 128  # pixels of the longer side of the map
_BINS = 12  # of each axis of colour


def saliency(pixels: Pixels) -> Importance:
    """Return how much each part of a picture stands out, its longer side reduced to 128 pixels.

    Half of it is the spectral residual of luminance (Hou & Zhang, "Saliency Detection: A Spectral
    Residual Approach", CVPR 2007), half how rare a place's colour is in the picture (after Cheng et
    al., "Global Contrast Based Salient Region Detection", 2011). An even picture is even.
    """
    import cv2

    height, width = pixels.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    lab = np.asarray(
        cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), dtype=np.float64
    )
    residual = cv2.resize(_residual(lab[:, :, 0]), size, interpolation=cv2.INTER_LINEAR)
    found = normal(np.asarray(residual, dtype=np.float64))
    return normal(found + normal(_rarity(lab)))


def normal(weights: Importance) -> Importance:
    """Return weights that sum to 1; even ones where there are none."""
    weights = np.maximum(weights, 0)
    total = float(weights.sum())
    if not np.isfinite(total) or total < 1e-12:
        return np.full(weights.shape, 1.0 / max(1, weights.size))
    return weights / total


def _residual(light: NDArray[np.float64]) -> Importance:
    """Return where luminance departs from the usual spectrum of pictures."""
    import cv2

    square = cv2.resize(light, (_RESIDUAL_SIDE, _RESIDUAL_SIDE), interpolation=cv2.INTER_AREA)
    if float(np.ptp(square)) < 1.0:
        return np.zeros_like(square)
    spectrum = np.fft.fft2(square)
    amplitude = np.log(np.abs(spectrum) + 1e-9)
    residual = amplitude - cv2.blur(amplitude, (3, 3))
    back = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    found = np.asarray(cv2.GaussianBlur(back, (0, 0), 2.5), dtype=np.float64)
    return np.maximum(found - np.median(found), 0)


def _rarity(lab: NDArray[np.float64]) -> Importance:
    """Return how far each colour is from the others, weighted by how many pixels have those."""
    import cv2

    flat = lab.reshape(-1, 3)
    low, span = np.array([0, -128, -128]), np.array([100, 256, 256])
    steps = np.clip((flat - low) / span * _BINS, 0, _BINS - 1).astype(int)
    codes = (steps[:, 0] * _BINS + steps[:, 1]) * _BINS + steps[:, 2]
    _, labels, counts = np.unique(codes, return_inverse=True, return_counts=True)
    labels = labels.ravel()
    means = np.stack([np.bincount(labels, weights=flat[:, i]) / counts for i in range(3)], axis=1)
    distances = np.linalg.norm(means[:, None] - means[None], axis=2)
    rare = distances @ (counts / counts.sum())
    shaped = rare[labels].reshape(lab.shape[:2])
    found = np.asarray(cv2.GaussianBlur(shaped, (0, 0), 2.0), dtype=np.float64)
    return np.maximum(found - np.median(found), 0)
