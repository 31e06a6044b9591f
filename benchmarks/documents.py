"""Pages a second of a scanned PDF of ten pages beside tesseract, and what a form costs over OCR.

    python -m benchmarks.documents [--rounds 3]

The PDF holds pictures of pages at 150 dpi and no text. Sensorium takes the whole file in one
`process`; for tesseract the same pictures are given to Debian's program, page by page as installed
and two at a time with one thread each, its fastest way on two cores. Forms are a table of an
invoice, and a form of the documents folder where there is one: FORM_PARSER beside OCR, in turns.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from PIL import Image

from benchmarks import paperwork
from benchmarks.ocr import DOCUMENTS, DPI, drawn, tesseract
from benchmarks.vision import Nowhere
from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call
from sensorium.apis.storage import Database
from sensorium.models.pool import LocalModels

RPC = "google.cloud.documentai.v1.DocumentProcessorService.ProcessDocument"
PAGES = 10


def scan() -> tuple[bytes, list[Image.Image]]:
    """Return a PDF of pictures, and the pictures."""
    kinds = [Image.fromarray(case.pixels) for case in drawn()]
    pages = [kinds[number % len(kinds)] for number in range(PAGES)]
    target = io.BytesIO()
    pages[0].save(target, "PDF", save_all=True, append_images=pages[1:], resolution=DPI)
    return target.getvalue(), pages


def forms(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield forms by name."""
    target = io.BytesIO()
    paper = paperwork.invoice("classic", "USD", "en")
    Image.fromarray(paper.image).save(target, "PNG")
    yield "invoice, drawn", target.getvalue()
    path = folder / "handwritten_form.pdf"
    if path.exists():
        yield path.stem, path.read_bytes()


async def process(client: LocalClient, processor: str, content: bytes) -> float:
    """Return the seconds that one document takes."""
    name = f"projects/p/locations/us/processors/{processor}"
    document = {"content": base64.b64encode(content).decode()}
    began = time.perf_counter()
    await client.call(RPC, {"name": name, "rawDocument": document, "imagelessMode": True})
    return time.perf_counter() - began


def beside(pages: list[Image.Image], rounds: int) -> dict[str, float]:
    """Return the median seconds that tesseract takes for all pages, each way."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        files = [Path(folder) / f"{number}.png" for number in range(len(pages))]
        for file, page in zip(files, pages, strict=True):
            page.save(file, dpi=(DPI, DPI))

        def installed() -> None:
            for file in files:
                tesseract(file, None)

        def paired() -> None:
            list(pool.map(lambda file: tesseract(file, 1), files))

        ways: dict[str, Callable[[], None]] = {"as installed": installed, "two at once": paired}
        return {name: median(_timed(way) for _ in range(rounds)) for name, way in ways.items()}


def _timed(way: Callable[[], None]) -> float:
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


async def main() -> None:
    """Print pages a second, then what forms cost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=Path, default=DOCUMENTS)
    options = parser.parse_args()
    models = LocalModels()
    client = LocalClient(Call(models, Nowhere(), database=Database()))
    content, pages = scan()
    await process(client, "form-parser", content)  # loads the engines
    ours = median([await process(client, "ocr", content) for _ in range(options.rounds)])
    print(f"sensorium            {PAGES / ours:6.2f} pages/s")
    for name, seconds in beside(pages, options.rounds).items():
        print(f"tesseract {name:12} {PAGES / seconds:5.2f} pages/s, {seconds / ours:.2f}x as long")
    for name, form in forms(options.documents):
        taken: dict[str, list[float]] = {"ocr": [], "form-parser": []}
        for _ in range(options.rounds):
            for processor, seconds_of in taken.items():
                seconds_of.append(await process(client, processor, form))
        ocr, parsed = median(taken["ocr"]), median(taken["form-parser"])
        print(f"{name:20} form {parsed:.2f} s, OCR {ocr:.2f} s, {parsed / ocr:.2f}x")
    await models.close()


if __name__ == "__main__":
    asyncio.run(main())
