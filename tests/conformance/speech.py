"""What engines that speak and listen promise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sensorium.models import tasks
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


CHECKS: dict[type, Callable[[EngineSpec], None]] = {
    tasks.SpeechSynthesizer: check_speech_synthesizer
}
