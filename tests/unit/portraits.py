"""Faces that tests draw: plain, but a network that knows people takes them for one."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from sensorium.models.tasks import Pixels

Colour = tuple[int, int, int]

BACK: Colour = (90, 120, 150)
_SKIN, _HAIR, _LIP, _DARK = (224, 172, 140), (60, 40, 30), (180, 80, 80), (15, 12, 10)
# the places of the drawing's landmarks in shares of its sides
PLACES = {
    "LEFT_EYE": (0.40, 0.462),
    "RIGHT_EYE": (0.60, 0.462),
    "NOSE_TIP": (0.50, 0.575),
    "MOUTH_LEFT": (0.42, 0.68),
    "MOUTH_RIGHT": (0.58, 0.68),
}


def portrait(side: int, turned: float = 0.0) -> Pixels:
    """Return a square picture of a person, turned clockwise by degrees."""
    image = Image.new("RGB", (800, 800), BACK)
    draw = ImageDraw.Draw(image)

    def oval(x: float, y: float, across: float, down: float, colour: Colour) -> None:
        box = ((x - across) * 800, (y - down) * 800, (x + across) * 800, (y + down) * 800)
        draw.ellipse(box, fill=colour)

    oval(0.5, 0.95, 0.42, 0.22, (70, 80, 120))
    draw.rectangle((328, 560, 472, 720), fill=_shade(_SKIN, 0.85))
    oval(0.5, 0.43, 0.30, 0.36, _HAIR)
    oval(0.5, 0.50, 0.25, 0.32, _SKIN)
    for x in (0.40, 0.60):
        brow = ((x - 0.07) * 800, 308, (x + 0.07) * 800, 360)
        draw.arc(brow, 200, 340, fill=_HAIR, width=13)
        oval(x, 0.460, 0.048, 0.028, _shade(_SKIN, 0.8))
        oval(x, 0.462, 0.042, 0.022, (245, 240, 235))
        oval(x, 0.462, 0.022, 0.022, _HAIR)
        oval(x, 0.462, 0.010, 0.010, _DARK)
    draw.polygon([(388, 368), (364, 468), (436, 468), (412, 368)], fill=_shade(_SKIN, 0.93))
    for x in (0.47, 0.53):
        oval(x, 0.588, 0.015, 0.010, _shade(_SKIN, 0.55))
    oval(0.5, 0.68, 0.085, 0.030, _LIP)
    draw.line((332, 544, 468, 544), fill=_shade(_LIP, 0.6), width=6)
    image = image.rotate(-turned, Image.Resampling.BICUBIC, fillcolor=BACK)
    image = image.resize((side, side), Image.Resampling.LANCZOS)
    soft = image.filter(ImageFilter.GaussianBlur(side / 120))
    return _lit(np.asarray(soft, np.float32))


def placed(width: int, height: int, *portraits: tuple[Pixels, int, int]) -> Pixels:
    """Return an even picture with portraits in it, each with its left and top."""
    picture = np.full((height, width, 3), BACK, np.uint8)
    for one, left, top in portraits:
        high, wide = one.shape[:2]
        picture[top : top + high, left : left + wide] = one
    return picture


def _shade(colour: Colour, share: float) -> Colour:
    red, green, blue = (round(part * share) for part in colour)
    return red, green, blue


def _lit(pixels: np.ndarray) -> Pixels:
    """Return the drawing with light from the upper left."""
    down, across = np.mgrid[0 : len(pixels), 0 : len(pixels)] / len(pixels)
    light = 1.08 - 2 * ((across - 0.45) ** 2 + (down - 0.42) ** 2)
    return (pixels * light[..., None]).clip(0, 255).astype(np.uint8)
