"""Product sets, and the products in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sensorium.apis import paging
from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import vision
from sensorium.apis.vision.products import fields, names, store
from sensorium.apis.vision.products.names import Name
from sensorium.apis.vision.products.products import shown as product_shown

_SERVICE = "google.cloud.vision.v1.ProductSearch"
_PLACE = "projects/demo/locations/us-east1"
_SET = f"{_PLACE}/productSets/garments"
_NEVER = "1970-01-01T00:00:00Z"


@vision.rpc(
    f"{_SERVICE}.CreateProductSet",
    example={"parent": _PLACE, "productSet": {"displayName": "Garments of this summer"}},
)
async def create_product_set(request: Any, call: Call) -> JSON:
    """Create a product set.

    `productSetId` is its id, of at most 128 characters without a slash; without it one is made up.
    `displayName` has 1 to 4,096 characters. ALREADY_EXISTS when the id is taken.
    """
    place = names.parse(request.parent, "location", "parent")
    name = Name(place.project, place.location, names.chosen(request.product_set_id, "productSetId"))
    text = fields.display_name(request.product_set.display_name, "productSet.displayName")
    return shown(await call.database.write(store.create_product_set, name, text))


@vision.rpc(f"{_SERVICE}.GetProductSet", example={"name": _SET})
async def get_product_set(request: Any, call: Call) -> JSON:
    """Return a product set.

    `indexTime` is the time of the answer, because a search reflects all that was changed before
    it, or 1970 while the set has no reference picture. NOT_FOUND when there is no such set.
    """
    name = names.parse(request.name, "productSets", "name")
    return shown(await call.database.read(store.product_set, name))


@vision.rpc(f"{_SERVICE}.ListProductSets", example={"parent": _PLACE})
async def list_product_sets(request: Any, call: Call) -> JSON:
    """List the product sets of a location, oldest first, 10 a page unless asked for up to 100."""
    place = names.parse(request.parent, "location", "parent")
    page = paging.page(request, f"{place}/productSets")
    rows = await call.database.read(store.list_product_sets, place, page)
    return page.answer("productSets", rows, shown)


@vision.rpc(
    f"{_SERVICE}.UpdateProductSet",
    example={"productSet": {"name": _SET, "displayName": "Garments"}, "updateMask": "displayName"},
)
async def update_product_set(request: Any, call: Call) -> JSON:
    """Change the display name of a product set.

    `updateMask` may name `displayName` and nothing else. NOT_FOUND when there is no such set.
    """
    given = request.product_set
    name = names.parse(given.name, "productSets", "productSet.name")
    new = fields.masked(
        request.update_mask,
        "product set",
        {"display_name": lambda: fields.display_name(given.display_name, "productSet.displayName")},
    )
    return shown(await call.database.write(store.update_product_set, name, new))


@vision.rpc(f"{_SERVICE}.DeleteProductSet", example={"name": _SET})
async def delete_product_set(request: Any, call: Call) -> JSON:
    """Delete a product set for good.

    Its products and their pictures stay. NOT_FOUND when there is no such set.
    """
    name = names.parse(request.name, "productSets", "name")
    await call.database.write(store.delete_product_set, name)
    return {}


@vision.rpc(
    f"{_SERVICE}.AddProductToProductSet",
    example={"name": _SET, "product": f"{_PLACE}/products/dress"},
)
async def add_product_to_product_set(request: Any, call: Call) -> JSON:
    """Put a product into a product set.

    Nothing changes when it is there already; a product may be in 100 sets. NOT_FOUND when one of
    the two does not exist.
    """
    name, product = _pair(request)
    await call.database.write(store.add_product, name, product)
    return {}


@vision.rpc(
    f"{_SERVICE}.RemoveProductFromProductSet",
    example={"name": _SET, "product": f"{_PLACE}/products/dress"},
)
async def remove_product_from_product_set(request: Any, call: Call) -> JSON:
    """Take a product out of a product set.

    NOT_FOUND when one of the two does not exist, or the product is not in the set.
    """
    name, product = _pair(request)
    await call.database.write(store.remove_product, name, product)
    return {}


@vision.rpc(f"{_SERVICE}.ListProductsInProductSet", example={"name": _SET})
async def list_products_in_product_set(request: Any, call: Call) -> JSON:
    """List the products in a set, oldest first, 10 a page unless asked for up to 100.

    NOT_FOUND when there is no such set.
    """
    name = names.parse(request.name, "productSets", "name")
    page = paging.page(request, request.name)
    rows = await call.database.read(store.list_products_of, name, page)
    return page.answer("products", rows, product_shown)


def shown(row: Any) -> JSON:
    """Return a `ProductSet`."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "name": Name(row.project, row.location).product_set(row.id),
        "displayName": row.display_name,
        "indexTime": now if row.indexed else _NEVER,
    }


def _pair(request: Any) -> tuple[Name, Name]:
    """Return the set and the product that a request names."""
    return (
        names.parse(request.name, "productSets", "name"),
        names.parse(request.product, "products", "product"),
    )
