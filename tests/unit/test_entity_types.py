"""Entity types of the caller's own: by header, found beside the usual ones, and never invented."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call
from sensorium.apis.language.entity_types import asked, merged
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec
from sensorium.models.tasks import EntityRecognizer, Mention, OpenEntityRecognizer
from tests.fakes import app, serve, service
from tests.fakes import asked as requested

ENTITIES = "google.cloud.language.v1.LanguageService.AnalyzeEntities"
V2 = "google.cloud.language.v2.LanguageService.AnalyzeEntities"
TEXT = "😀 Maria takes Ibuprofen 200 mg and ibuprofen again in Oslo."
OWN = {"medication": r"[Ii]buprofen( 200 mg)?", "dosage": r"200 mg", "city": r"Oslo"}


class Open:
    """Find what a test expects."""

    def entities(self, texts: Sequence[str], language: str) -> list[list[Mention]]:
        usual = re.compile(r"(?P<PERSON>Maria)|(?P<LOCATION>Oslo)")
        return [
            [Mention(one.start(), one.end(), one.lastgroup, 0.9) for one in usual.finditer(text)]
            for text in texts
        ]

    def entities_of(
        self, texts: Sequence[str], labels: Sequence[str], language: str
    ) -> list[list[Mention]]:
        return [
            sorted(
                (
                    Mention(one.start(), one.end(), "OTHER", 0.8, one[0][0].isupper(), label)
                    for label in labels
                    for one in re.finditer(OWN[label], text)
                ),
                key=lambda mention: mention.start,
            )
            for text in texts
        ]


OPEN = EngineSpec("open", OpenEntityRecognizer, Open, languages=("en",), batch=4)
USUAL = EngineSpec("usual", EntityRecognizer, Open, rank=50)


def ask(types: str | None, *specs: EngineSpec, rpc: str = ENTITIES, code: str = "en") -> Any:
    async def run() -> Any:
        models = LocalModels(specs or [OPEN])
        nowhere: Any = None
        options = {} if types is None else {"entity-types": types}
        field = "languageCode" if rpc == V2 else "language"
        document = {"type": "PLAIN_TEXT", "content": TEXT, field: code}
        try:
            return await LocalClient(Call(models, nowhere, options=options)).call(
                rpc, {"document": document, "encodingType": "UTF16"}
            )
        finally:
            await models.close()

    return asyncio.run(run())


def kinds(answer: Any) -> dict[str, tuple[str, str]]:
    return {
        one["name"]: (one["type"], one.get("metadata", {}).get("entity_type", ""))
        for one in answer["entities"]
    }


@pytest.mark.parametrize("rpc", [ENTITIES, V2])
def test_own_types_are_other_with_their_name_beside_the_usual_ones(rpc: str):
    answer = ask("medication", rpc=rpc)
    assert kinds(answer) == {
        "Maria": ("PERSON", ""),
        "Oslo": ("LOCATION", ""),
        "Ibuprofen 200 mg": ("OTHER", "medication"),
        "ibuprofen": ("OTHER", "medication"),
    }
    (drug,) = (one for one in answer["entities"] if one["name"] == "Ibuprofen 200 mg")
    assert drug["mentions"][0]["text"]["beginOffset"] == TEXT.index("Ibuprofen") + 1


def test_an_own_type_stands_above_a_usual_one_and_above_a_number():
    found = kinds(ask("dosage, city"))
    assert found["200 mg"] == ("OTHER", "dosage")
    assert found["Oslo"] == ("OTHER", "city")
    assert "200" not in found
    assert kinds(ask(None))["200"][0] == "NUMBER"


def test_an_engine_of_open_types_is_an_engine_of_the_usual_ones():
    assert kinds(ask(None))["Maria"] == ("PERSON", "")
    assert kinds(ask("medication", OPEN, USUAL))["Ibuprofen 200 mg"] == ("OTHER", "medication")


@pytest.mark.parametrize(("specs", "code"), [([USUAL], "en"), ([OPEN, USUAL], "de")])
def test_without_an_engine_for_them_own_types_are_refused(specs: list[EngineSpec], code: str):
    assert ask(None, *specs, code=code)["entities"]
    with pytest.raises(FailedPrecondition, match="Nothing here can find medication") as refusal:
        ask("medication", *specs, code=code)
    assert "--engine gliner" in (refusal.value.hint or "")
    assert refusal.value.field == "x-sensorium-entity-types"


# --- the list ---------------------------------------------------------------------------------


def listed(value: str) -> tuple[str, ...]:
    nothing: Any = None
    return asked(Call(nothing, nothing, options={"entity-types": value}))


@pytest.mark.parametrize(
    ("value", "types"),
    [
        ("", ()),
        (" , ,", ()),
        ("medication", ("medication",)),
        (" side  effect ,dosage,dosage", ("side effect", "dosage")),
        ("K%C3%BCche,%E8%96%AC", ("Küche", "薬")),
        ("salt%2C sea", ("salt, sea",)),
    ],
)
def test_a_list_is_names_with_commas_between(value: str, types: tuple[str, ...]):
    assert listed(value) == types


@pytest.mark.parametrize(
    "value", ["%FF", "x" * 65, ",".join(map(str, range(26))), "a%00b", "%F0%9F%98%80" * 65]
)
def test_what_is_no_list_of_names_is_refused(value: str):
    with pytest.raises(InvalidArgument) as refusal:
        listed(value)
    assert refusal.value.field == "x-sensorium-entity-types"


def test_own_mentions_put_aside_what_they_touch():
    usual = [Mention(0, 4, "PERSON", 1.0), Mention(5, 9, "LOCATION", 1.0)]
    own = [Mention(8, 12, "OTHER", 1.0, label="dish")]
    assert merged(usual, own) == (usual[0], own[0])


# --- the way of the header --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "options"),
    [
        ({}, {"entity-types": "by setting"}),
        ({"X-Sensorium-Entity-Types": "by header"}, {"entity-types": "by header"}),
        ({"x-sensorium-other": "1"}, {"entity-types": "by setting", "other": "1"}),
        ({"x-goog-api-client": "gl"}, {"entity-types": "by setting"}),
    ],
)
def test_a_header_stands_above_the_setting_and_other_headers_stay_outside(
    monkeypatch: pytest.MonkeyPatch, headers: Mapping[str, str], options: Mapping[str, str]
):
    seen: list[Mapping[str, str]] = []

    async def handler(request: Any, call: Call) -> dict[str, Any]:
        seen.append(call.options)
        return {}

    serve(monkeypatch, {ENTITIES: handler})
    one = service(options={"entity-types": "by setting"})
    answered = requested(
        app(one), "POST", "/v1/documents:analyzeEntities", {}, headers=headers.items()
    )
    assert answered.status == 200
    assert seen == [options]
