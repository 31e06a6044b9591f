"""Resource names: `projects/P/locations/L/recognizers/ID`, phraseSets and customClasses alike."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from sensorium.models.errors import InvalidArgument

Kind = Literal["recognizers", "phraseSets", "customClasses"]
NONE = "_"  # a recognizer that is not there: the request says everything
_SEGMENT = r"[^/\x00-\x1f\x7f]{1,128}"
_NAME = re.compile(rf"projects/({_SEGMENT})/locations/({_SEGMENT})(?:/(\w+)/({_SEGMENT}))?")
_ID = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Name:
    """A parsed name: its place, and which resource in it."""

    project: str
    location: str
    kind: Kind = "recognizers"
    id: str = ""

    def __str__(self) -> str:
        """Return the name of the place."""
        return f"projects/{self.project}/locations/{self.location}"

    @property
    def full(self) -> str:
        """Return the name of the resource."""
        return f"{self}/{self.kind}/{self.id}"

    @property
    def operations(self) -> str:
        """Return how the names of operations in this place begin."""
        return f"{self}/operations/"

    def with_id(self, identity: str) -> Name:
        """Return the name of a resource beside this one."""
        return replace(self, id=identity)


def place(name: str, field: str, kind: Kind = "recognizers") -> Name:
    """Return a location for resources of a kind; InvalidArgument for a name of another shape."""
    found = _NAME.fullmatch(name)
    if found is None or found[3]:
        raise InvalidArgument(
            f"{name[:200]!r} does not read projects/PROJECT/locations/LOCATION.", field=field
        )
    return Name(found[1], found[2], kind)


def parse(name: str, field: str, kind: Kind = "recognizers") -> Name:
    """Return the name of a resource of a kind; InvalidArgument for a name of another shape."""
    found = _NAME.fullmatch(name)
    if found is None or found[3] != kind:
        raise InvalidArgument(
            f"{name[:200]!r} does not read projects/PROJECT/locations/LOCATION/{kind}/ID.",
            field=field,
        )
    return Name(found[1], found[2], kind, found[4])


def checked(identity: str, field: str) -> str:
    """Return the id of a new resource; InvalidArgument as Google's rule has it."""
    if not _ID.fullmatch(identity):
        raise InvalidArgument(
            "An id begins with a letter, ends with a letter or digit, and has up to 63 small"
            " letters, digits and hyphens.",
            field=field,
        )
    return identity
