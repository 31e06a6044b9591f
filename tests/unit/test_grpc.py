"""gRPC: the same answers and failures as REST, on a real server."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.apis.core import Call
from sensorium.apis.wire.table import load
from tests.fakes import access, serve, service
from tests.unit.serving import BIDI, DETECT, SERVER, echo, refusal, request, stub, with_server

ANNOTATE = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"


BETA = "google.cloud.vision.v1p1beta1.ImageAnnotator.BatchAnnotateImages"


BETA_BIDI = "google.cloud.speech.v1p1beta1.Speech.StreamingRecognize"


# --- the streaming kinds -----------------------------------------------------------------------


def test_a_unary_call_is_answered_with_a_request_id(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, {DETECT: echo})

    async def go(channel: Any) -> Any:
        call = stub(channel, DETECT)(request(DETECT, session="s"))
        return await call, dict(await call.trailing_metadata())

    answer, trailers = with_server(go)
    assert answer.response_id == "s"
    assert len(trailers["x-request-id"]) == 16


def test_a_server_stream_sends_each_message_when_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def go(channel: Any) -> list[str]:
        arrived = asyncio.Event()

        async def handler(request: Any, call: Call) -> AsyncIterator[dict[str, Any]]:
            yield {"responseId": "a"}
            await arrived.wait()
            yield {"responseId": "b"}

        serve(monkeypatch, {SERVER: handler})
        got = []
        async for one in stub(channel, SERVER)(request(SERVER)):
            got.append(one.response_id)
            arrived.set()
        return got

    assert with_server(go) == ["a", "b"]


@pytest.mark.parametrize("name", [BIDI, BETA_BIDI])
def test_a_conversation_is_answered_turn_by_turn(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    stable = load().methods[BIDI].request_type

    async def handler(requests: Any, call: Call) -> AsyncIterator[dict[str, Any]]:
        async for one in requests:
            assert one.DESCRIPTOR is stable
            alternative = {"transcript": one.audio_content.decode()}
            yield {"results": [{"alternatives": [alternative]}]}

    serve(monkeypatch, {BIDI: handler})

    async def go(channel: Any) -> list[str]:
        call = stub(channel, name)()
        said = []
        for word in (b"one", b"two"):
            await call.write(request(name, audio_content=word))
            said.append((await call.read()).results[0].alternatives[0].transcript)
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        return said

    assert with_server(go) == ["one", "two"]


def test_a_client_stream_is_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # no API here has one yet: a method of this kind is made of one that has
    table = load()
    method = dataclasses.replace(table.methods[BIDI], kind="client")
    changed = dataclasses.replace(table, methods={**table.methods, BIDI: method})

    async def handler(requests: Any, call: Call) -> dict[str, Any]:
        count = len([one async for one in requests])
        return {"results": [{"alternatives": [{"transcript": str(count)}]}]}

    serve(monkeypatch, {BIDI: handler})

    async def go(channel: Any) -> Any:
        async def words() -> AsyncIterator[Any]:
            for _ in range(3):
                yield request(BIDI, audio_content=b"x")

        return await stub(channel, BIDI, "client")(words())

    assert with_server(go, table=changed).results[0].alternatives[0].transcript == "3"


def test_a_beta_is_answered_by_the_stable_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        assert not request.parent  # which the beta lacks
        face = {
            "landmarks": [{"type": "LEFT_CHEEK_CENTER"}, {"type": "LEFT_EYE"}],
            "rollAngle": len(request.requests),
        }
        return {"responses": [{"faceAnnotations": [face], "context": {"uri": "x"}}]}

    serve(monkeypatch, {ANNOTATE: handler})
    message = request(BETA, requests=[{"features": [{"type_": 1}]}])
    answer = with_server(lambda channel: stub(channel, BETA)(message))
    face = answer.responses[0].face_annotations[0]
    assert face.roll_angle == 1.0
    assert face.landmarks[1].type_ == 1


# --- who asks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "metadata", [("x-goog-api-key", "k"), ("authorization", "Bearer k")], ids=str
)
def test_a_key_is_read_from_the_metadata(
    monkeypatch: pytest.MonkeyPatch, metadata: tuple[str, str]
) -> None:
    serve(monkeypatch, {DETECT: echo})
    one = service(access=access({"k": "alice"}))
    answer = with_server(
        lambda channel: stub(channel, DETECT)(request(DETECT), metadata=(metadata,)), one
    )
    assert answer.query_result.query_text == "alice"


@pytest.mark.parametrize(
    "metadata", [(), (("x-goog-api-key", "bad"),), (("x-goog-api-key-bin", b"k"),)], ids=str
)
def test_no_key_or_a_bad_one_is_permission_denied(
    monkeypatch: pytest.MonkeyPatch, metadata: Any
) -> None:
    serve(monkeypatch, {DETECT: echo})
    error = refusal(DETECT, service(access=access({"k": "alice"})), metadata=metadata)
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED
    assert "bad" not in error.details()


# --- anything ----------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=20))
def test_no_bytes_make_an_rpc_break(messages: list[bytes]) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        return {}

    async def go(channel: Any) -> set[grpc.StatusCode]:
        codes = set()
        for raw in messages:
            for name in (DETECT, ANNOTATE, BETA):
                service_, _, last = name.rpartition(".")
                call = channel.unary_unary(f"/{service_}/{last}")(raw)
                codes.add(await call.code())
        return codes

    with pytest.MonkeyPatch.context() as patch:
        serve(patch, {DETECT: handler, ANNOTATE: handler})
        assert with_server(go) <= {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT}
