"""JSON to message and handlers' dicts to JSON, compiled once per message type.

The mapping is proto3's JSON mapping (protobuf.dev/programming-guides/json), stricter than the
reference parser where that one loses data: base64 must be valid, enum values must exist.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from sensorium.apis.wire.scalars import FLOATS, kind_of, scalar_of
from sensorium.models.errors import InvalidArgument

Setter = Callable[[Message, Any, str, int], None]  # message, value, path, depth
Writer = Callable[[Any], Any]
Writers = Mapping[str, tuple[Writer, tuple[Any, ...]]]  # and the values that are left out

_F = FieldDescriptor
_WIDE = {_F.CPPTYPE_INT64, _F.CPPTYPE_UINT64}
_DEPTH = 100  # of messages in messages, protobuf's own limit on the wire
_EMPTY: tuple[Any, ...] = ("", b"", [], {}, None)


# --- JSON -> message --------------------------------------------------------------------------


def decode(message: Message, value: Any, path: str = "", depth: int = 0) -> None:
    """Fill `message` from parsed JSON; unknown fields are ignored, as Google's servers do.

    Raises InvalidArgument with the path of the first value that does not fit.
    """
    if depth > _DEPTH:
        raise InvalidArgument(f"nested deeper than {_DEPTH} messages", field=path[:200])
    kind: Any = message.DESCRIPTOR
    if _is_well_known(kind):
        if kind.name == "Any":
            _decode_any(message, value, path, depth)
        else:
            _decode_well_known(message, value, path)
        return
    if not isinstance(value, dict):
        raise InvalidArgument(f"expected an object, got {kind_of(value)}", field=path or None)
    setters = _setters(kind)
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
        setter(message, item, here, depth)


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
    if (entry := _map_entry(field)) is not None:
        return _map_setter(field.name, entry)
    if field.message_type is not None:
        return _messages_setter(field.name) if field.is_repeated else _message_setter(field.name)
    scalar, name = scalar_of(field), field.name
    if field.is_repeated:

        def extend(message: Message, value: Any, path: str, depth: int) -> None:
            if value is not None:
                target = getattr(message, name)
                for index, item in enumerate(_array(value, path)):
                    _guard(target.append, scalar(item, f"{path}[{index}]"), f"{path}[{index}]")

        return extend

    def assign(message: Message, value: Any, path: str, depth: int) -> None:
        if value is not None:
            converted = scalar(value, path)
            _guard(lambda v: setattr(message, name, v), converted, path)

    return assign


def _message_setter(name: str) -> Setter:
    """Return the setter of a singular message field."""

    def assign(message: Message, value: Any, path: str, depth: int) -> None:
        target = getattr(message, name)
        if value is None and target.DESCRIPTOR.full_name != "google.protobuf.Value":
            return
        target.SetInParent()
        decode(target, value, path, depth + 1)

    return assign


def _messages_setter(name: str) -> Setter:
    """Return the setter of a repeated message field."""

    def extend(message: Message, value: Any, path: str, depth: int) -> None:
        if value is None:
            return
        target = getattr(message, name)
        for index, item in enumerate(_array(value, path)):
            decode(target.add(), item, f"{path}[{index}]", depth + 1)

    return extend


def _map_setter(name: str, entry: Descriptor) -> Setter:
    """Return the setter of a map field."""
    key_of = scalar_of(entry.fields_by_name["key"])
    value_field = entry.fields_by_name["value"]
    scalar = None if value_field.message_type is not None else scalar_of(value_field)

    def update(message: Message, value: Any, path: str, depth: int) -> None:
        if value is None:
            return
        if not isinstance(value, dict):
            raise InvalidArgument(f"expected an object, got {kind_of(value)}", field=path)
        target = getattr(message, name)
        for key, item in value.items():
            here = f"{path}[{key!r}]"
            known = key_of(key, here)
            if scalar is None:
                decode(_guard(target.__getitem__, known, here), item, here, depth + 1)
            else:
                _guard(partial(target.__setitem__, known), scalar(item, here), here)

    return update


def _guard(put: Callable[[Any], Any], value: Any, path: str) -> Any:
    """Store a value, turning protobuf's own refusal (range, surrogates) into InvalidArgument."""
    try:
        return put(value)
    except (TypeError, ValueError) as refused:
        raise InvalidArgument(str(refused), field=path) from None


def _array(value: Any, path: str) -> list[Any]:
    """Return a JSON array as it is."""
    if not isinstance(value, list):
        raise InvalidArgument(f"expected an array, got {kind_of(value)}", field=path)
    return value


def _map_entry(field: FieldDescriptor) -> Descriptor | None:
    """Return the entry type of a map field, None for any other."""
    kind = field.message_type
    return kind if kind is not None and kind.GetOptions().map_entry else None


def _is_well_known(descriptor: Descriptor) -> bool:
    """Tell whether a type has a JSON form of its own."""
    name = descriptor.full_name
    return name.startswith("google.protobuf.") and name != "google.protobuf.Empty"


