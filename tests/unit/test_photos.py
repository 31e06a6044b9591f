"""The promise of translate.photo: a photo of a sign comes back in the reader's language."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sensorium.agents.compositions import Kit, compositions
from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.sources import LocalSources
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.imaging.fonts import font
from sensorium.models.media import png
from sensorium.models.pool import LocalModels

PHOTO = compositions()["translate.photo"]


@pytest.fixture(scope="module")
def models() -> Iterator[LocalModels]:
    made = LocalModels()
    yield made
    asyncio.run(made.close())


@pytest.fixture
def kit(models: LocalModels, tmp_path: Path) -> Kit:
    return Kit(LocalClient(Call(models, LocalSources(tmp_path), Limits())), models)


def sign(*lines: tuple[int, str], turn: float = 0.0) -> bytes:
    image = Image.new("RGB", (900, 420), (20, 70, 140))
    draw = ImageDraw.Draw(image)
    for top, text in lines:
        draw.text((70, top), text, font=font(text, 54), fill=(255, 250, 230))
    image = image.rotate(turn, resample=Image.Resampling.BICUBIC, fillcolor=(20, 70, 140))
    return png.encode(np.asarray(image))


def translated(kit: Kit, content: bytes, **options: str) -> Any:
    return asyncio.run(PHOTO.call(kit, content, options))


def words(kit: Kit, answer: Mapping[str, Any]) -> str:
    """What the picture that came back says, read by the gateway's own OCR."""
    request = {
        "requests": [
            {
                "image": {"content": answer["imageContent"]},
                "features": [{"type": "TEXT_DETECTION"}],
            }
        ]
    }
    rpc = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"
    (told,) = asyncio.run(kit.client.call(rpc, request))["responses"]
    return str(told["fullTextAnnotation"]["text"]).lower()


@pytest.mark.parametrize("turn", [0.0, -9.0])
def test_a_sign_is_written_anew_in_another_language(kit: Kit, turn: float):
    photo = sign((60, "La puerta roja"), (250, "La noche es fría"), turn=turn)
    answer = translated(kit, photo, to="en")
    assert answer["sourceLanguageCode"] == "es"
    assert answer["model"].endswith("/apertium")
    told = words(kit, answer)
    assert all(word in told for word in ("red door", "night"))
    assert not any(word in told for word in ("puerta", "noche"))
    before = Image.open(io.BytesIO(photo)).size
    assert Image.open(io.BytesIO(base64.b64decode(answer["imageContent"]))).size == before
    regions = answer["regions"]
    assert [one["text"] for one in regions] == ["La puerta roja", "La noche es fría"]
    assert all(len(one["words"]) >= 3 for one in regions)


def test_numbers_stay_as_they_are(kit: Kit):
    photo = sign((60, "La casa roja"), (250, "12.50"))
    answer = translated(kit, photo, to="en", source="es")
    assert "12.50" in words(kit, answer)
    assert [one["text"] for one in answer["regions"]] == ["La casa roja"]


def test_a_photo_in_the_readers_language_or_without_words_comes_back_as_it_was(kit: Kit):
    for photo in (sign((60, "The red door is open")), sign()):
        answer = translated(kit, photo, to="en")
        told = Image.open(io.BytesIO(base64.b64decode(answer["imageContent"])))
        assert (np.asarray(told) == np.asarray(Image.open(io.BytesIO(photo)))).all()
        assert answer["regions"] == []


def test_a_pair_that_no_engine_can_do_is_refused(kit: Kit):
    with pytest.raises((InvalidArgument, FailedPrecondition)):
        translated(kit, sign((60, "La puerta roja")), to="tlh")


def test_what_is_no_picture_is_refused(kit: Kit):
    with pytest.raises(InvalidArgument):
        translated(kit, b"no picture", to="en")


def test_options_are_checked_before_anything_is_done(kit: Kit):
    with pytest.raises(InvalidArgument, match="'to'"):
        translated(kit, b"")
    with pytest.raises(InvalidArgument, match="'zu'"):
        translated(kit, b"", to="en", zu="de")
