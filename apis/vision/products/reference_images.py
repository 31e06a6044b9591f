"""Reference images: the pictures that products are found by."""

from __future__ import annotations

from typing import Any

from sensorium.apis import paging
from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import vision
from sensorium.apis.vision.products import fields, gallery, index, names, regions, store
from sensorium.apis.vision.products.names import Name
from sensorium.models.errors import Failure, InvalidArgument, NotFound
from sensorium.models.tasks import ImageReader, Pixels

_SERVICE = "google.cloud.vision.v1.ProductSearch"
_PRODUCT = "projects/demo/locations/us-east1/products/dress"
_IMAGE = f"{_PRODUCT}/referenceImages/front"
_LONGEST = 4096  # characters of a URI


@vision.rpc(
    f"{_SERVICE}.CreateReferenceImage",
    example={"parent": _PRODUCT, "referenceImage": {"uri": "gs://examples/dress.png"}},
)
async def create_reference_image(request: Any, call: Call) -> JSON:
    """Create a reference image of a product from a picture in `gs://`.

    `boundingPolys`, at most ten, say where in the picture the product is: what their upright
    rectangles hold is looked for, or all of the picture without them. A copy of at most 640 pixels
    a side is kept, so that later engines can compare it, too. INVALID_ARGUMENT when there is no
    such product or a polygon encloses nothing of the picture, ALREADY_EXISTS when the id is taken.
    """
    product = names.parse(request.parent, "products", "parent")
    identity = names.chosen(request.reference_image_id, "referenceImageId")
    name = Name(product.project, product.location, product.id, identity)
    given = request.reference_image
    if len(given.bounding_polys) > regions.MOST:
        raise InvalidArgument(
            f"{len(given.bounding_polys)} polygons are more than {regions.MOST}.",
            field="referenceImage.boundingPolys",
        )
    try:
        await call.database.read(store.product, product)
        pixels = await picture(given.uri, "referenceImage.uri", call)
        parts = await regions.regions(pixels, given.bounding_polys, "referenceImage.boundingPolys")
        polys = [regions.told(poly) for poly in given.bounding_polys]
        copies = await call.database.write(gallery.create_image, name, given.uri, polys, parts)
    except NotFound as missing:
        if missing.field is not None:  # the picture
            raise
        raise InvalidArgument(missing.message, field="parent") from missing
    await index.embed_soon(call, copies)
    return shown(await call.database.read(gallery.image, name), product)


@vision.rpc(f"{_SERVICE}.GetReferenceImage", example={"name": _IMAGE})
async def get_reference_image(request: Any, call: Call) -> JSON:
    """Return a reference image; NOT_FOUND when there is none of this name."""
    name = names.parse(request.name, "referenceImages", "name")
    return shown(await call.database.read(gallery.image, name), name)


@vision.rpc(f"{_SERVICE}.ListReferenceImages", example={"parent": _PRODUCT})
async def list_reference_images(request: Any, call: Call) -> JSON:
    """List a product's reference images, oldest first, 10 a page unless asked for up to 100.

    NOT_FOUND when there is no such product.
    """
    product = names.parse(request.parent, "products", "parent")
    page = paging.page(request, request.parent)
    rows = await call.database.read(gallery.list_images, product, page)
    answer = page.answer("referenceImages", rows, lambda row: shown(row, product))
    return answer | {"pageSize": page.size}


@vision.rpc(f"{_SERVICE}.DeleteReferenceImage", example={"name": _IMAGE})
async def delete_reference_image(request: Any, call: Call) -> JSON:
    """Delete a reference image for good.

    The file that it came from stays. NOT_FOUND when there is no such image.
    """
    name = names.parse(request.name, "referenceImages", "name")
    await call.database.write(gallery.delete_image, name)
    return {}


async def picture(uri: str, field: str, call: Call) -> Pixels:
    """Return the picture that a `gs://` URI names; InvalidArgument, NotFound."""
    if not uri.startswith("gs://") or len(uri) > _LONGEST:
        raise InvalidArgument(
            f"A reference image needs a gs:// URI of at most {_LONGEST} characters.", field=field
        )
    fields.storable(uri, field)
    content = await call.sources.read(uri, field=field)
    try:
        frames = call.models.use(ImageReader.frames, timeout=call.limits.seconds)
        (pixels,) = await frames(content, call.limits.pixels)
    except Failure as failure:
        raise failure.within(field) from failure
    return pixels


def shown(row: Any, product: Name) -> JSON:
    """Return a `ReferenceImage` of a product."""
    return {
        "name": product.reference_image(product.id, row.id),
        "uri": row.uri,
        "boundingPolys": row.polys,
    }
