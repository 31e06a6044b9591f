"""Logs: one JSON object a line, with what happened and never what was said."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from sensorium.apis.core import Call
from sensorium.gateway.observe import JsonFormatter
from tests.fakes import Answered, access, app, asked, serve, service

RPC = "google.cloud.dialogflow.v2.Sessions.DetectIntent"
PATH = "/v2/projects/p/agent/sessions/s:detectIntent"
KEY, PAYLOAD = "sk-very-secret-key", "my-secret-diagnosis"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the gateway writes, at its most talkative."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


def ask(body: Any = None, query: str = "", key: str = KEY) -> Answered:
    one = service(access=access({KEY: "alice"}))
    body = {"queryInput": {"text": {"text": PAYLOAD}}} if body is None else body
    headers = [("x-goog-api-key", key), ("authorization", f"Bearer {key}")]
    return asked(app(one), "POST", f"{PATH}?{query}", body, headers=headers)


def records(lines: io.StringIO) -> list[dict[str, Any]]:
    """Return the log, every line parsed, none of it secret."""
    text = lines.getvalue()
    assert KEY not in text
    assert PAYLOAD not in text
    return [json.loads(line) for line in text.split("\n")[:-1]]


def test_an_answered_call_is_one_line_of_who_what_and_how_long(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(request: Any, call: Call) -> dict[str, Any]:
        return {"queryResult": {"queryText": request.query_input.text.text}}

    serve(monkeypatch, {RPC: handler})
    answer = ask(query=f"key={KEY}&x={PAYLOAD}")
    assert answer.status == 200
    (line,) = (one for one in records(lines) if one["message"] == "answered")
    assert line["id"] == answer.headers["x-request-id"]
    assert (line["method"], line["transport"], line["status"]) == (RPC, "rest", "OK")
    assert (line["owner"], line["level"]) == ("alice", "info")
    assert isinstance(line["seconds"], float)
    assert line["time"].endswith("+00:00")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"queryInput": {"text": {"text": [PAYLOAD]}}}, 400),
        ({"queryInput": {"text": PAYLOAD}}, 400),
        ({"outputAudioConfig": {"audioEncoding": PAYLOAD}}, 400),
        ({"inputAudio": PAYLOAD + "#"}, 400),
        (PAYLOAD.encode(), 400),
    ],
)
def test_a_refused_call_is_logged_without_what_was_wrong(
    lines: io.StringIO, body: Any, status: int
) -> None:
    assert ask(body).status == status
    assert [one["status"] for one in records(lines) if one["message"] == "answered"] == [
        "INVALID_ARGUMENT"
    ]


def test_a_bad_key_is_not_written_down(lines: io.StringIO) -> None:
    assert ask(key=f"{KEY}-wrong").status == 403
    assert [one["status"] for one in records(lines) if one["message"] == "answered"] == [
        "PERMISSION_DENIED"
    ]


def test_a_bug_is_logged_with_its_place_and_type_and_not_its_text(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(request: Any, call: Call) -> Any:
        try:
            int(request.query_input.text.text)  # whose error quotes the text
        except ValueError as error:
            raise KeyError(request.query_input.text.text) from error

    serve(monkeypatch, {RPC: handler})
    answer = ask()
    assert answer.status == 500
    (line,) = (one for one in records(lines) if one["level"] == "error")
    assert line["id"] == answer.headers["x-request-id"]
    assert "test_logs.py" in line["trace"]
    assert line["trace"].endswith("KeyError")
    assert "ValueError" in line["trace"]


def test_a_line_stays_one_line_whatever_the_message(lines: io.StringIO) -> None:
    logging.getLogger("x").warning('a\n{"b": 1}\u2028\x00')
    logging.getLogger("x").warning("%s", object())
    assert [one["message"][:1] for one in records(lines)] == ["a", "<"]
    assert lines.getvalue().count("\n") == 2


def test_extra_fields_that_are_not_known_to_be_safe_are_dropped(lines: io.StringIO) -> None:
    logging.getLogger("x").info("hello", extra={"payload": PAYLOAD, "engine": "rapidocr"})
    (line,) = records(lines)
    assert line["engine"] == "rapidocr"
    assert "payload" not in line


def test_a_call_too_short_to_measure_still_says_so(lines: io.StringIO) -> None:
    logging.getLogger("x").info("hello", extra={"seconds": 0.0, "owner": ""})
    (line,) = records(lines)
    assert line["seconds"] == 0.0
    assert "owner" not in line
