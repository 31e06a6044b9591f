"""The output of asynchronous annotation: JSON objects named `PREFIXoutput-1-to-2.json`."""

from __future__ import annotations

from typing import Any

import orjson

from sensorium.apis import destinations
from sensorium.apis.core import JSON, Call
from sensorium.apis.wire.codec import encode
from sensorium.apis.wire.table import load
from sensorium.models.errors import InvalidArgument

_BATCH = 20
_LARGEST_BATCH = 100


def batch_size(config: Any, where: str) -> int:
    """Return how many responses an object holds; InvalidArgument for an output that cannot be."""
    field = f"{where}.gcsDestination.uri"
    if not config.gcs_destination.uri:
        raise InvalidArgument("The output needs a gs:// destination.", field=field)
    destinations.prefix(config.gcs_destination.uri, field=field)
    if not 0 <= config.batch_size <= _LARGEST_BATCH:
        raise InvalidArgument(
            f"A batch is 1 to {_LARGEST_BATCH} responses, {_BATCH} if it is not said.",
            field=f"{where}.batchSize",
        )
    return int(config.batch_size or _BATCH)


async def write(config: Any, where: str, first: int, last: int, content: Any, call: Call) -> None:
    """Write the object of responses `first` to `last`, counted from 1."""
    uri = f"{config.gcs_destination.uri}output-{first}-to-{last}.json"
    raw = orjson.dumps(content, option=orjson.OPT_INDENT_2)
    await call.destinations.write(uri, raw, field=f"{where}.gcsDestination.uri")


def told(config: Any) -> JSON:
    """Return an `OutputConfig` as answers repeat it."""
    return {
        "gcsDestination": {"uri": config.gcs_destination.uri},
        "batchSize": int(config.batch_size or _BATCH),
    }


def plain(response: JSON) -> JSON:
    """Return an `AnnotateImageResponse` as JSON writes it."""
    kind = load().pool.FindMessageTypeByName("google.cloud.vision.v1.AnnotateImageResponse")
    encoded: JSON = encode(kind, response)
    return encoded


def operation_prefix(parent: str) -> str:
    """Return how the names of a parent's operations begin, as Google's clients poll them.

    The betas' clients cannot poll a bare `operations/ID`, so there is always a project.
    """
    parts = parent.split("/")
    if not parent:
        return "projects/sensorium/operations/"
    places = parts[0::2] in (["projects"], ["projects", "locations"])
    if not places or len(parts) % 2 or not all(parts):
        raise InvalidArgument(
            f"{parent[:100]!r} is neither projects/P nor projects/P/locations/L.", field="parent"
        )
    return f"{parent}/operations/"
