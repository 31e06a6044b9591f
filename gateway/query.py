"""A REST request's query: system parameters, and fields of the request message."""

from __future__ import annotations

from typing import Any

import orjson
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from sensorium.apis.wire.codec import decode
from sensorium.models.errors import InvalidArgument

# cloud.google.com/apis/docs/system-parameters; the last two are the discovery clients'
_IGNORED = {
    "quotaUser", "$quotaUser", "userProject", "$userProject", "uploadType", "upload_protocol",
    "callback", "$callback", "access_token", "oauth_token", "$.xgafv", "$prettyPrint",
}  # fmt: skip


class Query:
    """The parameters of one request: `key`, how to write the answer, and message fields."""

    __slots__ = ("enum_ints", "fields", "key", "style")

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.key: str | None = None
        self.enum_ints = False
        self.style = 0
        self.fields: list[tuple[str, str]] = []
        for name, value in pairs:
            if name in ("alt", "$alt"):
                self._alt(name, value)
            elif name in ("key", "$key"):
                self.key = value
            elif name == "prettyPrint":
                self.style = orjson.OPT_INDENT_2 if value.lower() in ("true", "1") else 0
            elif name not in _IGNORED:
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
        for name, value in self.fields:
            _plant(tree, message.DESCRIPTOR, name.split("."), value)
        decode(message, tree)


def _plant(tree: dict[str, Any], kind: Descriptor | None, path: list[str], value: str) -> None:
    """Put one parameter into the tree, as the JSON that its field takes."""
    head, *rest = path
    field = None
    if kind is not None:
        field = next((f for f in kind.fields if head in (f.name, f.json_name)), None)
    if field is None:
        return
    if rest:
        if field.message_type is not None and not field.is_repeated:
            _plant(tree.setdefault(field.json_name, {}), field.message_type, rest, value)
        return
    typed: Any = {"true": True, "false": False}.get(value) if field.cpp_type == 7 else value
    typed = value if typed is None else typed
    if field.is_repeated:
        tree.setdefault(field.json_name, []).append(typed)
    else:
        tree[field.json_name] = typed
