"""REST: every answer and every failure in the shape that Google's clients know."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from sensorium.apis.core import Call
from sensorium.apis.wire.table import load
from tests.fakes import app, asked, serve
from tests.unit import requests
from tests.unit.requests import ANNOTATE, DETECT, TRANSLATE_V2, UPDATE, seen

served = requests.served

LIST = "google.cloud.dialogflow.v2.Intents.ListIntents"


# --- answers -----------------------------------------------------------------------------------


def test_an_rpc_is_answered_over_httpx_as_over_a_socket() -> None:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app=app())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post(DETECT, json={"queryInput": {"text": {"text": "hi"}}})

    answer = asyncio.run(go())
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["queryResult"] == {"queryText": "projects/p/agent/sessions/s"}
    assert seen[0].query_input.text.text == "hi"


def test_every_answer_carries_a_request_id_of_its_own() -> None:
    first, second = asked(app(), "POST", DETECT), asked(app(), "POST", DETECT)
    assert first.headers["x-request-id"] == first.json["responseId"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    refused = asked(app(), "POST", DETECT, b"{")
    assert refused.detail("RequestInfo") == {"requestId": refused.headers["x-request-id"]}


def test_an_empty_body_is_an_empty_request() -> None:
    for body in (b"", b"  \n", b"{}"):
        assert asked(app(), "POST", DETECT, body).status == 200


def test_the_path_wins_over_the_body() -> None:
    asked(app(), "POST", DETECT, {"session": "projects/other/agent/sessions/s"})
    assert seen[0].session == "projects/p/agent/sessions/s"


def test_a_body_that_is_one_field_and_a_mask_in_the_query_make_one_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        seen.append(request)
        return {}

    serve(monkeypatch, {UPDATE: handler})
    answer = asked(
        app(),
        "PATCH",
        "/v2/projects/p/agent/intents/i?updateMask=displayName,isFallback&language_code=en"
        "&intentView=INTENT_VIEW_FULL&unknown=1",
        {"displayName": "greet"},
    )
    assert answer.status == 200
    (request,) = seen
    assert request.intent.name == "projects/p/agent/intents/i"
    assert request.intent.display_name == "greet"
    assert list(request.update_mask.paths) == ["display_name", "is_fallback"]
    assert (request.language_code, request.intent_view) == ("en", 1)


def test_enums_are_names_or_numbers_as_the_query_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        return {"responses": [{"safeSearchAnnotation": {"adult": "VERY_UNLIKELY"}}]}

    serve(monkeypatch, {ANNOTATE: handler})
    for query, adult in (
        ("", "VERY_UNLIKELY"),
        ("?alt=json", "VERY_UNLIKELY"),
        ("?$alt=json;enum-encoding=int", 1),
        ("?%24alt=json%3Benum-encoding%3Dint", 1),
    ):
        answer = asked(app(), "POST", f"/v1/images:annotate{query}", {"requests": []})
        assert answer.json["responses"][0]["safeSearchAnnotation"] == {"adult": adult}


def test_pretty_print_adds_space_and_nothing_else() -> None:
    plain = asked(app(), "POST", DETECT)
    pretty = asked(app(), "POST", f"{DETECT}?prettyPrint=true")
    assert b"\n" not in plain.body
    assert b'\n  "queryResult"' in pretty.body
    assert pretty.json["queryResult"] == plain.json["queryResult"]


@pytest.mark.parametrize(
    ("path", "stable", "request_"),
    [
        ("/v1p4beta1/images:annotate", ANNOTATE, {"requests": [{"features": [{"type": 1}]}]}),
        ("/v1p1beta1/images:annotate", ANNOTATE, {"requests": [{"features": [{"type": 1}]}]}),
        (
            "/v1p1beta1/speech:recognize",
            "google.cloud.speech.v1.Speech.Recognize",
            {"audio": {"uri": "a"}},
        ),
        (
            "/v3beta1/projects/p:translateText",
            "google.cloud.translation.v3.TranslationService.TranslateText",
            {"contents": ["a"]},
        ),
        (
            "/v1beta1/text:synthesize",
            "google.cloud.texttospeech.v1.TextToSpeech.SynthesizeSpeech",
            {"input": {"text": "a"}},
        ),
    ],
)
def test_a_beta_is_answered_by_the_stable_handler_which_sees_its_own_type(
    monkeypatch: pytest.MonkeyPatch, path: str, stable: str, request_: Any
) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        seen.append(request)
        return {}

    serve(monkeypatch, {stable: handler})
    assert asked(app(), "POST", path, request_).status == 200
    assert seen[0].DESCRIPTOR is load().methods[stable].request_type
    assert seen[0].ListFields()


def test_a_beta_that_knows_less_still_gets_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        assert not request.parent  # which no vision beta has
        landmarks = [{"type": "LEFT_CHEEK_CENTER"}, {"type": "LEFT_EYE"}]
        face = {"landmarks": landmarks, "rollAngle": 1.0}
        return {"responses": [{"faceAnnotations": [face], "context": {"uri": "x"}}]}

    serve(monkeypatch, {ANNOTATE: handler})
    for query, eye in (("", "LEFT_EYE"), ("?$alt=json;enum-encoding=int", 1)):
        answer = asked(app(), "POST", f"/v1p1beta1/images:annotate{query}", {})
        assert answer.status == 200
        assert set(answer.json["responses"][0]) == {"faceAnnotations"}
        face = answer.json["responses"][0]["faceAnnotations"][0]
        assert (face["rollAngle"], face["landmarks"][1]["type"]) == (1.0, eye)


def test_translate_v2_takes_a_query_and_a_body(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        return {"data": {"translations": [{"translatedText": q} for q in request.q]}}

    serve(monkeypatch, {TRANSLATE_V2: handler})
    texts = {"data": {"translations": [{"translatedText": "a b"}, {"translatedText": "\u00e9"}]}}
    path = "/language/translate/v2"
    assert asked(app(), "GET", f"{path}?q=a+b&q=%C3%A9&target=es").json == texts
    assert asked(app(), "POST", path, {"q": ["a b", "\u00e9"], "target": "es"}).json == texts
