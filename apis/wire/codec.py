"""JSON to message and handlers' dicts to JSON, compiled once per message type.

The mapping is proto3's JSON mapping (protobuf.dev/programming-guides/json), stricter than the
reference parser where that one loses data: base64 must be valid, enum values must exist.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from sensorium.models.errors import InvalidArgument

Scalar = Callable[[Any, str], Any]
Setter = Callable[[Message, Any, str], None]
Writer = Callable[[Any], Any]
Writers = Mapping[str, Writer]

_F = FieldDescriptor
_INTS = {_F.CPPTYPE_INT32, _F.CPPTYPE_INT64, _F.CPPTYPE_UINT32, _F.CPPTYPE_UINT64}
_WIDE = {_F.CPPTYPE_INT64, _F.CPPTYPE_UINT64}
_FLOATS = {_F.CPPTYPE_FLOAT, _F.CPPTYPE_DOUBLE}
_URL_SAFE = str.maketrans("-_", "+/")
_EMPTY: tuple[Any, ...] = ("", b"", [], {}, None)


# --- JSON -> message --------------------------------------------------------------------------


def decode(message: Message, value: Any, path: str = "") -> None:
    """Fill `message` from parsed JSON; unknown fields are ignored, as Google's servers do.

    Raises InvalidArgument with the path of the first value that does not fit.
    """
    if _is_well_known(message.DESCRIPTOR):
        _decode_well_known(message, value, path)
        return
    if not isinstance(value, dict):
        raise InvalidArgument(f"expected an object, got {_kind(value)}", field=path or None)
    setters = _setters(message.DESCRIPTOR)
    chosen: dict[str, str] = {}
    for key, item in value.items():
        known = setters.get(key)
        if known is None:
            continue
        setter, oneof = known
        if item is None and oneof is not None:
            continue
        here = f"{path}.{key}" if path else key
        if oneof and chosen.setdefault(oneof, key) != key:
            raise InvalidArgument(f"set either {chosen[oneof]!r} or {key!r}, not both", field=here)
        setter(message, item, here)


@cache
def _setters(descriptor: Descriptor) -> dict[str, tuple[Setter, str | None]]:
    """Return the setter and the oneof of each field, by both of the field's JSON names."""
    setters: dict[str, tuple[Setter, str | None]] = {}
    for field in descriptor.fields:
        oneof = field.containing_oneof
        # a proto3 optional field sits in a oneof of its own, which cannot conflict
        group = oneof.name if oneof is not None and len(oneof.fields) > 1 else None
        setters[field.json_name] = setters[field.name] = (_setter(field), group)
    return setters


def _setter(field: FieldDescriptor) -> Setter:
    """Return what puts a JSON value into a field, whatever the field's shape."""
    if _is_map(field):
        return _map_setter(field)
    if field.message_type is not None:
        return _messages_setter(field.name) if field.is_repeated else _message_setter(field.name)
    scalar, name = _scalar(field), field.name
    if field.is_repeated:

        def extend(message: Message, value: Any, path: str) -> None:
            if value is not None:
                target = getattr(message, name)
                for index, item in enumerate(_array(value, path)):
                    _guard(target.append, scalar(item, f"{path}[{index}]"), f"{path}[{index}]")

        return extend

    def assign(message: Message, value: Any, path: str) -> None:
        if value is not None:
            converted = scalar(value, path)
            _guard(lambda v: setattr(message, name, v), converted, path)

    return assign


def _message_setter(name: str) -> Setter:
    """Return the setter of a singular message field."""

    def assign(message: Message, value: Any, path: str) -> None:
        target = getattr(message, name)
        if value is None and target.DESCRIPTOR.full_name != "google.protobuf.Value":
            return
        target.SetInParent()
        decode(target, value, path)

    return assign


def _messages_setter(name: str) -> Setter:
    """Return the setter of a repeated message field."""

    def extend(message: Message, value: Any, path: str) -> None:
        if value is None:
            return
        target = getattr(message, name)
        for index, item in enumerate(_array(value, path)):
            decode(target.add(), item, f"{path}[{index}]")

    return extend


def _map_setter(field: FieldDescriptor) -> Setter:
    """Return the setter of a map field."""
    name = field.name
    key_of = _scalar(field.message_type.fields_by_name["key"])
    value_field = field.message_type.fields_by_name["value"]
    scalar = None if value_field.message_type is not None else _scalar(value_field)

    def update(message: Message, value: Any, path: str) -> None:
        if value is None:
            return
        if not isinstance(value, dict):
            raise InvalidArgument(f"expected an object, got {_kind(value)}", field=path)
        target = getattr(message, name)
        for key, item in value.items():
            here = f"{path}[{key!r}]"
            if scalar is None:
                decode(target[key_of(key, here)], item, here)
            else:
                converted = scalar(item, here)
                _guard(lambda v, k=key: target.__setitem__(key_of(k, path), v), converted, here)

    return update


def _guard(put: Callable[[Any], Any], value: Any, path: str) -> None:
    """Store a value, turning protobuf's own refusal (range, surrogates) into InvalidArgument."""
    try:
        put(value)
    except (TypeError, ValueError) as refused:
        raise InvalidArgument(str(refused), field=path) from None


def _array(value: Any, path: str) -> list[Any]:
    """Return a JSON array, or a single query value as one of its own."""
    if not isinstance(value, list):
        raise InvalidArgument(f"expected an array, got {_kind(value)}", field=path)
    return value


def _scalar(field: FieldDescriptor) -> Scalar:
    """Return the converter of one JSON value into a scalar field's Python value."""
    kind = field.cpp_type
    if kind in _INTS:
        return _integer
    if kind in _FLOATS:
        return _number
    if kind == _F.CPPTYPE_BOOL:
        return _boolean
    if kind == _F.CPPTYPE_ENUM:
        return _enum(field.enum_type)
    return _bytes if field.type == _F.TYPE_BYTES else _string


