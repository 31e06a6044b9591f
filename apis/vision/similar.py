"""Pictures like a picture, out of the user's own: what an index of them must be able to do.

    @provides
    class ProductImages:
        async def similar(self, picture, most, call): ...

No picture is ever looked for on the web.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from sensorium.apis.core import Call
from sensorium.apis.vision.picture import Picture


@dataclass(frozen=True, slots=True)
class Similar:
    """A picture of the user's own: where it is, and how like, 0 to 1."""

    uri: str
    score: float


class SimilarImages(Protocol):
    """An index of pictures."""

    async def similar(self, picture: Picture, most: int, call: Call) -> list[Similar]:
        """Return the caller's own pictures that look like this one, the likest first.

        Raises FailedPrecondition when no engine can compare them.
        """
        ...


P = TypeVar("P", bound=type[SimilarImages])
_indexes: list[SimilarImages] = []


def provides(index: P) -> P:
    """Register the decorated class as an index that WEB_DETECTION asks."""
    _indexes.append(index())
    return index


def indexes() -> list[SimilarImages]:
    """Return every index there is."""
    return list(_indexes)
