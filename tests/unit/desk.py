"""Document AI in this process: a database, a folder of buckets, engines, and documents to read."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.destinations import LocalDestinations
from sensorium.apis.sources import LocalSources
from sensorium.apis.storage import Database
from sensorium.gateway.operations import LocalOperations
from sensorium.models.pool import LocalModels
from tests.unit.pdfs import pdf, shown

SERVICE = "google.cloud.documentai.v1.DocumentProcessorService"
PLACE = "projects/p/locations/us"


class Desk:
    """What a gateway has, asked in this process; buckets are folders under `root`."""

    def __init__(self, root: Path, *engines: Any, **limits: Any) -> None:
        self.root = root
        self.engines = list(engines) or None
        self.limits = Limits(**limits)
        self.database = Database()

    def ask(self, rpc: str, request: dict[str, Any]) -> Any:
        """Return the answer of an RPC, by its full name elsewhere, or its operation once done."""
        return asyncio.run(self._asked(rpc, request))

    async def _asked(self, rpc: str, request: dict[str, Any]) -> Any:
        models = LocalModels(self.engines)
        operations = LocalOperations(self.limits)
        call = Call(
            models,
            LocalSources(self.root),
            self.limits,
            operations=operations,
            destinations=LocalDestinations(self.root),
            database=self.database,
        )
        try:
            answer = await LocalClient(call).call(
                rpc if "." in rpc else f"{SERVICE}.{rpc}", request
            )
            if "@type" in answer.get("metadata", {}):
                return (await operations.wait(answer["name"], "", 60)).wire()
            return answer
        finally:
            await operations.close()
            await models.close()

    def processor(self, kind: str = "OCR_PROCESSOR", **more: Any) -> str:
        """Return the name of a new processor."""
        request = {"parent": PLACE, "processor": {"type": kind, **more}}
        return str(self.ask("CreateProcessor", request)["name"])

    def process(self, content: bytes, processor: str = "ocr", **more: Any) -> Any:
        """Return the document that processing answers; `processor` is a name or an id."""
        name = processor if "/" in processor else f"{PLACE}/processors/{processor}"
        raw = {"content": base64.b64encode(content).decode()}
        request = {"name": name, "rawDocument": raw, "imagelessMode": True, **more}
        return self.ask("ProcessDocument", request)["document"]

    def put(self, name: str, content: bytes) -> str:
        """Put an object into the bucket `b` and return its URI."""
        path = self.root / "b" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return f"gs://b/{name}"

    def stored(self, uri: str) -> Any:
        """Return the JSON of an object."""
        return json.loads((self.root / uri.removeprefix("gs://")).read_bytes())


def paper(*lines: str, top: float = 170) -> bytes:
    """Return a PDF of one page with a text layer."""
    return sheets(lines, top=top)


def sheets(*pages: tuple[str, ...], top: float = 170) -> bytes:
    """Return a PDF with a page for each group of lines; a tab starts another column."""
    return pdf(*("".join(_set(lines, top)) for lines in pages))


def _set(lines: tuple[str, ...], top: float) -> list[str]:
    return [
        shown(cell.replace("(", "\\(").replace(")", "\\)"), 20 + 150 * column, top - 20 * row)
        for row, line in enumerate(lines)
        for column, cell in enumerate(line.split("\t"))
        if cell
    ]


GRID = "".join(
    [
        *(f"20 {y} m 280 {y} l S " for y in (40, 65, 90, 115)),
        *(f"{x} 40 m {x} 115 l S " for x in (20, 150, 280)),
        shown("Item", 30, 97),
        shown("Price", 160, 97),
        shown("Bolts", 30, 72),
        shown("4.00", 160, 72),
        shown("Nuts", 30, 47),
        shown("6.50", 160, 47),
    ]
)
FORM = pdf(shown("Name: Ann Lee", 20, 170) + shown("City: Berlin", 20, 145) + GRID)


def picture(*lines: str, mode: str = "RGB", kind: str = "PNG", **more: Any) -> bytes:
    """Return a picture of lines in black on white."""
    image = Image.new("RGB", (900, 60 + 70 * len(lines)), "white")
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        pen.text((50, 30 + 70 * row), line, fill="black", font=ImageFont.load_default(40))
    target = io.BytesIO()
    image.convert(mode).save(target, kind, **more)
    return target.getvalue()


def cut(document: Any, anchor: Any) -> str:
    """Return what a text anchor cuts out of a document's text."""
    return "".join(
        document["text"][int(one.get("startIndex", 0)) : int(one["endIndex"])]
        for one in anchor.get("textSegments", [])
    )
