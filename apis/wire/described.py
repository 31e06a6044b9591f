"""Describe messages of surfaces that are published without protos."""

from __future__ import annotations

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto

_F = FieldDescriptorProto
_SCALARS = {"string": _F.TYPE_STRING, "int32": _F.TYPE_INT32}


def message(name: str, *fields: tuple[str, bool, str], camel: bool = True) -> DescriptorProto:
    """Return a message of (name, repeated, kind) fields, numbered in order.

    `kind` is `string`, `int32` or the full name of a message after a dot. JSON names are in
    camelCase unless `camel` is False.
    """
    made = DescriptorProto(name=name)
    for number, (field, repeated, kind) in enumerate(fields, start=1):
        head, *rest = field.split("_")
        made.field.add(
            name=field,
            json_name=head + "".join(part.title() for part in rest) if camel else field,
            number=number,
            label=_F.LABEL_REPEATED if repeated else _F.LABEL_OPTIONAL,
            type=_SCALARS.get(kind, _F.TYPE_MESSAGE),
            type_name=None if kind in _SCALARS else kind,
        )
    return made
