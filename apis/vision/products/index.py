"""What is like a picture: every region's vector and hash in memory, compared one by one.

With c the cosine of two vectors and d the bits in which two hashes differ, the score is
1 - (1 - c) (1 - h / 2), where h falls from 1 for d = 0 to 0 for d = 10: a copy of a picture comes
before all that merely resembles it, and of two copies the one with the right colours, which the
hash does not see. A set is read again when its revision in the database is another, whoever
changed it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from sensorium.apis.core import Call
from sensorium.apis.storage import Database
from sensorium.apis.vision.products import gallery
from sensorium.apis.vision.products.filters import Label
from sensorium.models.errors import AlreadyExists, Failure
from sensorium.models.hashing import BITS, distances
from sensorium.models.media.thumbnails import from_jpeg
from sensorium.models.tasks import ImageEmbedder, Pixels, Vector

_ALIKE = 10  # bits: beyond that two hashes tell nothing
_HASH = 0.5  # how much of what the vectors leave open a hash may decide
_CHUNK = 32  # pictures embedded before the result is kept
_KEPT = 16  # sets in memory

Key = tuple[int | None, str]  # a set, or None for all there is, and the engine
Fits = Callable[[str, frozenset[Label]], bool]  # category and labels of a product


@dataclass(frozen=True, slots=True)
class Query:
    """A picture to look for."""

    vector: Vector
    hash: bytes | None


@dataclass(frozen=True, slots=True)
class Match:
    """A product's picture that is most like the one looked for, and how like, 0 to 1."""

    image: int
    score: float


@dataclass(frozen=True, slots=True)
class Index:
    """A set's regions, a row each, and its products; `hashed` rows have a hash."""

    version: tuple[int, int]
    products: NDArray[np.int64]
    images: NDArray[np.int64]
    vectors: NDArray[np.float32]
    hashes: NDArray[np.uint8]
    hashed: NDArray[np.bool_]
    goods: dict[int, tuple[str, frozenset[Label]]]

    def scores(self, query: Query) -> NDArray[np.float32]:
        """Return how like each row is."""
        cosines = np.clip(self.vectors @ np.asarray(query.vector, np.float32), 0.0, 1.0)
        if query.hash is None:
            return cosines
        near = np.clip(1.0 - distances(query.hash, self.hashes) / _ALIKE, 0.0, 1.0) * self.hashed
        return (1.0 - (1.0 - cosines) * (1.0 - _HASH * near)).astype(np.float32)

    def search(self, query: Query, fits: Fits, most: int) -> list[Match]:
        """Return the best match of each product that fits and is like at all, the likest first."""
        if not len(self.products):
            return []
        scores = self.scores(query)
        wanted = {key for key, facts in self.goods.items() if fits(*facts)}
        best: dict[int, Match] = {}
        for row in np.argsort(-scores, kind="stable"):
            if scores[row] <= 0:
                break
            product = int(self.products[row])
            if product in wanted and product not in best:
                best[product] = Match(int(self.images[row]), float(scores[row]))
                if len(best) >= most:
                    break
        return list(best.values())


async def current(call: Call, set_key: int | None, engine: str) -> Index:
    """Return the index of a set, or of all there is, as the database has it now.

    Regions without a vector of this engine get one; what is done is kept when the time ends before
    all is. Callers that come meanwhile wait for the same work.
    """
    cache = _caches.setdefault(call.database, _Cache())
    key = (set_key, engine)
    kept = cache.kept.get(key)
    if kept and kept.version == await call.database.read(gallery.version, set_key):
        cache.kept.move_to_end(key)
        return kept
    loop = asyncio.get_running_loop()
    task = cache.loading.get(key)
    if task is None or task.get_loop() is not loop:
        task = cache.loading[key] = loop.create_task(_load(call, set_key, engine))
        task.add_done_callback(partial(cache.loaded, key))
    return await asyncio.shield(task)


async def embed(call: Call, engine: str, copies: Sequence[gallery.Copy]) -> None:
    """Make and keep the vectors of regions."""
    make = call.models.use(ImageEmbedder.embed_images, engine=engine, timeout=call.limits.seconds)
    for begin in range(0, len(copies), _CHUNK):
        some = copies[begin : begin + _CHUNK]
        made = await make(await asyncio.to_thread(_pictures, some))
        keys = [key for key, _ in some]
        with suppress(AlreadyExists):  # another process has just kept the same
            await call.database.write(gallery.keep_vectors, engine, keys, made)


def _pictures(copies: Sequence[gallery.Copy]) -> list[Pixels]:
    return [from_jpeg(copy) for _, copy in copies]


async def embed_soon(call: Call, copies: Sequence[gallery.Copy]) -> None:
    """Make vectors ahead of the first search, which makes those that cannot be made now."""
    with suppress(Failure):  # no engine yet, or one that is busy or broken: a search will tell
        await embed(call, call.models.chosen(ImageEmbedder.embed_images), copies)


async def _load(call: Call, set_key: int | None, engine: str) -> Index:
    """Return the index, once no region lacks a vector."""
    while True:
        found = await call.database.read(_read, set_key, engine)
        if isinstance(found, Index):
            return found
        await embed(call, engine, found)


def _read(connection: Connection, set_key: int | None, engine: str) -> Index | list[gallery.Copy]:
    """Return the index, or some of the regions that lack a vector."""
    version = gallery.version(connection, set_key)
    if lacking := gallery.lacking(connection, set_key, engine, _CHUNK):
        return lacking
    rows = gallery.vectors_of(connection, set_key, engine)
    return Index(
        version,
        products=np.array([row.products for row in rows], np.int64),
        images=np.array([row.key for row in rows], np.int64),
        vectors=gallery.unpacked([row.vector for row in rows]),
        hashes=np.frombuffer(
            b"".join(row.hash or bytes(BITS // 8) for row in rows), np.uint8
        ).reshape(-1, BITS // 8),
        hashed=np.array([row.hash is not None for row in rows], np.bool_),
        goods={
            row.key: (row.category, frozenset((key, value) for key, value in row.labels))
            for row in gallery.labels_of(connection, set_key)
        },
    )


class _Cache:
    """The indexes of one database, those not used for longest dropped first."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Key, Index] = OrderedDict()
        self.loading: dict[Key, asyncio.Task[Index]] = {}

    def loaded(self, key: Key, task: asyncio.Task[Any]) -> None:
        """Keep what a task has loaded."""
        if self.loading.get(key) is task:
            del self.loading[key]
        if task.cancelled() or task.exception() is not None:
            return  # those who wait are told
        self.kept[key] = task.result()
        self.kept.move_to_end(key)
        while len(self.kept) > _KEPT:
            self.kept.popitem(last=False)


_caches: WeakKeyDictionary[Database, _Cache] = WeakKeyDictionary()
