"""The tables of glossaries and of their entries."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Table,
    Text,
    UniqueConstraint,
)

from sensorium.apis.storage import KEY, metadata

glossaries = Table(
    "translate_glossaries",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("project", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("pair", Boolean, nullable=False),  # from the first language into the second, no more
    Column("languages", JSON, nullable=False),  # codes
    Column("uri", Text, nullable=False),  # of the file that it was made from
    Column("submitted", Text, nullable=False),  # RFC 3339
    Column("ended", Text, nullable=False),
    UniqueConstraint("project", "location", "id"),
    sqlite_autoincrement=True,  # a key is never given twice, so that page tokens stay true
)

entries = Table(
    "translate_glossary_entries",
    metadata,
    Column("key", KEY, primary_key=True),
    Column(
        "glossary",
        KEY,
        ForeignKey("translate_glossaries.key", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("id", Text, nullable=False),
    Column("terms", JSON, nullable=False),  # code -> text
    Column("description", Text, nullable=False),
    UniqueConstraint("glossary", "id"),
    sqlite_autoincrement=True,
)
