"""What an operation's metadata says of it: state, times and progress, where its type has them.

Every product has a metadata type of its own, and most have some of the same fields under one of
two or three names (`create_time`, `start_time`, `submit_time`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from google.protobuf.descriptor import Descriptor

from sensorium.apis.operations import JSON, packed
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load

Phase = Literal["waiting", "running", "succeeded", "failed", "cancelled"]

_BEGAN = ("create_time", "start_time", "submit_time")
_CHANGED = ("update_time", "last_update_time")
_ENDED = ("end_time", "done_time")
_PERCENT = ("progress_percent", "progress_percentage")
_INNER = ("common_metadata", "generic_metadata")  # where some types keep these fields
# the names that products give a phase, best first
_STATES: dict[Phase, tuple[str, ...]] = {
    "waiting": ("CREATED", "WAITING", "PENDING", "INITIALIZING", "RUNNING", "PROCESSING"),
    "running": ("RUNNING", "PROCESSING", "TRAINING"),
    "succeeded": ("SUCCEEDED", "SUCCESSFUL", "DONE"),
    "failed": ("FAILED", "DONE"),
    "cancelled": ("CANCELLED", "FAILED"),
}


def metadata(
    kind: str, phase: Phase, began: datetime, changed: datetime, fields: dict[str, Any]
) -> JSON:
    """Return the metadata of type `kind` as proto-JSON with its `@type`.

    `fields` are the work's own; they win over what is told here, within the common part too.
    """
    message = load().message(kind)()
    descriptor: Any = message.DESCRIPTOR
    common = _common(descriptor, phase, began, changed)
    inner = {name: common[name] | fields[name] for name in _INNER if name in {*common} & {*fields}}
    decode(message, common | fields | inner)
    return packed(message)


def _common(kind: Descriptor, phase: Phase, began: datetime, changed: datetime) -> JSON:
    """Return the fields that a type has of those that the store knows."""
    names = kind.fields_by_name
    found: JSON = {}
    for candidates, moment in ((_BEGAN, began), (_CHANGED, changed)):
        found |= {name: _stamp(moment) for name in candidates if name in names}
    if phase in ("succeeded", "failed", "cancelled"):
        found |= {name: _stamp(changed) for name in _ENDED if name in names}
    if phase == "succeeded":
        found |= {name: 100 for name in _PERCENT if name in names}
    if state := _state(kind, phase):
        found["state"] = state
    for name in _INNER:
        if name in names and (inner := names[name].message_type) is not None:
            found[name] = _common(inner, phase, began, changed)
    return found


@cache
def _state(kind: Descriptor, phase: Phase) -> str | None:
    """Return the name that a type's `state` has for a phase, None without one."""
    field = kind.fields_by_name.get("state")
    if field is None or field.enum_type is None:
        return None
    for name in _STATES[phase]:
        for value in field.enum_type.values:
            if value.name in (name, f"OPERATION_STATE_{name}"):
                return str(value.name)
    return None


def _stamp(moment: datetime) -> str:
    """Return a moment as JSON writes a Timestamp."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
