"""Reference pictures in the database, and the vectors that they are found by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, delete, func, insert, select

from sensorium.apis.core import JSON
from sensorium.apis.paging import Page
from sensorium.apis.vision.products import store
from sensorium.apis.vision.products.names import Name
from sensorium.apis.vision.products.regions import Region
from sensorium.apis.vision.products.tables import (
    images,
    members,
    product_sets,
    products,
    regions,
    vectors,
)
from sensorium.models.errors import AlreadyExists, NotFound
from sensorium.models.tasks import Vector

Copy = tuple[int, bytes]  # the key of a region and its picture
_Row = Row[Any]
_STORED = np.dtype("<f2")


def image(connection: Connection, name: Name) -> _Row:
    """Return a reference picture; NotFound."""
    wanted = (
        select(images)
        .join(products, products.c.key == images.c.products)
        .where(
            products.c.project == name.project,
            products.c.location == name.location,
            products.c.id == name.id,
            images.c.id == name.image,
        )
    )
    found = connection.execute(wanted).first()
    if found is None:
        raise NotFound(f"There is no {name.reference_image(name.id, name.image)[:400]!r}.")
    return found


def create_image(
    connection: Connection, name: Name, uri: str, polys: Sequence[JSON], parts: Sequence[Region]
) -> list[Copy]:
    """Keep a reference picture and return its regions; NotFound for the product, AlreadyExists."""
    product = store.product(connection, name)
    same = select(images.c.key).where(images.c.products == product.key, images.c.id == name.image)
    if connection.execute(same).first():
        raise AlreadyExists(f"{name.reference_image(name.id, name.image)!r} exists already.")
    made = connection.execute(
        insert(images).values(products=product.key, id=name.image, uri=uri, polys=list(polys))
    )
    (key,) = made.inserted_primary_key or (None,)
    connection.execute(
        insert(regions),
        [{"images": key, "picture": one.picture, "hash": one.hash} for one in parts],
    )
    store.changed(connection, product.key)
    mine = select(regions.c.key, regions.c.picture).where(regions.c.images == key)
    return [(one, picture) for one, picture in connection.execute(mine)]


def list_images(connection: Connection, of: Name, page: Page) -> list[_Row]:
    """Return a page of a product's reference pictures, oldest first, and one more; NotFound."""
    mine = images.c.products == store.product(connection, of).key
    wanted = select(images).where(mine, images.c.key > page.after)
    return list(connection.execute(wanted.order_by(images.c.key).limit(page.size + 1)))


def delete_image(connection: Connection, name: Name) -> None:
    """Delete a reference picture; NotFound."""
    found = image(connection, name)
    connection.execute(delete(images).where(images.c.key == found.key))
    store.changed(connection, found.products)


# --- vectors ----------------------------------------------------------------------------------


def _of(set_key: int | None) -> Any:
    """Return a selection of the regions of a set, or of all regions."""
    joined = regions.join(images, images.c.key == regions.c.images)
    if set_key is None:
        return select().select_from(joined)
    joined = joined.join(members, members.c.product == images.c.products)
    return select().select_from(joined).where(members.c.product_set == set_key)


def lacking(connection: Connection, set_key: int | None, engine: str, most: int) -> list[Copy]:
    """Return keys and copies of regions that have no vector of an engine."""
    has = select(vectors.c.region).where(
        vectors.c.region == regions.c.key, vectors.c.engine == engine
    )
    wanted = _of(set_key).add_columns(regions.c.key, regions.c.picture).where(~has.exists())
    found = connection.execute(wanted.order_by(regions.c.key).limit(most))
    return [(key, picture) for key, picture in found]


def keep_vectors(
    connection: Connection, engine: str, keys: Sequence[int], made: Sequence[Vector]
) -> None:
    """Keep the vectors of regions that are there still and have none of this engine."""
    there = set(connection.scalars(select(regions.c.key).where(regions.c.key.in_(keys))))
    done = set(
        connection.scalars(
            select(vectors.c.region).where(vectors.c.region.in_(keys), vectors.c.engine == engine)
        )
    )
    rows = [
        {"region": key, "engine": engine, "vector": vector.astype(_STORED).tobytes()}
        for key, vector in zip(keys, made, strict=True)
        if key in there - done
    ]
    if rows:
        connection.execute(insert(vectors), rows)


def version(connection: Connection, set_key: int | None) -> tuple[int, int]:
    """Return what tells one state of a set, or of all regions, from another."""
    if set_key is not None:
        wanted = select(product_sets.c.revision).where(product_sets.c.key == set_key)
        return connection.scalar(wanted) or 0, 0
    row = connection.execute(select(func.count(), func.max(regions.c.key))).one()
    return row[0], row[1] or 0


def vectors_of(connection: Connection, set_key: int | None, engine: str) -> list[_Row]:
    """Return product, image, hash and vector of each region that has one of an engine."""
    wanted = (
        _of(set_key)
        .add_columns(images.c.products, images.c.key, regions.c.hash, vectors.c.vector)
        .join(vectors, vectors.c.region == regions.c.key)
        .where(vectors.c.engine == engine)
        .order_by(regions.c.key)
    )
    return list(connection.execute(wanted))


def labels_of(connection: Connection, set_key: int | None) -> list[_Row]:
    """Return key, category and labels of the products of a set, or of all."""
    wanted = select(products.c.key, products.c.category, products.c.labels)
    if set_key is not None:
        wanted = wanted.join(members, members.c.product == products.c.key)
        wanted = wanted.where(members.c.product_set == set_key)
    return list(connection.execute(wanted))


def shown(connection: Connection, keys: Collection[int]) -> dict[int, tuple[_Row, _Row]]:
    """Return image and product of each image key that is there still."""
    pictures = {row.key: row for row in _rows(connection, images, keys)}
    goods = {
        row.key: row
        for row in _rows(connection, products, {one.products for one in pictures.values()})
    }
    return {key: (one, goods[one.products]) for key, one in pictures.items()}


def _rows(connection: Connection, table: Any, keys: Collection[int]) -> list[_Row]:
    return list(connection.execute(select(table).where(table.c.key.in_(keys))))


def unpacked(rows: Sequence[bytes]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return kept vectors as a matrix, a row each."""
    if not rows:
        return np.zeros((0, 0), np.float32)
    return np.frombuffer(b"".join(rows), _STORED).reshape(len(rows), -1).astype(np.float32)
