"""What engines that speak and listen promise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sensorium.models import tasks
from sensorium.models.errors import InvalidArgument, OutOfRange
from sensorium.models.media.audio import encode
from sensorium.models.registry import EngineSpec
from tests.conformance.asking import ask


def check_speech_synthesizer(spec: EngineSpec) -> None:
    voices = ask(spec, tasks.SpeechSynthesizer.voices)
    assert len({voice.name for voice in voices}) == len(voices)
    voice = next(voice for voice in voices if voice.languages[0].startswith("en"))
    said = tasks.Utterance("Hello there.", voice.languages[0], voice.name)
    (speech,) = ask(spec, tasks.SpeechSynthesizer.synthesize, [said])
    assert speech.samples.dtype == np.int16
    assert 0.3 < len(speech.samples) / speech.sample_rate < 5
    assert np.abs(speech.samples).max() > 1000


def check_audio_reader(spec: EngineSpec) -> None:
    rng = np.random.default_rng(7)
    samples = (3000 * rng.standard_normal(8000)).astype(np.int16)
    for kind in ("WAV", "MP3", "OGG_OPUS", "M4A", "MULAW"):
        found = ask(spec, tasks.AudioReader.recording, encode(samples, 8000, kind), None, 10.0)
        assert len(found.channels) == 1
        assert found.channels[0].dtype == np.int16
        assert found.seconds == pytest.approx(1, abs=0.15)
        assert found.container
    raw = tasks.RawFormat("LINEAR16", 8000, 2)
    found = ask(spec, tasks.AudioReader.recording, samples.tobytes(), raw, 10.0)
    assert [len(channel) for channel in found.channels] == [8000, 8000]
    with pytest.raises(InvalidArgument):
        ask(spec, tasks.AudioReader.recording, b"no sound at all, and no format", None, 10.0)
    with pytest.raises(OutOfRange):
        ask(spec, tasks.AudioReader.recording, encode(samples, 8000, "WAV"), None, 0.5)


def check_voice_detector(spec: EngineSpec) -> None:
    silence = np.zeros(16_000, np.int16)
    ((likely, state),) = ask(spec, tasks.VoiceDetector.voices, [(silence, None)])
    assert len(likely) == 16_000 // 512
    assert likely.max() < 0.3
    ((more, _),) = ask(spec, tasks.VoiceDetector.voices, [(silence[:300], state)])
    assert len(more) == (16_000 % 512 + 300) // 512


def check_transcriber(spec: EngineSpec) -> None:
    language = "en" if spec.speaks("en") else spec.languages[0]
    silence, nothing = np.zeros(16_000, np.int16), np.zeros(0, np.int16)
    noise = np.random.default_rng(7).integers(-3000, 3000, 16_000, np.int16)
    found = ask(spec, tasks.Transcriber.transcribe, [silence, nothing, noise], language)
    assert len(found) == 3
    for hearings in found:
        assert len(hearings) <= 1
        for one in hearings:
            assert 0 <= one.confidence <= 1
            ends = [(word.start, word.end) for word in one.words]
            assert all(0 <= start <= end <= 1 for start, end in ends)
            assert ends == sorted(ends)
    assert ask(spec, tasks.Transcriber.transcribe, [], language) == []


def check_speaker_diarizer(spec: EngineSpec) -> None:
    rng = np.random.default_rng(7)
    low, high = (
        [(3000 * np.sin(np.arange(16_000) * pitch + rng.normal(0, 0.1, 16_000))).astype(np.int16)]
        for pitch in (0.05, 0.9)
    )
    ask_ = tasks.SpeakerDiarizer.speakers
    assert ask(spec, ask_, [low + high + low + high], 2, 2) == [[1, 2, 1, 2]]
    assert ask(spec, ask_, [low + high, [], low], 1, 1) == [[1, 1], [], [1]]
    assert ask(spec, ask_, [], 1, 6) == []


def check_spoken_language_identifier(spec: EngineSpec) -> None:
    noise = np.random.default_rng(7).integers(-3000, 3000, 16_000, np.int16)
    found = ask(spec, tasks.SpokenLanguageIdentifier.spoken, [noise, noise[:0]])
    assert len(found) == 2
    assert found[1] == []
    sure = [one.confidence for one in found[0]]
    assert sure == sorted(sure, reverse=True)
    assert sum(sure) <= 1.0001
    assert all(one.language for one in found[0])


def check_multilingual_transcriber(spec: EngineSpec) -> None:
    check_transcriber(spec)
    check_spoken_language_identifier(spec)


CHECKS: dict[type, Callable[[EngineSpec], None]] = {
    tasks.SpeechSynthesizer: check_speech_synthesizer,
    tasks.AudioReader: check_audio_reader,
    tasks.VoiceDetector: check_voice_detector,
    tasks.Transcriber: check_transcriber,
    tasks.SpeakerDiarizer: check_speaker_diarizer,
    tasks.SpokenLanguageIdentifier: check_spoken_language_identifier,
    tasks.MultilingualTranscriber: check_multilingual_transcriber,
}
