"""Recognizers in the database: the SQL, in functions of a connection."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from sensorium.apis.paging import Page
from sensorium.apis.speech.v2.names import Name
from sensorium.apis.speech.v2.tables import recognizers
from sensorium.apis.storage import now
from sensorium.models.errors import AlreadyExists, NotFound

_Row = Row[Any]


def _of(name: Name) -> tuple[Any, ...]:
    table = recognizers.c
    return (table.project == name.project, table.location == name.location, table.id == name.id)


def recognizer(connection: Connection, name: Name, deleted: bool = False) -> _Row:
    """Return a recognizer, one that was deleted only when asked for; NotFound."""
    found = connection.execute(select(recognizers).where(*_of(name))).first()
    if found is None or (found.deleted and not deleted):
        raise NotFound(f"There is no {name.recognizer[:300]!r}.")
    return found


def absent(connection: Connection, name: Name) -> None:
    """Raise AlreadyExists when there is a recognizer of this name, or was."""
    if connection.execute(select(recognizers.c.key).where(*_of(name))).first() is not None:
        raise AlreadyExists(f"{name.recognizer!r} exists already.", field="recognizerId")


def create(connection: Connection, name: Name, fields: Mapping[str, Any]) -> _Row:
    """Make a recognizer; AlreadyExists."""
    absent(connection, name)
    moment = now()
    connection.execute(
        insert(recognizers).values(
            project=name.project,
            location=name.location,
            id=name.id,
            uid=str(uuid.uuid4()),
            fields=dict(fields),
            created=moment,
            updated=moment,
            deleted="",
        )
    )
    return recognizer(connection, name)


def listed(connection: Connection, place: Name, page: Page, deleted: bool) -> list[_Row]:
    """Return a page of a place's recognizers, oldest first, and one more."""
    table = recognizers.c
    wanted = select(recognizers).where(
        table.project == place.project, table.location == place.location, table.key > page.after
    )
    if not deleted:
        wanted = wanted.where(table.deleted == "")
    return list(connection.execute(wanted.order_by(table.key).limit(page.size + 1)))


def change(connection: Connection, name: Name, fields: Mapping[str, Any]) -> _Row:
    """Put other fields in place of a recognizer's; NotFound."""
    found = recognizer(connection, name)
    connection.execute(
        update(recognizers)
        .where(recognizers.c.key == found.key)
        .values(fields=dict(fields), updated=now())
    )
    return recognizer(connection, name)


def mark(connection: Connection, name: Name, deleted: bool) -> _Row:
    """Delete a recognizer, or bring one back that was deleted; NotFound."""
    found = recognizer(connection, name, deleted=True)
    connection.execute(
        update(recognizers)
        .where(recognizers.c.key == found.key)
        .values(deleted=now() if deleted else "")
    )
    return recognizer(connection, name, deleted=True)