def _integer(value: Any, path: str) -> int:
    """Accept a number without a fraction, or its decimal string (int64)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        if isinstance(value, str) and value == value.strip():
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
    except ValueError:
        pass
    raise InvalidArgument(f"expected an integer, got {_kind(value)}", field=path)


def _number(value: Any, path: str) -> float:
    """Accept a number, its decimal string, or NaN and the infinities by name."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    try:
        if isinstance(value, str) and value == value.strip():
            return float(value)
    except ValueError:
        pass
    raise InvalidArgument(f"expected a number, got {_kind(value)}", field=path)


def _boolean(value: Any, path: str) -> bool:
    """Accept true and false."""
    if isinstance(value, bool):
        return value
    raise InvalidArgument(f"expected true or false, got {_kind(value)}", field=path)


def _string(value: Any, path: str) -> str:
    """Accept a string."""
    if isinstance(value, str):
        return value
    raise InvalidArgument(f"expected a string, got {_kind(value)}", field=path)


def _bytes(value: Any, path: str) -> bytes:
    """Accept base64, standard or URL-safe, padded or not; a handler's raw bytes pass as they are."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise InvalidArgument(f"expected base64 text, got {_kind(value)}", field=path)
    text = value.translate(_URL_SAFE) if "-" in value or "_" in value else value
    if len(text) % 4:
        text += "=" * (-len(text) % 4)
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as broken:
        raise InvalidArgument(f"not valid base64 ({broken})", field=path) from None


def _enum(enum: EnumDescriptor) -> Scalar:
    """Return the converter of an enum's names and numbers."""
    names = {value.name: value.number for value in enum.values}
    numbers = set(names.values())
    known = ", ".join(names) if len(names) <= 20 else ", ".join([*list(names)[:20], "..."])

    def convert(value: Any, path: str) -> int:
        number = names.get(value) if isinstance(value, str) else value
        if isinstance(value, str) and number is None and value.isdecimal():
            number = int(value)  # a query parameter
        if isinstance(number, int) and not isinstance(number, bool) and number in numbers:
            return number
        raise InvalidArgument(
            f"{value!r} is not a value of {enum.full_name}; known: {known}", field=path
        )

    return convert


def _is_map(field: FieldDescriptor) -> bool:
    """Tell whether a field is a map."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _is_well_known(descriptor: Descriptor) -> bool:
    """Tell whether a type has a JSON form of its own."""
    name = descriptor.full_name
    return name.startswith("google.protobuf.") and name != "google.protobuf.Empty"


def _decode_well_known(message: Message, value: Any, path: str) -> None:
    """Fill a Duration, Timestamp, FieldMask, Struct, wrapper or Any."""
    try:
        json_format.ParseDict(value, message, ignore_unknown_fields=True)
    except (json_format.ParseError, TypeError, ValueError, AttributeError) as refused:
        name = message.DESCRIPTOR.name
        raise InvalidArgument(f"{value!r} is not a {name} ({refused})", field=path) from None


def _kind(value: Any) -> str:
    """Return a JSON value's kind in words, with a short value itself."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f"the string {value[:40]!r}"
        case int() | float():
            return f"the number {value}"
        case list():
            return "an array"
    return "an object"


# --- handlers' dicts -> JSON ------------------------------------------------------------------


def encode(
    descriptor: Descriptor, value: Any, *, enum_ints: bool = False, lenient: bool = False
) -> Any:
    """Return what orjson can write for a handler's answer of this type.

    Bytes become base64, int64 strings, and enum names numbers if `enum_ints`; empty strings,
    lists and messages without a value are left out. A field that the type does not have is a bug
    (KeyError), unless `lenient`: a beta surface that has fewer fields than the stable one.
    """
    if _is_well_known(descriptor):
        return value
    writers = _writers(descriptor, enum_ints, lenient)
    encoded = {}
    for key, item in value.items():
        if item in _EMPTY and not isinstance(item, (int, float)):
            continue
        writer = writers.get(key)
        if writer is None:
            if lenient:
                continue
            raise KeyError(f"{descriptor.full_name} has no field {key!r}")
        encoded[key] = writer(item)
    return encoded


@cache
def _writers(descriptor: Descriptor, enum_ints: bool, lenient: bool) -> Writers:
    """Return what writes each field of a type."""
    return {field.json_name: _writer(field, enum_ints, lenient) for field in descriptor.fields}


def _writer(field: FieldDescriptor, enum_ints: bool, lenient: bool) -> Writer:
    """Return what writes one field."""
    if _is_map(field):
        one = _item_writer(field.message_type.fields_by_name["value"], enum_ints, lenient)
        return lambda items: {str(key): one(item) for key, item in items.items()}
    one = _item_writer(field, enum_ints, lenient)
    if field.is_repeated:
        return list if one is _same else lambda items: [one(item) for item in items]
    return one


def _item_writer(field: FieldDescriptor, enum_ints: bool, lenient: bool) -> Writer:
    """Return what writes one value of a field."""
    if field.message_type is not None:
        kind = field.message_type
        return lambda item: encode(kind, item, enum_ints=enum_ints, lenient=lenient)
    if field.type == _F.TYPE_BYTES:
        return lambda item: base64.b64encode(item).decode("ascii")
    if field.cpp_type in _WIDE:
        return str
    if enum_ints and field.cpp_type == _F.CPPTYPE_ENUM:
        numbers = {value.name: value.number for value in field.enum_type.values}
        return numbers.__getitem__
    return _same


def _same(item: Any) -> Any:
    """Return a value as it is."""
    return item
