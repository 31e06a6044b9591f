"""What one pass over a text saves: annotateText beside its methods, and documents in company."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from tests.gateway import start

METHODS = (
    "analyzeEntities",
    "analyzeSentiment",
    "analyzeEntitySentiment",
    "classifyText",
    "moderateText",
)
FEATURES = {
    "extractEntities": True,
    "extractDocumentSentiment": True,
    "extractEntitySentiment": True,
    "classifyText": True,
    "moderateText": True,
}
LETTER = (
    "I ordered a winter jacket from Nordwind on March 5, and it has not arrived in Leipzig yet.",
    "Your colleague Maria Lopez promised me on the phone that it would be here by Friday.",
    "I am very disappointed, because I have been a happy customer for more than ten years.",
    "The tracking page says that the parcel left your warehouse in Hamburg two weeks ago.",
    "Please find out where it is, or give me my 129 euros back before the end of the month.",
    "My neighbour bought the same jacket from another shop and got it within three days.",
)
SHORT = [f"Order {n}: {LETTER[n % len(LETTER)]}" for n in range(32)]
ROUNDS = 15


def letter(words: int = 300) -> str:
    """Return a letter of so many words in which no sentence comes twice."""
    found: list[str] = []
    number = 0
    while len(found) < words:
        number += 1
        found += f"{number}. {LETTER[number % len(LETTER)]}".split()
    return " ".join(found[:words])


async def _ask(http: httpx.AsyncClient, method: str, text: str, **more: Any) -> None:
    document = {"type": "PLAIN_TEXT", "content": text, "language": "en"}
    answer = await http.post(f"/v1/documents:{method}", json={"document": document, **more})
    answer.raise_for_status()


async def _seconds(run: Callable[[], Awaitable[None]]) -> float:
    """Return the median time of a run after two to warm up."""
    taken = []
    for number in range(ROUNDS + 2):
        began = time.perf_counter()
        await run()
        if number > 1:
            taken.append(time.perf_counter() - began)
    return median(taken)


async def measure(url: str) -> dict[str, float]:
    """Return seconds of each way of asking."""
    text = letter()
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:

        async def together() -> None:
            await _ask(http, "annotateText", text, features=FEATURES)

        async def apart() -> None:
            for method in METHODS:
                await _ask(http, method, text)

        async def in_turn() -> None:
            for one in SHORT:
                await _ask(http, "analyzeSentiment", one)

        async def at_once() -> None:
            await asyncio.gather(*(_ask(http, "analyzeSentiment", one) for one in SHORT))

        ways = {"together": together, "apart": apart, "in turn": in_turn, "at once": at_once}
        return {name: await _seconds(way) for name, way in ways.items()}


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as state:
        running = start(Path(state))
        try:
            found = asyncio.run(measure(running.url))
        finally:
            running.stop()
    print(f"annotateText of 300 words            {found['together'] * 1000:7.1f} ms")
    print(f"its five methods one by one          {found['apart'] * 1000:7.1f} ms")
    print(f"ratio                                {found['apart'] / found['together']:7.2f}")
    print(f"32 short documents one by one        {found['in turn'] * 1000:7.1f} ms")
    print(f"32 short documents at once           {found['at once'] * 1000:7.1f} ms")
    print(f"ratio                                {found['in turn'] / found['at once']:7.2f}")


if __name__ == "__main__":
    main()
