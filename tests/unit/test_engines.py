"""The conformance suite: what every engine of a task promises, whoever wrote it.

A new engine is picked up by itself; engines whose requirements or weights are missing skip by name.
"""

from __future__ import annotations

import asyncio
import inspect
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sensorium.models import tasks
from sensorium.models.errors import InvalidArgument
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec, discover

SPECS = {spec.name: spec for spec in discover()}


def png(width: int = 64, height: int = 48) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(target, "PNG")
    return target.getvalue()


def pdf() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(target, "PDF", resolution=72)
    return target.getvalue()


def ask(spec: EngineSpec, method: Callable[..., Any], *arguments: Any) -> Any:
    """Run a method of just this engine, as the gateway would."""

    async def run() -> Any:
        models = LocalModels([spec])
        try:
            return await models.use(method)(*arguments)
        finally:
            await models.close()

    return asyncio.run(run())


def check_text_reader(spec: EngineSpec) -> None:
    blank = np.full((64, 200, 3), 255, np.uint8)
    assert ask(spec, tasks.TextReader.read, [blank, blank]) == [[], []]


def check_image_reader(spec: EngineSpec) -> None:
    (frame,) = ask(spec, tasks.ImageReader.frames, png(), 10_000)
    assert frame.shape == (48, 64, 3)
    assert frame.dtype == np.uint8
    assert ask(spec, tasks.ImageReader.count, png()) == 1
    with pytest.raises(InvalidArgument):
        ask(spec, tasks.ImageReader.frames, png(200, 200), 10_000)
    with pytest.raises(InvalidArgument):
        ask(spec, tasks.ImageReader.frames, b"no picture", 10_000)


def check_document_reader(spec: EngineSpec) -> None:
    assert ask(spec, tasks.DocumentReader.count, pdf()) == 1
    page = ask(spec, tasks.DocumentReader.page, pdf(), 1, 144)
    assert page.image.shape == (200, 400, 3)
    with pytest.raises(InvalidArgument):
        ask(spec, tasks.DocumentReader.count, b"%PDF-1.7 and no more")


def check_language_identifier(spec: EngineSpec) -> None:
    texts = ["Where is the railway station, please?", ""]
    sure, nothing = ask(spec, tasks.LanguageIdentifier.identify, texts)
    assert sure[0].language == "en"
    assert nothing == []
    confidences = [one.confidence for one in sure]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)
    assert "en" in ask(spec, tasks.LanguageIdentifier.languages)


def check_sentiment_analyzer(spec: EngineSpec) -> None:
    good, bad = ask(
        spec, tasks.SentimentAnalyzer.sentiment, ["This is wonderful.", "This is horrible."], "en"
    )
    assert -1 <= bad.score < 0 < good.score <= 1
    assert good.magnitude >= abs(good.score)
    assert ask(spec, tasks.SentimentAnalyzer.sentiment, [], "en") == []


def check_speech_synthesizer(spec: EngineSpec) -> None:
    voices = ask(spec, tasks.SpeechSynthesizer.voices)
    assert len({voice.name for voice in voices}) == len(voices)
    voice = next(voice for voice in voices if voice.languages[0].startswith("en"))
    said = tasks.Utterance("Hello there.", voice.languages[0], voice.name)
    (speech,) = ask(spec, tasks.SpeechSynthesizer.synthesize, [said])
    assert speech.samples.dtype == np.int16
    assert 0.3 < len(speech.samples) / speech.sample_rate < 5
    assert np.abs(speech.samples).max() > 1000


def check_barcode_reader(spec: EngineSpec) -> None:
    blank = np.full((64, 200, 3), 255, np.uint8)
    assert ask(spec, tasks.BarcodeReader.barcodes, [blank, blank]) == [[], []]


CHECKS: dict[type, Callable[[EngineSpec], None]] = {
    tasks.TextReader: check_text_reader,
    tasks.ImageReader: check_image_reader,
    tasks.DocumentReader: check_document_reader,
    tasks.LanguageIdentifier: check_language_identifier,
    tasks.SentimentAnalyzer: check_sentiment_analyzer,
    tasks.SpeechSynthesizer: check_speech_synthesizer,
    tasks.BarcodeReader: check_barcode_reader,
}


@pytest.mark.parametrize("name", SPECS)
def test_an_engine_keeps_the_promises_of_its_task(name: str):
    spec = SPECS[name]
    if spec.task not in CHECKS:
        pytest.fail(f"{spec.task.__name__} has no conformance check; add one here")
    if reason := spec.missing():
        pytest.skip(f"{name}: {reason}")
    if spec.card:
        pytest.skip(f"{name}: needs the weights of {spec.card}")
    CHECKS[spec.task](spec)


@pytest.mark.parametrize("name", SPECS)
def test_an_engine_says_what_it_is_and_has_every_method_of_its_task(name: str):
    spec = SPECS[name]
    assert spec.summary.endswith((".", ";")), "one sentence that `sensorium doctor` can show"
    for method, promised in inspect.getmembers(spec.task, inspect.isfunction):
        if method.startswith("_"):
            continue
        given = inspect.signature(getattr(spec.factory, method)).parameters
        assert list(given) == list(inspect.signature(promised).parameters), method


def test_every_embedded_task_has_an_engine_that_can_run():
    ready = {spec.task for spec in SPECS.values() if not spec.card and not spec.missing()}
    assert set(CHECKS) <= ready
