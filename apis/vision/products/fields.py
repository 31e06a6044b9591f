"""What the fields of products and sets may hold, and which of them an update means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sensorium.models.errors import InvalidArgument

CATEGORIES = ("homegoods-v2", "apparel-v2", "toys-v2", "packagedgoods-v1", "general-v1")
_LEGACY = ("homegoods", "apparel", "toys")
_LONGEST = 4096  # characters
_LABELS, _LABEL_BYTES = 500, 128


def display_name(text: str, field: str) -> str:
    """Return a display name; InvalidArgument when it is empty or too long."""
    if not text:
        raise InvalidArgument("A displayName is needed.", field=field)
    return described(text, field)


def described(text: str, field: str) -> str:
    """Return a text that people read; InvalidArgument when it is too long."""
    if len(text) > _LONGEST:
        raise InvalidArgument(
            f"{len(text)} characters are more than the {_LONGEST} allowed.", field=field
        )
    return storable(text, field)


def storable(text: str, field: str) -> str:
    """Return a text that every database can keep; InvalidArgument for one with a NUL."""
    if "\0" in text:
        raise InvalidArgument("A text cannot have the character NUL.", field=field)
    return text


def category(name: str, field: str) -> str:
    """Return a product category; InvalidArgument when it is none."""
    if name not in (*CATEGORIES, *_LEGACY):
        raise InvalidArgument(
            f"{name[:60]!r} is no product category.",
            field=field,
            hint=f"There are {', '.join(CATEGORIES)}.",
        )
    return name


def labels(pairs: Any, field: str) -> list[list[str]]:
    """Return labels, given as messages with key and value, as they are kept; InvalidArgument."""
    if len(pairs) > _LABELS:
        raise InvalidArgument(f"{len(pairs)} labels are more than {_LABELS}.", field=field)
    for i, pair in enumerate(pairs):
        for name in ("key", "value"):
            text, here = getattr(pair, name), f"{field}[{i}].{name}"
            if not 0 < len(text.encode()) <= _LABEL_BYTES:
                raise InvalidArgument(
                    f"The {name} of a label has 1 to {_LABEL_BYTES} bytes.", field=here
                )
            storable(text, here)
    return [[pair.key, pair.value] for pair in pairs]


def masked(mask: Any, resource: str, readers: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return the values of the fields that an update means: all that can change without a mask.

    `readers` check a field by its name and return its value. Raises InvalidArgument for a path of
    something else.
    """
    paths = list(mask.paths)
    for path in paths:
        if path != "*" and path not in readers:
            raise InvalidArgument(
                f"{path[:60]!r} of a {resource} cannot be updated.",
                field="updateMask",
                hint=f"What can: {', '.join(readers)}.",
            )
    every = not paths or "*" in paths
    return {name: read() for name, read in readers.items() if every or name in paths}
