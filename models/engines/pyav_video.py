"""Video files, by FFmpeg's libraries through PyAV."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from sensorium.models.errors import InvalidArgument, OutOfRange
from sensorium.models.media.sound import container
from sensorium.models.registry import engine
from sensorium.models.tasks import Glances, Pixels, VideoFacts, VideoReader

# what FFmpeg may open by itself: a playlist, say, would make it read other files
_DEMUXERS = {
    **{name: name for name in ("wav", "flac", "ogg", "mp3", "aac", "amr")},
    "matroska": "matroska",
    "mp4": "mov",
}
_MORE = (  # containers of video alone, by their first bytes
    (b"RIFF", 8, b"AVI ", "avi"),
    (b"FLV", 0, b"FLV", "flv"),
    (b"\x00\x00\x01\xba", 0, b"\x00\x00\x01\xba", "mpeg"),
    (b"\x47", 188, b"\x47", "mpegts"),
)
_HEIGHT, _WIDTH = 18, 32  # of a glance
_MOST_PIXELS = 40_000_000  # of a frame
_MICRO = 1_000_000
_SEEK = 12.0  # seconds: what is nearer is decoded on the way


@engine(
    "pyav_video",
    task=VideoReader,
    requires=("av",),
    isolated=True,
    concurrency=2,
    memory="200MB",
    rank=10,
)
class PyAvVideo:
    """Decode video files: MP4 and MOV, Matroska and WebM, AVI, MPEG, FLV, and more."""

    def facts(self, content: bytes) -> VideoFacts:
        """Return what a file says of itself."""
        with _opened(content) as file:
            pictures, sounds = file.streams.video, file.streams.audio
            if not pictures and not sounds:
                raise InvalidArgument("The file has neither pictures nor sound.")
            seconds = (file.duration or 0) / _MICRO
            if not pictures:
                return VideoFacts(seconds, 0, 0, 0.0, False, True)
            stream = pictures[0]
            frame = next(_frames(file), None)
            if frame is None:
                raise InvalidArgument("The video has no frame that can be decoded.")
            height, width = _upright(frame.to_ndarray(format="gray"), frame).shape[:2]
            rate = float(stream.average_rate or stream.guessed_rate or 25)
            return VideoFacts(seconds, width, height, rate, True, bool(sounds))

    def glances(self, content: bytes, seconds: float) -> Glances:
        """Return small pictures of all frames."""
        times: list[float] = []
        pictures: list[Any] = []
        with _opened(content) as file:
            start = _start(file)
            for frame in _frames(file):
                at = (frame.time or 0.0) - start
                if at > seconds:
                    raise OutOfRange(f"The video is longer than {seconds:g} s.")
                small = frame.reformat(width=_WIDTH, height=_HEIGHT, format="rgb24")
                times.append(max(0.0, at))
                pictures.append(small.to_ndarray())
        if not pictures:
            return Glances(np.zeros(0), np.zeros((0, _HEIGHT, _WIDTH, 3), np.uint8))
        return Glances(np.array(times), np.stack(pictures))

    def frames(self, content: bytes, times: Sequence[float], side: int) -> list[Pixels]:
        """Return the frames that are shown at these seconds."""
        found: list[Pixels] = []
        with _opened(content) as file:
            start = _start(file)
            wanted = list(times)
            if wanted and wanted[0] > _SEEK and file.streams.video:
                file.seek(int((wanted[0] + start) * _MICRO), backward=True)
            shown: Any = None
            for frame in _frames(file):
                at = (frame.time or 0.0) - start
                while shown is not None and len(found) < len(wanted) and at > wanted[len(found)]:
                    found.append(_pixels(shown, side))
                if len(found) == len(wanted):
                    break
                shown = frame
            if shown is None:
                raise InvalidArgument("The video has no frame that can be decoded.")
            last = _pixels(shown, side)
            found += [last] * (len(wanted) - len(found))
        return found


@contextmanager
def _opened(content: bytes) -> Iterator[Any]:
    import av

    form = _DEMUXERS.get(container(content) or "") or next(
        (
            name
            for head, at, told, name in _MORE
            if content.startswith(head) and content[at : at + len(told)] == told
        ),
        None,
    )
    if form is None:
        raise InvalidArgument("This is no video: its first bytes are of none that is known.")
    try:
        with av.open(io.BytesIO(content), "r", format=form) as file:
            yield file
    except av.error.FFmpegError as error:
        raise InvalidArgument(f"The video cannot be decoded: {error.strerror}.") from None


def _start(file: Any) -> float:
    return (file.start_time or 0) / _MICRO


def _frames(file: Any) -> Iterator[Any]:
    """Yield frames as far as they can be decoded; a file that was cut off is what there is."""
    import av

    if not file.streams.video:
        return
    stream = file.streams.video[0]
    stream.thread_type = "AUTO"
    context = stream.codec_context
    if context.width * context.height > _MOST_PIXELS:
        raise InvalidArgument(f"The frames measure {context.width} x {context.height} pixels.")
    any_yet = False
    try:
        for frame in file.decode(stream):
            any_yet = True
            yield frame
    except av.error.FFmpegError:
        if not any_yet:
            raise


def _pixels(frame: Any, side: int) -> Pixels:
    share = min(1.0, side / max(frame.width, frame.height))
    size = (max(2, round(frame.width * share)), max(2, round(frame.height * share)))
    small = frame.reformat(width=size[0], height=size[1], format="rgb24")
    return np.ascontiguousarray(_upright(small.to_ndarray(), frame), np.uint8)


def _upright(pixels: Any, frame: Any) -> Any:
    """Return pixels turned as the display matrix says (degrees, counterclockwise)."""
    return np.rot90(pixels, round(frame.rotation / 90) % 4)
