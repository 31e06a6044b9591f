"""batchProcess: documents of a bucket, processed into objects of another place in a bucket."""

from __future__ import annotations

import mimetypes
from functools import partial
from typing import Any

from sensorium.apis import destinations
from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import documentai, inputs, shards
from sensorium.apis.documentai.inputs import Input
from sensorium.apis.documentai.masks import Mask
from sensorium.apis.documentai.opening import Given
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.pipeline import processed
from sensorium.apis.documentai.resolution import Resolved, resolve
from sensorium.apis.documentai.shards import Sharding
from sensorium.apis.operations import Progress, runs, start
from sensorium.models.errors import Failure, InvalidArgument, ResourceExhausted, Unavailable

_RPC = "google.cloud.documentai.v1.DocumentProcessorService.BatchProcessDocuments"
_INPUT = "inputDocuments"
_OUTPUT = "documentOutputConfig.gcsOutputConfig"


@documentai.rpc(
    _RPC,
    example={
        "name": "projects/demo/locations/us/processors/ocr",
        "inputDocuments": {"gcsPrefix": {"gcsUriPrefix": "gs://examples/papers/"}},
        "documentOutputConfig": {"gcsOutputConfig": {"gcsUri": "gs://examples/read/"}},
    },
)
async def batch_process_documents(request: Any, call: Call) -> JSON:
    """Begin to process documents of a bucket: those that are named, or all under a prefix.

    The results are `Document`s in objects `URI/OPERATION/INDEX/NAME-SHARD.json` under `gcsUri`, of
    100 pages each unless a `shardingConfig` says otherwise, each with its own text and offsets.
    The operation's metadata has a status for each document in order; one that cannot be processed
    fails alone, and the operation fails when all do. At most 2,000 documents of 2,000 pages.
    """
    by = await resolve(request.name, "name", call)
    inputs.check(request.input_documents, _INPUT)
    config = request.document_output_config.gcs_output_config
    if not config.gcs_uri:
        raise InvalidArgument("The output needs a gs:// place.", field=f"{_OUTPUT}.gcsUri")
    destinations.prefix(_place(config), field=f"{_OUTPUT}.gcsUri")
    Sharding.of(config.sharding_config, f"{_OUTPUT}.shardingConfig")
    Mask(list(config.field_mask.paths), f"{_OUTPUT}.fieldMask")
    Options(request.process_options).check()
    return await start(_RPC, request, call, prefix=by.name.operations)


@runs(_RPC)
async def process_documents(request: Any, call: Call, progress: Progress) -> JSON:
    """Process the documents, one after the other."""
    by = await resolve(request.name, "name", call)
    found = await inputs.documents(request.input_documents, _INPUT, call)
    statuses: list[JSON] = [{"inputGcsSource": one.uri} for one in found]
    await progress.update(individual_process_statuses=statuses)
    failures = 0
    for index, one in enumerate(found):
        place = f"{_place(_config(request))}{progress.name.rpartition('/')[2]}/{index}"
        work = partial(_process, one, place, request, by, call)
        try:
            status = await progress.step(f"documents[{index}]", work)
        except Failure as failure:  # an engine was busy for too long
            status = _failed(failure)
        failures += bool(status["status"]["code"])
        statuses[index] |= status
        await progress.update(individual_process_statuses=statuses)
    if failures == len(found):
        raise InvalidArgument(f"None of {failures} documents could be processed.", field=_INPUT)
    return {}


async def _process(one: Input, place: str, request: Any, by: Resolved, call: Call) -> JSON:
    """Process one document and return its status; an engine that is busy raises."""
    try:
        await _write(one, place, request, by, call)
    except (ResourceExhausted, Unavailable):
        raise
    except Failure as failure:
        return _failed(failure)
    return {
        "status": {"code": 0},
        "outputGcsDestination": place,
        "humanReviewStatus": {"state": "SKIPPED"},
    }


async def _write(one: Input, place: str, request: Any, by: Resolved, call: Call) -> None:
    """Process one document and write its objects."""
    content = await call.sources.read(one.uri, field=one.field)
    # pictures are made as each object is written: a long document's would fill the memory
    options = Options(
        request.process_options,
        images=False,
        most=call.limits.operation_pages,
        version=by.version,
    )
    given = Given(content, _said(one, by), one.field, one.uri)
    document, reading = await processed(given, by, options, call)
    config = _config(request)
    mask = Mask(list(config.field_mask.paths), f"{_OUTPUT}.fieldMask")
    parts = Sharding.of(config.sharding_config, _OUTPUT).ranges(len(document.get("pages", ())))
    for index, pages in enumerate(parts):
        part = shards.cut(document, reading, pages, index, len(parts))
        raw = await shards.written(part, pages, reading, mask, call)
        uri = f"{place}/{one.stem}-{index}.json"
        await call.destinations.write(uri, raw, field=f"{_OUTPUT}.gcsUri")


def _said(one: Input, by: Resolved) -> str:
    """Return what a document is said to be; the name tells it of kinds that no first bytes tell."""
    guessed = mimetypes.guess_type(one.uri)[0] or ""
    return one.said or (guessed if guessed in by.type.also else "")


def _config(request: Any) -> Any:
    return request.document_output_config.gcs_output_config


def _place(config: Any) -> str:
    """Return the folder that results go to."""
    return str(config.gcs_uri).rstrip("/") + "/"


def _failed(failure: Failure) -> JSON:
    """Return the status of a document that could not be processed."""
    return {"status": {"code": int(failure.code), "message": str(failure)}}
