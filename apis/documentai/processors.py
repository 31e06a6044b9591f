"""Processors: created, listed, enabled, disabled, deleted, and their default version."""

from __future__ import annotations

from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import documentai, names, resolution, store
from sensorium.apis.documentai.names import Name
from sensorium.apis.documentai.processing import ProcessorType, always_there, known
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.vision.products import paging
from sensorium.models.errors import FailedPrecondition, InvalidArgument, NotFound

_SERVICE = "google.cloud.documentai.v1.DocumentProcessorService"
_PLACE = "projects/demo/locations/us"
_PROCESSOR = f"{_PLACE}/processors/receipts"
_PAGE, _LARGEST_PAGE = 50, 100
_LONGEST = 256  # characters of a display name


@documentai.rpc(
    f"{_SERVICE}.CreateProcessor",
    example={"parent": _PLACE, "processor": {"type": "INVOICE_PROCESSOR"}},
)
async def create_processor(request: Any, call: Call) -> JSON:
    """Create a processor of a type, enabled, under an id that is made up.

    `displayName` has at most 256 characters; ALREADY_EXISTS when another processor of the location
    has it. NOT_FOUND for a type that is not served. For each type one processor is always there
    under the type's name, such as `processors/ocr`; it is not listed and cannot be changed.
    """
    place = names.parse(request.parent, "parent", "location")
    kind = request.processor.type_
    known(kind, "processor.type")
    title = request.processor.display_name
    if len(title) > _LONGEST or "\0" in title:
        raise InvalidArgument(
            f"A display name has at most {_LONGEST} characters, none of them NUL.",
            field="processor.displayName",
        )
    name = Name(place.project, place.location, names.fresh())
    return shown(await call.database.write(store.create_processor, name, kind, title), name)


@documentai.rpc(f"{_SERVICE}.GetProcessor", example={"name": f"{_PLACE}/processors/ocr"})
async def get_processor(request: Any, call: Call) -> JSON:
    """Return a processor; NOT_FOUND when there is none of this name."""
    name = names.parse(request.name, "name", "processors")
    if (kind := always_there(name.id)) is not None:
        return _built_in(kind, name)
    return shown(await call.database.read(store.processor, name), name)


@documentai.rpc(f"{_SERVICE}.ListProcessors", example={"parent": _PLACE})
async def list_processors(request: Any, call: Call) -> JSON:
    """List the processors that were created in a location, oldest first.

    A page has 50 unless asked for up to 100.
    """
    place = names.parse(request.parent, "parent", "location")
    page = paging.page(request, f"{place}/processors", _PAGE, _LARGEST_PAGE)
    rows = await call.database.read(store.list_processors, place, page)
    return page.answer(
        "processors", rows, lambda row: shown(row, Name(place.project, place.location, row.id))
    )


@documentai.rpc(f"{_SERVICE}.EnableProcessor", example={"name": _PROCESSOR})
async def enable_processor(request: Any, call: Call) -> JSON:
    """Begin to enable a processor; nothing happens to one that is enabled. NOT_FOUND."""
    return await _begin("EnableProcessor", request, call)


@documentai.rpc(f"{_SERVICE}.DisableProcessor", example={"name": _PROCESSOR})
async def disable_processor(request: Any, call: Call) -> JSON:
    """Begin to disable a processor; it then processes nothing (FAILED_PRECONDITION). NOT_FOUND."""
    return await _begin("DisableProcessor", request, call)


@documentai.rpc(f"{_SERVICE}.DeleteProcessor", example={"name": _PROCESSOR})
async def delete_processor(request: Any, call: Call) -> JSON:
    """Begin to delete a processor and all its trained versions, for good. NOT_FOUND."""
    return await _begin("DeleteProcessor", request, call)


@documentai.rpc(
    f"{_SERVICE}.SetDefaultProcessorVersion",
    example={
        "processor": _PROCESSOR,
        "defaultProcessorVersion": f"{_PROCESSOR}/processorVersions/pretrained-v1.0",
    },
)
async def set_default_processor_version(request: Any, call: Call) -> JSON:
    """Begin to make a version the one that processes when a request names none.

    NOT_FOUND for a processor or version that is not there; FAILED_PRECONDITION for a version that
    is not deployed.
    """
    name = _changeable(request.processor, "processor")
    await _default(request, call)
    return await start(
        f"{_SERVICE}.SetDefaultProcessorVersion", request, call, prefix=name.operations
    )


