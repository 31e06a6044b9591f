"""The conformance suite: what every engine of a task promises, whoever wrote it.

A new engine is picked up by itself; engines whose requirements or weights are missing skip by name.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from sensorium.models import tasks
from sensorium.models.engines.minilm import WEIGHTS
from sensorium.models.registry import BY_CARD, discover
from tests.conformance import CHECKS

SPECS = {spec.name: spec for spec in discover()}

# no engine of these comes with weights of its own
ONLY_BY_CARD = {
    *(tasks.EntityRecognizer, tasks.OpenEntityRecognizer, tasks.SyntaxParser),
    *(tasks.ObjectDetector, tasks.ImageMatcher, tasks.TableRecognizer, tasks.FieldReader),
    *(tasks.SpokenLanguageIdentifier, tasks.MultilingualTranscriber),
}
TRAINED_HERE = {"minilm", "minilm_sentiment"}


@pytest.mark.parametrize("name", SPECS)
def test_an_engine_keeps_the_promises_of_its_task(name: str):
    spec = SPECS[name]
    assert spec.task in CHECKS, (
        f"{spec.task.__name__} has no conformance check; add one to tests/conformance"
    )
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
    by_programs = {spec.task for spec in SPECS.values() if spec.programs}  # Debian's, not pip's
    assert set(CHECKS) - ONLY_BY_CARD - by_programs <= ready
    assert not ONLY_BY_CARD & ready
