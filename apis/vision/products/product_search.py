"""PRODUCT_SEARCH: which of the user's products a picture shows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import findings
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.picture import Picture
from sensorium.apis.vision.products import fields, filters, gallery, index, names, store
from sensorium.apis.vision.products.filters import Filter, Label
from sensorium.apis.vision.products.index import Match, Query
from sensorium.apis.vision.products.names import Name
from sensorium.apis.vision.products.product_sets import shown as set_shown
from sensorium.apis.vision.products.products import shown as product_shown
from sensorium.apis.vision.products.regions import cut, rectangle
from sensorium.models.errors import FailedPrecondition, Failure
from sensorium.models.hashing import perceptual_hash
from sensorium.models.tasks import Box, ImageEmbedder, Pixels, Thing

_OBJECTS = 9  # that are searched for beside the whole picture


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to search: the set, the category if any, the filter."""

    name: Name
    category: str
    filter: Filter

    def fits(self, category: str, labels: frozenset[Label]) -> bool:
        """Tell whether a product may be in the answer."""
        return self.category in ("", category) and self.filter.fits(labels)


@annotates("PRODUCT_SEARCH")
async def product_search(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `productSearchResults`: the products most like the picture, or a part of it.

    `productSearchParams` names the set, the category (the first one counts; all without one), a
    filter over labels, and where to look; without `boundingPoly` the whole picture is looked for
    and, where objects can be found, each of them. `score` is 0 to 1 and compares answers of one
    engine; `image` is the reference image that is most like. NOT_FOUND when there is no such set,
    FAILED_PRECONDITION without an engine that can compare pictures.
    """
    params, where = asked.context.product_search_params, f"{asked.field}.productSearchParams"
    wanted = _wanted(params, where)
    try:
        found = await call.database.read(store.product_set, wanted.name)
    except Failure as failure:
        raise failure.within(f"{where}.productSet") from failure
    groups = await _groups(picture, params, where, call)
    try:
        engine = call.models.chosen(ImageEmbedder.embed_images, engine=asked.engine)
    except FailedPrecondition as lacking:
        raise asked.lacking(lacking, ImageEmbedder) from lacking
    queries = await searched(picture.pixels, [box for box, _ in groups], engine, call)
    known = await index.current(call, found.key, engine)
    search = partial(known.search, fits=wanted.fits, most=asked.most)
    matches = await asyncio.to_thread(lambda: [search(query) for query in queries])
    rows = await call.database.read(
        gallery.shown, {match.image for group in matches for match in group}
    )
    results = [_results(group, rows) for group in matches]
    return {
        "productSearchResults": {
            "indexTime": set_shown(found)["indexTime"],
            "results": _best(results, asked.most),
            "productGroupedResults": [
                {
                    "boundingPoly": picture.box(box),
                    "results": group,
                    "objectAnnotations": _annotations(thing),
                }
                for (box, thing), group in zip(groups, results, strict=True)
            ],
        }
    }


def _wanted(params: Any, where: str) -> _Wanted:
    """Return what a request asks for; InvalidArgument for what makes no sense."""
    name = names.parse(params.product_set, "productSets", f"{where}.productSet")
    for i, one in enumerate(params.product_categories):
        fields.category(one, f"{where}.productCategories[{i}]")
    category = params.product_categories[0] if params.product_categories else ""
    return _Wanted(name, category, filters.parse(params.filter, f"{where}.filter"))


async def _groups(
    picture: Picture, params: Any, where: str, call: Call
) -> list[tuple[Box, Thing | None]]:
    """Return the places to look at, with the object that each one holds, if it is known."""
    if params.HasField("bounding_poly"):
        scale = picture.pixels.shape[1] / max(1, picture.size[0])
        field = f"{where}.boundingPoly"
        return [(rectangle(params.bounding_poly, picture.pixels, field, scale), None)]
    try:
        things = await findings.things(picture, call)
    except FailedPrecondition:
        things = []
    sure = [
        (thing.box, thing)
        for thing in things
        if thing.score >= findings.SURE
        and min(thing.box.right - thing.box.left, thing.box.bottom - thing.box.top) >= 1
    ]
    return [(picture.whole, None), *sure[:_OBJECTS]]


async def searched(pixels: Pixels, boxes: list[Box], engine: str, call: Call) -> list[Query]:
    """Return what to look for at each place of a picture."""

    def parts() -> list[tuple[Pixels, bytes | None]]:
        found = [cut(pixels, box) for box in boxes]
        return [(part, perceptual_hash(part)) for part in found]

    made = await asyncio.to_thread(parts)
    embed = call.models.use(ImageEmbedder.embed_images, engine=engine, timeout=call.limits.seconds)
    vectors = await embed([part for part, _ in made])
    return [Query(vector, known) for vector, (_, known) in zip(vectors, made, strict=True)]


def _results(matches: list[Match], rows: dict[int, Any]) -> list[JSON]:
    """Return the results of one group; what was deleted meanwhile is left out."""
    results = []
    for match in matches:
        if match.image in rows:
            image, product = rows[match.image]
            place = Name(product.project, product.location)
            results.append(
                {
                    "product": product_shown(product),
                    "score": match.score,
                    "image": place.reference_image(product.id, image.id),
                }
            )
    return results


def _best(groups: list[list[JSON]], most: int) -> list[JSON]:
    """Return the best result of each product over all groups, the likest first."""
    best: dict[str, JSON] = {}
    for result in (result for group in groups for result in group):
        name = result["product"]["name"]
        if name not in best or result["score"] > best[name]["score"]:
            best[name] = result
    return sorted(best.values(), key=lambda result: -result["score"])[:most]


def _annotations(thing: Thing | None) -> list[JSON]:
    """Return what is known of the object at a place."""
    if thing is None:
        return []
    return [{"name": findings.shown(thing.name), "languageCode": "en", "score": thing.score}]
