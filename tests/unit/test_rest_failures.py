"""REST: what fails is told in Google's shape."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensorium.apis.core import Call, Limits
from sensorium.apis.wire.router import VARIABLE, expand
from sensorium.apis.wire.table import load
from sensorium.gateway.errors import HTTP
from sensorium.models.errors import Code, Failure, InvalidArgument, ResourceExhausted
from tests.fakes import app, ask, asked, serve, service
from tests.unit import requests
from tests.unit.requests import (
    ANNOTATE,
    DETECT,
    DIALOGFLOW,
    GZIP,
    STREAM,
    STREAMED,
    TRANSLATE_V2,
    UPDATE,
    logged,
    parts,
)
from tests.unit.test_router import nested

served = requests.served


def fails(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        raise error

    serve(monkeypatch, {DIALOGFLOW: handler})


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
