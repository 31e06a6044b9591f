"""The ceiling: a bare ASGI app and a micro-batcher of forty lines, and nothing else."""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import engine
import uvicorn


class Batcher:
    """Run whatever has queued while the engine was busy."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[tuple[str, asyncio.Future[str]]] = asyncio.Queue()
        self.thread = ThreadPoolExecutor(1)
        self.task: asyncio.Task[None] | None = None

    async def __call__(self, text: str) -> str:
        """Return the result of one text."""
        if self.task is None:
            self.task = asyncio.create_task(self.work())
        future = asyncio.get_running_loop().create_future()
        self.queue.put_nowait((text, future))
        return await future

    async def work(self) -> None:
        """Take batches for ever."""
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self.queue.get()]
            while len(batch) < engine.BATCH and not self.queue.empty():
                batch.append(self.queue.get_nowait())
            results = await loop.run_in_executor(self.thread, engine.run, [t for t, _ in batch])
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)


batcher = Batcher()


async def app(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    answer = json.dumps({"text": await batcher(json.loads(body)["text"])}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(answer)).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off")
