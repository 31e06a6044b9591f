"""How the tests of Text-to-Speech ask."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from google.protobuf import json_format

from sensorium.apis.core import Call, Limits, resolve
from sensorium.apis.wire.table import load
from sensorium.models.engines.espeak import Espeak
from sensorium.models.errors import Failure

SERVICE = "google.cloud.texttospeech.v1.TextToSpeech"


class Direct:
    """Models that call espeak at once."""

    def __init__(self) -> None:
        self.engine = Espeak()
        self.asked: list[dict[str, Any]] = []

    def use(self, method: Callable[..., Any], **how: Any) -> Callable[..., Awaitable[Any]]:
        self.asked.append(how)

        async def run(*args: Any) -> Any:
            return getattr(self.engine, method.__name__)(*args)

        return run


MODELS = Direct()


def answer(
    method: str, body: dict[str, Any], service: str = SERVICE, **limits: Any
) -> dict[str, Any]:
    """Call a handler as the wire does, and check that its answer is one of the declared type."""
    rpc = load().methods[f"{service}.{method}"]
    request = json_format.ParseDict(body, rpc.request())
    call = Call(MODELS, None, Limits(**limits))  # type: ignore[arg-type]
    found = asyncio.run(resolve(rpc).handler(request, call))
    spelt = dict(found)
    if "audioContent" in spelt:
        spelt["audioContent"] = ""
    json_format.ParseDict(spelt, rpc.response())
    return found


def synthesize(
    source: dict[str, Any],
    encoding: str = "LINEAR16",
    voice: dict[str, Any] | None = None,
    limits: dict[str, Any] | None = None,
    **config: Any,
) -> bytes:
    body = {
        "input": source,
        "voice": voice or {"languageCode": "en-US"},
        "audioConfig": {"audioEncoding": encoding, **config},
    }
    content = answer("SynthesizeSpeech", body, **(limits or {}))["audioContent"]
    assert isinstance(content, bytes)
    return content


def refusal(source: dict[str, Any], *args: Any, **how: Any) -> Failure:
    with pytest.raises(Failure) as caught:
        synthesize(source, *args, **how)
    return caught.value


HELLO = {"text": "Hello world, this is a test of speech."}
