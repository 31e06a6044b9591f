"""Sound as arrays: resample, stretch, amplify, and encode to files.

Samples are mono 16-bit PCM. Codecs, containers and filters are FFmpeg's, through PyAV.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sensorium.models.errors import InvalidArgument
from sensorium.models.tasks import Samples

Filter = tuple[str, str]  # FFmpeg's name of an audio filter, and its arguments
LOWEST_RATE, HIGHEST_RATE = 8_000, 48_000
_FRAME = 1 << 16
_MPEG_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of sound file: FFmpeg's container and codec, and the rates that the codec allows.

    `rates` empty means any rate between the lowest and the highest.
    """

    container: str
    codec: str
    rates: tuple[int, ...] = ()
    bit_rate: int = 0
    options: Mapping[str, str] = field(default_factory=dict)


# bit rates suit mono speech, 32 kbit/s is what Google states for MP3; options trade the last bit
# of quality for speed, which speech does not let hear
FORMATS = {
    "WAV": Format("wav", "pcm_s16le"),
    "PCM": Format("s16le", "pcm_s16le"),
    "MULAW": Format("wav", "pcm_mulaw"),
    "ALAW": Format("wav", "pcm_alaw"),
    "MP3": Format("mp3", "libmp3lame", _MPEG_RATES, 32_000, {"compression_level": "7"}),
    "MP3_64_KBPS": Format("mp3", "libmp3lame", _MPEG_RATES, 64_000, {"compression_level": "7"}),
    "OGG_OPUS": Format(
        "ogg", "libopus", _OPUS_RATES, 32_000, {"compression_level": "4", "vbr": "constrained"}
    ),
    "M4A": Format("ipod", "aac", _MPEG_RATES, 48_000, {"aac_coder": "fast"}),
}


def encode(samples: Samples, sample_rate: int, kind: str) -> bytes:
    """Return a sound file of `kind` (a key of FORMATS); the rate must be one of its rates."""
    check_rate(sample_rate, kind)
    if kind == "PCM":
        return samples.astype("<i2").tobytes()
    if kind == "WAV":
        return _wav(samples, sample_rate)
    return _encoded(samples, sample_rate, FORMATS[kind])


class Encoder:
    """Encode sound that comes in pieces: raw `PCM`, `MULAW` and `ALAW`, or a file of `OGG_OPUS`."""

    def __init__(self, sample_rate: int, kind: str) -> None:
        import av

        container, codec = _LIVE[kind]
        self._rate, self._file = sample_rate, io.BytesIO()
        self._container = av.open(_Sink(self._file), "w", format=container)
        stream: Any = self._container.add_stream(codec, rate=sample_rate)
        stream.layout = "mono"
        self._stream = stream

    def add(self, samples: Samples) -> bytes:
        """Return what the file goes on with."""
        for frame in _frames(samples, self._rate) if samples.size else ():
            frame.pts = None
            self._container.mux(self._stream.encode(frame))
        return self._taken()

    def finish(self) -> bytes:
        """Return the end of the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._taken()

    def _taken(self) -> bytes:
        content = self._file.getvalue()
        self._file.seek(0)
        self._file.truncate()
        return content


class _Sink:
    """A file that can only be written to: what is in it has gone already."""

    def __init__(self, file: io.BytesIO) -> None:
        self.write = file.write


_LIVE = {
    "PCM": ("s16le", "pcm_s16le"),
    "MULAW": ("mulaw", "pcm_mulaw"),
    "ALAW": ("alaw", "pcm_alaw"),
    "OGG_OPUS": ("ogg", "libopus"),
}


def check_rate(sample_rate: int, kind: str, field: str | None = None) -> None:
    """Raise InvalidArgument unless a file of `kind` can hold sound at `sample_rate` Hz."""
    allowed = FORMATS[kind].rates
    if allowed and sample_rate not in allowed:
        listed = ", ".join(map(str, allowed))
        raise InvalidArgument(
            f"{kind} cannot hold {sample_rate} Hz; its rates are {listed}", field=field
        )
    if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
        raise InvalidArgument(
            f"{sample_rate} Hz is outside {LOWEST_RATE} to {HIGHEST_RATE} Hz", field=field
        )


def nearest_rate(sample_rate: int, kind: str) -> int:
    """Return the lowest rate of `kind` that loses nothing of `sample_rate`, or its highest."""
    allowed = FORMATS[kind].rates or (min(max(sample_rate, LOWEST_RATE), HIGHEST_RATE),)
    return min((rate for rate in allowed if rate >= sample_rate), default=max(allowed))


def _wav(samples: Samples, sample_rate: int) -> bytes:
    """Return a RIFF file with the plain header of 44 bytes that clients are used to skip."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def _encoded(samples: Samples, sample_rate: int, form: Format) -> bytes:
    """Return a file written by FFmpeg, without a note on the program that wrote it."""
    import av

    file = io.BytesIO()
    plain = {"fflags": "bitexact", **({"id3v2_version": "0"} if form.container == "mp3" else {})}
    with av.open(file, "w", format=form.container, options=plain) as container:
        stream: Any = container.add_stream(form.codec, rate=sample_rate, options=dict(form.options))
        stream.layout = "mono"
        if form.bit_rate:
            stream.bit_rate = form.bit_rate
        for frame in _frames(samples, sample_rate):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _frames(samples: Samples, sample_rate: int) -> Iterator[Any]:
    """Yield the samples as FFmpeg's frames; one frame of silence when there are none."""
    import av

    whole = samples if samples.size else np.zeros(1, np.int16)
    for start in range(0, whole.size, _FRAME):
        part = np.ascontiguousarray(whole[start : start + _FRAME], dtype=np.int16)
        frame = av.AudioFrame.from_ndarray(part[None, :], format="s16", layout="mono")
        frame.sample_rate = sample_rate
        frame.pts = start
        yield frame


