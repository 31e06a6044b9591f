"""gRPC: the same answers and failures as REST, on a real server."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.apis.core import Call, Limits
from sensorium.apis.wire.table import Table, load
from sensorium.gateway.grpc import server
from sensorium.models.errors import Failure, InvalidArgument, ResourceExhausted
from tests.fakes import access, serve, service

ANNOTATE = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"
BETA = "google.cloud.vision.v1p1beta1.ImageAnnotator.BatchAnnotateImages"
DETECT = "google.cloud.dialogflow.v2.Sessions.DetectIntent"
SERVER = "google.cloud.dialogflow.cx.v3.Sessions.ServerStreamingDetectIntent"
BIDI = "google.cloud.speech.v1.Speech.StreamingRecognize"
BETA_BIDI = "google.cloud.speech.v1p1beta1.Speech.StreamingRecognize"


def with_server(
    go: Callable[[Any], Awaitable[Any]],
    one: Any = None,
    largest: int = 10**6,
    table: Table | None = None,
) -> Any:
    """Run `go` with a channel to a server that was started for it."""

    async def run() -> Any:
        aio, port = server(one or service(), table or load(), "127.0.0.1:0", largest)
        await aio.start()
        try:
            options = (("grpc.max_send_message_length", -1),)
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) as channel:
                return await go(channel)
        finally:
            await aio.stop(0)

    return asyncio.run(run())


def stub(channel: Any, name: str, kind: str | None = None) -> Any:
    """Return a stub of an RPC, of its own streaming kind."""
    method = load().methods[name]
    make = {
        "unary": channel.unary_unary,
        "server": channel.unary_stream,
        "client": channel.stream_unary,
        "bidi": channel.stream_stream,
    }[kind or method.kind]
    return make(
        f"/{method.service}/{name.rpartition('.')[2]}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=method.response.FromString,
    )


def request(name: str, **fields: Any) -> Any:
    return load().methods[name].request(**fields)


def status(error: Any) -> Any:
    """Return the google.rpc.Status in an error's trailer."""
    trailers = dict(error.trailing_metadata())
    return load().message("google.rpc.Status").FromString(trailers["grpc-status-details-bin"])


def details(error: Any) -> dict[str, Any]:
    """Return the details of an error by type name."""
    found = {}
    for packed in status(error).details:
        message = load().message(packed.TypeName())()
        assert packed.Unpack(message)
        found[message.DESCRIPTOR.name] = message
    return found


async def refused(call: Any) -> Any:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def refusal(name: str, one: Any = None, message: Any = None, **how: Any) -> Any:
    """Return the error that a unary RPC ends with."""
    message = request(name) if message is None else message
    largest = how.pop("largest", 10**6)
    return with_server(lambda ch: refused(stub(ch, name)(message, **how)), one, largest)


def fails(monkeypatch: pytest.MonkeyPatch, error: BaseException, name: str = DETECT) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        raise error

    serve(monkeypatch, {name: handler})


async def echo(request: Any, call: Call) -> dict[str, Any]:
    """Answer with the session and the owner."""
    return {"responseId": request.session, "queryResult": {"queryText": call.owner}}


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


# --- failures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Failure.__subclasses__(), ids=lambda kind: kind.code.name)
def test_every_failure_keeps_its_code_and_details(
    monkeypatch: pytest.MonkeyPatch, kind: type[Failure]
) -> None:
    fails(monkeypatch, kind("Caf\u00e9 broke.", field="a.b", hint="Do this.", retry_after=1.5))
    error = refusal(DETECT)
    assert error.code().name == kind.code.name
    assert error.details() == "a.b: Caf\u00e9 broke. Do this."
    assert status(error).code == int(kind.code)
    assert status(error).message == error.details()
    found = details(error)
    assert (found["ErrorInfo"].reason, found["ErrorInfo"].domain) == (kind.code.name, "sensorium")
    assert found["BadRequest"].field_violations[0].field == "a.b"
    assert found["LocalizedMessage"].message == "Do this."
    assert found["RetryInfo"].retry_delay.nanos == 500_000_000
    assert found["RequestInfo"].request_id == dict(error.trailing_metadata())["x-request-id"]


def test_googles_own_helper_reads_the_status_of_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    rpc_status = pytest.importorskip("grpc_status.rpc_status")
    fails(monkeypatch, InvalidArgument("no", field="a"))
    read = rpc_status.from_call(AsCall(refusal(DETECT)))
    assert (read.code, read.message) == (3, "a: no")


class AsCall:
    """An asyncio error as the synchronous call that grpc_status reads."""

    def __init__(self, error: Any) -> None:
        self.code, self.details = error.code, error.details
        self.trailing_metadata = lambda: tuple(error.trailing_metadata())


@pytest.mark.parametrize("length", [3_000, 100_000])
def test_a_long_message_still_arrives_with_its_code(
    monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    fails(
        monkeypatch, InvalidArgument("\u20ac" * length, field="y" * length, hint="\u00e9" * length)
    )
    error = refusal(DETECT)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "BadRequest" in details(error)


def test_a_failure_in_a_stream_comes_after_what_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(request: Any, call: Call) -> AsyncIterator[dict[str, Any]]:
        yield {"responseId": "a"}
        raise ResourceExhausted("full", retry_after=1.0)

    serve(monkeypatch, {SERVER: handler})

    async def go(channel: Any) -> tuple[list[str], Any]:
        got: list[str] = []
        call = stub(channel, SERVER)(request(SERVER))
        got.append((await call.read()).response_id)
        return got, await refused(call.read())

    got, error = with_server(go)
    assert got == ["a"]
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details(error)["RetryInfo"].retry_delay.seconds == 1


def test_a_bug_is_internal_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, ValueError("the secret text"))
    error = refusal(DETECT)
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in error.details()
    assert b"secret" not in status(error).SerializeToString()


