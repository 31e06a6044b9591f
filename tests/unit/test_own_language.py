"""Natural Language with a tagger that the user brought: from a folder to an answer."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call
from sensorium.gateway.app import local_models
from sensorium.gateway.settings import Settings
from sensorium.models.errors import InvalidArgument
from sensorium.models.tasks import EntityRecognizer
from tests.unit.tiny import brought, save_tagger

TEXT = "😀 Maria Ortega works in Zürich . Tom left Nordwind for Oslo ."
SERVICE = "google.cloud.language.{}.LanguageService.{}"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with a tagger of German, brought by the command line alone."""
    folder = tmp_path_factory.mktemp("brought")
    model = folder / "model"
    brought("token_classification", model)  # skips where the libraries are missing
    save_tagger(model)
    (model / "optimizer.pt").write_bytes(b"a pickle, perhaps")
    told = sensorium(folder, "cards", "new", "german-names", str(model), *HOW)
    assert told.returncode == 0, told.stderr
    assert "left out optimizer.pt" in told.stdout
    assert "imported" in told.stdout
    return folder


HOW = ("--engine", "token_classification", "--languages", "de", "--licence", "MIT")


def sensorium(state: Path, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sensorium", *words, "--set", f"state={state / 'state'}"],
        input=text,
        capture_output=True,
        text=True,
    )


def ask(state: Path, version: str, method: str, code: str = "de", **rest: Any) -> Any:
    """Ask in process, with the engines of the state folder."""

    async def run() -> Any:
        models = local_models(Settings(state=state / "state", device="cpu"))
        nowhere: Any = None
        field = "language" if version == "v1" else "languageCode"
        document = {"type": "PLAIN_TEXT", "content": TEXT, field: code}
        try:
            return await LocalClient(Call(models, nowhere)).call(
                SERVICE.format(version, method), {"document": document, **rest}
            )
        finally:
            await models.close()

    return asyncio.run(run())


def names(answer: Any) -> list[tuple[str, str, int]]:
    return [
        (mention["text"]["content"], one["type"], mention["text"].get("beginOffset", 0))
        for one in answer["entities"]
        for mention in one["mentions"]
    ]


def expected(encoding: str, size: int) -> list[tuple[str, str, int]]:
    found = {
        "Maria Ortega": "PERSON",
        "Zürich": "LOCATION",
        "Tom": "PERSON",
        "Nordwind": "ORGANIZATION",
        "Oslo": "LOCATION",
    }
    return [
        (name, kind, len(TEXT[: TEXT.index(name)].encode(encoding)) // size)
        for name, kind in found.items()
    ]


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    ("encoding", "codec", "size"),
    [("UTF8", "utf-8", 1), ("UTF16", "utf-16-le", 2), ("UTF32", "utf-32-le", 4)],
)
def test_a_language_is_served_by_the_tagger_that_was_brought_for_it(
    state: Path, version: str, encoding: str, codec: str, size: int
):
    answer = ask(state, version, "AnalyzeEntities", encodingType=encoding)
    assert sorted(names(answer)) == sorted(expected(codec, size))
    assert (answer.get("language") or answer["languageCode"]) == "de"


def test_v2_tells_no_sentiment_where_no_engine_can(state: Path):
    answer = ask(state, "v2", "AnalyzeEntities")
    assert answer["languageSupported"] is True
    for one in answer["entities"]:
        assert "sentiment" not in one
        for mention in one["mentions"]:
            assert "sentiment" not in mention
            assert 0 < mention["probability"] <= 1


def test_entity_sentiment_needs_an_engine_for_sentiment_and_says_so(state: Path):
    with pytest.raises(InvalidArgument) as refusal:
        ask(state, "v1", "AnalyzeEntitySentiment")
    assert "The language de is not supported for entity_sentiment" in refusal.value.message
    features = {"extractEntitySentiment": True}
    with pytest.raises(InvalidArgument, match="entity_sentiment"):
        ask(state, "v1", "AnnotateText", features=features)


def test_another_language_is_still_refused_by_name(state: Path):
    with pytest.raises(InvalidArgument) as refusal:
        ask(state, "v1", "AnalyzeEntities", code="fi")
    assert refusal.value.field == "document.language"
    assert "german-names does not speak 'fi'" in (refusal.value.hint or "")


def test_the_pool_runs_it_under_the_cards_name(state: Path):
    async def run() -> str:
        models = local_models(Settings(state=state / "state"))
        try:
            chosen = models.chosen(EntityRecognizer.entities, language="de")
            assert [spec.name for spec in models.specs].count("token_classification") == 0
            found = await models.use(EntityRecognizer.entities, engine=chosen)([TEXT], "de")
            assert len(found[0]) == 5
            return chosen
        finally:
            await models.close()

    assert asyncio.run(run()) == "german-names"


# --- the command line -------------------------------------------------------------------------


def test_the_command_line_answers_with_it_and_lists_it(state: Path):
    request = {"document": {"type": "PLAIN_TEXT", "content": TEXT, "language": "de"}}
    done = sensorium(
        state, "call", SERVICE.format("v1", "AnalyzeEntities"), "-", text=json.dumps(request)
    )
    assert done.returncode == 0, done.stderr
    assert {name for name, _, _ in names(json.loads(done.stdout))} == {
        "Maria Ortega",
        "Zürich",
        "Tom",
        "Nordwind",
        "Oslo",
    }
    listed = sensorium(state, "engines")
    assert "german-names" in listed.stdout


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "There is a model card 'german-names' already"),
        ({"german-names": "other", "token_classification": "vader"}, "engine must be one of"),
        ({"german-names": "vader"}, "has this name already"),
        ({"german-names": "Not A Name"}, "name"),
        ({"german-names": "other", "token_classification": "text_classification"}, "lacks"),
    ],
    ids=["twice", "no such engine", "an engine's name", "no name", "another kind"],
)
def test_what_cannot_be_brought_leaves_nothing_behind(
    state: Path, changes: dict[str, str], reason: str
):
    words = ["cards", "new", "german-names", str(state / "model"), *HOW]
    cards = state / "state" / "cards"
    before = {path: path.read_bytes() for path in cards.iterdir()}
    done = sensorium(state, *(changes.get(word, word) for word in words))
    assert done.returncode != 0
    assert reason in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in cards.iterdir()} == before
