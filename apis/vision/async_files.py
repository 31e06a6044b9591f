"""files:asyncBatchAnnotate: every page of large files, the responses in objects of a bucket."""

from __future__ import annotations

from functools import partial
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress, patiently, runs, start
from sensorium.apis.vision import features, files, shards, vision
from sensorium.models.errors import Failure, InvalidArgument

_RPC = "google.cloud.vision.v1.ImageAnnotator.AsyncBatchAnnotateFiles"


@vision.rpc(
    _RPC,
    example={
        "requests": [
            {
                "inputConfig": {
                    "gcsSource": {"uri": "gs://examples/paper.pdf"},
                    "mimeType": "application/pdf",
                },
                "features": [{"type": "DOCUMENT_TEXT_DETECTION"}],
                "outputConfig": {
                    "gcsDestination": {"uri": "gs://examples/pages/"},
                    "batchSize": 2,
                },
            }
        ]
    },
)
async def async_batch_annotate_files(request: Any, call: Call) -> JSON:
    """Begin to annotate every page of PDF, TIFF or GIF files in `gs://`, up to 2,000 pages each.

    The responses are in objects named `PREFIXoutput-1-to-20.json`, each an `AnnotateFileResponse`
    of `batchSize` pages (20 if it is not said, at most 100). What is wrong with one page stands in
    its response's `error`. A file that cannot be opened fails the operation when it is the only
    one; of several it has its `error` in `PREFIXoutput-0-to-0.json`.
    """
    if not request.requests:
        raise InvalidArgument("At least one file is needed.", field="requests")
    if len(request.requests) > call.limits.operation_images:
        raise InvalidArgument(f"{len(request.requests)} files are too many.", field="requests")
    for i, one in enumerate(request.requests):
        where = f"requests[{i}]"
        features.read(one.features, where)
        shards.batch_size(one.output_config, f"{where}.outputConfig")
        if one.input_config.content or not one.input_config.gcs_source.uri:
            raise InvalidArgument(
                "A file needs a gcsSource here; content is for files:annotate.",
                field=f"{where}.inputConfig",
            )
    return await start(_RPC, request, call, prefix=shards.operation_prefix(request.parent))


@runs(_RPC)
async def annotate_files(request: Any, call: Call, progress: Progress) -> JSON:
    """Annotate the files, one after the other."""
    alone = len(request.requests) == 1
    failures: list[Failure] = []
    for i, one in enumerate(request.requests):
        where = f"requests[{i}]"
        try:
            await _annotate(one, where, call, progress)
        except Failure as failure:
            failures.append(failure)
            if alone or len(failures) == len(request.requests):
                raise
            answer = {
                "inputConfig": files.told(one.input_config),
                "error": features.error([failure]),
            }
            await shards.write(one.output_config, f"{where}.outputConfig", 0, 0, answer, call)
    told = [{"outputConfig": shards.told(one.output_config)} for one in request.requests]
    return {"responses": told}


async def _annotate(request: Any, where: str, call: Call, progress: Progress) -> None:
    """Annotate one file and write its objects."""
    file = await patiently(lambda: files.opened(request.input_config, f"{where}.inputConfig", call))
    most = call.limits.operation_pages
    if file.total > most:
        raise InvalidArgument(
            f"The file has {file.total} pages, more than the {most} that are allowed.",
            field=file.field,
            hint="Split it, or ask for some of its pages with files:annotate.",
        )
    config = request.output_config
    size = shards.batch_size(config, f"{where}.outputConfig")

    async def annotate(page: int) -> JSON:
        return shards.plain(await files.annotated(file, page, request, where, file.field, call))

    for begin in range(1, file.total + 1, size):
        pages = range(begin, min(begin + size, file.total + 1))
        responses = [
            await progress.step(f"{where} page {page}", partial(annotate, page)) for page in pages
        ]
        answer = {
            "inputConfig": files.told(request.input_config),
            "totalPages": file.total,
            "responses": responses,
        }
        await shards.write(config, f"{where}.outputConfig", pages[0], pages[-1], answer, call)
