"""The conformance suite: what every engine of a task promises, whoever wrote it.

A new engine is picked up by itself; engines whose requirements or weights are missing skip by name.
"""

from __future__ import annotations

import asyncio
import inspect
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from sensorium.models import tasks
from sensorium.models.engines.minilm import WEIGHTS
from sensorium.models.errors import InvalidArgument
from sensorium.models.pool import LocalModels
from sensorium.models.registry import BY_CARD, EngineSpec, discover

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


STRANGE = ["", " \n", "\ud800 🦊 e\u0301 \u202e", "x" * 3_000, "אנה בפריז", "？！"]


def check_mentions(text: str, mentions: Sequence[tasks.Mention]) -> None:
    """Mentions are in order, do not overlap, and hold more than space."""
    end = 0
    for one in mentions:
        assert end <= one.start < one.end <= len(text)
        named = text[one.start : one.end]
        assert named.strip() == named
        assert one.kind in get_args(tasks.EntityKind)
        assert 0 <= one.confidence <= 1
        end = one.end


def check_entity_recognizer(spec: EngineSpec) -> None:
    texts = ["Maria Baker left Nordwind for Lisbon .", *STRANGE]
    found = ask(spec, tasks.EntityRecognizer.entities, texts, "en")
    assert len(found) == len(texts)
    for text, mentions in zip(texts, found, strict=True):
        check_mentions(text, mentions)
    assert found[0]
    assert found[1] == found[2] == []
    assert ask(spec, tasks.EntityRecognizer.entities, [], "en") == []


def check_open_entity_recognizer(spec: EngineSpec) -> None:
    check_entity_recognizer(spec)
    texts = ["Maria Baker plays the violin in Lisbon .", *STRANGE]
    found = ask(spec, tasks.OpenEntityRecognizer.entities_of, texts, ("instrument",), "en")
    for text, mentions in zip(texts, found, strict=True):
        check_mentions(text, mentions)
        assert all((one.kind, one.label) == ("OTHER", "instrument") for one in mentions)
    assert [texts[0][one.start : one.end] for one in found[0]] == ["violin"]
    assert ask(spec, tasks.OpenEntityRecognizer.entities_of, [], ("instrument",), "en") == []


def check_text_embedder(spec: EngineSpec) -> None:
    texts = ["The train is late.", "The railway is delayed.", "I like pears.", *STRANGE]
    found = ask(spec, tasks.TextEmbedder.embed, texts)
    assert {one.shape for one in found} == {found[0].shape}
    for one in found:
        assert one.dtype == np.float32
        assert np.linalg.norm(one) == pytest.approx(1, abs=1e-3)
    assert found[0] @ found[1] > found[0] @ found[2]
    assert ask(spec, tasks.TextEmbedder.embed, []) == []


def check_text_analyzer(spec: EngineSpec) -> None:
    texts = ["This is wonderful.", "This is horrible.", "Maria Baker lives in Lisbon.", *STRANGE]
    found = ask(spec, tasks.TextAnalyzer.analyze, texts, "en")
    assert len(found) == len(texts)
    for text, one in zip(texts, found, strict=True):
        check_mentions(text, one.mentions)
        assert abs(one.sentiment.score) <= one.sentiment.magnitude + 1e-6
        assert np.linalg.norm(one.embedding) == pytest.approx(1, abs=1e-3)
        assert set(one.moderation) == set(found[0].moderation)
        assert all(0 <= likely <= 1 for likely in one.moderation.values())
    assert -1 <= found[1].sentiment.score < 0 < found[0].sentiment.score <= 1
    assert {"PERSON", "LOCATION"} <= {one.kind for one in found[2].mentions}
    assert ask(spec, tasks.TextAnalyzer.analyze, [], "en") == []


def check_syntax_parser(spec: EngineSpec) -> None:
    texts = ["The fox sees two dogs .", *STRANGE]
    found = ask(spec, tasks.SyntaxParser.parse, texts, "en")
    assert len(found) == len(texts)
    for text, tokens in zip(texts, found, strict=True):
        end = 0
        for at, token in enumerate(tokens):
            assert end <= token.start < token.end <= len(text)
            assert text[token.start : token.end].strip()
            assert 0 <= token.head < len(tokens)
            assert token.pos in UNIVERSAL_TAGS
            assert (token.relation.lower() == "root") == (token.head == at)
            end = token.end
        heads = [token.head for token in tokens]
        for at in range(len(tokens)):
            for _ in tokens:
                at = heads[at]
            assert heads[at] == at, "every way up ends at a root"
    assert len(found[0]) == 6
    assert found[1] == found[2] == []
    assert ask(spec, tasks.SyntaxParser.parse, [], "en") == []


