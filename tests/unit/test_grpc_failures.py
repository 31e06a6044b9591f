"""gRPC: what fails is told with its status and details, and limits hold."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from sensorium.apis.core import Call, Limits
from sensorium.apis.wire.table import load
from sensorium.models.errors import Failure, InvalidArgument, ResourceExhausted
from tests.fakes import serve, service
from tests.unit.serving import (
    BIDI,
    DETECT,
    SERVER,
    echo,
    refusal,
    refused,
    request,
    stub,
    with_server,
)


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


def fails(monkeypatch: pytest.MonkeyPatch, error: BaseException, name: str = DETECT) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        raise error

    serve(monkeypatch, {name: handler})


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
