"""Four features of one photo in one request, beside each of them alone.

    python -m benchmarks.vision [--rounds 7] [--images ../shared/data/images]

Photos are made to have one megapixel. The request and the single features take turns on warm
engines. The first ratio is of the request's median wall time to that of its slowest feature alone;
the second to the least that the cores here could take: the slowest, or all CPU shared between them.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil
from PIL import Image, ImageDraw, ImageFont

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call
from sensorium.models.errors import NotFound
from sensorium.models.pool import LocalModels

IMAGES = Path(__file__).parent.parent.parent / "shared" / "data" / "images"
RPC = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"
FEATURES = ("TEXT_DETECTION", "FACE_DETECTION", "SAFE_SEARCH_DETECTION", "IMAGE_PROPERTIES")
PIXELS = 1_000_000
CORES = len(os.sched_getaffinity(0))


class Nowhere:
    """Reads no source."""

    async def read(self, uri: str, *, field: str, limit: int | None = None) -> bytes:
        """Raise NotFound."""
        raise NotFound(f"There is no {uri}.", field=field)


def drawn() -> Image.Image:
    """Return shades with a sign on them."""
    random = np.random.default_rng(5)
    coarse = random.integers(60, 230, (6, 8, 3), np.uint8)
    image = Image.fromarray(coarse).resize((1156, 867), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for row, text in enumerate(("HARBOUR ROAD", "Boats leave every hour", "Tickets at the gate")):
        pen.text((180, 200 + 130 * row), text, fill="black", font=ImageFont.load_default(64))
    return image


def photos(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield photos of one megapixel as JPEG."""
    found = {"drawn sign": drawn()}
    for name in ("text_menu.jpg", "face-input.jpg", "puppies.jpg"):
        if (folder / name).exists():
            found[name] = Image.open(folder / name).convert("RGB")
    for name, image in found.items():
        scale = (PIXELS / (image.width * image.height)) ** 0.5
        target = io.BytesIO()
        image.resize((round(image.width * scale), round(image.height * scale))).save(target, "JPEG")
        yield name, target.getvalue()


def cpu() -> float:
    """Return the CPU seconds of this process and its children so far."""
    own = psutil.Process()
    times = [one.cpu_times() for one in (own, *own.children(recursive=True))]
    return sum(one.user + one.system for one in times)


async def measure(
    photo: bytes, rounds: int, client: LocalClient
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the median seconds of each feature alone and of all at once: wall, and CPU."""
    content = base64.b64encode(photo).decode()
    asked: dict[str, tuple[str, ...]] = {one: (one,) for one in FEATURES} | {"all": FEATURES}
    taken: dict[str, list[float]] = {name: [] for name in asked}
    spent: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(rounds + 1):
        for name, features in asked.items():
            request: dict[str, Any] = {
                "image": {"content": content},
                "features": [{"type": one} for one in features],
            }
            began, before = time.perf_counter(), cpu()
            answer = await client.call(RPC, {"requests": [request]})
            if "error" in answer["responses"][0]:
                raise SystemExit(answer["responses"][0]["error"]["message"])
            if number:  # the first round loads the engines
                taken[name].append(time.perf_counter() - began)
                spent[name].append(cpu() - before)
    return (
        {name: median(seconds) for name, seconds in taken.items()},
        {name: median(seconds) for name, seconds in spent.items()},
    )


async def main() -> None:
    """Print a row for each photo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=Path, default=IMAGES)
    options = parser.parse_args()
    models = LocalModels()
    client = LocalClient(Call(models, Nowhere()))
    print("milliseconds:", " ".join(FEATURES), "all; ratios to the slowest, to the least possible")
    for name, photo in photos(options.images):
        found, spent = await measure(photo, options.rounds, client)
        slowest = max(found[one] for one in FEATURES)
        least = max(slowest, sum(spent[one] for one in FEATURES) / CORES)
        row = " ".join(f"{1000 * seconds:7.1f}" for seconds in found.values())
        ratios = f"{found['all'] / slowest:.2f}x  {found['all'] / least:.2f}x"
        print(f"{name:16} {row}   {ratios}", flush=True)
    await models.close()


if __name__ == "__main__":
    asyncio.run(main())
