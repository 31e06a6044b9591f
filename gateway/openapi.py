"""OpenAPI 3.1 from the descriptors: every RPC, served or not yet, each served one with an example.

Google's path variables span segments (`{name=projects/*/locations/*}`), OpenAPI's do not: each `*`
becomes a parameter of its own, named after the collection before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from sensorium import __version__
from sensorium.apis.core import Rpc
from sensorium.apis.wire.router import VARIABLE, camel
from sensorium.apis.wire.table import Binding, Method

JSON = dict[str, Any]
_F = FieldDescriptor
_SEGMENT = {"type": "string", "pattern": "^[^/:]+$"}
_SCALARS: dict[int, JSON] = {
    _F.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    _F.CPPTYPE_UINT32: {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    _F.CPPTYPE_INT64: {"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$"},
    _F.CPPTYPE_UINT64: {"type": "string", "format": "uint64", "pattern": "^[0-9]{1,20}$"},
    _F.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    _F.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
    _F.CPPTYPE_BOOL: {"type": "boolean"},
    _F.CPPTYPE_STRING: {"type": "string"},
}
_WELL_KNOWN: dict[str, JSON] = {
    "Duration": {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$"},
    "Timestamp": {"type": "string", "format": "date-time"},
    "FieldMask": {"type": "string"},
    "Struct": {"type": "object"},
    "Value": {},
    "ListValue": {"type": "array"},
    "Any": {"type": "object", "properties": {"@type": {"type": "string"}}},
    "BoolValue": {"type": "boolean"},
    "StringValue": {"type": "string"},
    "BytesValue": {"type": "string", "contentEncoding": "base64"},
    "FloatValue": {"type": "number"},
    "DoubleValue": {"type": "number"},
    "Int32Value": {"type": "integer"},
    "Int64Value": {"type": "string"},
    "UInt32Value": {"type": "integer"},
    "UInt64Value": {"type": "string"},
}
_ERROR: JSON = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "status"],
            "properties": {
                "code": {"type": "integer"},
                "message": {"type": "string"},
                "status": {"type": "string"},
                "details": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}


def document(methods: Iterable[Method], served: Mapping[str, Rpc]) -> JSON:
    """Return the OpenAPI document; beta aliases are left out, they repeat the stable surface."""
    schemas = _Schemas()
    paths: dict[str, JSON] = {}
    tags: dict[str, JSON] = {}
    for method in methods:
        if method.alias:
            continue
        rpc = served.get(method.name)
        product = rpc.api.title if rpc else f"Not yet served: {method.service}"
        tags.setdefault(product, {"name": product, "description": rpc.api.summary if rpc else ""})
        for binding in method.http:
            path = _public(binding.path)[0]
            operation = _operation(method, binding, rpc, product, schemas)
            paths.setdefault(path, {}).setdefault(binding.verb.lower(), operation)
    ordered = sorted(
        tags.values(), key=lambda tag: (tag["name"].startswith("Not yet"), tag["name"])
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sensorium",
            "version": __version__,
            "description": "Google-style AI APIs, answered by open engines on this machine.",
        },
        "servers": [{"url": "/"}],
        "tags": ordered,
        "paths": paths,
        "components": {"schemas": {**schemas.found, "Error": _ERROR}},
    }


def _operation(
    method: Method, binding: Binding, rpc: Rpc | None, product: str, schemas: _Schemas
) -> JSON:
    """Return one operation of a path."""
    path, variables = _public(binding.path)
    example = rpc.example if rpc else {}
    suffix = re.sub(r"\W+", "_", f"{binding.verb}_{path}").strip("_")
    operation: JSON = {
        "operationId": f"{method.name}.{suffix}",
        "tags": [product],
        "summary": rpc.summary if rpc else "Not yet served: answers 501 UNIMPLEMENTED.",
        "description": rpc.docs if rpc else f"`{method.name}` is in the schema; nothing serves it.",
        "x-rpc": method.name,
        "x-served": rpc is not None,
        "parameters": [*_path_parameters(variables, example), *_query(method, binding)],
        "responses": _responses(method, rpc, schemas),
    }
    if binding.body:
        operation["requestBody"] = _body(method, binding, example, schemas)
    return operation


def _responses(method: Method, rpc: Rpc | None, schemas: _Schemas) -> JSON:
    """Return what an operation answers."""
    error = {
        "description": "The failure, in Google's shape.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    if rpc is None:
        return {"501": error}
    answer = schemas.ref(method.response_type)
    if method.kind == "server":
        answer = {"type": "array", "items": answer}
    content = {"application/json": {"schema": answer}}
    return {"200": {"description": "The answer.", "content": content}, "default": error}


def _body(method: Method, binding: Binding, example: JSON, schemas: _Schemas) -> JSON:
    """Return an operation's body; its example leaves out what is in the path."""
    if binding.body == "*":
        kind: Any = method.request_type
        inside = {camel(match[1]) for match in VARIABLE.finditer(binding.path)}
        shown = {key: value for key, value in example.items() if key not in inside}
    else:
        field = method.request_type.fields_by_name[binding.body]
        kind, shown = field.message_type, example.get(field.json_name, {})
    media: JSON = {"schema": schemas.ref(kind)}
    if example:
        media["example"] = shown
    return {"required": True, "content": {"application/json": media}}


