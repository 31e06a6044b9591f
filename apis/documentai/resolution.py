"""Which processor type, and which version of it, a name means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sensorium.apis.core import Call
from sensorium.apis.documentai import names, store
from sensorium.apis.documentai.names import Name
from sensorium.apis.documentai.processing import ProcessorType, always_there, known
from sensorium.models.errors import FailedPrecondition, NotFound


@dataclass(frozen=True, slots=True)
class Resolved:
    """A processor that may process: its type, and the row of its version unless that is built in.

    `name` is the processor's, with the version that a request named or that is its default.
    """

    type: ProcessorType
    name: Name
    version: Any = None


async def resolve(text: str, field: str, call: Call) -> Resolved:
    """Return what a name of a processor or of one of its versions means.

    Raises NotFound, and FailedPrecondition when it is disabled, not deployed or not trained.
    """
    name = names.parse(text, field, "processors", "processorVersions")
    kind = always_there(name.id)
    if kind is not None:
        return _built_in(kind, name, field)
    row = await call.database.read(store.processor, name)
    kind = known(row.type, field)
    if row.state != "ENABLED":
        raise FailedPrecondition(
            f"The processor {name.id!r} is disabled.", field=field, hint="Enable it first."
        )
    wanted = name.version or row.default_version
    if kind.includes(wanted):
        return Resolved(kind, name)
    if not wanted:
        raise _untrained(kind, name, field)
    name = Name(name.project, name.location, name.id, wanted)
    version = await call.database.read(store.version, name)
    deployed(version, name, field)
    return Resolved(kind, name, version)


def deployed(version: Any, name: Name, field: str) -> None:
    """Refuse a version that is not deployed (FailedPrecondition)."""
    if version.state != "DEPLOYED":
        raise FailedPrecondition(
            f"The version {name.version!r} is not deployed.", field=field, hint="Deploy it first."
        )


def _built_in(kind: ProcessorType, name: Name, field: str) -> Resolved:
    if not kind.version:
        raise _untrained(kind, name, field)
    if not kind.includes(name.version):
        raise NotFound(f"There is no {name.processor_version()[:300]!r}.", field=field)
    return Resolved(kind, name)


def _untrained(kind: ProcessorType, name: Name, field: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"The processor {name.id!r} has no version that processes.",
        field=field,
        hint=f"Create a {kind.type}, train a version, deploy it and make it the default.",
    )
