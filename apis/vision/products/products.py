"""Products: what reference pictures show, with labels that a search can filter by."""

from __future__ import annotations

from typing import Any

from sensorium.apis import paging
from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import vision
from sensorium.apis.vision.products import fields, names, store
from sensorium.apis.vision.products.names import Name

_SERVICE = "google.cloud.vision.v1.ProductSearch"
_PLACE = "projects/demo/locations/us-east1"
_PRODUCT = f"{_PLACE}/products/dress"


@vision.rpc(
    f"{_SERVICE}.CreateProduct",
    example={
        "parent": _PLACE,
        "product": {
            "displayName": "A summer dress",
            "productCategory": "apparel-v2",
            "productLabels": [{"key": "color", "value": "red"}],
        },
    },
)
async def create_product(request: Any, call: Call) -> JSON:
    """Create a product.

    `productId` is its id, of at most 128 characters without a slash; without it one is made up.
    `displayName` (1 to 4,096 characters) and `productCategory` are needed; there may be 500
    `productLabels` with keys and values of at most 128 bytes, several values to a key.
    ALREADY_EXISTS when the id is taken.
    """
    place = names.parse(request.parent, "location", "parent")
    name = Name(place.project, place.location, names.chosen(request.product_id, "productId"))
    given = request.product
    values = _read(given) | {
        "category": lambda: fields.category(given.product_category, "product.productCategory")
    }
    new = {field: read() for field, read in values.items()}
    return shown(await call.database.write(store.create_product, name, new))


@vision.rpc(f"{_SERVICE}.GetProduct", example={"name": _PRODUCT})
async def get_product(request: Any, call: Call) -> JSON:
    """Return a product; NOT_FOUND when there is none of this name."""
    name = names.parse(request.name, "products", "name")
    return shown(await call.database.read(store.product, name))


@vision.rpc(f"{_SERVICE}.ListProducts", example={"parent": _PLACE})
async def list_products(request: Any, call: Call) -> JSON:
    """List the products of a location, oldest first, 10 a page unless asked for up to 100."""
    place = names.parse(request.parent, "location", "parent")
    page = paging.page(request, f"{place}/products")
    rows = await call.database.read(store.list_products, place, page)
    return page.answer("products", rows, shown)


@vision.rpc(
    f"{_SERVICE}.UpdateProduct",
    example={
        "product": {"name": _PRODUCT, "productLabels": [{"key": "color", "value": "blue"}]},
        "updateMask": "productLabels",
    },
)
async def update_product(request: Any, call: Call) -> JSON:
    """Change a product's display name, description or labels.

    `updateMask` may name `displayName`, `description` and `productLabels`; without it all three are
    replaced. The category cannot change. NOT_FOUND when there is no such product.
    """
    given = request.product
    name = names.parse(given.name, "products", "product.name")
    readers = _read(given)
    readers["product_labels"] = readers.pop("labels")
    new = fields.masked(request.update_mask, "product", readers)
    if "product_labels" in new:
        new["labels"] = new.pop("product_labels")
    return shown(await call.database.write(store.update_product, name, new))


@vision.rpc(f"{_SERVICE}.DeleteProduct", example={"name": _PRODUCT})
async def delete_product(request: Any, call: Call) -> JSON:
    """Delete a product and its reference pictures for good.

    The files that the pictures came from stay. NOT_FOUND when there is no such product.
    """
    await call.database.write(store.delete_product, names.parse(request.name, "products", "name"))
    return {}


def shown(row: Any) -> JSON:
    """Return a `Product`."""
    return {
        "name": Name(row.project, row.location).product(row.id),
        "displayName": row.display_name,
        "description": row.description,
        "productCategory": row.category,
        "productLabels": [{"key": key, "value": value} for key, value in row.labels],
    }


def _read(given: Any) -> dict[str, Any]:
    """Return what checks and returns each field of a product that can change."""
    return {
        "display_name": lambda: fields.display_name(given.display_name, "product.displayName"),
        "description": lambda: fields.described(given.description, "product.description"),
        "labels": lambda: fields.labels(given.product_labels, "product.productLabels"),
    }
