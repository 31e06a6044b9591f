"""Versions of processors: the one that is there from the start, and those that were trained."""

from __future__ import annotations

from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import documentai, names, store
from sensorium.apis.documentai.names import Name
from sensorium.apis.documentai.processing import ProcessorType, always_there, known
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.vision.products import paging
from sensorium.models.errors import FailedPrecondition, NotFound

_SERVICE = "google.cloud.documentai.v1.DocumentProcessorService"
_OCR = "projects/demo/locations/us/processors/ocr"
_TRAINED = "projects/demo/locations/us/processors/sorter/processorVersions/first"
_PAGE, _LARGEST_PAGE = 10, 20


@documentai.rpc(
    f"{_SERVICE}.GetProcessorVersion",
    example={"name": f"{_OCR}/processorVersions/pretrained-v1.0"},
)
async def get_processor_version(request: Any, call: Call) -> JSON:
    """Return a version of a processor; NOT_FOUND when there is none of this name.

    `stable`, `rc` and ids that begin with `pretrained-` mean the version that is built in.
    """
    name = names.parse(request.name, "name", "processorVersions")
    kind = await _type(name, call)
    if kind.includes(name.version):
        return _built_in(kind, name)
    if always_there(name.id) is not None:
        raise NotFound(f"There is no {name.processor_version()[:300]!r}.")
    return _shown(await call.database.read(store.version, name), name)


@documentai.rpc(f"{_SERVICE}.ListProcessorVersions", example={"parent": _OCR})
async def list_processor_versions(request: Any, call: Call) -> JSON:
    """List the versions of a processor, the one that is built in first, then by age.

    A page has 10 trained ones unless asked for up to 20.
    """
    name = names.parse(request.parent, "parent", "processors")
    page = paging.page(request, f"{name.processor}/processorVersions", _PAGE, _LARGEST_PAGE)
    kind = await _type(name, call)
    rows = []
    if always_there(name.id) is None:
        rows = await call.database.read(store.list_versions, name, page)
    answer = page.answer("processorVersions", rows, lambda row: _shown(row, _of(name, row.id)))
    if kind.version and not page.after:
        answer["processorVersions"].insert(0, _built_in(kind, name))
    return answer


@documentai.rpc(f"{_SERVICE}.DeployProcessorVersion", example={"name": _TRAINED})
async def deploy_processor_version(request: Any, call: Call) -> JSON:
    """Begin to deploy a trained version, so that it can process. NOT_FOUND."""
    return await _begin("DeployProcessorVersion", request, call)


@documentai.rpc(f"{_SERVICE}.UndeployProcessorVersion", example={"name": _TRAINED})
async def undeploy_processor_version(request: Any, call: Call) -> JSON:
    """Begin to take a trained version out of use; FAILED_PRECONDITION for the default one."""
    return await _begin("UndeployProcessorVersion", request, call, free=True)


@documentai.rpc(f"{_SERVICE}.DeleteProcessorVersion", example={"name": _TRAINED})
async def delete_processor_version(request: Any, call: Call) -> JSON:
    """Begin to delete a trained version for good; FAILED_PRECONDITION for the default one."""
    return await _begin("DeleteProcessorVersion", request, call, free=True)


@runs(f"{_SERVICE}.DeployProcessorVersion")
async def deploy(request: Any, call: Call, progress: Progress) -> JSON:
    """Deploy the version."""
    return await _update(request, call, progress, "DEPLOYED")


@runs(f"{_SERVICE}.UndeployProcessorVersion")
async def undeploy(request: Any, call: Call, progress: Progress) -> JSON:
    """Take the version out of use."""
    return await _update(request, call, progress, "UNDEPLOYED")


@runs(f"{_SERVICE}.DeleteProcessorVersion")
async def delete(request: Any, call: Call, progress: Progress) -> JSON:
    """Delete the version."""
    name = names.parse(request.name, "name", "processorVersions")
    await progress.update(common_metadata={"resource": name.processor_version()})
    await call.database.write(store.delete_version, name)
    return {}


def _of(name: Name, version: str) -> Name:
    """Return the name of a version of a processor."""
    return Name(name.project, name.location, name.id, version)


async def _type(name: Name, call: Call) -> ProcessorType:
    """Return the type of a processor; NotFound."""
    kind = always_there(name.id)
    if kind is None:
        kind = known((await call.database.read(store.processor, name)).type, "name")
    return kind


def _shown(row: Any, name: Name) -> JSON:
    """Return the `ProcessorVersion` of one that was trained."""
    return {
        "name": name.processor_version(),
        "displayName": row.display_name,
        "documentSchema": row.document_schema,
        "state": row.state,
        "createTime": row.created,
        "modelType": "MODEL_TYPE_CUSTOM",
    }


def _built_in(kind: ProcessorType, name: Name) -> JSON:
    """Return the `ProcessorVersion` that every processor of a type has."""
    return {
        "name": name.processor_version(kind.version),
        "displayName": kind.summary,
        "state": "DEPLOYED",
        "googleManaged": True,
    }


async def _begin(rpc: str, request: Any, call: Call, free: bool = False) -> JSON:
    """Begin work on a trained version that is there and, if `free` says so, not the default."""
    name = names.parse(request.name, "name", "processorVersions")
    if (await _type(name, call)).includes(name.version):
        raise FailedPrecondition(
            f"The version {name.version!r} is built in and cannot be changed.", field="name"
        )
    if always_there(name.id) is not None:
        raise NotFound(f"There is no {name.processor_version()[:300]!r}.")
    await call.database.read(store.version, name)
    if free:
        owner = await call.database.read(store.processor, name)
        if owner.default_version == name.version:
            raise FailedPrecondition(
                f"The version {name.version!r} is the processor's default.",
                field="name",
                hint="Make another one the default first.",
            )
    return await start(f"{_SERVICE}.{rpc}", request, call, prefix=name.operations)


async def _update(request: Any, call: Call, progress: Progress, state: str) -> JSON:
    name = names.parse(request.name, "name", "processorVersions")
    await progress.update(common_metadata={"resource": name.processor_version()})
    await call.database.write(store.update_version, name, {"state": state})
    return {}