def resample(samples: Samples, source: int, target: int) -> Samples:
    """Return the same sound at another rate in Hz, band-limited (FFmpeg's swresample)."""
    if source == target or not samples.size:
        return samples
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=target)
    parts = []
    for frame in [*_frames(samples, source), None]:
        parts += [out.to_ndarray()[0] for out in resampler.resample(frame)]
    return _sized(parts, round(samples.size * target / source))


class Resampler:
    """Bring sound that comes in pieces to another rate, without a seam between them."""

    def __init__(self, source: int, target: int) -> None:
        import av

        self._source, self._same = source, source == target
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=target)

    def add(self, samples: Samples, last: bool = False) -> Samples:
        """Return what the next piece makes, and what is left behind it if it is the last."""
        if self._same:
            return samples
        frames: list[Any] = list(_frames(samples, self._source)) if samples.size else []
        made = [
            out.to_ndarray()[0]
            for frame in [*frames, *([None] if last else [])]
            for out in self._resampler.resample(frame)
        ]
        return np.concatenate(made) if made else np.zeros(0, np.int16)


def stretch(samples: Samples, sample_rate: int, factor: float) -> Samples:
    """Return the sound `factor` times as long at the same pitch (FFmpeg's WSOLA, `atempo`)."""
    if abs(factor - 1.0) < 1e-3:
        return samples
    steps, rest = [], 1.0 / factor
    while not 0.5 <= rest <= 2.0:  # what one atempo does well
        steps.append(min(max(rest, 0.5), 2.0))
        rest /= steps[-1]
    tempos = [("atempo", f"{step:.6f}") for step in [*steps, rest]]
    return filtered(samples, sample_rate, tempos, round(samples.size * factor))


def filtered(
    samples: Samples, sample_rate: int, filters: Sequence[Filter], size: int | None = None
) -> Samples:
    """Return the sound after FFmpeg's audio filters, `size` samples long (None: as before)."""
    if not filters or not samples.size:
        return samples
    import av.filter

    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=sample_rate, format="s16", layout="mono")
    last = source
    ends = [("aformat", "sample_fmts=s16"), ("abuffersink", "")]
    for name, arguments in [*filters, *ends]:
        node = graph.add(name, arguments)
        last.link_to(node)
        last = node
    graph.configure()
    parts = []
    for frame in [*_frames(samples, sample_rate), None]:
        source.push(frame)
        while True:
            try:
                parts.append(graph.pull().to_ndarray()[0])
            except (BlockingIOError, av.error.EOFError):
                break
    return _sized(parts, samples.size if size is None else size)


def _sized(parts: list[Samples], size: int) -> Samples:
    """Join parts to exactly `size` samples: filters end a few early or late."""
    whole: Samples = np.zeros(size, np.int16)
    at = 0
    for part in parts:
        kept = part[: size - at]
        whole[at : at + kept.size] = kept
        at += kept.size
    return whole


def amplify(samples: Samples, decibels: float) -> Samples:
    """Return the sound louder or softer; what does not fit 16 bits is clipped."""
    if decibels == 0.0:
        return samples
    scaled = samples.astype(np.float32) * np.float32(10.0 ** (decibels / 20.0))
    clipped: Samples = np.clip(np.rint(scaled), -32768, 32767).astype(np.int16)
    return clipped


def silence(seconds: float, sample_rate: int) -> Samples:
    """Return `seconds` of nothing."""
    return np.zeros(round(seconds * sample_rate), np.int16)


def tone(seconds: float, sample_rate: int, hertz: float = 1000.0) -> Samples:
    """Return a sine at a quarter of full scale, faded over 5 ms so that it does not click."""
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    edge = np.minimum(times, times[::-1]) / 0.005
    wave_form = np.sin(2 * np.pi * hertz * times) * np.minimum(edge, 1.0)
    return np.asarray(np.rint(wave_form * 8192), dtype=np.int16)
