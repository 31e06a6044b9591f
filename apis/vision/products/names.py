"""Resource names: `projects/P/locations/L/products/ID/referenceImages/ID` and what is in them."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from sensorium.models.errors import InvalidArgument

_SEGMENT = r"[^/\x00-\x1f\x7f]{1,128}"
_ID = re.compile(_SEGMENT)
_NAME = re.compile(
    rf"projects/({_SEGMENT})/locations/({_SEGMENT})"
    rf"(?:/(productSets|products)/({_SEGMENT})(?:/(referenceImages)/({_SEGMENT}))?)?"
)
_SHAPES = {
    "location": "projects/PROJECT/locations/LOCATION",
    "productSets": "projects/PROJECT/locations/LOCATION/productSets/ID",
    "products": "projects/PROJECT/locations/LOCATION/products/ID",
    "referenceImages": "projects/PROJECT/locations/LOCATION/products/ID/referenceImages/ID",
}


@dataclass(frozen=True, slots=True)
class Name:
    """A parsed name: its place, the set or product in it, and the product's picture."""

    project: str
    location: str
    id: str = ""
    image: str = ""

    @property
    def place(self) -> Name:
        """Return project and location alone."""
        return Name(self.project, self.location)

    def __str__(self) -> str:
        """Return the name of the place."""
        return f"projects/{self.project}/locations/{self.location}"

    def product_set(self, identity: str) -> str:
        """Return the name of a product set of this place."""
        return f"{self}/productSets/{identity}"

    def product(self, identity: str) -> str:
        """Return the name of a product of this place."""
        return f"{self}/products/{identity}"

    def reference_image(self, product: str, identity: str) -> str:
        """Return the name of a reference picture of a product of this place."""
        return f"{self}/products/{product}/referenceImages/{identity}"


def parse(name: str, kind: str, field: str) -> Name:
    """Return the parts of a name of `kind` (`location`, `productSets`, `products` ...).

    Raises InvalidArgument for a name of another shape.
    """
    match = _NAME.fullmatch(name)
    found = (match[5] or match[3] or "location") if match else ""
    if match is None or found != kind:
        raise InvalidArgument(f"{name[:200]!r} does not read {_SHAPES[kind]}.", field=field)
    project, location, _, identity, _, image = match.groups(default="")
    return Name(project, location, identity, image)


def chosen(identity: str, field: str) -> str:
    """Return the id that a request wants for a new resource, or a new one if it wants none."""
    if not identity:
        return secrets.token_hex(8)
    if not _ID.fullmatch(identity):
        raise InvalidArgument(
            "An id has at most 128 characters, no slash and no control characters.", field=field
        )
    return identity