def odd_pictures() -> list[tasks.Pixels]:
    """Nothing, one pixel, a hair, a wall, noise, and views that cannot be written to."""
    noise = np.random.default_rng(7).integers(0, 256, (90, 160, 3), np.uint8)
    blank = np.full((64, 200, 3), 255, np.uint8)
    sizes = ((1, 1), (3, 5000), (5000, 3), (2, 2), (700, 900))
    made = [blank, *(np.full((*size, 3), 90, np.uint8) for size in sizes)]
    made += [noise, noise[:, ::-1], noise[::-1, ::2]]
    for image in made:
        image.flags.writeable = False
    return made


def check_box(box: tasks.Box, image: tasks.Pixels) -> None:
    """A box has an area and lies in its picture."""
    height, width = image.shape[:2]
    assert 0 <= box.left < box.right <= width
    assert 0 <= box.top < box.bottom <= height


def check_face(face: tasks.Face, image: tasks.Pixels) -> None:
    """A face has a place, Google's landmarks, and angles in degrees."""
    check_box(face.box, image)
    assert 0 <= face.confidence <= 1
    assert set(face.landmarks) <= LANDMARKS
    for point in face.landmarks.values():
        assert np.isfinite([point.x, point.y]).all()
    for angle in (face.roll, face.pan, face.tilt):
        assert angle is None or -180 <= angle <= 180
    assert set(face.attributes or {}) <= {"joy", "sorrow", "anger", "surprise", "headwear"}
    assert all(0 <= likely <= 1 for likely in (face.attributes or {}).values())


def check_face_detector(spec: EngineSpec) -> None:
    images = odd_pictures()
    found = ask(spec, tasks.FaceDetector.faces, images)
    assert len(found) == len(images)
    assert found[0] == []
    for image, faces in zip(images, found, strict=True):
        surest = [face.confidence for face in faces]
        assert surest == sorted(surest, reverse=True)
        for face in faces:
            check_face(face, image)
    assert ask(spec, tasks.FaceDetector.faces, []) == []


def check_object_detector(spec: EngineSpec) -> None:
    names = ask(spec, tasks.ObjectDetector.names)
    assert names
    assert len(set(names)) == len(names)
    images = odd_pictures()
    found = ask(spec, tasks.ObjectDetector.objects, images)
    assert len(found) == len(images)
    assert found[0] == []
    for image, things in zip(images, found, strict=True):
        surest = [thing.score for thing in things]
        assert surest == sorted(surest, reverse=True)
        for thing in things:
            assert thing.name in names
            assert 0 <= thing.score <= 1
            check_box(thing.box, image)
    assert ask(spec, tasks.ObjectDetector.objects, []) == []


def check_image_labeler(spec: EngineSpec) -> None:
    images = odd_pictures()
    found = ask(spec, tasks.ImageLabeler.labels, images)
    assert len(found) == len(images)
    for labels in found:
        scores = [label.score for label in labels]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert len({label.name.casefold() for label in labels}) == len(labels)
        assert all(label.name.strip() for label in labels)
    assert ask(spec, tasks.ImageLabeler.labels, []) == []


def check_image_matcher(spec: EngineSpec) -> None:
    images, names = odd_pictures(), ["a cat", "rain", "", "🦊 fox " * 200]
    found = ask(spec, tasks.ImageMatcher.match, images, names)
    assert len(found) == len(images)
    for scores in found:
        assert len(scores) == len(names)
        assert all(0 <= score <= 1 for score in scores)
    (alone,) = ask(spec, tasks.ImageMatcher.match, images[-1:], names[1:2])
    assert alone == pytest.approx(found[-1][1:2], abs=1e-3), "each name on its own"
    assert ask(spec, tasks.ImageMatcher.match, images[:2], []) == [[], []]
    assert ask(spec, tasks.ImageMatcher.match, [], names) == []


def check_image_embedder(spec: EngineSpec) -> None:
    images = odd_pictures()
    found = ask(spec, tasks.ImageEmbedder.embed_images, [*images, images[-1].copy()])
    assert len({one.shape for one in found}) == 1
    for one in found:
        assert one.dtype == np.float32
        assert np.linalg.norm(one) == pytest.approx(1, abs=1e-3)
    assert found[-1] @ found[-2] == pytest.approx(1, abs=1e-3)
    assert found[-1] @ found[0] < 0.999
    assert ask(spec, tasks.ImageEmbedder.embed_images, []) == []


