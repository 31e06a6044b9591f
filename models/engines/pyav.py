"""Sound files, by FFmpeg's libraries through PyAV."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from sensorium.models.errors import InvalidArgument, OutOfRange
from sensorium.models.media.sound import container
from sensorium.models.registry import engine
from sensorium.models.tasks import HEARD_RATE, AudioReader, RawFormat, Recording, Samples

_RAW = {"LINEAR16": ("s16le", 2), "MULAW": ("mulaw", 1), "ALAW": ("alaw", 1)}
_MOST_CHANNELS = 8
# what FFmpeg may open by itself: a playlist, say, would make it read other files
_DEMUXERS = {
    **{name: name for name in ("wav", "flac", "ogg", "amr", "mp3", "caf", "au", "aiff", "aac")},
    "matroska": "matroska,webm",
    "mp4": "mov,mp4,m4a,3gp,3g2,mj2",
}


@engine(
    "pyav",
    task=AudioReader,
    requires=("av",),
    isolated=True,
    concurrency=2,
    memory="80MB",
    rank=10,
)
class PyAv:
    """Decode sound files: WAV, FLAC, Ogg and WebM Opus, MP3, MP4 and M4A AAC, AMR, and more."""

    def recording(
        self, content: bytes, raw: RawFormat | None, seconds: float, rate: int = HEARD_RATE
    ) -> Recording:
        """Return the sound of a file, or of bytes as `raw` says; see the task."""
        import av

        kind = container(content)
        if kind is None and raw is None:
            raise InvalidArgument(
                "This is no sound file: its first bytes are of none that is known."
            )
        if kind is None and raw is not None and raw.encoding == "LINEAR16" and len(content) % 2:
            content = content[:-1]
        try:
            with _opened(content, kind, raw) as file:
                return _decoded(file, kind or "", seconds, rate)
        except av.error.FFmpegError as error:
            raise InvalidArgument(f"The sound cannot be decoded: {error.strerror}.") from None


@contextmanager
def _opened(content: bytes, kind: str | None, raw: RawFormat | None) -> Iterator[Any]:
    import av

    form, options = _DEMUXERS.get(kind or "", ""), {}
    if kind is None and raw is not None:
        form = _RAW[raw.encoding][0]
        options = {"sample_rate": str(raw.sample_rate), "ch_layout": f"{raw.channels}c"}
    with av.open(io.BytesIO(content), "r", format=form.split(",")[0], options=options) as file:
        yield file


def _decoded(file: Any, kind: str, seconds: float, wanted: int) -> Recording:
    """Return the first sound in a file."""
    import av

    if not file.streams.audio:
        raise InvalidArgument("The file has no sound in it.")
    stream = file.streams.audio[0]
    channels = stream.codec_context.channels or 1
    if channels > _MOST_CHANNELS:
        raise InvalidArgument(f"The sound has {channels} channels, {_MOST_CHANNELS} are allowed.")
    rate, codec = stream.codec_context.sample_rate, stream.codec_context.name
    resampler = av.AudioResampler("s16p", layout=stream.layout, rate=wanted)
    parts: list[Any] = []
    length, most = 0, int(seconds * wanted)
    for frame in _frames(file, stream):
        for made in resampler.resample(frame):
            parts.append(made.to_ndarray())
            length += parts[-1].shape[1]
            if length > most:
                raise OutOfRange(f"The sound is longer than {seconds:g} s.")
    if not parts:
        return Recording((np.zeros(0, np.int16),) * channels, kind, codec, rate, wanted)
    whole = np.concatenate(parts, axis=1)
    rows: tuple[Samples, ...] = tuple(np.ascontiguousarray(row, np.int16) for row in whole)
    return Recording(rows, kind, codec, rate, wanted)


def _frames(file: Any, stream: Any) -> Iterator[Any]:
    """Yield the frames of a stream, as far as they can be decoded; None flushes what follows.

    A file that was cut off is what there is of it, one of which nothing can be decoded is broken.
    """
    import av

    any_yet = False
    try:
        for frame in file.decode(stream):
            any_yet = True
            yield frame
    except av.error.FFmpegError:
        if not any_yet:
            raise
    yield None
