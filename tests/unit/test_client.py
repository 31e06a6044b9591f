"""The client over HTTP sends what the client in process would take."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensorium.apis.client import HttpClient
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.router import VARIABLE, Router
from sensorium.apis.wire.table import load
from sensorium.gateway.query import Query
from sensorium.models.errors import FailedPrecondition, InvalidArgument, Unavailable
from tests.messages import as_json, messages, same
from tests.unit.test_router import nested

SYNTHESIZE = "google.cloud.texttospeech.v1.TextToSpeech.SynthesizeSpeech"
TRANSLATE = "google.cloud.translation.v3.TranslationService.TranslateText"
METHODS = [
    load().methods[name]
    for name in (
        "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages",
        "google.cloud.vision.v1.ProductSearch.UpdateProduct",
        "google.cloud.speech.v2.Speech.UpdateRecognizer",
        "google.cloud.texttospeech.v1.TextToSpeech.ListVoices",
        "google.cloud.translation.v3.TranslationService.UpdateGlossary",
        "google.cloud.documentai.v1.DocumentProcessorService.ProcessDocument",
        "google.cloud.dialogflow.v2.Intents.CreateIntent",
        "google.cloud.dialogflow.v2.Intents.UpdateIntent",
        "google.cloud.dialogflow.v2.Sessions.DetectIntent",
        "google.cloud.dialogflow.cx.v3.Flows.ListFlows",
    )
]
ROUTER = Router(load().methods.values())


class Wire(httpx.AsyncBaseTransport):
    """Keeps the request and answers with what it was made with."""

    def __init__(self, status: int = 200, body: bytes = b"{}") -> None:
        self.answer = httpx.Response(status, content=body)
        self.request: httpx.Request | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.request = request
        return self.answer


def called(wire: Wire, rpc: str, request: Any, **settings_: Any) -> Any:
    """Call over the given wire instead of a socket."""
    real = httpx.AsyncClient
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "AsyncClient", lambda **how: real(transport=wire, **how))
        return asyncio.run(HttpClient("http://gateway/", **settings_).call(rpc, request))


def received(wire: Wire) -> Any:
    """Return the message that a gateway makes of the request on the wire."""
    assert wire.request is not None
    url = wire.request.url
    match = ROUTER.match(wire.request.method, url.raw_path.partition(b"?")[0].decode())
    assert match is not None
    message = match.method.request()
    if match.binding.body and wire.request.content:
        body = orjson.loads(wire.request.content)
        decode(message, body if match.binding.body == "*" else {match.binding.body: body})
    Query(list(url.params.multi_items())).fill(message)
    decode(message, nested(dict(match.fields)))
    return message


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(METHODS), st.data())
def test_any_request_reaches_the_gateway_as_it_was(one: Any, data: st.DataObject) -> None:
    message = data.draw(messages(one.request_type.full_name))
    for found in VARIABLE.finditer(one.http[0].path):
        *parents, last = found[1].split(".")
        target = message
        for parent in parents:
            target = getattr(target, parent)
        text = data.draw(
            st.text(min_size=1, max_size=5).filter(lambda s: "/" not in s and s.strip("."))
        )
        setattr(target, last, (found[2] or "*").replace("*", text))
    wire = Wire()
    called(wire, one.name, as_json(message))
    assert same(received(wire), message)


def test_bytes_and_base64_and_either_case_of_names_are_sent_alike() -> None:
    wire = Wire()
    for content in (b"abc", "YWJj"):
        for key in ("inputAudio", "input_audio"):
            called(
                wire,
                "google.cloud.dialogflow.v2.Sessions.DetectIntent",
                {"session": "projects/p/agent/sessions/s", key: content},
            )
            assert received(wire).input_audio == b"abc"


def test_a_name_that_fits_a_later_binding_goes_there() -> None:
    wire = Wire()
    for parent in ("projects/p", "projects/p/locations/l"):
        called(wire, TRANSLATE, {"parent": parent, "contents": ["a"]})
        assert wire.request is not None
        assert wire.request.url.path == f"/v3/{parent}:translateText"


def test_a_name_that_fits_no_binding_is_refused_with_its_field() -> None:
    with pytest.raises(InvalidArgument) as caught:
        called(Wire(), TRANSLATE, {"parent": "nowhere", "contents": ["a"]})
    assert caught.value.field == "parent"


def test_the_key_travels_in_its_header_and_not_in_the_url() -> None:
    wire = Wire()
    called(wire, SYNTHESIZE, {}, key="sk-1")
    assert wire.request is not None
    assert wire.request.headers["x-goog-api-key"] == "sk-1"
    assert "sk-1" not in str(wire.request.url)


def test_a_failure_over_http_is_the_failure_that_the_gateway_raised() -> None:
    body = {"error": {"code": 400, "status": "FAILED_PRECONDITION", "message": "pull it"}}
    with pytest.raises(FailedPrecondition, match="pull it"):
        called(Wire(400, json.dumps(body).encode()), SYNTHESIZE, {})


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff"])
def test_an_answer_that_is_no_json_says_so(body: bytes) -> None:
    with pytest.raises(Unavailable, match="502"):
        called(Wire(502, body), SYNTHESIZE, {})


def test_no_gateway_at_all_says_how_to_start_one() -> None:
    client = HttpClient("http://127.0.0.1:1")
    with pytest.raises(Unavailable, match="sensorium serve"):
        asyncio.run(client.call(SYNTHESIZE, {}))


def test_an_rpc_that_does_not_exist_or_is_a_stream_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"google\.Nope"):
        called(Wire(), "google.Nope", {})
    with pytest.raises(InvalidArgument, match="is a stream"):
        called(Wire(), "google.cloud.speech.v1.Speech.StreamingRecognize", {})
