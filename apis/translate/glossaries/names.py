"""Resource names: `projects/P/locations/L/glossaries/ID/glossaryEntries/ID`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sensorium.models.errors import InvalidArgument

_SEGMENT = r"[^/\x00-\x1f\x7f]{1,128}"
_NAME = re.compile(
    rf"projects/({_SEGMENT})/locations/({_SEGMENT})"
    rf"(?:/glossaries/({_SEGMENT})(?:/glossaryEntries/({_SEGMENT}))?)?"
)
_SHAPES = {
    "location": "projects/PROJECT/locations/LOCATION",
    "glossary": "projects/PROJECT/locations/LOCATION/glossaries/ID",
    "entry": "projects/PROJECT/locations/LOCATION/glossaries/ID/glossaryEntries/ID",
}


@dataclass(frozen=True, slots=True)
class Name:
    """A parsed name: its place, the glossary in it, and the glossary's entry."""

    project: str
    location: str
    id: str = ""
    entry: str = ""

    def __str__(self) -> str:
        """Return the name of the place."""
        return f"projects/{self.project}/locations/{self.location}"

    @property
    def glossary(self) -> str:
        """Return the name of the glossary."""
        return f"{self}/glossaries/{self.id}"

    def of_entry(self, identity: str) -> str:
        """Return the name of an entry of the glossary."""
        return f"{self.glossary}/glossaryEntries/{identity}"


def parse(name: str, kind: str, field: str) -> Name:
    """Return the parts of a name of `kind` (`location`, `glossary`, `entry`).

    Raises InvalidArgument for a name of another shape.
    """
    match = _NAME.fullmatch(name)
    found = ("entry" if match[4] else "glossary" if match[3] else "location") if match else ""
    if match is None or found != kind:
        raise InvalidArgument(f"{name[:200]!r} does not read {_SHAPES[kind]}.", field=field)
    return Name(*match.groups(default=""))
