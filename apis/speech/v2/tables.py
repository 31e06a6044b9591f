"""The table of what Speech keeps: recognizers, phrase sets and custom classes."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Table, Text, UniqueConstraint

from sensorium.apis.storage import KEY, metadata

resources = Table(
    "speech_resources",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("project", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("kind", Text, nullable=False),  # as in names: `recognizers`, `phraseSets` ...
    Column("id", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("fields", JSON, nullable=False),  # what the user gave, as its message has it
    Column("created", Text, nullable=False),  # RFC 3339
    Column("updated", Text, nullable=False),
    Column("deleted", Text, nullable=False),  # empty while it is there
    UniqueConstraint("project", "location", "kind", "id"),
    sqlite_autoincrement=True,  # a key is never given twice, so that page tokens stay true
)
