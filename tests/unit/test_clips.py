"""The promise of <audio>: a recording is heard where it is to be, or what stands for it."""

from __future__ import annotations

import base64
import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.models.errors import InvalidArgument
from sensorium.models.media.audio import encode, silence, tone
from tests.unit.desk import Desk

SPEAK = "google.cloud.texttospeech.v1.TextToSpeech.SynthesizeSpeech"
RATE = 24_000


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    beep = np.concatenate([tone(1.0, RATE), silence(1.0, RATE)])
    made.put("beep.mp3", encode(beep, RATE, "MP3"))
    return made


def heard(desk: Desk, inside: str) -> Any:
    """The samples of what is spoken, from -1 to 1."""
    answer = desk.ask(
        SPEAK,
        {
            "input": {"ssml": f"<speak>{inside}</speak>"},
            "voice": {"languageCode": "en-US"},
            "audioConfig": {"audioEncoding": "LINEAR16", "sampleRateHertz": RATE},
        },
    )
    content = answer["audioContent"]
    raw = content if isinstance(content, bytes) else base64.b64decode(content)
    with wave.open(io.BytesIO(raw)) as file:
        assert file.getframerate() == RATE
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def level(samples: Any) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def hertz(samples: Any) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * RATE / len(samples))


def test_a_recording_is_heard_in_its_place(desk: Desk):
    found = heard(desk, '<audio src="gs://b/beep.mp3"/>')
    assert len(found) / RATE == pytest.approx(2.0, abs=0.1)
    assert hertz(found[RATE // 4 : RATE // 2]) == pytest.approx(1000, abs=10)
    assert level(found[-RATE // 2 :]) < 0.01
    alone = len(heard(desk, "Listen."))
    both = heard(desk, 'Listen. <audio src="gs://b/beep.mp3"/>')
    assert len(both) == pytest.approx(alone + len(found), abs=RATE // 4)


@pytest.mark.parametrize(
    ("how", "seconds"),
    [
        ('clipBegin="0.5s" clipEnd="800ms"', 0.3),
        ('speed="200%"', 1.0),
        ('speed="50%" clipEnd="1s"', 2.0),
        ('clipEnd="0.5s" repeatCount="3"', 1.5),
        ('clipEnd="0.5s" repeatCount="2.5"', 1.25),
        ('repeatDur="5s"', 5.0),
        ('repeatCount="9" repeatDur="3s"', 3.0),
        ('clipBegin="60s"', 0.0),
    ],
)
def test_it_is_cut_sped_up_and_repeated(desk: Desk, how: str, seconds: float):
    found = heard(desk, f'<audio src="gs://b/beep.mp3" {how}/>')
    assert len(found) / RATE == pytest.approx(seconds, abs=0.1)


def test_it_is_as_loud_as_asked_for(desk: Desk):
    plain, soft = (
        heard(desk, f'<audio src="gs://b/beep.mp3" soundLevel="{how}" clipEnd="0.9s"/>')
        for how in ("+0dB", "-20dB")
    )
    assert level(soft) == pytest.approx(level(plain) / 10, rel=0.1)


def test_what_stands_between_the_tags_is_spoken_instead(desk: Desk):
    desk.put("text.mp3", b"no sound at all")
    spoken = heard(desk, "A cat.")
    for uri in ("gs://b/absent.mp3", "gs://b/text.mp3", "https://127.0.0.1/cat.mp3", "cat.mp3"):
        instead = heard(desk, f'<audio src="{uri}"><desc>no</desc>A cat.</audio>')
        assert len(instead) == pytest.approx(len(spoken), abs=RATE // 10), uri


def test_a_recording_that_cannot_be_played_says_where_it_stands(desk: Desk):
    with pytest.raises(InvalidArgument, match=r"line 1, column 8: <audio> cannot be played") as e:
        heard(desk, '<audio src="gs://b/absent.mp3"/>')
    assert "between its tags" in (e.value.hint or "")
