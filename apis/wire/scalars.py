"""One JSON value to one scalar of a message: strict where the reference parser loses data."""

from __future__ import annotations

import binascii
import math
import re
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from sensorium.models.errors import InvalidArgument

Scalar = Callable[[Any, str], Any]  # value, path of its field

_F = FieldDescriptor
FLOATS = {_F.CPPTYPE_FLOAT, _F.CPPTYPE_DOUBLE}
_INTS = {_F.CPPTYPE_INT32, _F.CPPTYPE_INT64, _F.CPPTYPE_UINT32, _F.CPPTYPE_UINT64}
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?|NaN|-?Infinity")
_FLOAT_MAX = 3.4028235677973366e38  # what rounds to infinity in 32 bits
_URL_SAFE = str.maketrans("-_", "+/")


def scalar_of(field: FieldDescriptor) -> Scalar:
    """Return the converter of one JSON value into a scalar field's Python value."""
    kind = field.cpp_type
    if kind in _INTS:
        return _integer
    if kind in FLOATS:
        return _number if kind == _F.CPPTYPE_DOUBLE else _float
    if kind == _F.CPPTYPE_BOOL:
        return _boolean
    if field.enum_type is not None:
        return _enum(field.enum_type)
    return _bytes if field.type == _F.TYPE_BYTES else _string


def _integer(value: Any, path: str) -> int:
    """Accept a number without a fraction, or its decimal string (int64)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise InvalidArgument(f"expected an integer, got {kind_of(value)}", field=path)


def _number(value: Any, path: str) -> float:
    """Accept a number, its decimal string, or NaN and the infinities by name."""
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            return float(value)
    except OverflowError:
        pass
    raise InvalidArgument(f"expected a number, got {kind_of(value)}", field=path)


def _float(value: Any, path: str) -> float:
    """Accept a number that 32 bits can hold."""
    number = _number(value, path)
    if _FLOAT_MAX <= abs(number) < math.inf:
        raise InvalidArgument(f"{number} does not fit a 32 bit float", field=path)
    return number


def _boolean(value: Any, path: str) -> bool:
    """Accept true and false."""
    if isinstance(value, bool):
        return value
    raise InvalidArgument(f"expected true or false, got {kind_of(value)}", field=path)


def _string(value: Any, path: str) -> str:
    """Accept a string."""
    if isinstance(value, str):
        return value
    raise InvalidArgument(f"expected a string, got {kind_of(value)}", field=path)


def _bytes(value: Any, path: str) -> bytes:
    """Accept base64, standard or URL-safe, padded or not, and a handler's raw bytes."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise InvalidArgument(f"expected base64 text, got {kind_of(value)}", field=path)
    text = value.translate(_URL_SAFE) if "-" in value or "_" in value else value
    if len(text) % 4:
        text += "=" * (-len(text) % 4)
    try:
        if text.endswith("==="):
            raise ValueError("wrong length")
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
        if isinstance(value, str) and number is None and _INTEGER.fullmatch(value):
            number = int(value)  # a query parameter
        if isinstance(number, int) and not isinstance(number, bool) and number in numbers:
            return number
        raise InvalidArgument(
            f"{kind_of(value)} is not a value of {enum.full_name}; known: {known}", field=path
        )

    return convert


def kind_of(value: Any) -> str:
    """Return a JSON value's kind in words, with a short value itself."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f"the string {value[:40]!r}"
        case int() if value.bit_length() > 64:
            return "a number of more than 64 bits"
        case int() | float():
            return f"the number {value}"
        case list():
            return "an array"
    return "an object"