def _public(template: str) -> tuple[str, list[tuple[str, str, int]]]:
    """Return an OpenAPI path and its parameters as (name, field, segment of the field)."""
    variables: list[tuple[str, str, int]] = []

    def literal_before(match: re.Match[str]) -> str:
        """Return the collection that a variable stands after, if it does."""
        segment = match.string[: match.start()].rstrip("/").rpartition("/")[2]
        return segment if segment.isalpha() else ""

    def spread(match: re.Match[str]) -> str:
        field, pattern = match[1], match[2] or "*"
        parts = pattern.split("/")
        for index, part in enumerate(parts):
            if part in ("*", "**"):
                before = parts[index - 1] if index else literal_before(match)
                taken = {name for name, _, _ in variables}
                name = before.removesuffix("s") if before else field.rpartition(".")[2]
                while name in taken:
                    name += "_id"
                variables.append((name, field, index))
                parts[index] = f"{{{name}}}"
        return "/".join(parts)

    return VARIABLE.sub(spread, template), variables


def _path_parameters(variables: list[tuple[str, str, int]], example: JSON) -> Iterator[JSON]:
    """Yield the parameters of a path, with the example's values where it has them."""
    for name, field, index in variables:
        parameter: JSON = {"name": name, "in": "path", "required": True, "schema": _SEGMENT}
        value: Any = example
        for part in field.split("."):
            value = value.get(camel(part), {}) if isinstance(value, dict) else {}
        parts = value.split("/") if isinstance(value, str) else []
        if index < len(parts):
            parameter["example"] = parts[index]
        yield parameter


def _query(method: Method, binding: Binding) -> Iterator[JSON]:
    """Yield the request's plain fields that are neither in the path nor in the body."""
    if binding.body == "*":
        return
    inside = {match[1] for match in VARIABLE.finditer(binding.path)} | {binding.body}
    for field in method.request_type.fields:
        plain = field.message_type is None or field.message_type.full_name in (
            "google.protobuf.FieldMask",
        )
        if field.name not in inside and plain:
            yield {
                "name": field.json_name,
                "in": "query",
                "required": False,
                "schema": _shape(field, None),
            }


def _shape(field: FieldDescriptor, schemas: _Schemas | None) -> JSON:
    """Return the schema of a field."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        value = field.message_type.fields_by_name["value"]
        return {"type": "object", "additionalProperties": _item(value, schemas)}
    item = _item(field, schemas)
    return {"type": "array", "items": item} if field.is_repeated else item


def _item(field: FieldDescriptor, schemas: _Schemas | None) -> JSON:
    """Return the schema of one value of a field."""
    if field.message_type is not None:
        return schemas.ref(field.message_type) if schemas else {"type": "string"}
    if field.enum_type is not None:
        return {"type": "string", "enum": [value.name for value in field.enum_type.values]}
    if field.type == _F.TYPE_BYTES:
        return {"type": "string", "contentEncoding": "base64", "format": "byte"}
    return _SCALARS[field.cpp_type]


class _Schemas:
    """Message schemas by full name, gathered as they are referred to."""

    def __init__(self) -> None:
        self.found: dict[str, JSON] = {}

    def ref(self, kind: Descriptor) -> JSON:
        """Return a reference to a message's schema, or a well-known type's own schema."""
        package, _, name = kind.full_name.rpartition(".")
        if package == "google.protobuf" and name in _WELL_KNOWN:
            return _WELL_KNOWN[name]
        if kind.full_name not in self.found:
            self.found[kind.full_name] = schema = {"type": "object"}
            properties = {field.json_name: _shape(field, self) for field in kind.fields}
            if properties:
                schema["properties"] = properties  # type: ignore[assignment]
        return {"$ref": f"#/components/schemas/{kind.full_name}"}
