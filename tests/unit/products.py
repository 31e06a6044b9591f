"""A small shop for the tests of Product Search: pictures, a bucket, and engines that see them."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.storage import Database
from sensorium.gateway.operations import LocalOperations
from sensorium.models.errors import NotFound
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec, discover
from sensorium.models.tasks import ImageEmbedder, ImageReader, Pixels, Vector

PLACE = "projects/shop/locations/eu"
SERVICE = "google.cloud.vision.v1.ProductSearch"
ANNOTATE = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"


class ColourGrid:
    """Turns pictures into the mean colours of a grid, less the mean of all."""

    side = 6

    def embed_images(self, images: Sequence[Pixels]) -> list[Vector]:
        return [self._vector(image) for image in images]

    def _vector(self, image: Pixels) -> Vector:
        small = np.asarray(Image.fromarray(image).resize((self.side,) * 2, Image.Resampling.BOX))
        vector = (small.astype(np.float32) - small.mean()).ravel() + 1e-3
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


class FineGrid(ColourGrid):
    """Has vectors of another length."""

    side = 8


def embedder(factory: type = ColourGrid, **facts: Any) -> EngineSpec:
    name = facts.pop("name", f"test-{factory.__name__.lower()}")
    return EngineSpec(
        name, ImageEmbedder, factory, **{"batch": 16, "queue": 64, "rank": 99, **facts}
    )


READERS = [spec for spec in discover() if spec.task is ImageReader]


class Bucket(dict[str, bytes]):
    """Objects by URI."""

    async def read(self, uri: str, *, field: str, limit: int | None = None) -> bytes:
        if uri not in self:
            raise NotFound(f"There is no {uri}.", field=field)
        return self[uri]


class Shop:
    """A gateway's database, bucket and engines, asked in this process."""

    def __init__(self, *engines: EngineSpec, database: Database | None = None) -> None:
        self.bucket = Bucket()
        self.engines = [*READERS, *engines]
        self.database = database or Database()

    def ask(self, rpc: str, request: dict[str, Any]) -> Any:
        """Return the answer of an RPC, of its operation once that is done."""
        return asyncio.run(self.asked(rpc, request))

    async def asked(self, rpc: str, request: dict[str, Any]) -> Any:
        models = LocalModels(self.engines)
        operations = LocalOperations(Limits())
        call = Call(models, self.bucket, operations=operations, database=self.database)
        try:
            name = rpc if "." in rpc else f"{SERVICE}.{rpc}"
            answer = await LocalClient(call).call(name, request)
            if "/operations/" in answer.get("name", ""):
                return (await operations.wait(answer["name"], "", 60)).wire()
            return answer
        finally:
            await operations.close()
            await models.close()

    def set(self, identity: str = "s") -> str:
        request = {"parent": PLACE, "productSetId": identity, "productSet": {"displayName": "S"}}
        return str(self.ask("CreateProductSet", request)["name"])

    def product(self, identity: str, category: str = "apparel-v2", **labels: str) -> str:
        pairs = [{"key": key, "value": value} for key, value in labels.items()]
        product = {"displayName": identity, "productCategory": category, "productLabels": pairs}
        request = {"parent": PLACE, "productId": identity, "product": product}
        return str(self.ask("CreateProduct", request)["name"])

    def image(self, product: str, picture: Image.Image, identity: str = "", **more: Any) -> str:
        uri = f"gs://b/{product}/{identity or len(self.bucket)}.png"
        self.bucket[uri] = saved(picture)
        request = {
            "parent": product,
            "referenceImageId": identity,
            "referenceImage": {"uri": uri, **more},
        }
        return str(self.ask("CreateReferenceImage", request)["name"])

    def put(self, identity: str, picture: Image.Image, product_set: str, **labels: str) -> str:
        """Make a product with one picture in a set."""
        product = self.product(identity, **labels)
        self.image(product, picture, "one")
        self.ask("AddProductToProductSet", {"name": product_set, "product": product})
        return product

    def search(self, picture: Image.Image, product_set: str, **more: Any) -> dict[str, Any]:
        """Return the response for one picture."""
        feature: dict[str, Any] = {"type": "PRODUCT_SEARCH"}
        for name in ("maxResults", "model"):
            if name in more:
                feature[name] = more.pop(name)
        params = {"productSet": product_set, **more}
        request = {
            "image": {"content": base64.b64encode(saved(picture)).decode()},
            "features": [feature],
            "imageContext": {"productSearchParams": params},
        }
        (response,) = self.ask(ANNOTATE, {"requests": [request]})["responses"]
        return dict(response)

    def found(self, picture: Image.Image, product_set: str, **more: Any) -> list[str]:
        """Return the ids of the products found, the likest first."""
        response = self.search(picture, product_set, **more)
        assert "error" not in response, response
        results = response["productSearchResults"].get("results", [])
        return [one["product"]["name"].rpartition("/")[2] for one in results]


def photo(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Return a picture with shapes and shades of its own, as a photo has."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (random.integers(3, 7), random.integers(3, 7), 3), np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    side = min(size) // 4
    patch = Image.fromarray(random.integers(0, 256, (4, 4, 3), np.uint8)).resize((side, side))
    left, top = random.random(2)
    image.paste(patch, (int(left * (size[0] - side)), int(top * (size[1] - side))))
    return image


def blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(2))


def cropped(image: Image.Image) -> Image.Image:
    """Return the picture without a tenth of its sides."""
    wide, high = image.size
    return image.crop((wide // 20, high // 20, wide - wide // 20, high - high // 20))


def recompressed(image: Image.Image) -> Image.Image:
    target = io.BytesIO()
    image.resize((200, 150)).save(target, "JPEG", quality=25)
    return Image.open(target)


def shifted(image: Image.Image) -> Image.Image:
    """Return the picture warmer and brighter."""
    pixels = np.asarray(image, np.float32) * (1.1, 1.0, 0.85) + 12
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def saved(image: Image.Image, kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    image.save(target, kind)
    return target.getvalue()


@pytest.fixture
def shop() -> Shop:
    return Shop(embedder())


def all_pages(shop: Shop, rpc: str, field: str, **request) -> list[list[str]]:
    pages, token = [], ""
    while True:
        answer = shop.ask(rpc, {**request, "pageToken": token})
        pages.append([one["name"].rpartition("/")[2] for one in answer.get(field, [])])
        token = answer.get("nextPageToken", "")
        if not token:
            return pages
