"""The promise of storyboards and subtitles: a film as people like to see it."""

from __future__ import annotations

import asyncio
import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sensorium.agents.compositions import Kit, compositions
from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.sources import LocalSources
from sensorium.gateway.operations import LocalOperations
from sensorium.models.errors import InvalidArgument
from sensorium.models.media.audio import encode
from sensorium.models.pool import LocalModels
from tests.unit.filming import RATE, encoded, joined, scene
from tests.unit.talking import RATE as HEARD
from tests.unit.talking import talk

REFUND, CANCEL = "i would like a refund", "cancel my subscription"


@pytest.fixture(scope="module")
def models() -> Iterator[LocalModels]:
    made = LocalModels()
    yield made
    asyncio.run(made.close())


def call(models: LocalModels, folder: Path, name: str, content: bytes, **options: str) -> Any:
    async def answer() -> Any:
        operations = LocalOperations(Limits())
        context = Call(models, LocalSources(folder), Limits(), operations=operations)
        try:
            kit = Kit(LocalClient(context), models)
            return await compositions()[name].call(kit, content, options)
        finally:
            await operations.close()

    return asyncio.run(answer())


def test_a_storyboard_has_a_picture_of_each_shot(models, tmp_path: Path):
    colours = ((200, 30, 30), (30, 200, 30), (30, 30, 200))
    film = np.concatenate([np.full((2 * RATE, 90, 160, 3), one, np.uint8) for one in colours])
    answer = call(models, tmp_path, "video.storyboard", encoded(film), columns="2", width="160")
    assert len(answer["shots"]) == 3
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["imageContent"]))))
    places = [(50, 80), (50, 250), (170, 80)]
    for (y, x), colour in zip(places, colours, strict=True):
        assert np.abs(sheet[y, x].astype(int) - colour).max() < 30
    assert sheet[170, 250].max() < 60, "nothing where a fourth would be"


def test_subtitles_have_the_words_and_their_times(models, tmp_path: Path):
    sound = talk(REFUND, CANCEL)
    film = np.repeat(scene(1, 0.2)[:1], round(len(sound) / HEARD * RATE), axis=0)
    text = call(models, tmp_path, "video.subtitles", encoded(film, sound), form="vtt")
    cues = re.findall(r"(\S+) --> (\S+)\n(.+)", text["textContent"])
    assert [words for _, _, words in cues] == [REFUND, CANCEL]
    srt = call(models, tmp_path, "video.subtitles", encode(sound, HEARD, "WAV"))["textContent"]
    assert srt.startswith("1\n00:00:0")
    assert REFUND in srt


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("video.storyboard", {"columns": "0"}, "columns"),
        ("video.storyboard", {"width": "wide"}, "width"),
        ("video.subtitles", {"form": "doc"}, "form"),
        ("video.subtitles", {"language": ""}, "languageCode"),
        ("video.storyboard", {}, "no video"),
    ],
)
def test_what_is_wrong_is_told(models, tmp_path: Path, name: str, options: Any, said: str):
    with pytest.raises(InvalidArgument, match=said):
        call(models, tmp_path, name, b"no video", **options)


def test_sound_alone_has_no_storyboard(models, tmp_path: Path):
    content = encode(talk(REFUND), HEARD, "WAV")
    with pytest.raises(InvalidArgument, match="no pictures"):
        call(models, tmp_path, "video.storyboard", content)


def test_shots_that_change_slowly_are_on_the_sheet_too(models, tmp_path: Path):
    film, _ = joined([scene(4, 2.5, 0.3), scene(5, 2.5, 0.3)], "black", 0.8)
    assert len(call(models, tmp_path, "video.storyboard", encoded(film))["shots"]) == 2
