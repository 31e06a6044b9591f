"""Random messages of the schema, for round trips."""

from __future__ import annotations

import math
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

from sensorium.apis.wire.table import load

F = FieldDescriptor
TEXT = st.text(max_size=6)
SCALARS: dict[int, st.SearchStrategy[Any]] = {
    F.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    F.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    F.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    F.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    F.CPPTYPE_FLOAT: st.floats(width=32, allow_nan=False) | st.just(math.nan),
    F.CPPTYPE_DOUBLE: st.floats(allow_nan=False) | st.just(math.nan),
    F.CPPTYPE_BOOL: st.booleans(),
    F.CPPTYPE_STRING: TEXT,
}
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
NANOS = st.integers(0, 10**9 - 1)
JSON_FORMS: dict[str, st.SearchStrategy[Any]] = {
    "Duration": st.builds("{}.{:09}s".format, st.integers(-315576000000, 315575999999), NANOS),
    "Timestamp": st.builds(
        "{:04}-02-{:02}T03:04:05.{:09}Z".format, st.integers(1, 9999), st.integers(1, 28), NANOS
    ),
    "FieldMask": st.lists(
        st.from_regex(r"[a-z]{1,5}([A-Z][a-z]{1,3})?(\.[a-z]{1,4})?", fullmatch=True), max_size=3
    ).map(",".join),
    "Struct": st.dictionaries(TEXT, PLAIN, max_size=2),
    "Value": PLAIN,
    "ListValue": st.lists(PLAIN, max_size=2),
    "BoolValue": st.booleans(),
    "FloatValue": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "Any": st.builds(
        lambda name, code: {"@type": f"type.googleapis.com/{name}", "code": code},
        st.just("google.rpc.Status"),
        st.integers(0, 16),
    )
    | st.just({"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1.500s"}),
}


def messages(name: str) -> st.SearchStrategy[Any]:
    """Return random messages of a full type name."""
    return _messages(load().pool.FindMessageTypeByName(name), 4)


@st.composite
def _messages(draw: st.DrawFn, kind: Descriptor, depth: int) -> Any:
    message = GetMessageClass(kind)()
    if kind.full_name.startswith("google.protobuf.") and kind.name in JSON_FORMS:
        json_format.ParseDict(draw(JSON_FORMS[kind.name]), message, descriptor_pool=load().pool)
        return message
    fields = [field for field in kind.fields if depth or field.message_type is None]
    if not fields:
        return message
    for field in draw(st.lists(st.sampled_from(fields), max_size=3, unique_by=lambda f: f.name)):
        values = _values(field, depth)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            _put_map(draw, message, field, depth)
        elif field.is_repeated:
            getattr(message, field.name).extend(draw(st.lists(values, min_size=1, max_size=2)))
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(draw(values))
        else:
            setattr(message, field.name, draw(values))
    return message


def _put_map(draw: st.DrawFn, message: Any, field: F, depth: int) -> None:
    target = getattr(message, field.name)
    value = field.message_type.fields_by_name["value"]
    key = draw(SCALARS[field.message_type.fields_by_name["key"].cpp_type])
    if value.message_type is not None:
        target[key].CopyFrom(draw(_values(value, depth)))
    else:
        target[key] = draw(_values(value, depth))


def _values(field: F, depth: int) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        return _messages(field.message_type, depth - 1)
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values])
    if field.type == F.TYPE_BYTES:
        return st.binary(max_size=8)
    return SCALARS[field.cpp_type]


def as_json(message: Message) -> Any:
    """Return a message as Google's own library writes it."""
    return json_format.MessageToDict(message, descriptor_pool=load().pool)


def as_handler(message: Message) -> Any:
    """Return a message as a handler would: camelCase, enum names, raw bytes and integers."""
    if message.DESCRIPTOR.full_name.startswith("google.protobuf."):
        return as_json(message)
    return {field.json_name: _handled(field, value) for field, value in message.ListFields()}


def _handled(field: F, value: Any) -> Any:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        inner = kind.fields_by_name["value"]
        return {key: _handled_one(inner, value[key]) for key in value}
    if field.is_repeated:
        return [_handled_one(field, item) for item in value]
    return _handled_one(field, value)


def _handled_one(field: F, value: Any) -> Any:
    if field.message_type is not None:
        return as_handler(value)
    if field.enum_type is not None:
        return field.enum_type.values_by_number[value].name
    return value


def same(one: Message, other: Message) -> bool:
    """Tell whether two messages are equal, NaN included."""
    return one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)
