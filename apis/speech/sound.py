"""The sound of a request as a recording."""

from __future__ import annotations

from typing import Any

from sensorium.apis.core import Call
from sensorium.apis.speech.config import Asked
from sensorium.models.errors import Failure, InvalidArgument
from sensorium.models.tasks import AudioReader, Recording

_TELLING = ("wav", "flac", "au", "aiff")  # whose headers Google holds a request against


async def recorded(
    audio: Any, asked: Asked, call: Call, seconds: float, prefix: str = "audio."
) -> Recording:
    """Return what the `content` or `uri` of a message holds, of at most so many seconds.

    Raises InvalidArgument for what is no sound or not what the request says of it.
    """
    if audio.WhichOneof("audio_source") is None:
        raise InvalidArgument("Set content or uri.", field=f"{prefix}content")
    if audio.uri:
        field = f"{prefix}uri"
        content = await call.sources.read(audio.uri, field=field)
    else:
        field, content = f"{prefix}content", audio.content
    if not content:
        raise InvalidArgument("There is no sound: it has no bytes.", field=field)
    return await decoded(content, asked, call, seconds, field)


async def decoded(
    content: bytes, asked: Asked, call: Call, seconds: float, field: str
) -> Recording:
    """Return bytes as a recording."""
    read = call.models.use(AudioReader.recording, timeout=call.limits.seconds)
    try:
        found = await read(content, asked.raw, seconds)
    except Failure as failure:
        if failure.hint is None and asked.raw is None:
            failure.hint = "For bytes without a header set encoding and sampleRateHertz."
        raise failure.within(field) from failure
    if found.container in _TELLING:
        _agree(found, asked)
    return found


def _agree(found: Recording, asked: Asked) -> None:
    """Raise InvalidArgument when a header says other than the request."""
    if asked.sample_rate and asked.sample_rate != found.sample_rate:
        raise InvalidArgument(
            f"The header says {found.sample_rate} Hz, the request {asked.sample_rate}.",
            field=f"{asked.field}.sampleRateHertz",
            hint="Leave it out: the header is enough.",
        )
    if asked.channels and asked.channels != len(found.channels):
        raise InvalidArgument(
            f"The sound has {len(found.channels)} channels, the request says {asked.channels}.",
            field=f"{asked.field}.audioChannelCount",
        )
