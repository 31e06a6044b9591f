"""The colours that dominate a picture: k-means in CIE Lab, where distance is what eyes see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.models.tasks import Pixels

Colours = NDArray[np.float32]  # rows of L*, a*, b*

_SIDE = 112  # pixels of the longer side that colours are counted at
_CLUSTERS = 16
_ROUNDS = 12
_SAME = 9.0  # CIE76 distance under which two clusters are one colour
_SEED = 20


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour in sRGB (0 to 255), the share of pixels that have it, and how much it matters.

    `score` is the share weighted by vividness, w = 1 + C / 40 with C the chroma of CIE Lab; scores
    of a picture sum to 1.
    """

    red: float
    green: float
    blue: float
    fraction: float
    score: float


def dominant(pixels: Pixels) -> list[Colour]:
    """Return a picture's colours, highest score first; shares of all of them sum to 1."""
    import cv2

    height, width = pixels.shape[:2]
    scale = _SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    flat = pixels.reshape(1, -1, 3).astype(np.float32) / 255
    lab = np.asarray(cv2.cvtColor(flat, cv2.COLOR_RGB2Lab)[0], dtype=np.float32)
    labels, centres = _clustered(lab)
    labels = _joined(labels, centres)
    found = []
    for label in np.unique(labels):
        members = labels == label
        red, green, blue = flat[0][members].mean(axis=0) * 255
        chroma = float(np.hypot(*lab[members].mean(axis=0)[1:]))
        share = float(members.mean())
        found.append((share * (1 + chroma / 40), share, (float(red), float(green), float(blue))))
    total = sum(weight for weight, _, _ in found)
    colours = [Colour(*rgb, share, weight / total) for weight, share, rgb in found]
    return sorted(colours, key=lambda colour: -colour.score)


def _clustered(lab: Colours) -> tuple[NDArray[np.intp], Colours]:
    """Return each pixel's cluster and the centres: Lloyd's rounds from k-means++ seeds."""
    centres = _seeds(lab)
    labels = np.zeros(len(lab), np.intp)
    for _ in range(_ROUNDS):
        labels = _distances(lab, centres).argmin(axis=1)
        counts = np.bincount(labels, minlength=len(centres)).astype(np.float32)
        sums = np.stack(
            [np.bincount(labels, weights=lab[:, i], minlength=len(centres)) for i in range(3)],
            axis=1,
        )
        kept = counts > 0
        centres = (sums[kept] / counts[kept, None]).astype(np.float32)
    return _distances(lab, centres).argmin(axis=1), centres


def _seeds(lab: Colours) -> Colours:
    """Return first centres, far from each other (Arthur & Vassilvitskii, 2007), always the same."""
    lots = np.random.default_rng(_SEED)
    centres = [lab[lots.integers(len(lab))]]
    nearest = _distances(lab, np.stack(centres))[:, 0]
    while len(centres) < _CLUSTERS and nearest.max() > 1:
        chosen = lots.choice(len(lab), p=nearest / nearest.sum())
        centres.append(lab[chosen])
        nearest = np.minimum(nearest, _distances(lab, lab[chosen][None])[:, 0])
    return np.stack(centres)


def _distances(lab: Colours, centres: Colours) -> NDArray[np.float64]:
    """Return the squared distance of every pixel to every centre."""
    pixels, means = lab.astype(np.float64), centres.astype(np.float64)
    squares = (pixels**2).sum(axis=1)[:, None] - 2 * pixels @ means.T + (means**2).sum(axis=1)
    return np.asarray(np.maximum(squares, 0.0))


def _joined(labels: NDArray[np.intp], centres: Colours) -> NDArray[np.intp]:
    """Return the labels with clusters that look the same made one, the smaller the larger's."""
    counts = np.bincount(labels, minlength=len(centres))
    heirs = np.arange(len(centres))
    order = np.argsort(-counts, kind="stable")
    for at, small in enumerate(order):
        for large in order[:at]:
            if heirs[large] == large and np.linalg.norm(centres[small] - centres[large]) < _SAME:
                heirs[small] = large
                break
    joined: NDArray[np.intp] = heirs[labels]
    return joined
