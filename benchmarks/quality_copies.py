"""Copies of pictures: how often the right one of a thousand comes first.

The embedded image embedding alone, without the hash that Product Search adds: a thousand photos
that nothing was trained on, and changed copies of every tenth.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from sensorium.models.adapters.photos import photos
from sensorium.models.engines.nudenet_embedder import NudeNetEmbedder

DATA = Path(__file__).parents[2] / "shared" / "data"
_PHOTOS, _EVERY = 1000, 10

Change = Callable[[Image.Image], Image.Image]


def table() -> str:
    """Return the figures as Markdown."""
    if not DATA.is_dir():
        return "Not measured: the public data is not beside this checkout."
    held = [one.path for one in photos(DATA) if one.held]
    step = len(held) / _PHOTOS
    known = [Image.open(held[int(at * step)]).convert("RGB") for at in range(_PHOTOS)]
    embedder = NudeNetEmbedder()

    def vectors(images: list[Image.Image]) -> np.ndarray:
        return np.array(embedder.embed_images([np.asarray(one) for one in images]))

    index = vectors(known)
    asked = range(0, _PHOTOS, _EVERY)
    rows = ["| change | first | cosine, median |", "|---|---|---|"]
    for name, change in CHANGES.items():
        cosines = vectors([change(known[at]) for at in asked]) @ index.T
        first = np.mean([cosines[row].argmax() == at for row, at in enumerate(asked)])
        own = np.median([cosines[row, at] for row, at in enumerate(asked)])
        rows.append(f"| {name} | {first:.2f} | {own:.2f} |")
    others = index @ index.T - 2 * np.eye(_PHOTOS)
    rows.append(f"| nearest other photo | | {np.median(others.max(axis=1)):.2f} |")
    return "\n".join(rows)


def _cropped(share: float) -> Change:
    def crop(image: Image.Image) -> Image.Image:
        wide, high = image.width * share, image.height * share
        return image.crop((int(wide), int(high), int(image.width - wide), int(image.height - high)))

    return crop


def _recompressed(image: Image.Image) -> Image.Image:
    target = io.BytesIO()
    size = (round(image.width * 0.6), round(image.height * 0.6))
    image.resize(size).save(target, "JPEG", quality=25)
    return Image.open(target).convert("RGB")


def _shifted(image: Image.Image) -> Image.Image:
    pixels = np.asarray(image, np.float32) * (1.1, 1.0, 0.85) + 12
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


CHANGES: dict[str, Change] = {
    "a tenth of each side cut off": _cropped(0.05),
    "a fifth of each side cut off": _cropped(0.1),
    "shrunk to .6, JPEG of quality 25": _recompressed,
    "blurred, radius 1 of 224 pixels": lambda image: image.filter(ImageFilter.GaussianBlur(1)),
    "blurred, radius 2 of 224 pixels": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "warmer and brighter": _shifted,
    "grey": lambda image: image.convert("L").convert("RGB"),
    "turned by 5 degrees": lambda image: image.rotate(5, Image.Resampling.BICUBIC),
    "cropped, warmer and recompressed": lambda image: _recompressed(
        _shifted(_cropped(0.06)(image))
    ),
}
