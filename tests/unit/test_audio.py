import io
import struct

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sensorium.models.errors import InvalidArgument
from sensorium.models.media.audio import (
    FORMATS,
    amplify,
    encode,
    filtered,
    nearest_rate,
    resample,
    silence,
    stretch,
    tone,
)

anything = arrays(np.int16, st.integers(0, 3000))
rates = st.integers(8000, 48000)


def decoded(content: bytes) -> tuple[np.ndarray, int]:
    with av.open(io.BytesIO(content)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="s16", layout="mono")
        parts = [
            out.to_ndarray()[0]
            for frame in [*container.decode(stream), None]
            for out in resampler.resample(frame)
        ]
        return np.concatenate(parts), stream.rate


def pitch_of(samples: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(spectrum.argmax() * rate / samples.size)


@given(anything, rates)
def test_a_wav_file_says_what_it_holds(samples, rate):
    content = encode(samples, rate, "WAV")
    riff, size, kind = struct.unpack_from("<4sI4s", content)
    form = struct.unpack_from("<4sIHHIIHH", content, 12)
    data, length = struct.unpack_from("<4sI", content, 36)
    assert (riff, kind, size) == (b"RIFF", b"WAVE", len(content) - 8)
    assert form == (b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    assert (data, length) == (b"data", 2 * samples.size)
    assert content[44:] == encode(samples, rate, "PCM") == samples.tobytes()


@pytest.mark.parametrize(("kind", "tag"), [("MULAW", 7), ("ALAW", 6)])
def test_g711_comes_in_a_wav_file_of_its_kind(kind, tag):
    samples = tone(0.5, 8000)
    content = encode(samples, 8000, kind)
    assert content[:4] == b"RIFF"
    assert struct.unpack_from("<HHIIHH", content, 20) == (tag, 1, 8000, 8000, 1, 8)
    back, rate = decoded(content)
    assert rate == 8000
    assert back.size == samples.size
    assert np.abs(back.astype(int) - samples).max() <= 300  # G.711 is exact to some 1/32


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "PCM"])
@pytest.mark.parametrize("rate", [8000, 16000, 24000, 48000])
def test_every_encoding_plays_for_as_long_as_the_sound(kind, rate):
    samples = tone(1.3, rate, 440.0)
    back, _ = decoded(encode(samples, rate, kind))
    seconds = back.size / decoded(encode(samples, rate, kind))[1]
    assert seconds == pytest.approx(1.3, abs=0.12)  # a frame of padding at each end
    assert pitch_of(back, round(back.size / seconds)) == pytest.approx(440, abs=3)


@pytest.mark.parametrize(
    ("kind", "magic"),
    [("MP3", b"\xff"), ("OGG_OPUS", b"OggS"), ("M4A", b"\x00\x00\x00\x1cftypM4A")],
)
def test_compressed_files_start_as_their_kind_does(kind, magic):
    assert encode(tone(0.2, 24000), 24000, kind).startswith(magic)


@pytest.mark.parametrize("kind", list(FORMATS))
def test_no_samples_still_make_a_file(kind):
    assert isinstance(encode(silence(0, 8000), 8000, kind), bytes)


@pytest.mark.parametrize(
    ("kind", "rate"), [("OGG_OPUS", 22050), ("MP3", 9000), ("WAV", 7999), ("PCM", 48001)]
)
def test_a_rate_that_the_codec_lacks_is_refused_by_number(kind, rate):
    with pytest.raises(InvalidArgument, match=str(rate)):
        encode(tone(0.1, 8000), rate, kind)


def test_the_nearest_rate_loses_nothing():
    assert nearest_rate(22050, "OGG_OPUS") == 24000
    assert nearest_rate(22050, "MP3") == 22050
    assert nearest_rate(22050, "WAV") == 22050
    assert nearest_rate(96000, "OGG_OPUS") == 48000


@given(anything.filter(len), rates, rates)
def test_resampling_keeps_the_duration(samples, source, target):
    assert resample(samples, source, target).size == (
        samples.size if source == target else round(samples.size * target / source)
    )


@pytest.mark.parametrize("target", [8000, 16000, 44100])
def test_resampling_keeps_the_pitch_and_removes_what_would_fold(target):
    low, high = tone(1, 22050, 1000.0), tone(1, 22050, 7000.0)
    assert pitch_of(resample(low, 22050, target), target) == pytest.approx(1000, abs=2)
    if target == 8000:
        assert np.abs(resample(high, 22050, target)[200:-200]).max() < 100


@pytest.mark.parametrize("factor", [0.3, 0.5, 0.8, 1.25, 2.0, 3.7])
def test_stretching_changes_the_duration_and_not_the_pitch(factor):
    samples = tone(2, 22050, 300.0)
    stretched = stretch(samples, 22050, factor)
    assert stretched.size == round(samples.size * factor)
    assert pitch_of(stretched, 22050) == pytest.approx(300, abs=6)


@given(anything, st.floats(-96, 16))
def test_gain_clips_and_never_wraps(samples, decibels):
    louder = amplify(samples, decibels).astype(int)
    assert louder.size == samples.size
    assert np.all(np.sign(louder) * np.sign(samples) >= 0)
    exact = samples * 10 ** (decibels / 20)
    assert np.all(np.abs(louder - np.clip(exact, -32768, 32767)) <= 1)


def test_a_filter_keeps_what_passes_and_removes_what_does_not():
    low, high = tone(1, 22050, 1000.0), tone(1, 22050, 8000.0)
    chain = [("lowpass", "f=2000"), ("lowpass", "f=2000"), ("lowpass", "f=2000")]
    assert filtered(low, 22050, chain).size == low.size
    assert np.abs(filtered(low, 22050, chain)).max() > 0.5 * np.abs(low).max()
    assert np.abs(filtered(high, 22050, chain)[500:-500]).max() < 0.05 * np.abs(high).max()
