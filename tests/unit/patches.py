"""Pictures with patches of colour, and how the tests of Vision's features ask about them."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.vision import vocabulary
from sensorium.models.pool import LocalModels
from sensorium.models.registry import discover
from sensorium.models.tasks import (
    DocumentReader,
    ImageReader,
)
from tests.unit import seeing
from tests.unit.seeing import GREEN, TASKS, spec

IMAGES = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"
OPENERS = [one for one in discover() if one.task in (ImageReader, DocumentReader)]
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def openers() -> Iterator[LocalModels]:
    """What opens files, shared by all tests because it starts processes."""
    pool = LocalModels(OPENERS)
    yield pool
    asyncio.run(pool.close())


class Both:
    """Engines that see, over those that open files."""

    def __init__(self, openers: LocalModels, *engines: Any) -> None:
        self.openers = openers
        self.seeing = LocalModels(engines)

    def _of(self, method: Any) -> LocalModels:
        return self.openers if method in _OPEN else self.seeing

    def use(self, method: Any, **which: Any) -> Any:
        return self._of(method).use(method, **which)

    def chosen(self, method: Any, **which: Any) -> str:
        return self._of(method).chosen(method, **which)


_OPEN = (ImageReader.frames, ImageReader.count, DocumentReader.page, DocumentReader.count)


@pytest.fixture
def ask(openers: LocalModels, tmp_path: Path) -> Ask:
    """Annotate one picture; `without` leaves tasks out, `engines` adds some."""

    def ask(
        content: bytes,
        *kinds: str | dict[str, Any],
        without: tuple[type, ...] = (),
        engines: tuple[Any, ...] = (),
        **context: Any,
    ) -> Any:
        specs = [spec(task, factory) for task, factory in TASKS.items() if task not in without]
        features = [kind if isinstance(kind, dict) else {"type": kind} for kind in kinds]
        request = {
            "image": {"content": base64.b64encode(content).decode()},
            "features": features,
            "imageContext": context,
        }
        return run(openers, [*specs, *engines], tmp_path, IMAGES, {"requests": [request]})[0]

    return ask


def run(openers: Any, specs: list[Any], state: Path, rpc: str, request: Any) -> Any:
    async def annotate() -> Any:
        models: Any = Both(openers, *specs)
        nothing: Any = None
        client = LocalClient(Call(models, nothing, Limits(), state=state))
        try:
            return await client.call(rpc, request)
        finally:
            await models.seeing.close()

    seeing.calls.clear()
    return asyncio.run(annotate())["responses"]


def drawn(
    *patches: tuple[tuple[int, int, int], tuple[int, int, int, int]],
    size: tuple[int, int] = (400, 200),
) -> Image.Image:
    """A grey picture with patches of colour in it."""
    image = Image.new("RGB", size, (128, 128, 128))
    for colour, box in patches:
        image.paste(colour, box)
    return image


def png(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def corners(poly: dict[str, Any]) -> tuple[float, float, float, float]:
    xs = [vertex.get("x", 0) for vertex in poly["vertices"]]
    ys = [vertex.get("y", 0) for vertex in poly["vertices"]]
    return min(xs), min(ys), max(xs), max(ys)


TREE = (GREEN, (0, 0, 390, 199))


def own_words(state: Path, kind: str, text: str) -> None:
    folder = state / "vocabularies"
    folder.mkdir(exist_ok=True)
    (folder / f"{kind}.txt").write_text(text)


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """Write a vocabulary of the user's own, in place of the gateway's."""
    monkeypatch.setattr(vocabulary, "_text", lambda kind: "")
    return lambda kind, text: own_words(tmp_path, kind, text)