def _decode_well_known(message: Message, value: Any, path: str) -> None:
    """Fill a Duration, Timestamp, FieldMask, Struct or wrapper."""
    try:
        json_format.ParseDict(value, message, ignore_unknown_fields=True)
    except (
        json_format.ParseError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
    ) as refused:
        name = message.DESCRIPTOR.name
        raise InvalidArgument(
            f"{kind_of(value)} is not a {name} ({str(refused)[:200]})", field=path
        ) from None


def _decode_any(message: Any, value: Any, path: str, depth: int) -> None:
    """Fill an Any with the message of this schema that its `@type` names."""
    if not isinstance(value, dict):
        raise InvalidArgument(f"expected an object, got {kind_of(value)}", field=path)
    if not value:
        return
    kind, inside = _any_type(message.DESCRIPTOR, value)
    if kind is None:
        raise InvalidArgument("names no known type", field=f"{path}.@type")
    inner = GetMessageClass(kind)()
    decode(inner, inside, path, depth + 1)
    message.Pack(inner)


def _any_type(descriptor: Descriptor, value: Mapping[str, Any]) -> tuple[Descriptor | None, Any]:
    """Return the type inside an Any's JSON, if known, and its own JSON."""
    try:
        name = str(value.get("@type")).rpartition("/")[2]
        kind = descriptor.file.pool.FindMessageTypeByName(name)
    except (KeyError, ValueError):
        return None, {}
    if _is_well_known(kind):
        return kind, value.get("value")
    return kind, {key: item for key, item in value.items() if key != "@type"}


# --- handlers' dicts -> JSON ------------------------------------------------------------------


def encode(
    descriptor: Descriptor, value: Any, *, enum_ints: bool = False, lenient: bool = False
) -> Any:
    """Return what orjson can write for a handler's answer of this type.

    Bytes become base64, int64 strings, and enum names numbers if `enum_ints`. None is left out, and
    so are empty strings, bytes, lists and maps of fields that cannot tell empty from unset. A field
    that the type does not have is a bug (KeyError), unless `lenient`: a beta surface that has
    fewer fields and enum values than the stable one.
    """
    if _is_well_known(descriptor):
        if descriptor.name == "Any" and value:
            return _encode_any(descriptor, value, enum_ints, lenient)
        return value
    writers = _writers(descriptor, enum_ints, lenient)
    encoded = {}
    for key, item in value.items():
        if key in writers:
            writer, left_out = writers[key]
            if item not in left_out:
                encoded[key] = writer(item)
        elif not lenient:
            raise KeyError(f"{descriptor.full_name} has no field {key!r}")
    return encoded


def _encode_any(
    descriptor: Descriptor, value: Mapping[str, Any], enum_ints: bool, lenient: bool
) -> Any:
    """Return the JSON of an Any, written as the type that it names."""
    kind, inside = _any_type(descriptor, value)
    if kind is None:
        raise KeyError(f"{value.get('@type')!r} names no known type")
    encoded = encode(kind, inside, enum_ints=enum_ints, lenient=lenient)
    return {"@type": value["@type"], **({"value": encoded} if _is_well_known(kind) else encoded)}


@cache
def _writers(descriptor: Descriptor, enum_ints: bool, lenient: bool) -> Writers:
    """Return what writes each field of a type."""
    return {
        field.json_name: (_writer(field, enum_ints, lenient), _left_out(field))
        for field in descriptor.fields
    }


def _left_out(field: FieldDescriptor) -> tuple[Any, ...]:
    """Return the values that a field's absence says just as well."""
    if not field.has_presence:
        return _EMPTY
    null_is_a_value = field.message_type is not None and (
        field.message_type.full_name == "google.protobuf.Value"
    )
    return () if null_is_a_value else (None,)


def _writer(field: FieldDescriptor, enum_ints: bool, lenient: bool) -> Writer:
    """Return what writes one field."""
    if (entry := _map_entry(field)) is not None:
        one = _item_writer(entry.fields_by_name["value"], enum_ints, lenient)
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
        return _base64
    if field.cpp_type in _WIDE:
        return str
    if field.cpp_type in FLOATS:
        return _finite
    if field.enum_type is not None and (enum_ints or lenient):
        return _enum_writer(field.enum_type, enum_ints, lenient)
    return _same


def _enum_writer(enum: EnumDescriptor, enum_ints: bool, lenient: bool) -> Writer:
    """Return what writes an enum's names; `lenient` writes one that it lacks as its zero."""
    written: dict[str, Any] = {
        value.name: value.number if enum_ints else value.name for value in enum.values
    }
    if lenient:
        return lambda name: written.get(name, written[enum.values_by_number[0].name])
    return written.__getitem__


def _base64(item: bytes | str) -> str:
    """Return bytes in base64; text is taken for that already, as in a stored answer."""
    return item if isinstance(item, str) else base64.b64encode(item).decode("ascii")


def _finite(item: float | str) -> float | str:
    """Return a number, or the name that JSON gives to one that is not finite."""
    if isinstance(item, str):
        return item
    if math.isfinite(item):
        return item
    return "NaN" if math.isnan(item) else "Infinity" if item > 0 else "-Infinity"


def _same(item: Any) -> Any:
    """Return a value as it is."""
    return item
