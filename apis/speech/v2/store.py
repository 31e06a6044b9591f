"""What Speech keeps in the database: the SQL, in functions of a connection."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from sensorium.apis.paging import Page
from sensorium.apis.speech.v2.names import Name
from sensorium.apis.speech.v2.tables import resources
from sensorium.apis.storage import now
from sensorium.models.errors import AlreadyExists, NotFound

_Row = Row[Any]
_FIELDS = {
    "recognizers": "recognizerId",
    "phraseSets": "phraseSetId",
    "customClasses": "customClassId",
}


def _in_place(place: Name) -> tuple[Any, ...]:
    table = resources.c
    return (
        table.project == place.project,
        table.location == place.location,
        table.kind == place.kind,
    )


def _of(name: Name) -> tuple[Any, ...]:
    table = resources.c
    return (*_in_place(name), table.id == name.id)


def resource(connection: Connection, name: Name, deleted: bool = False) -> _Row:
    """Return a resource, one that was deleted only when asked for; NotFound."""
    found = connection.execute(select(resources).where(*_of(name))).first()
    if found is None or (found.deleted and not deleted):
        raise NotFound(f"There is no {name.full[:300]!r}.")
    return found


def absent(connection: Connection, name: Name) -> None:
    """Raise AlreadyExists when there is a resource of this name, or was."""
    if connection.execute(select(resources.c.key).where(*_of(name))).first() is not None:
        raise AlreadyExists(f"{name.full!r} exists already.", field=_FIELDS[name.kind])


def create(connection: Connection, name: Name, fields: Mapping[str, Any]) -> _Row:
    """Make a resource; AlreadyExists."""
    absent(connection, name)
    moment = now()
    connection.execute(
        insert(resources).values(
            project=name.project,
            location=name.location,
            kind=name.kind,
            id=name.id,
            uid=str(uuid.uuid4()),
            fields=dict(fields),
            created=moment,
            updated=moment,
            deleted="",
        )
    )
    return resource(connection, name)


def listed(connection: Connection, place: Name, page: Page, deleted: bool) -> list[_Row]:
    """Return a page of a place's resources, oldest first, and one more."""
    table = resources.c
    wanted = select(resources).where(*_in_place(place), table.key > page.after)
    if not deleted:
        wanted = wanted.where(table.deleted == "")
    return list(connection.execute(wanted.order_by(table.key).limit(page.size + 1)))


def change(connection: Connection, name: Name, fields: Mapping[str, Any]) -> _Row:
    """Put other fields in place of a resource's; NotFound."""
    found = resource(connection, name)
    connection.execute(
        update(resources)
        .where(resources.c.key == found.key)
        .values(fields=dict(fields), updated=now())
    )
    return resource(connection, name)


def mark(connection: Connection, name: Name, deleted: bool) -> _Row:
    """Delete a resource, or bring one back that was deleted; NotFound."""
    found = resource(connection, name, deleted=True)
    connection.execute(
        update(resources)
        .where(resources.c.key == found.key)
        .values(deleted=now() if deleted else "")
    )
    return resource(connection, name, deleted=True)


def drop(connection: Connection, name: Name) -> None:
    """Delete a resource for good; NotFound."""
    found = resource(connection, name)
    connection.execute(delete(resources).where(resources.c.key == found.key))
