"""Documents set by hand: texts at places, as a reader would hand them over."""

from __future__ import annotations

import math

from sensorium.models.extraction import PlacedText, PlacedWord
from sensorium.models.tasks import Point

WIDTH, HEIGHT = 9, 16  # of a character, in pixels


def typeset(*cells: tuple[float, float, str], angle: float = 0.0, confidence: float = 1.0):
    """Return a document of one page; a cell is left edge, line and text, 24 pixels a line."""
    return pages(cells, angle=angle, confidence=confidence)


def pages(*sheets, angle: float = 0.0, confidence: float = 1.0) -> PlacedText:
    text, words = "", []
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    for number, cells in enumerate(sheets):
        for left, line, content in cells:
            x, top = left, line * 24
            for word in content.split(" "):
                width = len(word) * WIDTH
                corners = ((x, top), (x + width, top), (x + width, top + HEIGHT), (x, top + HEIGHT))
                polygon = tuple(Point(a * cos - b * sin, a * sin + b * cos) for a, b in corners)
                words.append(
                    PlacedWord(len(text), len(text) + len(word), number, polygon, confidence)
                )
                text += word + " "
                x += width + 5
            text = text[:-1] + "\n"
    return PlacedText(text, tuple(words))
