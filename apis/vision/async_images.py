"""images:asyncBatchAnnotate: many pictures, their responses in objects of a bucket."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.vision import features, shards, vision
from sensorium.apis.vision.images import EXAMPLE, respond
from sensorium.models.errors import InvalidArgument

_AT_ONCE = 4  # pictures in memory together
_RPC = "google.cloud.vision.v1.ImageAnnotator.AsyncBatchAnnotateImages"


@vision.rpc(
    _RPC,
    example={
        "requests": [
            {"image": {"content": EXAMPLE}, "features": [{"type": "DOCUMENT_TEXT_DETECTION"}]}
        ],
        "outputConfig": {"gcsDestination": {"uri": "gs://examples/images/"}, "batchSize": 2},
    },
)
async def async_batch_annotate_images(request: Any, call: Call) -> JSON:
    """Begin to annotate up to 2,000 pictures, and write the responses to `gs://`.

    The operation's response repeats the `outputConfig`; the responses are in objects named
    `PREFIXoutput-1-to-20.json`, each a `BatchAnnotateImagesResponse` of `batchSize` (20 if it is
    not said, at most 100). What is wrong with one picture stands in its own response's `error`.
    """
    if not request.requests:
        raise InvalidArgument("At least one picture is needed.", field="requests")
    most = call.limits.operation_images
    if len(request.requests) > most:
        raise InvalidArgument(
            f"{len(request.requests)} pictures are more than the {most} that one request may hold.",
            field="requests",
        )
    for i, one in enumerate(request.requests):
        features.read(one.features, f"requests[{i}]")
    shards.batch_size(request.output_config, "outputConfig")
    return await start(_RPC, request, call, prefix=shards.operation_prefix(request.parent))


@runs(_RPC)
async def annotate_images(request: Any, call: Call, progress: Progress) -> JSON:
    """Annotate the pictures, batch by batch."""
    slots = asyncio.Semaphore(_AT_ONCE)
    size = shards.batch_size(request.output_config, "outputConfig")

    async def annotate(i: int) -> JSON:
        answer = shards.plain(await respond(request.requests[i], f"requests[{i}]", call))
        source = request.requests[i].image.source
        uri = source.image_uri or source.gcs_image_uri
        return answer | ({"context": {"uri": uri}} if uri else {})

    async def one_of(i: int) -> JSON:
        async with slots:
            answer: JSON = await progress.step(f"requests[{i}]", partial(annotate, i))
            return answer

    for begin in range(0, len(request.requests), size):
        indices = range(begin, min(begin + size, len(request.requests)))
        responses = await asyncio.gather(*(one_of(i) for i in indices))
        await shards.write(
            request.output_config,
            "outputConfig",
            begin + 1,
            begin + len(responses),
            {"responses": responses},
            call,
        )
    return {"outputConfig": shards.told(request.output_config)}