def check_safety_rater(spec: EngineSpec) -> None:
    images = odd_pictures()
    found = ask(spec, tasks.SafetyRater.rate, images)
    assert len(found) == len(images)
    for rated in found:
        assert rated
        assert set(rated) <= {"adult", "racy", "violence", "medical", "spoof"}
        assert all(0 <= likely <= 1 for likely in rated.values())
    assert ask(spec, tasks.SafetyRater.rate, []) == []


LANDMARKS = frozenset(
    f"{side}_{part}"
    for side in ("LEFT", "RIGHT")
    for part in (
        *("EYE", "EYE_PUPIL", "EYE_TOP_BOUNDARY", "EYE_BOTTOM_BOUNDARY", "EYE_LEFT_CORNER"),
        *("EYE_RIGHT_CORNER", "EYEBROW_UPPER_MIDPOINT", "EAR_TRAGION", "CHEEK_CENTER"),
    )
) | frozenset(
    (
        *("LEFT_OF_LEFT_EYEBROW", "RIGHT_OF_LEFT_EYEBROW", "LEFT_OF_RIGHT_EYEBROW"),
        *("RIGHT_OF_RIGHT_EYEBROW", "MIDPOINT_BETWEEN_EYES", "NOSE_TIP", "NOSE_BOTTOM_LEFT"),
        *("NOSE_BOTTOM_RIGHT", "NOSE_BOTTOM_CENTER", "UPPER_LIP", "LOWER_LIP", "MOUTH_LEFT"),
        *("MOUTH_RIGHT", "MOUTH_CENTER", "FOREHEAD_GLABELLA", "CHIN_GNATHION"),
        *("CHIN_LEFT_GONION", "CHIN_RIGHT_GONION"),
    )
)

UNIVERSAL_TAGS = frozenset(
    "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X".split()  # noqa: SIM905
)

CHECKS: dict[type, Callable[[EngineSpec], None]] = {
    tasks.TextReader: check_text_reader,
    tasks.ImageReader: check_image_reader,
    tasks.DocumentReader: check_document_reader,
    tasks.LanguageIdentifier: check_language_identifier,
    tasks.SentimentAnalyzer: check_sentiment_analyzer,
    tasks.SpeechSynthesizer: check_speech_synthesizer,
    tasks.BarcodeReader: check_barcode_reader,
    tasks.EntityRecognizer: check_entity_recognizer,
    tasks.OpenEntityRecognizer: check_open_entity_recognizer,
    tasks.TextEmbedder: check_text_embedder,
    tasks.TextAnalyzer: check_text_analyzer,
    tasks.SyntaxParser: check_syntax_parser,
    tasks.FaceDetector: check_face_detector,
    tasks.ObjectDetector: check_object_detector,
    tasks.ImageLabeler: check_image_labeler,
    tasks.ImageMatcher: check_image_matcher,
    tasks.ImageEmbedder: check_image_embedder,
    tasks.SafetyRater: check_safety_rater,
}
# no engine of these comes with weights of its own
ONLY_BY_CARD = {
    *(tasks.EntityRecognizer, tasks.OpenEntityRecognizer, tasks.SyntaxParser),
    *(tasks.ObjectDetector, tasks.ImageMatcher),
    *(tasks.FaceDetector, tasks.ImageLabeler, tasks.ImageEmbedder, tasks.SafetyRater),
}
TRAINED_HERE = {"minilm", "minilm_sentiment"}


@pytest.mark.parametrize("name", SPECS)
def test_an_engine_keeps_the_promises_of_its_task(name: str):
    spec = SPECS[name]
    assert spec.task in CHECKS, f"{spec.task.__name__} has no conformance check; add one here"
    if spec.card == BY_CARD:
        pytest.skip(f"{name}: runs models of users; tested on tiny ones elsewhere")
    if reason := spec.missing():
        pytest.skip(f"{name}: {reason}")
    if name in TRAINED_HERE and not WEIGHTS.is_file():
        pytest.skip(f"{name}: {WEIGHTS.name} is absent")
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


def test_every_engine_of_models_by_card_is_tested_on_a_tiny_one():
    tests = Path(__file__).parent.glob("test_*.py")
    sources = "".join(one.read_text() for one in tests if one != Path(__file__))
    for spec in SPECS.values():
        if spec.card == BY_CARD:
            assert f'brought("{spec.name}"' in sources, spec.name


def test_every_embedded_task_has_an_engine_that_can_run():
    ready = {spec.task for spec in SPECS.values() if not spec.card and not spec.missing()}
    assert set(CHECKS) - ONLY_BY_CARD <= ready
    assert not ONLY_BY_CARD & ready
