"""Processors and their versions in the database: the SQL, in functions of a connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from sensorium.apis.documentai.names import Name
from sensorium.apis.documentai.tables import processors, versions
from sensorium.apis.paging import Page
from sensorium.apis.storage import now
from sensorium.models.errors import AlreadyExists, NotFound

_Row = Row[Any]


def _in_place(name: Name) -> tuple[Any, ...]:
    """Return what holds for the processors of a place."""
    return (processors.c.project == name.project, processors.c.location == name.location)


# --- processors -------------------------------------------------------------------------------


def processor(connection: Connection, name: Name) -> _Row:
    """Return a processor; NotFound."""
    wanted = select(processors).where(*_in_place(name), processors.c.id == name.id)
    found = connection.execute(wanted).first()
    if found is None:
        raise NotFound(f"There is no {name.processor[:300]!r}.")
    return found


def create_processor(connection: Connection, name: Name, kind: str, display_name: str) -> _Row:
    """Make a processor, enabled; AlreadyExists for a display name that the place has."""
    taken = select(processors.c.id).where(
        *_in_place(name), processors.c.display_name == display_name
    )
    if (other := connection.execute(taken).first()) is not None:
        raise AlreadyExists(
            f"The processor {other.id!r} has the display name {display_name[:80]!r} already.",
            field="processor.displayName",
        )
    connection.execute(
        insert(processors).values(
            project=name.project,
            location=name.location,
            id=name.id,
            type=kind,
            display_name=display_name or None,
            state="ENABLED",
            default_version="",
            created=now(),
        )
    )
    return processor(connection, name)


def list_processors(connection: Connection, place: Name, page: Page) -> list[_Row]:
    """Return a page of a place's processors, oldest first, and one more."""
    wanted = select(processors).where(*_in_place(place), processors.c.key > page.after)
    return list(connection.execute(wanted.order_by(processors.c.key).limit(page.size + 1)))


def update_processor(connection: Connection, name: Name, fields: Mapping[str, Any]) -> None:
    """Change fields of a processor; NotFound."""
    found = processor(connection, name)
    connection.execute(update(processors).where(processors.c.key == found.key).values(fields))


def delete_processor(connection: Connection, name: Name) -> None:
    """Delete a processor with its versions; NotFound."""
    found = processor(connection, name)
    connection.execute(delete(processors).where(processors.c.key == found.key))


# --- versions ---------------------------------------------------------------------------------


def version(connection: Connection, name: Name) -> _Row:
    """Return a version that was trained; NotFound."""
    owner = processor(connection, name)
    wanted = select(versions).where(
        versions.c.processor == owner.key, versions.c.id == name.version
    )
    found = connection.execute(wanted).first()
    if found is None:
        raise NotFound(f"There is no {name.processor_version()[:300]!r}.")
    return found


def create_version(connection: Connection, name: Name, fields: Mapping[str, Any]) -> None:
    """Keep a version that was trained, undeployed; NotFound for its processor."""
    owner = processor(connection, name)
    connection.execute(
        insert(versions).values(
            processor=owner.key, id=name.version, state="UNDEPLOYED", created=now(), **fields
        )
    )


def list_versions(connection: Connection, of: Name, page: Page) -> list[_Row]:
    """Return a page of a processor's trained versions, oldest first, and one more; NotFound."""
    owner = processor(connection, of)
    wanted = select(versions).where(versions.c.processor == owner.key, versions.c.key > page.after)
    return list(connection.execute(wanted.order_by(versions.c.key).limit(page.size + 1)))


def update_version(connection: Connection, name: Name, fields: Mapping[str, Any]) -> None:
    """Change fields of a version; NotFound."""
    found = version(connection, name)
    connection.execute(update(versions).where(versions.c.key == found.key).values(fields))


def delete_version(connection: Connection, name: Name) -> None:
    """Delete a version; NotFound."""
    found = version(connection, name)
    connection.execute(delete(versions).where(versions.c.key == found.key))
