"""A REST request's query: system parameters, and fields of the request message."""

from __future__ import annotations

from typing import Any

import orjson
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from sensorium.apis.wire.codec import decode
from sensorium.models.errors import InvalidArgument

# cloud.google.com/apis/docs/system-parameters; the last two are the discovery clients'
_IGNORED = {
    "quotaUser", "$quotaUser", "userProject", "$userProject", "uploadType", "upload_protocol",
    "callback", "$callback", "access_token", "oauth_token", "$.xgafv",
}  # fmt: skip


KEYS = ("key", "$key")


class Query:
    """The parameters of one request: how to write the answer, and message fields."""

    __slots__ = ("enum_ints", "fields", "style")

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.enum_ints = False
        self.style = 0
        self.fields: list[tuple[str, str]] = []
        for name, value in pairs:
            if name in ("alt", "$alt"):
                self._alt(name, value)
            elif name in ("prettyPrint", "$prettyPrint"):
                self.style = orjson.OPT_INDENT_2 if value.lower() in ("true", "1") else 0
            elif name not in _IGNORED and name not in KEYS:
                self.fields.append((name, value))

    def _alt(self, name: str, value: str) -> None:
        """Read the form of the answer: JSON, with enums as names or as numbers."""
        media, *options = (part.strip() for part in value.split(";"))
        self.enum_ints = "enum-encoding=int" in options
        if media != "json" or any(option != "enum-encoding=int" for option in options):
            raise InvalidArgument(
                f"{value!r} cannot be answered; json and json;enum-encoding=int can.", field=name
            )

    def fill(self, message: Message) -> None:
        """Set message fields from parameters such as `a.bC=1`; unknown ones are ignored."""
        tree: dict[str, Any] = {}
        kind: Any = message.DESCRIPTOR
        for name, value in self.fields:
            _plant(tree, kind, name.split("."), value)
        decode(message, tree)


def _plant(tree: dict[str, Any], kind: Descriptor, path: list[str], value: str) -> None:
    """Put one parameter into the tree, as the JSON that its field takes."""
    fields = _fields(kind, path)
    if fields is None:
        return
    *parents, last = fields
    for parent in parents:
        tree = tree.setdefault(parent.json_name, {})
        if not isinstance(tree, dict):
            raise InvalidArgument("is given both whole and in parts", field=parent.json_name)
    typed: Any = value
    if last.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        typed = {"true": True, "false": False}.get(value, value)
    if last.is_repeated:
        tree.setdefault(last.json_name, []).append(typed)
    elif isinstance(tree.get(last.json_name), dict):
        raise InvalidArgument("is given both whole and in parts", field=last.json_name)
    else:
        tree[last.json_name] = typed


def _fields(kind: Descriptor, path: list[str]) -> list[FieldDescriptor] | None:
    """Return the fields that a path names, None if one does not exist or cannot have parts."""
    fields: list[FieldDescriptor] = []
    inside: Descriptor | None = kind
    for name in path:
        field = _field(inside, name) if inside is not None else None
        if field is None:
            return None
        fields.append(field)
        inside = None if field.is_repeated else field.message_type
    return fields


def _field(kind: Descriptor, name: str) -> FieldDescriptor | None:
    """Return a field by either of its names."""
    return next((field for field in kind.fields if name in (field.name, field.json_name)), None)
