"""products:purge: many products deleted at once."""

from __future__ import annotations

from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.vision import vision
from sensorium.apis.vision.products import names, store
from sensorium.models.errors import InvalidArgument

_RPC = "google.cloud.vision.v1.ProductSearch.PurgeProducts"


@vision.rpc(
    _RPC,
    example={
        "parent": "projects/demo/locations/us-east1",
        "productSetPurgeConfig": {"productSetId": "winter"},
        "force": True,
    },
)
async def purge_products(request: Any, call: Call) -> JSON:
    """Begin to delete all products of a set, or all that are in no set.

    A product goes even if other sets have it, too; the set stays. `force` must be true, because
    this cannot be undone. The operation's response is empty; it fails with NOT_FOUND when there is
    no such set.
    """
    place = names.parse(request.parent, "location", "parent")
    _identity(request)
    if not request.force:
        raise InvalidArgument(
            "Nothing is deleted unless `force` is true.",
            field="force",
            hint="It cannot be undone.",
        )
    return await start(_RPC, request, call, prefix=f"{place}/operations/")


@runs(_RPC)
async def purge(request: Any, call: Call, progress: Progress) -> JSON:
    """Delete the products, all or none."""
    place = names.parse(request.parent, "location", "parent")
    await call.database.write(store.purge, place, _identity(request))
    return {}


def _identity(request: Any) -> str | None:
    """Return the id of the set to empty, None for products of no set."""
    if request.HasField("product_set_purge_config"):
        field = "productSetPurgeConfig.productSetId"
        if not request.product_set_purge_config.product_set_id:
            raise InvalidArgument("The id of a product set is needed.", field=field)
        return names.chosen(request.product_set_purge_config.product_set_id, field)
    if not request.delete_orphan_products:
        raise InvalidArgument(
            "Say what to delete: set productSetPurgeConfig or deleteOrphanProducts."
        )
    return None
