"""The tables of Document AI: processors, and the versions that were trained for them.

The version that every processor of a type has from the start is in no table: it is the code. An
empty `default_version` means that one.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from sensorium.apis.storage import KEY, metadata

processors = Table(
    "documentai_processors",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("project", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("display_name", Text),  # unique in its place, unless there is none
    Column("state", Text, nullable=False),  # ENABLED or DISABLED
    Column("default_version", Text, nullable=False),
    Column("created", Text, nullable=False),  # RFC 3339
    UniqueConstraint("project", "location", "id"),
    UniqueConstraint("project", "location", "display_name"),
    sqlite_autoincrement=True,  # a key is never given twice, so that page tokens stay true
)

versions = Table(
    "documentai_versions",
    metadata,
    Column("key", KEY, primary_key=True),
    Column(
        "processor",
        KEY,
        ForeignKey("documentai_processors.key", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("id", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("state", Text, nullable=False),  # DEPLOYED or UNDEPLOYED
    Column("created", Text, nullable=False),
    Column("document_schema", JSON),  # a `DocumentSchema`
    Column("model", LargeBinary),  # what training made
    Column("engine", Text, nullable=False),  # that made the vectors the model is about
    UniqueConstraint("processor", "id"),
    sqlite_autoincrement=True,
)
