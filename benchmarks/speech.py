"""Streaming recognition: how soon words come, at the pace at which they are said.

    python -m benchmarks.speech [--rounds 5]

A sentence spoken by eSpeak NG between silences is sent in pieces of 100 ms as a microphone would.
Counted from the sound itself: the first interim result after speech begins, and the final result
after it ends. Long recordings are measured as multiples of real time.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncIterator
from statistics import median
from typing import Any

import numpy as np

from sensorium.apis.core import Call, stream
from sensorium.apis.sources import LocalSources
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from sensorium.models.pool import LocalModels
from tests.unit.talking import RATE, pieces, silence, talk

_RPC = "google.cloud.speech.v1.Speech.StreamingRecognize"
_PIECE = 0.1  # seconds
_SILENCE = 1.0
SENTENCE = "i would like a refund"


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(_measured(parser.parse_args().rounds))
    return 0


async def _measured(rounds: int) -> None:
    models = LocalModels()
    call = Call(models, LocalSources(None))  # type: ignore[arg-type]
    sound = np.concatenate([talk(SENTENCE, pause=_SILENCE), silence(_SILENCE)])
    await _streamed(sound, call, pace=0.0)  # loads the engines
    began, ended = _SILENCE, (len(sound) / RATE) - 2 * _SILENCE
    first, final = [], []
    for _ in range(rounds):
        told = await _streamed(sound, call, pace=_PIECE)
        first.append(min(at for at, last in told if not last) - began)
        final.append(min(at for at, last in told if last) - ended)
    long = talk(*[SENTENCE] * 20, pause=0.8)
    started = time.perf_counter()
    await _streamed(long, call, pace=0.0)
    speed = len(long) / RATE / (time.perf_counter() - started)
    await models.close()
    print("| streaming, PocketSphinx | median | worst |\n|---|---|---|")
    print(
        f"| first interim result after speech begins | {median(first):.2f} s | {max(first):.2f} s |"
    )
    print(f"| final result after speech ends | {median(final):.2f} s | {max(final):.2f} s |")
    print(f"| as fast as it goes | {speed:.1f} times real time | |")


async def _streamed(sound: Any, call: Call, pace: float) -> list[tuple[float, bool]]:
    """Return when results came, in seconds since the first piece, and whether they were final."""
    method = load().methods[_RPC]
    start = time.perf_counter()

    async def requests() -> AsyncIterator[Any]:
        config = {"encoding": "LINEAR16", "sampleRateHertz": RATE, "languageCode": "en-US"}
        first = method.request()
        decode(first, {"streamingConfig": {"config": config, "interimResults": True}})
        yield first
        for number, piece in enumerate(pieces(sound, _PIECE), 1):
            message: Any = method.request()
            message.audio_content = piece
            await asyncio.sleep(max(0.0, start + number * pace - time.perf_counter()))
            yield message

    return [
        (time.perf_counter() - start, bool(one.get("isFinal")))
        async for told in stream(method, requests(), call)
        for one in told.get("results", [])
    ]


if __name__ == "__main__":
    raise SystemExit(main())
