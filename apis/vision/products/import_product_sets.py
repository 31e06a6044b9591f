"""productSets:import: the reference images that a CSV file lists."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from sqlalchemy import Connection

from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress, patiently, runs, start
from sensorium.apis.vision import vision
from sensorium.apis.vision.products import gallery, index, lines, names, regions, store
from sensorium.apis.vision.products.lines import Line
from sensorium.apis.vision.products.names import Name
from sensorium.apis.vision.products.reference_images import picture, shown
from sensorium.apis.vision.products.regions import Region
from sensorium.models.errors import Failure, InvalidArgument, NotFound

_RPC = "google.cloud.vision.v1.ProductSearch.ImportProductSets"
_AT_ONCE = 4  # pictures in memory together
_BATCH = 32  # lines that are one step of the work


@vision.rpc(
    _RPC,
    example={
        "parent": "projects/demo/locations/us-east1",
        "inputConfig": {"gcsSource": {"csvFileUri": "gs://examples/products.csv"}},
    },
)
async def import_product_sets(request: Any, call: Call) -> JSON:
    """Begin to import the reference images that a CSV file in `gs://` lists.

    Its columns: image-uri, image-id, product-set-id, product-id, product-category,
    product-display-name, labels (`color=red,style=women`), bounding-poly (`x1,y1,x2,y2`); at most
    20,000 lines, no header. Sets and products that do not exist are made. The operation's response
    has a status for each line, in order, and the images of those that could be imported; what is
    wrong with one line fails alone.
    """
    place = names.parse(request.parent, "location", "parent")
    uri = request.input_config.gcs_source.csv_file_uri
    if not uri.startswith("gs://"):
        raise InvalidArgument(
            "A gs:// URI of a CSV file is needed.", field="inputConfig.gcsSource.csvFileUri"
        )
    return await start(_RPC, request, call, prefix=f"{place}/operations/")


@runs(_RPC)
async def import_lines(request: Any, call: Call, progress: Progress) -> JSON:
    """Import the lines of the file, some at a time."""
    place = names.parse(request.parent, "location", "parent")
    field = "inputConfig.gcsSource.csvFileUri"
    content = await call.sources.read(request.input_config.gcs_source.csv_file_uri, field=field)
    try:
        found = await asyncio.to_thread(lines.parse, content)
    except Failure as failure:
        raise failure.within(field) from failure
    answer: JSON = {"referenceImages": [], "statuses": []}
    for begin in range(0, len(found), _BATCH):
        some = list(enumerate(found[begin : begin + _BATCH], begin))
        part = await progress.step(f"lines[{begin}]", partial(_import, some, place, call))
        answer["referenceImages"] += part["images"]
        answer["statuses"] += part["statuses"]
    if found and not answer["referenceImages"]:
        await progress.update(state="FAILED")
    return answer


async def _import(some: list[tuple[int, Line | Failure]], place: Name, call: Call) -> JSON:
    """Import some lines: images of those that could be, statuses of all, in order."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def read(number: int, line: Line | Failure) -> list[Region] | Failure:
        if isinstance(line, Failure):
            return line.within(f"lines[{number}]")
        async with slots:
            try:
                return await patiently(partial(_regions, line, call))
            except Failure as failure:
                return failure.within(f"lines[{number}]")

    read_lines = await asyncio.gather(*(read(number, line) for number, line in some))
    images: list[JSON] = []
    statuses: list[JSON] = []
    copies: list[gallery.Copy] = []
    for (number, line), parts in zip(some, read_lines, strict=True):
        failure = parts if isinstance(parts, Failure) else None
        if isinstance(line, Line) and not isinstance(parts, Failure):
            try:
                keep = partial(call.database.write, _keep, line, place, parts)
                row, made = await patiently(keep)
                copies += made
                images.append(shown(row, Name(place.project, place.location, line.product)))
            except Failure as refused:
                failure = refused.within(f"lines[{number}]")
        statuses.append(
            {"code": int(failure.code), "message": str(failure)} if failure else {"code": 0}
        )
    await index.embed_soon(call, copies)
    return {"images": images, "statuses": statuses}


async def _regions(line: Line, call: Call) -> list[Region]:
    """Return the region that a line is about."""
    pixels = await picture(line.uri, "image-uri", call)
    return await regions.regions(pixels, [line.poly] if line.poly else [], "bounding-poly")


def _keep(
    connection: Connection, line: Line, place: Name, parts: list[Region]
) -> tuple[Any, list[gallery.Copy]]:
    """Make what a line names and is not there, and keep its picture; all of it or nothing."""
    of = Name(place.project, place.location, line.product_set)
    product = Name(place.project, place.location, line.product)
    name = Name(place.project, place.location, line.product, line.image)
    try:
        store.product_set(connection, of)
    except NotFound:
        store.create_product_set(connection, of, line.product_set)
    try:
        store.product(connection, product)
    except NotFound:
        store.create_product(
            connection,
            product,
            {
                "display_name": line.display_name,
                "description": "",
                "category": line.category,
                "labels": line.labels,
            },
        )
    store.add_product(connection, of, product)
    polys = [regions.told(line.poly)] if line.poly else []
    copies = gallery.create_image(connection, name, line.uri, polys, parts)
    return gallery.image(connection, name), copies
