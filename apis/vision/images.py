"""images:annotate: pictures, one response each."""

from __future__ import annotations

import asyncio
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import features, vision
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import Failure, InvalidArgument
from sensorium.models.tasks import ImageReader

_AT_ONCE = 4  # pictures of one request that are in memory together
# A PNG that says "Hello", as the wire carries `content`: base64.
EXAMPLE = (
    "iVBORw0KGgoAAAANSUhEUgAAAGAAAAAgAQAAAADFu0D5AAAAY0lEQVR42mP8z4AATAx05Pz9AuNc+EKkno8NDB8d"
    "YJzvBxi+J8A4LxIYXhjAOBcYGC5IQDgfBZAM4P/wsAHJNPkHOC1dgMQxYGAweAHj/FjAIHEBxtF0qONcwMDAwMBI"
    "u0AEAJq7GhI5Fo9/AAAAAElFTkSuQmCC"
)


_RPC = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"


@vision.rpc(
    _RPC,
    example={
        "requests": [
            {"image": {"content": EXAMPLE}, "features": [{"type": "DOCUMENT_TEXT_DETECTION"}]}
        ]
    },
)
async def batch_annotate_images(request: Any, call: Call) -> JSON:
    """Annotate up to sixteen pictures.

    Pictures are PNG, JPEG, GIF, TIFF, BMP, WebP or ICO, of which the first frame counts, turned
    upright as its EXIF orientation says; places are in pixels of the upright picture. What is
    wrong with one picture stands in its own response's `error`; so does a feature that no installed
    engine can do, with the command that would fetch one, beside the features that are answered.
    `content` takes precedence over `source`. Pictures and features are worked on side by side, and
    what several features need, such as faces, is found once.

    `maxResults` is ten unless it is said; `model` may name an engine. IMAGE_PROPERTIES and
    CROP_HINTS need none. Labels, landmarks and logos are compared with vocabularies, to which
    `vocabularies/KIND.txt` in the state folder adds names and `references/KIND/NAME/*.jpg` pictures
    (landmarks and logos).
    """
    if not request.requests:
        raise InvalidArgument("At least one picture is needed.", field="requests")
    if len(request.requests) > call.limits.batch:
        raise InvalidArgument(
            f"{len(request.requests)} pictures are more than the {call.limits.batch} that one "
            "request may hold.",
            field="requests",
            hint="Send them in several requests.",
        )
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one_of(i: int, one: Any) -> JSON:
        async with slots:
            return await respond(one, f"requests[{i}]", call)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one_of(i, one)) for i, one in enumerate(request.requests)]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return {"responses": [task.result() for task in tasks]}


@vision.command("text", _RPC)
def text_of_picture(content: bytes) -> JSON:
    """Read the text in a picture."""
    return {"requests": [{"image": {"content": content}, "features": [{"type": "TEXT_DETECTION"}]}]}


async def respond(request: Any, where: str, call: Call) -> JSON:
    """Return the response for one picture, its failure included."""
    try:
        asked = features.read(request.features, where)
        content, field = await _content(request.image, f"{where}.image", call)
        try:
            frames = call.models.use(ImageReader.frames, timeout=call.limits.seconds)
            (pixels,) = await frames(content, call.limits.pixels)
        except Failure as failure:
            raise failure.within(field) from failure
        return await features.annotate(Picture(pixels), asked, request.image_context, where, call)
    except Failure as failure:
        return {"error": features.error([failure])}


async def _content(image: Any, where: str, call: Call) -> tuple[bytes, str]:
    """Return the bytes of a picture and the field that they came by."""
    if image.content:
        return image.content, f"{where}.content"
    for name, uri in (
        ("imageUri", image.source.image_uri),
        ("gcsImageUri", image.source.gcs_image_uri),
    ):
        if uri:
            field = f"{where}.source.{name}"
            return await call.sources.read(uri, field=field), field
    raise InvalidArgument("A picture needs content or a source.", field=where)
