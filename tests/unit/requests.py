"""Requests, and parts of answers, for the tests of REST."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sensorium.apis.core import Call
from tests.fakes import serve

DIALOGFLOW = "google.cloud.dialogflow.v2.Sessions.DetectIntent"
DETECT = "/v2/projects/p/agent/sessions/s:detectIntent"
STREAM = "google.cloud.dialogflow.cx.v3.Sessions.ServerStreamingDetectIntent"
STREAMED = "/v3/projects/p/locations/l/agents/a/sessions/s:serverStreamingDetectIntent"
ANNOTATE = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"
UPDATE = "google.cloud.dialogflow.v2.Intents.UpdateIntent"
TRANSLATE_V2 = "sensorium.translation.v2.TranslationService.TranslateText"
seen: list[Any] = []


async def echo(request: Any, call: Call) -> dict[str, Any]:
    """Keep the request and answer with what it says."""
    seen.append(request)
    return {"responseId": call.request_id, "queryResult": {"queryText": request.session}}


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    seen.clear()
    serve(monkeypatch, {DIALOGFLOW: echo})


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [getattr(one, "status", "") for one in caplog.records if one.message == "answered"]


GZIP = [("content-encoding", "gzip")]


def parts(*values: Any) -> Any:
    """Return a streaming handler of these answers; an exception among them is raised."""

    async def handler(request: Any, call: Call) -> AsyncIterator[dict[str, Any]]:
        for value in values:
            if isinstance(value, BaseException):
                raise value
            yield {"responseId": value}

    return handler
