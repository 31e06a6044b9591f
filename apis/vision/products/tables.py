"""The tables of Product Search.

A reference picture has one region for each of its bounding polygons, or one that is all of it. A
region keeps a small copy, so that another engine can make its vectors without the original.
`revision` counts what changed a set's index.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from sensorium.apis.storage import KEY, metadata


def _owner(table: str) -> Column[int]:
    """Return the column of what a row belongs to and ends with."""
    return Column(table, KEY, ForeignKey(f"vision_{table}.key", ondelete="CASCADE"), nullable=False)


product_sets = Table(
    "vision_product_sets",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("project", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("revision", BigInteger, nullable=False, default=0),
    UniqueConstraint("project", "location", "id"),
    sqlite_autoincrement=True,  # a key is never given twice, so that page tokens stay true
)

products = Table(
    "vision_products",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("project", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("labels", JSON, nullable=False),  # [[key, value], ...] as they were given
    UniqueConstraint("project", "location", "id"),
    sqlite_autoincrement=True,
)

members = Table(
    "vision_members",
    metadata,
    Column(
        "product_set",
        KEY,
        ForeignKey("vision_product_sets.key", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("product", KEY, ForeignKey("vision_products.key", ondelete="CASCADE"), primary_key=True),
    Index("vision_members_of_product", "product"),
)

images = Table(
    "vision_images",
    metadata,
    Column("key", KEY, primary_key=True),
    _owner("products"),
    Column("id", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("polys", JSON, nullable=False),  # `boundingPolys` as they were given
    UniqueConstraint("products", "id"),
    sqlite_autoincrement=True,
)

regions = Table(
    "vision_regions",
    metadata,
    Column("key", KEY, primary_key=True),
    _owner("images"),
    Column("picture", LargeBinary, nullable=False),  # JPEG
    Column("hash", LargeBinary),  # 8 bytes; none where there is too little to see
    Index("vision_regions_of_image", "images"),
    sqlite_autoincrement=True,
)

vectors = Table(
    "vision_vectors",
    metadata,
    Column("region", KEY, ForeignKey("vision_regions.key", ondelete="CASCADE"), primary_key=True),
    Column("engine", Text, primary_key=True),  # vectors of two engines are never compared
    Column("vector", LargeBinary, nullable=False),  # float16, little-endian, of unit length
)