@pytest.mark.parametrize(
    "value",
    [{"queryResult": []}, {"queryResult": {"queryText": 1}}, {"outputAudio": "###"}, None],
    ids=str,
)
def test_an_answer_that_its_type_cannot_hold_is_our_bug_and_not_the_callers(
    monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    async def handler(request: Any, call: Call) -> Any:
        return value

    serve(monkeypatch, {DETECT: handler})
    assert refusal(DETECT).code() is grpc.StatusCode.INTERNAL


def test_every_rpc_that_nothing_serves_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, {})

    async def go(channel: Any) -> None:
        for method in load().methods.values():
            call = stub(channel, method.name)
            if method.kind == "unary":
                error = await refused(call(method.request()))
            else:
                started = call() if method.kind == "bidi" else call(method.request())
                error = await refused(started.read())
            assert error.code() is grpc.StatusCode.UNIMPLEMENTED, method.name
            assert method.name in error.details()

    with_server(go)


@pytest.mark.parametrize("path", ["/google.Nope/Nope", "/x", "/google.cloud.vision.v1/"])
def test_an_rpc_that_no_schema_has_is_unimplemented(path: str) -> None:
    error = with_server(lambda channel: refused(channel.unary_unary(path)(b"")))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("raw", [b"\xff\xff\xff", b"\x0a\xff", b"\x0a\x02\xff\xfe"])
def test_bytes_that_are_no_request_are_refused_as_such(
    monkeypatch: pytest.MonkeyPatch, raw: bytes
) -> None:
    serve(monkeypatch, {DETECT: echo})
    path = "/google.cloud.dialogflow.v2.Sessions/DetectIntent"
    error = with_server(lambda channel: refused(channel.unary_unary(path)(raw)))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "DetectIntentRequest" in error.details()


def test_a_stream_of_bytes_that_are_no_request_is_refused_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def handler(requests: Any, call: Call) -> AsyncIterator[dict[str, Any]]:
        async for _ in requests:
            yield {}

    serve(monkeypatch, {BIDI: handler})

    async def go(channel: Any) -> Any:
        call = channel.stream_stream("/google.cloud.speech.v1.Speech/StreamingRecognize")()
        await call.write(b"\xff\xff\xff")
        return await refused(call.read())

    assert with_server(go).code() is grpc.StatusCode.INVALID_ARGUMENT


# --- limits ------------------------------------------------------------------------------------


def test_a_message_that_is_too_large_is_resource_exhausted(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, {DETECT: echo})
    message = request(DETECT, input_audio=b"x" * 20_000)
    error = refusal(DETECT, message=message, largest=10_000)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    small = request(DETECT, session="s", input_audio=b"x" * 9_000)
    answer = with_server(lambda channel: stub(channel, DETECT)(small), largest=10_000)
    assert answer.response_id == "s"


def test_a_compressed_message_is_limited_by_what_it_unpacks_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve(monkeypatch, {DETECT: echo})
    bomb = request(DETECT, input_audio=bytes(5_000_000))
    error = refusal(DETECT, message=bomb, largest=100_000, compression=grpc.Compression.Gzip)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_the_gateways_time_ends_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(request: Any, call: Call) -> Any:
        await asyncio.Event().wait()

    serve(monkeypatch, {DETECT: handler})
    error = refusal(DETECT, service(limits=Limits(seconds=0.01)))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "0.01 s" in error.details()


@pytest.mark.parametrize(("timeout", "most"), [(20.0, 30.0), (None, 60.0)])
def test_a_clients_deadline_shortens_the_call_and_never_lengthens_it(
    monkeypatch: pytest.MonkeyPatch, timeout: float | None, most: float
) -> None:
    allowed = []

    async def handler(request: Any, call: Call) -> dict[str, Any]:
        allowed.append(call.limits.seconds)
        return {}

    serve(monkeypatch, {DETECT: handler})
    one = service(limits=Limits(seconds=60.0))
    with_server(lambda channel: stub(channel, DETECT)(request(DETECT), timeout=timeout), one)
    with_server(lambda channel: stub(channel, DETECT)(request(DETECT), timeout=600), one)
    assert 0 < allowed[0] <= most
    assert allowed[1] == 60.0


@pytest.mark.parametrize("name", [DETECT, SERVER, BIDI])
def test_a_client_that_cancels_cancels_the_handler(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.INFO)

    async def go(channel: Any) -> None:
        started, cancelled = asyncio.Event(), asyncio.Event()

        async def wait() -> None:
            started.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise

        async def unary(request: Any, call: Call) -> Any:
            await wait()

        async def streamed(request: Any, call: Call) -> AsyncIterator[dict[str, Any]]:
            yield {}
            await wait()

        serve(monkeypatch, {name: unary if name == DETECT else streamed})
        call = stub(channel, name)() if name == BIDI else stub(channel, name)(request(name))
        await started.wait()
        call.cancel()
        await cancelled.wait()

    with_server(go)
    assert [one.status for one in caplog.records if one.message == "answered"] == ["CANCELLED"]


def test_a_gateway_that_shuts_down_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, {DETECT: echo})
    assert refusal(DETECT, service(draining=True)).code() is grpc.StatusCode.UNAVAILABLE


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
