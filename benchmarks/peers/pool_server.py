"""Sensorium's pool behind the same bare ASGI app as the ceiling: what the pool alone costs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any, Protocol

import engine
import uvicorn

from sensorium.models.errors import Failure
from sensorium.models.pool import LocalModels
from sensorium.models.registry import EngineSpec


class Reverser(Protocol):
    """Reverse texts."""

    def reverse(self, texts: Sequence[str]) -> list[str]:
        """Return each text reversed."""
        ...


class Engine:
    """The engine of the benchmarks."""

    def reverse(self, texts: Sequence[str]) -> list[str]:
        """Return each text reversed."""
        return engine.run(texts)


queue = int(os.environ.get("BENCHMARK_QUEUE", "256"))
models = LocalModels([EngineSpec("synthetic", Reverser, Engine, batch=engine.BATCH, queue=queue)])


async def app(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    status, headers = 200, [(b"content-type", b"application/json")]
    try:
        (text,) = await models.use(Reverser.reverse)([json.loads(body)["text"]])
        answer = json.dumps({"text": text}).encode()
    except Failure as failure:
        status, answer = 429, json.dumps({"error": str(failure)}).encode()
        headers.append((b"retry-after", str(max(1, round(failure.retry_after or 0))).encode()))
    headers.append((b"content-length", str(len(answer)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off")
