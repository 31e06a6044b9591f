"""REST: every answer and every failure in the shape that Google's clients know."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensorium.apis.core import Call, Limits
from sensorium.apis.wire.router import VARIABLE, expand
from sensorium.apis.wire.table import load
from sensorium.gateway.errors import HTTP
from sensorium.gateway.quota import Quota
from sensorium.models.errors import Code, Failure, InvalidArgument, ResourceExhausted
from tests.fakes import Answered, app, ask, asked, serve, service
from tests.unit.test_router import nested

DIALOGFLOW = "google.cloud.dialogflow.v2.Sessions.DetectIntent"
DETECT = "/v2/projects/p/agent/sessions/s:detectIntent"
STREAM = "google.cloud.dialogflow.cx.v3.Sessions.ServerStreamingDetectIntent"
STREAMED = "/v3/projects/p/locations/l/agents/a/sessions/s:serverStreamingDetectIntent"
ANNOTATE = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"
UPDATE = "google.cloud.dialogflow.v2.Intents.UpdateIntent"
LIST = "google.cloud.dialogflow.v2.Intents.ListIntents"
TRANSLATE_V2 = "sensorium.translation.v2.TranslationService.TranslateText"

seen: list[Any] = []


async def echo(request: Any, call: Call) -> dict[str, Any]:
    """Keep the request and answer with what it says."""
    seen.append(request)
    return {"responseId": call.request_id, "queryResult": {"queryText": request.session}}


@pytest.fixture(autouse=True)
def _served(monkeypatch: pytest.MonkeyPatch) -> None:
    seen.clear()
    serve(monkeypatch, {DIALOGFLOW: echo})


def fails(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        raise error

    serve(monkeypatch, {DIALOGFLOW: handler})


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [getattr(one, "status", "") for one in caplog.records if one.message == "answered"]


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


# --- failures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Failure.__subclasses__(), ids=lambda kind: kind.code.name)
def test_every_failure_has_googles_shape_and_status(
    monkeypatch: pytest.MonkeyPatch, kind: type[Failure]
) -> None:
    fails(monkeypatch, kind("It broke.", field="a.b", hint="Do this.", retry_after=1.5))
    answer = asked(app(), "POST", DETECT)
    assert answer.status == HTTP[kind.code]
    assert answer.error["status"] == kind.code.name
    assert answer.error["message"] == "a.b: It broke. Do this."
    assert answer.detail("ErrorInfo") == {"reason": kind.code.name, "domain": "sensorium"}
    violation = {"field": "a.b", "description": "It broke."}
    assert answer.detail("BadRequest") == {"fieldViolations": [violation]}
    assert answer.detail("LocalizedMessage") == {"locale": "en", "message": "Do this."}
    assert answer.detail("RetryInfo") == {"retryDelay": "1.500s"}
    assert answer.headers["retry-after"] == "2"


def test_only_loading_is_503_which_clients_retry_for_minutes() -> None:
    assert [code for code, status in HTTP.items() if status == 503] == [Code.UNAVAILABLE]
    assert HTTP[Code.RESOURCE_EXHAUSTED] == 429
    assert HTTP[Code.PERMISSION_DENIED] == 403
    assert HTTP.keys() == set(Code) - {Code.OK}


def test_a_failure_without_details_sends_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, InvalidArgument("no"))
    answer = asked(app(), "POST", DETECT)
    assert "retry-after" not in answer.headers
    assert {one["@type"].rpartition(".")[2] for one in answer.error["details"]} == {
        "ErrorInfo",
        "RequestInfo",
    }


def test_every_rpc_that_nothing_serves_answers_501_and_names_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve(monkeypatch, {})
    asgi = app()

    async def go() -> None:
        for method in load().methods.values():
            for binding in method.http:
                fields = {
                    found[1]: (found[2] or "*").replace("**", "a").replace("*", "x")
                    for found in VARIABLE.finditer(binding.path)
                }
                path, _ = expand(binding.path, nested(fields))
                answer = await ask(asgi, binding.verb, path)
                assert answer.status == 501, path
                assert answer.error["status"] == "UNIMPLEMENTED"
                assert method.name in answer.error["message"]

    asyncio.run(go())


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/v1/nope"),
        ("GET", DETECT),
        ("DELETE", "/healthz"),
        ("POST", "/v1/images:annotat"),
        ("GET", "/../etc/passwd"),
        ("GET", "/%2e%2e/x"),
        ("GET", "/caf%C3%A9%FF"),
    ],
)
def test_an_unknown_path_or_verb_is_404_in_googles_shape(verb: str, path: str) -> None:
    assert asked(app(), verb, path).error["status"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nope",
        b"\xff\xfe",
        b'{"a":1}x',
        b"[" * 100000,
        b'{"a":' * 100000,
        b'"\\ud800"',
        b"\xef\xbb\xbf{}",
        b"{'a':1}",
        b"NaN",
        b"1e999",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_is_400(body: bytes) -> None:
    answer = asked(app(), "POST", DETECT, body)
    assert answer.error["status"] == "INVALID_ARGUMENT"
    assert "not valid JSON" in answer.error["message"]
    assert len(answer.body) < 2000


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"1", b"true"])
def test_a_root_that_is_no_object_is_400(body: bytes) -> None:
    answer = asked(app(), "POST", DETECT, body)
    assert answer.status == 400
    assert "expected an object" in answer.error["message"]


def test_a_wrong_field_is_named_in_the_error_details() -> None:
    answer = asked(app(), "POST", DETECT, {"queryInput": {"text": {"languageCode": 5}}})
    (violation,) = answer.detail("BadRequest")["fieldViolations"]
    assert violation["field"] == "queryInput.text.languageCode"


@pytest.mark.parametrize(
    "depth", [90, 110, 300, 500, 900], ids=lambda depth: f"{depth} levels of JSON"
)
def test_a_deeply_nested_payload_is_read_or_refused(depth: int) -> None:
    body = b'{"queryParams":{"payload":' + b'{"a":' * depth + b"{}" + b"}" * depth + b"}}"
    assert asked(app(), "POST", DETECT, body).status in (200, 400)


def test_a_bug_is_500_without_its_text_and_logged_with_its_request_id(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fails(monkeypatch, ValueError("the secret text"))
    answer = asked(app(), "POST", DETECT)
    assert answer.error["status"] == "INTERNAL"
    assert b"secret" not in answer.body
    (record,) = (one for one in caplog.records if one.levelno == logging.ERROR)
    assert getattr(record, "id", None) == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "value",
    [{"nope": 1}, {"queryResult": []}, None, {"queryResult": {"parameters": {"a": object()}}}],
    ids=["unknown field", "wrong shape", "None", "no JSON"],
)
def test_an_answer_that_its_type_cannot_hold_is_500(
    monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    async def handler(request: Any, call: Call) -> Any:
        return value

    serve(monkeypatch, {DIALOGFLOW: handler})
    assert asked(app(), "POST", DETECT).error["status"] == "INTERNAL"


def test_a_call_that_takes_too_long_is_504(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(request: Any, call: Call) -> Any:
        await asyncio.Event().wait()

    serve(monkeypatch, {DIALOGFLOW: handler})
    answer = asked(app(service(limits=Limits(seconds=0.01))), "POST", DETECT)
    assert answer.error["status"] == "DEADLINE_EXCEEDED"
    assert answer.status == 504


def test_a_handlers_own_timeout_is_a_bug_and_not_the_callers_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fails(monkeypatch, TimeoutError())
    assert asked(app(), "POST", DETECT).error["status"] == "INTERNAL"


def test_overload_says_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, ResourceExhausted("full", retry_after=0.2))
    answer = asked(app(), "POST", DETECT)
    assert (answer.status, answer.headers["retry-after"]) == (429, "1")


def test_a_gateway_that_shuts_down_says_so() -> None:
    answer = asked(app(service(draining=True)), "POST", DETECT)
    assert (answer.status, answer.error["status"]) == (503, "UNAVAILABLE")


@pytest.mark.parametrize(
    "query",
    [
        "alt=proto",
        "$alt=media",
        "alt=json;enum-encoding=float",
        "alt=",
        "alt=sse",
        "updateMask=x&updateMask.paths=y",
        "queryParams=x&queryParams.timeZone=y",
    ],
)
def test_a_query_that_cannot_be_meant_is_400_and_counted(
    query: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = "/v2/projects/p/agent/intents/i" if "Mask" in query else DETECT
    verb = "PATCH" if "Mask" in query else "POST"
    assert asked(app(), verb, f"{path}?{query}").error["status"] == "INVALID_ARGUMENT"
    assert logged(caplog) == ["INVALID_ARGUMENT"]


def test_a_query_of_ten_thousand_dots_is_answered() -> None:
    assert asked(app(), "POST", f"{DETECT}?queryInput{'.text' * 10_000}=1").status == 200


# --- bodies ------------------------------------------------------------------------------------

GZIP = [("content-encoding", "gzip")]


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


def parts(*values: Any) -> Any:
    """Return a streaming handler of these answers; an exception among them is raised."""

    async def handler(request: Any, call: Call) -> AsyncIterator[dict[str, Any]]:
        for value in values:
            if isinstance(value, BaseException):
                raise value
            yield {"responseId": value}

    return handler


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


# --- anything ----------------------------------------------------------------------------------

PLACES = [
    ("POST", DETECT),
    ("POST", STREAMED),
    ("POST", "/v1/images:annotate"),
    ("POST", "/v1p1beta1/images:annotate"),
    ("PATCH", "/v2/projects/p/agent/intents/i"),
    ("POST", "/language/translate/v2"),
    ("GET", "/language/translate/v2"),
]
BODIES = st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "requests",
                    "image",
                    "content",
                    "features",
                    "type",
                    "queryInput",
                    "text",
                    "intent",
                    "queryParams",
                    "payload",
                    "timeZone",
                    "contexts",
                    "lifespanCount",
                    "parameters",
                    "q",
                    "sentimentAnalysisRequestConfig",
                    "geoLocation",
                    "latitude",
                    "imageContext",
                    "cid",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
QUERIES = st.text(alphabet="&=.%$;qutexralkeyQnpIMsFfi01\u00e9\x00", max_size=30)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(PLACES),
    BODIES,
    QUERIES,
    st.sampled_from([[], GZIP, [("content-encoding", "x")], [("content-length", "\u00b2")]]),
)
def test_no_bytes_make_an_endpoint_break(place: Any, body: Any, query: str, headers: Any) -> None:
    async def nothing(request: Any, call: Call) -> dict[str, Any]:
        return {}

    with pytest.MonkeyPatch.context() as patch:
        serve(
            patch,
            dict.fromkeys((DIALOGFLOW, ANNOTATE, UPDATE, TRANSLATE_V2), nothing)
            | {STREAM: parts("a")},
        )
        answer = asked(app(), place[0], f"{place[1]}?{query}", body, headers=headers)
    assert answer.whole
    assert answer.status in (200, 400), answer.body
    if answer.status == 400:
        assert answer.error["status"] == "INVALID_ARGUMENT"