@runs(f"{_SERVICE}.EnableProcessor")
async def enable(request: Any, call: Call, progress: Progress) -> JSON:
    """Enable the processor."""
    return await _update(request, call, progress, "ENABLED")


@runs(f"{_SERVICE}.DisableProcessor")
async def disable(request: Any, call: Call, progress: Progress) -> JSON:
    """Disable the processor."""
    return await _update(request, call, progress, "DISABLED")


@runs(f"{_SERVICE}.DeleteProcessor")
async def delete(request: Any, call: Call, progress: Progress) -> JSON:
    """Delete the processor."""
    name = names.parse(request.name, "name", "processors")
    await progress.update(common_metadata={"resource": name.processor})
    await call.database.write(store.delete_processor, name)
    return {}


@runs(f"{_SERVICE}.SetDefaultProcessorVersion")
async def set_default(request: Any, call: Call, progress: Progress) -> JSON:
    """Set the default version."""
    name = names.parse(request.processor, "processor", "processors")
    version = await _default(request, call)
    await progress.update(common_metadata={"resource": name.processor})
    await call.database.write(store.update_processor, name, {"default_version": version})
    return {}


def shown(row: Any, name: Name) -> JSON:
    """Return a `Processor`."""
    kind = known(row.type, "name")
    default = row.default_version or kind.version
    return _shown(kind, name, default) | {
        "displayName": row.display_name,
        "state": row.state,
        "createTime": row.created,
    }


def _built_in(kind: ProcessorType, name: Name) -> JSON:
    """Return the `Processor` of a type that is always there."""
    return _shown(kind, name, kind.version) | {"displayName": kind.summary, "state": "ENABLED"}


def _shown(kind: ProcessorType, name: Name, default: str) -> JSON:
    """Return what all `Processor`s tell."""
    answer: JSON = {
        "name": name.processor,
        "type": kind.type,
        "processEndpoint": f"/v1/{name.processor}:process",
    }
    if default:
        answer["defaultProcessorVersion"] = name.processor_version(default)
    if kind.version:
        version = name.processor_version(kind.version)
        answer["processorVersionAliases"] = [
            {"alias": name.processor_version(alias), "processorVersion": version}
            for alias in ("rc", "stable")
        ]
    return answer


def _changeable(text: str, field: str) -> Name:
    """Return the name of a processor that may change; FailedPrecondition for a built-in one."""
    name = names.parse(text, field, "processors")
    if always_there(name.id) is not None:
        raise FailedPrecondition(
            f"The processor {name.id!r} is always there and cannot be changed.",
            field=field,
            hint="Create one of its type.",
        )
    return name


async def _begin(rpc: str, request: Any, call: Call) -> JSON:
    """Begin work on a processor that is there."""
    name = _changeable(request.name, "name")
    await call.database.read(store.processor, name)
    return await start(f"{_SERVICE}.{rpc}", request, call, prefix=name.operations)


async def _update(request: Any, call: Call, progress: Progress, state: str) -> JSON:
    name = names.parse(request.name, "name", "processors")
    await progress.update(common_metadata={"resource": name.processor})
    await call.database.write(store.update_processor, name, {"state": state})
    return {}


async def _default(request: Any, call: Call) -> str:
    """Return what to keep as the default version: its id, empty for the built-in one."""
    field = "defaultProcessorVersion"
    name = names.parse(request.default_processor_version, field, "processorVersions")
    if name.processor != request.processor:
        raise InvalidArgument("The version is of another processor.", field=field)
    row = await call.database.read(store.processor, name)
    if known(row.type, "processor").includes(name.version):
        return ""
    try:
        version = await call.database.read(store.version, name)
    except NotFound as missing:
        raise missing.within(field) from missing
    resolution.deployed(version, name, field)
    return name.version
