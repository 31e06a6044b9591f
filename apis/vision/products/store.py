"""Product sets and products in the database: the SQL, in functions of a connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, exists, func, insert, select, update

from sensorium.apis.paging import Page
from sensorium.apis.vision.products.names import Name
from sensorium.apis.vision.products.tables import images, members, product_sets, products
from sensorium.models.errors import AlreadyExists, InvalidArgument, NotFound

MOST_SETS = 100  # that one product may be in
_Row = Row[Any]

_indexed = (
    exists()
    .where(members.c.product_set == product_sets.c.key, members.c.product == images.c.products)
    .label("indexed")
)
_sets = select(product_sets, _indexed)


def _where(table: Table, name: Name) -> tuple[Any, ...]:
    """Return what holds for the row of a name."""
    return (*_in_place(table, name), table.c.id == name.id)


def _in_place(table: Table, name: Name) -> tuple[Any, ...]:
    """Return what holds for the rows of a place."""
    return (table.c.project == name.project, table.c.location == name.location)


def _missing(name: str) -> NotFound:
    return NotFound(f"There is no {name[:300]!r}.")


# --- product sets -----------------------------------------------------------------------------


def product_set(connection: Connection, name: Name) -> _Row:
    """Return a product set; NotFound."""
    found = connection.execute(_sets.where(*_where(product_sets, name))).first()
    if found is None:
        raise _missing(name.product_set(name.id))
    return found


def create_product_set(connection: Connection, name: Name, display_name: str) -> _Row:
    """Make a product set; AlreadyExists."""
    if connection.execute(_sets.where(*_where(product_sets, name))).first():
        raise AlreadyExists(f"{name.product_set(name.id)!r} exists already.")
    connection.execute(
        insert(product_sets).values(
            project=name.project, location=name.location, id=name.id, display_name=display_name
        )
    )
    return product_set(connection, name)


def list_product_sets(connection: Connection, place: Name, page: Page) -> list[_Row]:
    """Return a page of a place's product sets, oldest first, and one more."""
    wanted = _sets.where(*_in_place(product_sets, place), product_sets.c.key > page.after)
    return list(connection.execute(wanted.order_by(product_sets.c.key).limit(page.size + 1)))


def update_product_set(connection: Connection, name: Name, fields: Mapping[str, Any]) -> _Row:
    """Change fields of a product set and return it; NotFound."""
    found = product_set(connection, name)
    if fields:
        connection.execute(
            update(product_sets).where(product_sets.c.key == found.key).values(fields)
        )
    return product_set(connection, name)


def delete_product_set(connection: Connection, name: Name) -> None:
    """Delete a product set, its products stay; NotFound."""
    found = product_set(connection, name)
    connection.execute(delete(product_sets).where(product_sets.c.key == found.key))


# --- products ---------------------------------------------------------------------------------


def product(connection: Connection, name: Name) -> _Row:
    """Return a product; NotFound."""
    found = connection.execute(select(products).where(*_where(products, name))).first()
    if found is None:
        raise _missing(name.product(name.id))
    return found


def create_product(connection: Connection, name: Name, fields: Mapping[str, Any]) -> _Row:
    """Make a product; AlreadyExists."""
    if connection.execute(select(products.c.key).where(*_where(products, name))).first():
        raise AlreadyExists(f"{name.product(name.id)!r} exists already.")
    connection.execute(
        insert(products).values(project=name.project, location=name.location, id=name.id, **fields)
    )
    return product(connection, name)


def list_products(connection: Connection, place: Name, page: Page) -> list[_Row]:
    """Return a page of a place's products, oldest first, and one more."""
    wanted = select(products).where(*_in_place(products, place), products.c.key > page.after)
    return list(connection.execute(wanted.order_by(products.c.key).limit(page.size + 1)))


def update_product(connection: Connection, name: Name, fields: Mapping[str, Any]) -> _Row:
    """Change fields of a product and return it; NotFound."""
    found = product(connection, name)
    if fields:
        connection.execute(update(products).where(products.c.key == found.key).values(fields))
        changed(connection, found.key)
    return product(connection, name)


def delete_product(connection: Connection, name: Name) -> None:
    """Delete a product and its reference pictures; NotFound."""
    found = product(connection, name)
    changed(connection, found.key)
    connection.execute(delete(products).where(products.c.key == found.key))


def changed(connection: Connection, product_key: int) -> None:
    """Note that the index of every set which has the product is out of date."""
    of = select(members.c.product_set).where(members.c.product == product_key)
    _revise(connection, product_sets.c.key.in_(of))


def _revise(connection: Connection, which: Any) -> None:
    connection.execute(
        update(product_sets).where(which).values(revision=product_sets.c.revision + 1)
    )


# --- products in sets -------------------------------------------------------------------------


def add_product(connection: Connection, to: Name, name: Name) -> None:
    """Put a product into a set, where it may be already; NotFound, InvalidArgument."""
    into, found = product_set(connection, to), product(connection, name)
    mine = members.c.product == found.key
    if connection.execute(select(members).where(mine, members.c.product_set == into.key)).first():
        return
    count = connection.scalar(select(func.count()).select_from(members).where(mine)) or 0
    if count >= MOST_SETS:
        raise InvalidArgument(
            f"{name.product(name.id)!r} is in {count} product sets, the most that are allowed.",
            field="product",
        )
    connection.execute(insert(members).values(product_set=into.key, product=found.key))
    _revise(connection, product_sets.c.key == into.key)


def remove_product(connection: Connection, of: Name, name: Name) -> None:
    """Take a product out of a set; NotFound when it is not in it."""
    out_of, found = product_set(connection, of), product(connection, name)
    gone = connection.execute(
        delete(members).where(members.c.product_set == out_of.key, members.c.product == found.key)
    )
    if not gone.rowcount:
        raise NotFound(f"{name.product(name.id)!r} is not in {of.product_set(of.id)!r}.")
    _revise(connection, product_sets.c.key == out_of.key)


def list_products_of(connection: Connection, of: Name, page: Page) -> list[_Row]:
    """Return a page of a set's products, oldest first, and one more; NotFound."""
    wanted = (
        select(products)
        .join(members, members.c.product == products.c.key)
        .where(
            members.c.product_set == product_set(connection, of).key, products.c.key > page.after
        )
    )
    return list(connection.execute(wanted.order_by(products.c.key).limit(page.size + 1)))


def purge(connection: Connection, place: Name, identity: str | None) -> int:
    """Delete the products of a set, or, without one, of no set; return how many. NotFound."""
    if identity is None:
        which = ~exists().where(members.c.product == products.c.key)
    else:
        of = product_set(connection, Name(place.project, place.location, identity))
        mine = select(members.c.product).where(members.c.product_set == of.key)
        touched = select(members.c.product_set).where(members.c.product.in_(mine))
        _revise(connection, product_sets.c.key.in_(touched))
        which = products.c.key.in_(mine)
    return connection.execute(delete(products).where(*_in_place(products, place), which)).rowcount
