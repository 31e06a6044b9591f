"""IMAGE_PROPERTIES: the colours that dominate a picture."""

from __future__ import annotations

import asyncio

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.picture import Picture
from sensorium.models.imaging import colours


@annotates("IMAGE_PROPERTIES")
async def image_properties(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `imagePropertiesAnnotation`: up to ten colours, or `maxResults`, highest score first.

    `pixelFraction` is the share of pixels, `score` that share weighted by vividness
    (`models/imaging/colours.py`). Transparent parts were put on white, so `alpha` is 1.
    """
    found = await asyncio.to_thread(colours.dominant, picture.pixels)
    told = [
        {
            "color": {"red": one.red, "green": one.green, "blue": one.blue, "alpha": 1.0},
            "score": one.score,
            "pixelFraction": one.fraction,
        }
        for one in found[: asked.most]
    ]
    return {"imagePropertiesAnnotation": {"dominantColors": {"colors": told}}}
