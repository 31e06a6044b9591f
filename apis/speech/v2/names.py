"""Resource names: `projects/P/locations/L/recognizers/ID`, `_` for none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sensorium.models.errors import InvalidArgument

NONE = "_"  # a recognizer that is not there: the request says everything
_SEGMENT = r"[^/\x00-\x1f\x7f]{1,128}"
_NAME = re.compile(rf"projects/({_SEGMENT})/locations/({_SEGMENT})(?:/recognizers/({_SEGMENT}))?")
_ID = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Name:
    """A parsed name: its place, and the recognizer in it."""

    project: str
    location: str
    id: str = ""

    def __str__(self) -> str:
        """Return the name of the place."""
        return f"projects/{self.project}/locations/{self.location}"

    @property
    def recognizer(self) -> str:
        """Return the name of the recognizer."""
        return f"{self}/recognizers/{self.id}"

    @property
    def operations(self) -> str:
        """Return how the names of operations in this place begin."""
        return f"{self}/operations/"


def place(name: str, field: str) -> Name:
    """Return a location; InvalidArgument for a name of another shape."""
    found = _NAME.fullmatch(name)
    if found is None or found[3]:
        raise InvalidArgument(
            f"{name[:200]!r} does not read projects/PROJECT/locations/LOCATION.", field=field
        )
    return Name(found[1], found[2])


def recognizer(name: str, field: str) -> Name:
    """Return a recognizer's name; InvalidArgument for a name of another shape."""
    found = _NAME.fullmatch(name)
    if found is None or not found[3]:
        raise InvalidArgument(
            f"{name[:200]!r} does not read projects/PROJECT/locations/LOCATION/recognizers/ID.",
            field=field,
        )
    return Name(found[1], found[2], found[3])


def checked(identity: str, field: str) -> str:
    """Return the id of a new recognizer; InvalidArgument as Google's rule has it."""
    if not _ID.fullmatch(identity):
        raise InvalidArgument(
            "An id begins with a letter, ends with a letter or digit, and has up to 63 small"
            " letters, digits and hyphens.",
            field=field,
        )
    return identity
