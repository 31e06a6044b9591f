"""REST: bodies of any kind, streams, and clients that go away."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from sensorium.apis.core import Call, Limits
from sensorium.apis.wire.table import load
from sensorium.gateway.quota import Quota
from sensorium.models.errors import InvalidArgument
from tests.fakes import Answered, app, ask, asked, serve, service
from tests.unit import requests
from tests.unit.requests import (
    DETECT,
    DIALOGFLOW,
    GZIP,
    STREAM,
    STREAMED,
    echo,
    logged,
    parts,
    seen,
)

served = requests.served


# --- bodies ------------------------------------------------------------------------------------


def test_a_gzip_body_is_read_in_one_member_or_several() -> None:
    parts = (b'{"queryInput":{"text":', b'{"text":"hi"}}}')
    for raw in (gzip.compress(b"".join(parts)), b"".join(map(gzip.compress, parts))):
        assert asked(app(), "POST", DETECT, raw, headers=GZIP).status == 200
        assert seen[-1].query_input.text.text == "hi"


@pytest.mark.parametrize(
    "raw",
    [b"{}", gzip.compress(b"{}")[:-4], gzip.compress(b"{}") + b"junk", b"\x1f\x8b"],
    ids=["plain", "cut", "trailing", "magic"],
)
def test_a_broken_gzip_body_is_400(raw: bytes) -> None:
    answer = asked(app(), "POST", DETECT, raw, headers=GZIP)
    assert answer.status == 400
    assert "gzip" in answer.error["message"]


@pytest.mark.parametrize("members", [1, 400])
def test_a_gzip_bomb_is_refused_at_the_limit(members: int) -> None:
    raw = gzip.compress(b" " * (4_000_000 // members)) * members
    answer = asked(
        app(service(limits=Limits(body_bytes=1_000_000))), "POST", DETECT, raw, headers=GZIP
    )
    assert answer.status == 400
    assert "1000000 bytes" in answer.error["message"]


def test_another_coding_is_refused_by_name() -> None:
    answer = asked(app(), "POST", DETECT, b"{}", headers=[("content-encoding", "br")])
    assert answer.status == 400
    assert "'br'" in answer.error["message"]


@pytest.mark.parametrize("declared", ["1001", "9" * 20, "9" * 5000])
def test_a_body_declared_too_long_is_refused_before_it_is_read(declared: str) -> None:
    async def go() -> Answered:
        never = asyncio.Event()
        return await ask(
            app(service(limits=Limits(body_bytes=1000))),
            "POST",
            DETECT,
            headers=[("content-length", declared)],
            chunks=[],
            gone=never,
        )

    answer = asyncio.run(go())
    assert (answer.status, answer.error["status"]) == (400, "INVALID_ARGUMENT")
    assert "SENSORIUM_BODY_BYTES" in answer.error["message"]


def test_a_body_that_grows_too_long_is_refused_without_its_rest() -> None:
    chunks = [b"x" * 600] * 4
    answer = asked(app(service(limits=Limits(body_bytes=1000))), "POST", DETECT, chunks=chunks)
    assert answer.status == 400
    assert "1000 bytes" in answer.error["message"]


def test_a_body_in_many_parts_is_one_body() -> None:
    chunks = [bytes([byte]) for byte in b'{"queryInput":{"text":{"text":"hi"}}}']
    assert asked(app(), "POST", DETECT, chunks=chunks).status == 200
    assert seen[0].query_input.text.text == "hi"


def test_a_client_that_stops_sending_is_given_up() -> None:
    async def go() -> Answered:
        asgi = app(service(limits=Limits(seconds=0.01)))
        parts, silent = [b"{"], asyncio.Event()
        answered = Answered()

        async def receive() -> dict[str, Any]:
            if parts:
                return {"type": "http.request", "body": parts.pop(), "more_body": True}
            await silent.wait()
            return {"type": "http.disconnect"}

        async def send(event: Any) -> None:
            answered.status = event.get("status", answered.status)
            answered.body += event.get("body", b"")

        scope = {"type": "http", "method": "POST", "path": DETECT, "headers": []}
        await asgi({**scope, "query_string": b""}, receive, send)
        return answered

    assert asyncio.run(go()).error["status"] == "DEADLINE_EXCEEDED"


# --- streams -----------------------------------------------------------------------------------


def test_a_server_stream_is_one_json_array(monkeypatch: pytest.MonkeyPatch) -> None:
    for values in ((), ("a",), ("a", "b", "c")):
        serve(monkeypatch, {STREAM: parts(*values)})
        answer = asked(app(), "POST", STREAMED)
        assert answer.status == 200
        assert answer.json == [{"responseId": value} for value in values]
        assert "x-request-id" in answer.headers


def test_each_part_of_a_stream_is_sent_as_soon_as_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def go() -> Answered:
        arrived = asyncio.Event()

        async def handler(request: Any, call: Call) -> AsyncIterator[dict[str, Any]]:
            yield {"responseId": "a"}
            await arrived.wait()
            yield {"responseId": "b"}

        serve(monkeypatch, {STREAM: handler})
        return await ask(app(), "POST", STREAMED, on_part=lambda part: arrived.set())

    assert len(asyncio.run(go()).json) == 2


def test_an_error_before_the_first_part_is_an_error_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve(monkeypatch, {STREAM: parts(InvalidArgument("no"), "a")})
    answer = asked(app(), "POST", STREAMED)
    assert (answer.status, answer.error["message"]) == (400, "no")


@pytest.mark.parametrize("error", [InvalidArgument("no more"), ValueError("secret")], ids=repr)
def test_an_error_after_some_parts_leaves_an_array_that_no_reader_takes_for_whole(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    serve(monkeypatch, {STREAM: parts("a", error, "b")})
    answer = asked(app(), "POST", STREAMED)
    assert answer.whole
    with pytest.raises(orjson.JSONDecodeError):
        assert answer.json
    assert answer.body.startswith(b'[{"responseId":"a"}')
    assert b'"error":{"code"' in answer.body
    assert b"secret" not in answer.body


def test_googles_own_reader_raises_with_the_error_of_a_broken_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streaming = pytest.importorskip("google.api_core._rest_streaming_base")
    serve(monkeypatch, {STREAM: parts("a", InvalidArgument("no more"))})
    answer = asked(app(), "POST", STREAMED)

    class Reader(streaming.BaseResponseIterator):  # type: ignore[misc,name-defined]
        pass

    reader = Reader(load().methods[STREAM].response)
    reader._process_chunk(answer.body.decode())
    assert len(reader._ready_objs) == 1
    assert reader._level > 0  # which the reader reports as an unfinished stream
    assert "no more" in reader._obj


def test_a_stream_that_takes_too_long_is_504(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(request: Any, call: Call) -> AsyncIterator[dict[str, Any]]:
        await asyncio.Event().wait()
        yield {}

    serve(monkeypatch, {STREAM: handler})
    assert asked(app(service(limits=Limits(seconds=0.01))), "POST", STREAMED).status == 504


# --- clients that go away ----------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 2], ids=["at once", "after two parts"])
def test_a_client_that_goes_away_cancels_the_handler(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, after: int
) -> None:
    caplog.set_level(logging.INFO)
    ended = []

    async def go() -> Answered:
        gone = asyncio.Event()

        async def handler(request: Any, call: Call) -> AsyncIterator[dict[str, Any]]:
            try:
                for _ in range(after):
                    yield {}
                gone.set()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        serve(monkeypatch, {STREAM: handler})
        return await ask(app(), "POST", STREAMED, gone=gone)

    answer = asyncio.run(go())
    assert ended == ["cancelled"]
    assert not answer.whole
    assert logged(caplog) == ["CANCELLED"]


def test_a_client_that_goes_away_frees_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    one = service(quota=Quota(1))

    async def go() -> int:
        gone = asyncio.Event()

        async def handler(request: Any, call: Call) -> Any:
            gone.set()
            await asyncio.Event().wait()

        serve(monkeypatch, {DIALOGFLOW: handler})
        await ask(app(one), "POST", DETECT, gone=gone)
        serve(monkeypatch, {DIALOGFLOW: echo})
        return (await ask(app(one), "POST", DETECT)).status

    assert asyncio.run(go()) == 200


def test_a_key_may_have_so_many_requests_under_way_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def go() -> list[Answered]:
        asgi = app(service(quota=Quota(2)))
        running, release = asyncio.Semaphore(0), asyncio.Event()

        async def handler(request: Any, call: Call) -> dict[str, Any]:
            running.release()
            await release.wait()
            return {}

        serve(monkeypatch, {DIALOGFLOW: handler})
        first = [asyncio.create_task(ask(asgi, "POST", DETECT)) for _ in range(2)]
        await running.acquire()
        await running.acquire()
        third = await ask(asgi, "POST", DETECT)
        release.set()
        return [third, *await asyncio.gather(*first), await ask(asgi, "POST", DETECT)]

    answers = asyncio.run(go())
    assert [one.status for one in answers] == [429, 200, 200, 200]
    assert answers[0].headers["retry-after"] == "1"


def test_a_server_that_cancels_a_request_is_not_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        started = asyncio.Event()

        async def handler(request: Any, call: Call) -> Any:
            started.set()
            await asyncio.Event().wait()

        serve(monkeypatch, {DIALOGFLOW: handler})
        task = asyncio.create_task(ask(app(), "POST", DETECT))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go())
