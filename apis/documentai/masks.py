"""A document cut down to the fields that a field mask names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from sensorium.apis.core import JSON
from sensorium.apis.wire.table import load
from sensorium.models.errors import InvalidArgument

_DOCUMENT = "google.cloud.documentai.v1.Document"
Tree = dict[str, Any]  # a field's JSON name -> the fields within, none for all of them


class Mask:
    """The fields of a `Document` that are wanted; all of them without a path."""

    def __init__(self, paths: Sequence[str], field: str) -> None:
        """Read the paths; InvalidArgument for one that a `Document` does not have."""
        self._tree: Tree = {}
        kind = load().pool.FindMessageTypeByName(_DOCUMENT)
        for path in paths:
            if path == "*":
                self._tree = {}
                return
            _add(self._tree, kind, path, field)

    def wants(self, name: str, inner: str) -> bool:
        """Tell whether a field within a field is wanted, such as `pages` and `image`."""
        within = self._tree.get(name)
        return not self._tree or (within is not None and (not within or inner in within))

    def applied(self, document: JSON) -> JSON:
        """Return the document with the wanted fields only."""
        return _cut(document, self._tree) if self._tree else document


def _add(tree: Tree, kind: Descriptor | None, path: str, field: str) -> None:
    """Put a path into the tree of wanted fields."""
    names = path.split(".")
    for i, name in enumerate(names):
        known = _field(kind, name)
        if known is None:
            raise InvalidArgument(f"A Document has no field {path[:100]!r}.", field=field)
        if known.json_name in tree and not tree[known.json_name]:
            return  # all of it is wanted already
        last = i + 1 == len(names)
        tree = tree.setdefault(known.json_name, {})
        if last:
            tree.clear()
        kind = known.message_type


def _field(kind: Descriptor | None, name: str) -> FieldDescriptor | None:
    """Return the field of a type by either of its names."""
    if kind is None:
        return None
    return next((one for one in kind.fields if name in (one.name, one.json_name)), None)


def _cut(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_cut(one, tree) for one in value]
    return {name: _cut(value[name], inner) for name, inner in tree.items() if name in value}
