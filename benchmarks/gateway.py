"""What the gateway itself costs: start, memory, idle CPU, CPU a request, speech in real time."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks import load
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load as load_table
from tests.gateway import Running, start

CLIENTS = 8
SECONDS = 4.0
TEXT = {"document": {"type": "PLAIN_TEXT", "content": "A soup and a salad, please."}}
SPEECH = (
    "The quick brown fox jumps over the lazy dog, and then it rests for a while under the old oak "
    "tree by the river, where nobody ever comes before noon on a weekday. "
) * 4


def measured_start() -> tuple[float, float, float]:
    """Return seconds to the first 200, resident MB then, and CPU share of 5 idle seconds."""
    with tempfile.TemporaryDirectory() as state:
        began = time.perf_counter()
        running = start(Path(state))
        assert running.get("/healthz")[0] == 200
        seconds = time.perf_counter() - began
        process = psutil.Process(running.process.pid)
        memory = process.memory_info().rss / 1e6
        before = sum(process.cpu_times()[:2])
        time.sleep(5.0)
        idle = (sum(process.cpu_times()[:2]) - before) / 5.0
        running.stop()
    return seconds, memory, idle


def measured_requests(log_level: str) -> dict[str, tuple[float, float]]:
    """Return (CPU ms a request, requests a second) of REST and gRPC at 8 clients."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.peers.idle_server", log_level],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    rest, grpc = (int(port) for port in server.stdout.readline().split())
    process = psutil.Process(server.pid)
    try:
        return {
            "REST": _measured(process, lambda: _rest(rest)),
            "gRPC": _measured(process, lambda: _grpc(grpc)),
        }
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def _measured(process: psutil.Process, run: Any) -> tuple[float, float]:
    run()  # warm
    before, began = sum(process.cpu_times()[:2]), time.perf_counter()
    answered = run()
    spent, seconds = sum(process.cpu_times()[:2]) - before, time.perf_counter() - began
    return spent / answered * 1000, answered / seconds


def _rest(port: int) -> int:
    """Keep 8 connections busy and return how many requests were answered."""
    request = load.requests("/v1/documents:classifyText", json.dumps(TEXT))

    async def run() -> int:
        answered = 0
        end = time.monotonic() + SECONDS

        async def client() -> None:
            nonlocal answered
            connection = await load.connect(port)
            while time.monotonic() < end:
                status, _ = await connection.ask(request(0))
                assert status == 200
                answered += 1
            connection.transport.close()

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return answered

    return asyncio.run(run())


def _grpc(port: int) -> int:
    """Keep 8 calls under way on one channel and return how many were answered."""
    import grpc

    method = load_table().methods["google.cloud.language.v1.LanguageService.ClassifyText"]
    message = method.request()
    decode(message, TEXT)

    async def run() -> int:
        answered = 0
        end = time.monotonic() + SECONDS
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            ask = channel.unary_unary(
                "/google.cloud.language.v1.LanguageService/ClassifyText",
                request_serializer=lambda m: m.SerializeToString(),
                response_deserializer=method.response.FromString,
            )

            async def client() -> None:
                nonlocal answered
                while time.monotonic() < end:
                    await ask(message)
                    answered += 1

            await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return answered

    return asyncio.run(run())


def measured_speech() -> dict[str, float]:
    """Return seconds of speech made in a second through the gateway, per encoding."""
    with tempfile.TemporaryDirectory() as state:
        running = start(Path(state))
        try:
            return {name: _speak(running, name) for name in ("LINEAR16", "MP3", "OGG_OPUS")}
        finally:
            running.stop()


def _speak(running: Running, encoding: str) -> float:
    body = {
        "input": {"text": SPEECH},
        "voice": {"languageCode": "en-US"},
        "audioConfig": {"audioEncoding": encoding},
    }
    wav = {**body, "audioConfig": {"audioEncoding": "PCM"}}
    seconds = len(running.post("/v1/text:synthesize", wav)[1]["audioContent"]) * 3 / 4 / 2 / 22050
    rates = []
    for _ in range(5):
        began = time.perf_counter()
        status, _ = running.post("/v1/text:synthesize", body)
        assert status == 200
        rates.append(seconds / (time.perf_counter() - began))
    return median(rates)


def main() -> None:
    """Print the table."""
    starts = [measured_start() for _ in range(3)]
    print(f"start to first 200          {median(s for s, _, _ in starts):8.2f} s")
    print(f"memory before any engine    {median(m for _, m, _ in starts):8.0f} MB")
    print(f"idle                        {median(i for _, _, i in starts) * 100:8.2f} % of a core")
    for level in ("warning", "info"):
        for name, (cpu, rate) in measured_requests(level).items():
            print(
                f"{name} at {CLIENTS} clients, log {level:8} {cpu:6.3f} ms CPU a request "
                f"({rate:.0f} requests/s)"
            )
    for encoding, rate in measured_speech().items():
        print(f"speech as {encoding:17} {rate:8.0f} x real time")


if __name__ == "__main__":
    main()
