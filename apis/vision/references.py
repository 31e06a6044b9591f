"""The user's own pictures of what a vocabulary cannot have: `references/KIND/NAME/*.jpg`.

They are compared through the installed image embedding. What pictures of different things have in
common for that embedding, b, is the highest cosine between two names' references (.8 while there is
one name); a picture whose cosine to a name's nearest reference is c scores (c - b) / (1 - b), and
the name is told from .35 on.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from sensorium.apis.core import Call
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import FailedPrecondition, Failure
from sensorium.models.tasks import ImageEmbedder, ImageReader, Vector

Kind = Literal["landmarks", "logos"]

_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
_MOST = 2000  # reference pictures of one kind
_COMMON = 0.8
_TOLD = 0.35
_REMEMBERED = 20_000  # vectors of reference pictures, over all kinds and engines
_Key = tuple[str, str, int, int]  # engine, path, modified, size

_vectors: OrderedDict[_Key, Vector | None] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Likeness:
    """A name whose reference pictures look like the picture, and how much, 0 to 1."""

    name: str
    score: float


def stored(kind: Kind, state: Path | None) -> list[tuple[str, Path]]:
    """Return the user's reference pictures of a kind, each with the name of its folder."""
    root = state / "references" / kind if state is not None else None
    if root is None or not root.is_dir():
        return []
    found = (
        (folder.name, file)
        for folder in sorted(root.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in _PICTURES
    )
    return list(itertools.islice(found, _MOST))


async def likenesses(picture: Picture, kind: Kind, call: Call) -> list[Likeness] | None:
    """Return the names whose references the picture looks like, the likest first.

    None where there are no reference pictures; FailedPrecondition where there are, and no engine
    that could compare them.
    """
    files = await asyncio.to_thread(stored, kind, call.state)
    if not files:
        return None
    embed = call.models.use(ImageEmbedder.embed_images, timeout=call.limits.seconds)
    engine = call.models.chosen(ImageEmbedder.embed_images)
    references: dict[str, list[Vector]] = {}
    for name, file in files:
        vector = await _vector(file, engine, call)
        if vector is not None:
            references.setdefault(name, []).append(vector)
    (own,) = await embed([picture.pixels])
    return scored(own, references)


def scored(own: Vector, references: dict[str, list[Vector]]) -> list[Likeness]:
    """Return the names told of a picture's vector, the likest first."""
    if not references:
        return []
    rows = {name: np.asarray(vectors) for name, vectors in references.items()}
    common = max(
        (float((a @ b.T).max()) for a, b in itertools.combinations(rows.values(), 2)),
        default=_COMMON,
    )
    common = min(common, 0.99)
    found = []
    for name, vectors in rows.items():
        score = (float((vectors @ np.asarray(own)).max()) - common) / (1 - common)
        if score >= _TOLD:
            found.append(Likeness(name, min(1.0, score)))
    return sorted(found, key=lambda one: -one.score)


async def _vector(file: Path, engine: str, call: Call) -> Vector | None:
    """Return the vector of a reference picture, None for a file that is no picture."""
    about = await asyncio.to_thread(file.stat)
    key = (engine, str(file), about.st_mtime_ns, about.st_size)
    if key in _vectors:
        _vectors.move_to_end(key)
        return _vectors[key]
    if about.st_size > call.limits.body_bytes:
        return None
    try:
        frames = call.models.use(ImageReader.frames, timeout=call.limits.seconds)
        content = await asyncio.to_thread(file.read_bytes)
        (pixels,) = await frames(content, call.limits.pixels)
        embed = call.models.use(ImageEmbedder.embed_images, timeout=call.limits.seconds)
        (vector,) = await embed([pixels])
    except Failure as failure:
        if isinstance(failure, FailedPrecondition) or failure.retry_after is not None:
            raise
        vector = None
    _vectors[key] = vector
    while len(_vectors) > _REMEMBERED:
        _vectors.popitem(last=False)
    return vector
