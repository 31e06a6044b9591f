"""The table of recognizers."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Table, Text, UniqueConstraint

from sensorium.apis.storage import KEY, metadata

recognizers = Table(
    "speech_recognizers",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("project", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("fields", JSON, nullable=False),  # what the user gave, as a `Recognizer` has it
    Column("created", Text, nullable=False),  # RFC 3339
    Column("updated", Text, nullable=False),
    Column("deleted", Text, nullable=False),  # empty while it is there
    UniqueConstraint("project", "location", "id"),
    sqlite_autoincrement=True,  # a key is never given twice, so that page tokens stay true
)
