"""A processed document as objects of a bucket, some pages in each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai.masks import Mask
from sensorium.apis.documentai.reading import Reading
from sensorium.apis.wire.codec import encode
from sensorium.apis.wire.table import load
from sensorium.models.errors import InvalidArgument
from sensorium.models.media import png

_DOCUMENT = "google.cloud.documentai.v1.Document"
_PAGES = 100  # of a shard when none are asked for: their pictures are in memory together


@dataclass(frozen=True, slots=True)
class Sharding:
    """How many pages an object has, and how many of them the one before has, too."""

    pages: int = _PAGES
    overlap: int = 0

    @classmethod
    def of(cls, config: Any, field: str) -> Sharding:
        """Return what a `ShardingConfig` says; InvalidArgument when that cannot be."""
        pages, overlap = config.pages_per_shard or _PAGES, config.pages_overlap
        if pages < 1:
            raise InvalidArgument("A shard has one page at least.", field=f"{field}.pagesPerShard")
        if not 0 <= overlap < pages:
            raise InvalidArgument(
                f"Shards of {pages} pages cannot overlap by {overlap}.",
                field=f"{field}.pagesOverlap",
            )
        return cls(pages, overlap)

    def ranges(self, total: int) -> list[range]:
        """Return the pages of each shard, counted from 0; one shard for no page."""
        starts = range(0, max(1, total - self.overlap), self.pages - self.overlap)
        return [range(start, min(start + self.pages, total)) for start in starts]


def cut(document: JSON, reading: Reading, pages: range, index: int, count: int) -> JSON:
    """Return the part of a document that has some pages, counted from 0.

    Offsets count from the part's own text, `shardInfo.textOffset` says where that begins. An entity
    is in the parts that have one of its pages; what belongs to no page is in the first.
    """
    start = reading.spans[pages.start][0] if pages else 0
    end = reading.spans[pages[-1]][1] if pages else 0
    part = {name: value for name, value in document.items() if name in ("uri", "mimeType")}
    if index == 0:
        part |= document
    if "text" in document:
        part["text"] = document["text"][start:end]
    part["pages"] = [
        _moved(page, start, end) for page in document.get("pages", [])[pages.start : pages.stop]
    ]
    part["entities"] = list(_entities(document.get("entities", []), pages, start, end))
    part["shardInfo"] = {"shardIndex": index, "shardCount": count, "textOffset": start}
    return part


async def written(part: JSON, pages: range, reading: Reading, mask: Mask, call: Call) -> bytes:
    """Return a part as the JSON of its object, with the pictures of its pages if wanted."""
    if mask.wants("pages", "image"):
        for page, index in zip(part["pages"], pages, strict=True):
            page["image"] = await _image(reading, index, call)
    kind = load().pool.FindMessageTypeByName(_DOCUMENT)
    return await asyncio.to_thread(
        lambda: orjson.dumps(encode(kind, mask.applied(part)), option=orjson.OPT_INDENT_2)
    )


async def _image(reading: Reading, index: int, call: Call) -> JSON | None:
    """Return the picture of a page."""
    paper = await reading.paper(index, call)
    if paper is None:
        return None
    height, width = paper.image.shape[:2]
    return {
        "content": await asyncio.to_thread(png.encode, paper.image),
        "mimeType": "image/png",
        "width": width,
        "height": height,
    }


def _entities(found: list[JSON], pages: range, start: int, end: int) -> Iterator[JSON]:
    """Yield the entities of some pages, as those count them."""
    for entity in found:
        refs = entity.get("pageAnchor", {}).get("pageRefs", [])
        mine = [ref | {"page": ref["page"] - pages.start} for ref in refs if ref["page"] in pages]
        if not mine and (refs or pages.start):
            continue
        moved: JSON = _moved(entity, start, end)
        if refs:
            moved["pageAnchor"] = {"pageRefs": mine}
        if "properties" in entity:
            moved["properties"] = list(_entities(entity["properties"], pages, start, end))
        yield moved


def _moved(value: Any, start: int, end: int) -> Any:
    """Return a value whose text anchors count from `start` and do not go beyond `end`."""
    if isinstance(value, list):
        return [_moved(one, start, end) for one in value]
    if not isinstance(value, dict):
        return value
    if "textSegments" in value:
        segments = [
            {
                "startIndex": max(one["startIndex"], start) - start,
                "endIndex": min(one["endIndex"], end) - start,
            }
            for one in value["textSegments"]
            if one["startIndex"] < end and one["endIndex"] > start
        ]
        return value | {"textSegments": segments}
    return {name: _moved(one, start, end) for name, one in value.items()}
