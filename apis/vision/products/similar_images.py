"""The reference images of all products, as the index of pictures that WEB_DETECTION asks."""

from __future__ import annotations

import asyncio

from sensorium.apis.core import Call
from sensorium.apis.vision.picture import Picture
from sensorium.apis.vision.products import gallery, index
from sensorium.apis.vision.products.product_search import searched
from sensorium.apis.vision.similar import Similar, provides
from sensorium.models.tasks import ImageEmbedder

_ALIKE = 0.8  # a score below which a picture is not called similar


@provides
class ProductImages:
    """The reference images of every product."""

    async def similar(self, picture: Picture, most: int, call: Call) -> list[Similar]:
        """Return at most one picture of each product; see `SimilarImages.similar`."""
        engine = call.models.chosen(ImageEmbedder.embed_images)
        known = await index.current(call, None, engine)
        if not len(known.products):
            return []
        (query,) = await searched(picture.pixels, [picture.whole], engine, call)
        matches = await asyncio.to_thread(known.search, query, lambda *facts: True, most)
        rows = await call.database.read(gallery.shown, {match.image for match in matches})
        return [
            Similar(rows[match.image][0].uri, match.score)
            for match in matches
            if match.image in rows and match.score >= _ALIKE
        ]
