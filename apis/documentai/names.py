"""Resource names: `projects/P/locations/L/processors/ID/processorVersions/ID` and the like."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from sensorium.models.errors import InvalidArgument

_SEGMENT = r"[^/\x00-\x1f\x7f]{1,128}"
_NAME = re.compile(
    rf"projects/({_SEGMENT})/locations/({_SEGMENT})"
    rf"(?:/(processorTypes|processors)/({_SEGMENT})(?:/(processorVersions)/({_SEGMENT}))?)?"
)
_PLACE = "projects/PROJECT/locations/LOCATION"
_SHAPES = {
    "location": _PLACE,
    "processorTypes": f"{_PLACE}/processorTypes/TYPE",
    "processors": f"{_PLACE}/processors/ID",
    "processorVersions": f"{_PLACE}/processors/ID/processorVersions/ID",
}


@dataclass(frozen=True, slots=True)
class Name:
    """A parsed name: its place, the processor or type in it, and the processor's version."""

    project: str
    location: str
    id: str = ""
    version: str = ""

    @property
    def place(self) -> Name:
        """Return project and location alone."""
        return Name(self.project, self.location)

    def __str__(self) -> str:
        """Return the name of the place."""
        return f"projects/{self.project}/locations/{self.location}"

    @property
    def processor(self) -> str:
        """Return the name of the processor."""
        return f"{self}/processors/{self.id}"

    @property
    def operations(self) -> str:
        """Return how the names of operations in this place begin."""
        return f"{self}/operations/"

    def processor_version(self, identity: str = "") -> str:
        """Return the name of a version of the processor, of the name's own if none is given."""
        return f"{self.processor}/processorVersions/{identity or self.version}"


def parse(name: str, field: str, *kinds: str) -> Name:
    """Return the parts of a name of one of `kinds` (`location`, `processors` ...).

    Raises InvalidArgument for a name of another shape.
    """
    match = _NAME.fullmatch(name)
    found = (match[5] or match[3] or "location") if match else ""
    if match is None or found not in kinds or (match[5] and match[3] != "processors"):
        shapes = " or ".join(_SHAPES[kind] for kind in kinds)
        raise InvalidArgument(f"{name[:200]!r} does not read {shapes}.", field=field)
    project, location, _, identity, _, version = match.groups(default="")
    return Name(project, location, identity, version)


def fresh() -> str:
    """Return an id for a new resource: 16 hexadecimal digits, as Google's."""
    return secrets.token_hex(8)
