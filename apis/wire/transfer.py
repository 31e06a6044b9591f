"""From one version of an API to another: messages copied by field name.

Betas number some fields otherwise than the stable surface, so the wire form will not do.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message


def transfer(source: Message, target: Message) -> None:
    """Copy into `target` what both types have: fields of the same name and shape."""
    if source.DESCRIPTOR is target.DESCRIPTOR:
        target.CopyFrom(source)
        return
    shared = _shared(source.DESCRIPTOR, target.DESCRIPTOR)
    for field, value in source.ListFields():
        if field.name in shared:
            _copy(field, value, target)


@cache
def _shared(source: Descriptor, target: Descriptor) -> frozenset[str]:
    """Return the names of the fields that two types agree on."""
    others = target.fields_by_name
    return frozenset(
        field.name
        for field in source.fields
        if (other := others.get(field.name)) is not None
        and (field.type, field.is_repeated) == (other.type, other.is_repeated)
    )


def _copy(field: FieldDescriptor, value: Any, target: Any) -> None:
    """Copy one field."""
    name, kind = field.name, field.message_type
    if kind is None:
        if field.is_repeated:
            getattr(target, name).extend(value)
        else:
            setattr(target, name, value)
    elif kind.GetOptions().map_entry:
        _copy_map(value, getattr(target, name), kind.fields_by_name["value"].message_type is None)
    elif field.is_repeated:
        for item in value:
            transfer(item, getattr(target, name).add())
    else:
        getattr(target, name).SetInParent()
        transfer(value, getattr(target, name))


def _copy_map(source: Any, target: Any, scalar: bool) -> None:
    """Copy a map."""
    for key in source:
        if scalar:
            target[key] = source[key]
        else:
            transfer(source[key], target[key])
