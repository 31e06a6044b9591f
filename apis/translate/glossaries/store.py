"""Glossaries in the database: the SQL, in functions of a connection."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from sensorium.apis.paging import Page
from sensorium.apis.storage import now
from sensorium.apis.translate.glossaries.names import Name
from sensorium.apis.translate.glossaries.tables import entries, glossaries
from sensorium.models.errors import AlreadyExists, NotFound, ResourceExhausted

MOST = 100_000  # entries of a glossary

_Row = Row[Any]
_SIZE = (
    select(func.count())
    .select_from(entries)
    .where(entries.c.glossary == glossaries.c.key)
    .scalar_subquery()
    .label("size")
)


def _in_place(name: Name) -> tuple[Any, ...]:
    return (glossaries.c.project == name.project, glossaries.c.location == name.location)


def glossary(connection: Connection, name: Name) -> _Row:
    """Return a glossary and its `size`, the number of its entries; NotFound."""
    wanted = select(glossaries, _SIZE).where(*_in_place(name), glossaries.c.id == name.id)
    found = connection.execute(wanted).first()
    if found is None:
        raise NotFound(f"There is no {name.glossary[:300]!r}.")
    return found


def absent(connection: Connection, name: Name) -> None:
    """Raise AlreadyExists when there is a glossary of this name."""
    wanted = select(glossaries.c.key).where(*_in_place(name), glossaries.c.id == name.id)
    if connection.execute(wanted).first() is not None:
        raise AlreadyExists(f"{name.glossary!r} exists already.", field="glossary.name")


def create_glossary(
    connection: Connection,
    name: Name,
    fields: Mapping[str, Any],
    terms: Sequence[Mapping[str, str]],
) -> _Row:
    """Make a glossary with its entries; AlreadyExists."""
    absent(connection, name)
    made = connection.execute(
        insert(glossaries).values(
            project=name.project, location=name.location, id=name.id, ended=now(), **fields
        )
    )
    (key,) = made.inserted_primary_key or (None,)
    rows = [
        {"glossary": key, "id": secrets.token_hex(8), "terms": one, "description": ""}
        for one in terms
    ]
    if rows:
        connection.execute(insert(entries), rows)
    return glossary(connection, name)


def list_glossaries(connection: Connection, place: Name, page: Page) -> list[_Row]:
    """Return a page of a place's glossaries, oldest first, and one more."""
    wanted = select(glossaries, _SIZE).where(*_in_place(place), glossaries.c.key > page.after)
    return list(connection.execute(wanted.order_by(glossaries.c.key).limit(page.size + 1)))


def update_glossary(connection: Connection, name: Name, fields: Mapping[str, Any]) -> _Row:
    """Change fields of a glossary; NotFound."""
    found = glossary(connection, name)
    if fields:
        connection.execute(
            update(glossaries).where(glossaries.c.key == found.key).values(**fields, ended=now())
        )
    return glossary(connection, name)


def delete_glossary(connection: Connection, name: Name) -> None:
    """Delete a glossary with its entries; NotFound."""
    found = glossary(connection, name)
    connection.execute(delete(glossaries).where(glossaries.c.key == found.key))


def terms(connection: Connection, name: Name) -> tuple[_Row, list[Mapping[str, str]]]:
    """Return a glossary and the terms of all its entries; NotFound."""
    found = glossary(connection, name)
    wanted = select(entries.c.terms).where(entries.c.glossary == found.key)
    return found, list(connection.execute(wanted).scalars())


# --- entries ----------------------------------------------------------------------------------


def entry(connection: Connection, name: Name) -> _Row:
    """Return an entry; NotFound."""
    owner = glossary(connection, name)
    wanted = select(entries).where(entries.c.glossary == owner.key, entries.c.id == name.entry)
    found = connection.execute(wanted).first()
    if found is None:
        raise NotFound(f"There is no {name.of_entry(name.entry)[:300]!r}.")
    return found


def list_entries(connection: Connection, of: Name, page: Page) -> list[_Row]:
    """Return a page of a glossary's entries, oldest first, and one more; NotFound."""
    owner = glossary(connection, of)
    wanted = select(entries).where(entries.c.glossary == owner.key, entries.c.key > page.after)
    return list(connection.execute(wanted.order_by(entries.c.key).limit(page.size + 1)))


def create_entry(
    connection: Connection, of: Name, terms: Mapping[str, str], description: str
) -> _Row:
    """Add an entry to a glossary; NotFound, ResourceExhausted when it is full."""
    owner = glossary(connection, of)
    if owner.size >= MOST:
        raise ResourceExhausted(f"A glossary has at most {MOST:,} entries.")
    identity = secrets.token_hex(8)
    connection.execute(
        insert(entries).values(
            glossary=owner.key, id=identity, terms=dict(terms), description=description
        )
    )
    return entry(connection, Name(of.project, of.location, of.id, identity))


def update_entry(connection: Connection, name: Name, fields: Mapping[str, Any]) -> _Row:
    """Change an entry; NotFound."""
    found = entry(connection, name)
    connection.execute(update(entries).where(entries.c.key == found.key).values(**fields))
    return entry(connection, name)


def delete_entry(connection: Connection, name: Name) -> None:
    """Delete an entry; NotFound."""
    found = entry(connection, name)
    connection.execute(delete(entries).where(entries.c.key == found.key))
