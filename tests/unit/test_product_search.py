"""PRODUCT_SEARCH: what is found, in which order, and what happens when engines and goods change."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call
from sensorium.apis.vision.products import gallery, index
from sensorium.apis.vision.products.index import Query
from sensorium.models.hashing import perceptual_hash
from sensorium.models.pool import LocalModels
from sensorium.models.tasks import ImageEmbedder, ObjectDetector, Pixels, Vector
from tests.unit.products import (
    PLACE,
    ColourGrid,
    FineGrid,
    Shop,
    blurred,
    cropped,
    embedder,
    photo,
    recompressed,
    saved,
    shifted,
)
from tests.unit.seeing import BLUE, Things, spec

SET = f"{PLACE}/productSets/s"
ANNOTATE = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"
GOODS = 1000


class Faint:
    """Finds any two pictures alike, and by the same amount."""

    ours = itertools.cycle(range(1, 108))

    def embed_images(self, images: Sequence[Pixels]) -> list[Vector]:
        return [self._vector() for _ in images]

    def _vector(self) -> Vector:
        vector = np.zeros(108, np.float32)
        vector[[0, next(self.ours)]] = 0.8**0.5, 0.2**0.5
        return vector


class Counting(ColourGrid):
    """Counts the pictures that it embeds."""

    seen = 0

    def embed_images(self, images: Sequence[Pixels]) -> list[Vector]:
        type(self).seen += len(images)
        return super().embed_images(images)


@pytest.fixture
def shop() -> Shop:
    shop = Shop(embedder())
    shop.set("s")
    return shop


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    shop.put("red", photo(1), SET, color="red", style="women")
    shop.put("blue", photo(2), SET, color="blue", style="women")
    shop.put("green", photo(3), SET, color="green", style="men")
    return shop


def error(response: dict[str, Any]) -> str:
    return str(response["error"]["message"])


# --- copies first -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def thousand() -> Shop:
    """A shop of a thousand products, imported from a list."""
    shop = Shop(embedder())
    shop.bucket |= {f"gs://b/{n}.jpg": saved(photo(n, (160, 120)), "JPEG") for n in range(GOODS)}
    text = "".join(f"gs://b/{n}.jpg,,s,p{n},general-v1\n" for n in range(GOODS))
    shop.bucket["gs://b/all.csv"] = text.encode()
    source = {"gcsSource": {"csvFileUri": "gs://b/all.csv"}}
    done = shop.ask("ImportProductSets", {"parent": PLACE, "inputConfig": source})
    assert len(done["response"]["referenceImages"]) == GOODS
    return shop


@pytest.mark.parametrize("change", [blurred, cropped, recompressed, shifted])
def test_a_changed_copy_is_found_first_among_a_thousand(thousand: Shop, change):
    for seed in (7, 421, 998):
        found = thousand.found(change(photo(seed)), SET, maxResults=3)
        assert found[0] == f"p{seed}"


def test_a_copy_comes_before_what_only_resembles_it(shop):
    """By its hash, where the engine cannot tell them apart."""
    shop.engines = [*shop.engines[:-1], embedder(Faint)]
    for seed in range(20):
        shop.put(f"p{seed}", photo(seed), SET)
    assert shop.found(recompressed(photo(13)), SET)[0] == "p13"


def test_of_two_copies_the_one_with_the_right_colours_comes_first(shop):
    picture = photo(5)
    other = Image.merge("RGB", picture.split()[::-1])
    shop.put("swapped", other, SET)
    shop.put("right", picture, SET)
    assert shop.found(blurred(picture), SET) == ["right", "swapped"]


def test_scores_are_between_0_and_1_and_fall(thousand: Shop):
    results = thousand.search(photo(5), SET, maxResults=100)["productSearchResults"]["results"]
    scores = [one["score"] for one in results]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert scores[0] > 0.95 > scores[1]


@pytest.mark.parametrize(("asked", "want"), [({}, 10), ({"maxResults": 3}, 3)])
def test_there_are_as_many_results_as_asked_for_or_ten(thousand: Shop, asked, want):
    assert len(thousand.found(photo(5), SET, **asked)) == want


# --- what may be found ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filter_", "want"),
    [
        ("", {"red", "blue", "green"}),
        ("style=women", {"red", "blue"}),
        ("style=women AND (color=red OR color=green)", {"red"}),
        ("color=green OR color=blue", {"green", "blue"}),
        ("color=pink", set()),
    ],
)
def test_only_what_fits_the_filter_is_found(stocked, filter_, want):
    stocked.engines[-1] = embedder(Faint)
    assert set(stocked.found(photo(1), SET, filter=filter_)) == want


def test_only_products_of_the_first_category_named_are_found(stocked):
    stocked.ask(
        "AddProductToProductSet", {"name": SET, "product": stocked.product("toy", "toys-v2")}
    )
    stocked.image(f"{PLACE}/products/toy", photo(1))
    assert stocked.found(photo(1), SET, productCategories=["toys-v2", "apparel-v2"]) == ["toy"]
    assert stocked.found(photo(1), SET, productCategories=["apparel-v2"])[0] == "red"
    assert stocked.found(photo(1), SET, productCategories=["general-v1"]) == []


def test_the_image_that_is_most_like_stands_for_its_product(stocked):
    stocked.image(f"{PLACE}/products/red", photo(9), "second")
    (best, *_) = stocked.search(photo(9), SET)["productSearchResults"]["results"]
    assert best["image"] == f"{PLACE}/products/red/referenceImages/second"
    assert best["product"]["productLabels"][0] == {"key": "color", "value": "red"}
    assert stocked.found(photo(9), SET).count("red") == 1


@pytest.mark.parametrize(
    ("params", "field", "code"),
    [
        ({"productSet": ""}, "productSet", 3),
        ({"productSet": f"{PLACE}/products/red"}, "productSet", 3),
        ({"productSet": f"{PLACE}/productSets/none"}, "productSet", 5),
        ({"productCategories": ["cars"]}, "productCategories[0]", 3),
        ({"filter": "color:red"}, "filter", 3),
        ({"boundingPoly": {"vertices": [{"x": 1, "y": 1}]}}, "boundingPoly", 3),
    ],
)
def test_a_search_that_makes_no_sense_is_that_pictures_failure(stocked, params, field, code):
    of = params.pop("productSet", SET)
    response = stocked.search(photo(1), of, **params)
    assert response["error"]["code"] == code
    assert f"imageContext.productSearchParams.{field}" in error(response)


# --- where it is looked for -------------------------------------------------------------------


def scene() -> Image.Image:
    """Two products side by side."""
    image = Image.new("RGB", (640, 240))
    image.paste(photo(1), (0, 0))
    image.paste(photo(2), (320, 0))
    return image


@pytest.mark.parametrize(
    ("poly", "want"),
    [
        ({"vertices": [{"x": 320}, {"x": 640, "y": 240}]}, "blue"),
        ({"normalizedVertices": [{}, {"x": 0.5, "y": 1}]}, "red"),
    ],
)
def test_only_what_the_polygon_encloses_is_looked_for(stocked, poly, want):
    response = stocked.search(scene(), SET, boundingPoly=poly)["productSearchResults"]
    assert response["results"][0]["product"]["displayName"] == want
    (group,) = response["productGroupedResults"]
    assert group["results"] == response["results"]
    corners = group["boundingPoly"]["vertices"]
    assert (corners[0]["x"], corners[2]["x"]) == ((320, 640) if want == "blue" else (0, 320))


def test_the_polygon_of_a_reference_image_is_what_is_compared(shop):
    product = shop.product("right-half")
    shop.image(product, scene(), boundingPolys=[{"vertices": [{"x": 320}, {"x": 640, "y": 240}]}])
    shop.ask("AddProductToProductSet", {"name": SET, "product": product})
    (best,) = shop.search(photo(2), SET)["productSearchResults"]["results"]
    assert best["score"] > 0.99
    assert (
        not shop.found(photo(1), SET)
        or shop.search(photo(1), SET)["productSearchResults"]["results"][0]["score"] < 0.9
    )


def test_every_object_of_the_picture_is_looked_for_in_a_group_of_its_own(shop):
    shop.engines.append(spec(ObjectDetector, Things))
    truck = Image.new("RGB", (100, 60), BLUE)
    truck.paste((240, 240, 20), (20, 20, 60, 40))
    shop.put("truck", truck, SET)
    shop.put("sky", photo(4), SET)
    picture = photo(4).resize((640, 480))
    picture.paste(truck, (300, 200))
    found = shop.search(picture, SET)["productSearchResults"]
    whole, thing = found["productGroupedResults"]
    assert whole["results"][0]["product"]["displayName"] == "sky"
    assert "objectAnnotations" not in whole
    assert thing["results"][0]["product"]["displayName"] == "truck"
    assert thing["objectAnnotations"][0]["name"] == "Truck"
    assert {one["product"]["displayName"] for one in found["results"]} == {"sky", "truck"}


# --- what changes -----------------------------------------------------------------------------


def test_the_next_search_sees_every_change(stocked):
    stocked.found(photo(1), SET)
    stocked.put("new", photo(7), SET, color="new")
    assert stocked.found(photo(7), SET)[0] == "new"
    new = {"name": f"{PLACE}/products/new", "productLabels": [{"key": "color", "value": "old"}]}
    stocked.ask("UpdateProduct", {"product": new, "updateMask": "productLabels"})
    assert stocked.found(photo(7), SET, filter="color=new") == []
    assert stocked.found(photo(7), SET, filter="color=old") == ["new"]
    stocked.ask("DeleteReferenceImage", {"name": f"{new['name']}/referenceImages/one"})
    assert "new" not in stocked.found(photo(7), SET)
    stocked.ask("RemoveProductFromProductSet", {"name": SET, "product": f"{PLACE}/products/red"})
    assert "red" not in stocked.found(photo(1), SET)
    stocked.ask("DeleteProduct", {"name": f"{PLACE}/products/blue"})
    assert "blue" not in stocked.found(photo(2), SET)


def test_the_time_of_the_index_is_the_epoch_until_there_is_a_picture(shop):
    assert shop.ask("GetProductSet", {"name": SET})["indexTime"] == "1970-01-01T00:00:00Z"
    answer = shop.search(photo(1), SET)["productSearchResults"]
    assert answer["indexTime"] == "1970-01-01T00:00:00Z"
    assert "results" not in answer
    shop.put("p", photo(1), SET)
    assert shop.ask("GetProductSet", {"name": SET})["indexTime"] > "2025"
    assert shop.search(photo(1), SET)["productSearchResults"]["indexTime"] > "2025"


def test_another_engine_makes_its_vectors_of_the_copies_that_were_kept(stocked):
    assert stocked.found(photo(2), SET)[0] == "blue"
    stocked.bucket.clear()  # the originals are gone
    stocked.engines.append(embedder(FineGrid, rank=100))
    assert stocked.found(blurred(photo(2)), SET)[0] == "blue"
    lengths = {
        len(row.vector) // 2
        for name in ("test-colourgrid", "test-finegrid")
        for row in stocked.database.run(False, gallery.vectors_of, None, name)
    }
    assert lengths == {ColourGrid.side**2 * 3, FineGrid.side**2 * 3}


def test_a_request_may_name_the_engine(stocked):
    stocked.engines.append(embedder(FineGrid, rank=1))
    assert stocked.found(photo(3), SET, model="test-finegrid")[0] == "green"
    assert stocked.found(photo(3), SET, model="builtin/stable")[0] == "green"
    assert "test-none" in error(stocked.search(photo(3), SET, model="test-none"))


def test_pictures_are_kept_without_an_engine_and_found_once_there_is_one(shop):
    readers = shop.engines[:-1]
    engines, shop.engines = shop.engines, readers
    shop.put("early", photo(1), SET)
    response = shop.search(photo(1), SET)
    assert response["error"]["code"] == 9
    assert "PRODUCT_SEARCH" in error(response)
    assert "sensorium pull --task ImageEmbedder" in error(response)
    shop.engines = engines
    assert shop.found(photo(1), SET) == ["early"]


def test_every_picture_is_embedded_once_whoever_asks_at_the_same_time(shop):
    shop.engines = shop.engines[:-1]
    for seed in range(40):
        shop.put(f"p{seed}", photo(seed, (64, 48)), SET)
    counting = embedder(Counting)
    Counting.seen = 0

    async def ask() -> list[Any]:
        models = LocalModels([*shop.engines, counting])
        call = Call(models, shop.bucket, database=shop.database)
        found = (await shop.database.read(_set_key), counting.name)
        try:
            return await asyncio.gather(*(index.current(call, *found) for _ in range(5)))
        finally:
            await models.close()

    first, *others = asyncio.run(ask())
    assert len(first.products) == Counting.seen == 40
    assert all(other is first for other in others)


def _set_key(connection: Any) -> int:
    return int(connection.exec_driver_sql("SELECT key FROM vision_product_sets").scalar())


def test_a_flat_picture_is_compared_by_its_vector_alone(shop):
    shop.put("white", Image.new("RGB", (100, 100), "white"), SET)
    known = asyncio.run(_current(shop))
    flat = np.full((100, 100, 3), 40, np.uint8)
    assert perceptual_hash(flat) is None
    query = Query(np.array([-1.0] * 108, np.float32) / 108**0.5, bytes(8))
    assert known.scores(query).tolist() == [0.0]


async def _current(shop: Shop) -> index.Index:
    models = LocalModels(shop.engines)
    try:
        call = Call(models, shop.bucket, database=shop.database)
        return await index.current(call, None, models.chosen(ImageEmbedder.embed_images))
    finally:
        await models.close()


# --- WEB_DETECTION ----------------------------------------------------------------------------


def test_similar_pictures_of_web_detection_come_from_the_products(stocked):
    async def ask() -> Any:
        import base64

        models = LocalModels(stocked.engines)
        call = Call(models, stocked.bucket, database=stocked.database)
        content = base64.b64encode(saved(blurred(photo(2)))).decode()
        request = {"image": {"content": content}, "features": [{"type": "WEB_DETECTION"}]}
        try:
            answer = await LocalClient(call).call(ANNOTATE, {"requests": [request]})
            return answer["responses"][0]["webDetection"]
        finally:
            await models.close()

    (similar,) = asyncio.run(ask())["visuallySimilarImages"]
    assert similar["url"] == f"gs://b/{PLACE}/products/blue/one.png"
    assert 0.8 <= similar["score"] <= 1
