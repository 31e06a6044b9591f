"""Films to look at and to read: a contact sheet of their shots, and subtitles of what is said."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence

import numpy as np

from sensorium.agents.compositions import Kit, composition
from sensorium.apis.client import Client
from sensorium.apis.core import JSON
from sensorium.apis.speech.config import Asked
from sensorium.apis.speech.hearing import Heard
from sensorium.apis.speech.v2 import captions
from sensorium.models.errors import InvalidArgument, Unavailable
from sensorium.models.imaging.fonts import font
from sensorium.models.media import png
from sensorium.models.tasks import HeardWord, Hearing, Pixels, VideoReader

_ANNOTATE = "google.cloud.videointelligence.v1.VideoIntelligenceService.AnnotateVideo"
_WAIT = "google.longrunning.Operations.WaitOperation"
_PAPER, _INK = (24, 24, 28), (235, 235, 235)
_GAP, _CAPTION = 8, 22  # pixels between pictures, and of the line below each
_MOST_SHOTS, _MOST_COLUMNS = 400, 20
_FORMS = {"srt": captions.srt, "vtt": captions.vtt}


@composition("video.storyboard")
async def storyboard(kit: Kit, content: bytes, *, columns: str = "4", width: str = "320") -> JSON:
    """Show the shots of a video as a contact sheet: the middle of each, and when it begins.

    `columns` pictures of `width` pixels stand side by side. Returns the sheet as PNG
    (`imageContent`) and the `shots`.
    """
    across, wide = _number(columns, "columns", _MOST_COLUMNS), _number(width, "width", 1920)
    result = await _annotated(kit.client, content, ["SHOT_CHANGE_DETECTION"], {})
    shots = result.get("shotAnnotations", [])
    if not shots:
        raise InvalidArgument("There are no pictures in the file.")
    if len(shots) > _MOST_SHOTS:
        raise InvalidArgument(f"The video has {len(shots)} shots, a sheet has {_MOST_SHOTS}.")
    spans = [(_seconds(one["startTimeOffset"]), _seconds(one["endTimeOffset"])) for one in shots]
    middles = [(start + end) / 2 for start, end in spans]
    images = await kit.models.use(VideoReader.frames)(content, middles, wide)
    starts = [start for start, _ in spans]
    sheet = await asyncio.to_thread(lambda: png.encode(_sheet(images, starts, across)))
    return {"imageContent": base64.b64encode(sheet).decode(), "shots": shots}


@composition("video.subtitles")
async def subtitles(
    kit: Kit, content: bytes, *, language: str = "en-US", form: str = "srt"
) -> JSON:
    """Write down what is said in a video or a recording as subtitles.

    `form` is `srt` or `vtt`. Returns them as `textContent`.
    """
    if form not in _FORMS:
        raise InvalidArgument(f"form is {' or '.join(_FORMS)}, not {form[:40]!r}.")
    context = {"speechTranscriptionConfig": {"languageCode": language}}
    result = await _annotated(kit.client, content, ["SPEECH_TRANSCRIPTION"], context)
    heard = [_heard(one) for one in result.get("speechTranscriptions", [])]
    text = _FORMS[form]([one for one in heard if one.hearings[0].words], Asked((language,), None))
    return {"textContent": text}


async def _annotated(
    client: Client, content: bytes, features: Sequence[str], context: JSON
) -> JSON:
    """Return the `VideoAnnotationResults` of a video; raises what its operation ended with."""
    request = {
        "inputContent": base64.b64encode(content).decode(),
        "features": list(features),
        "videoContext": context,
    }
    operation = await client.call(_ANNOTATE, request)
    while not operation.get("done"):
        asked = {"name": operation["name"], "timeout": "20s"}
        operation = await client.call(_WAIT, asked)
    if error := operation.get("error"):
        raise InvalidArgument(str(error.get("message", "The video cannot be annotated.")))
    (result,) = operation["response"]["annotationResults"]
    if error := result.get("error"):
        raise Unavailable(str(error.get("message", "")))
    found: JSON = result
    return found


def _heard(transcription: JSON) -> Heard:
    words = tuple(
        HeardWord(one["word"], _seconds(one["startTime"]), _seconds(one["endTime"]), 1.0)
        for one in transcription["alternatives"][0].get("words", [])
    )
    end = words[-1].end if words else 0.0
    return Heard((Hearing(words, 1.0),), transcription.get("languageCode", ""), 0, end)


def _sheet(images: Sequence[Pixels], starts: Sequence[float], columns: int) -> Pixels:
    """Return pictures side by side, row by row, each with its time below it."""
    from PIL import Image, ImageDraw

    height = max(image.shape[0] for image in images)
    width = max(image.shape[1] for image in images)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    size = (columns * (width + _GAP) + _GAP, rows * (height + _GAP + _CAPTION) + _GAP)
    sheet = Image.new("RGB", size, _PAPER)
    draw, face = ImageDraw.Draw(sheet), font("0:.", 15)
    for number, (image, start) in enumerate(zip(images, starts, strict=True)):
        left = _GAP + number % columns * (width + _GAP)
        top = _GAP + number // columns * (height + _GAP + _CAPTION)
        sheet.paste(Image.fromarray(image), (left, top))
        minutes, seconds = divmod(start, 60)
        clock = f"{int(minutes) // 60}:{int(minutes) % 60:02}:{seconds:05.2f}"
        draw.text((left, top + height + 3), clock, fill=_INK, font=face)
    return np.asarray(sheet, dtype=np.uint8)


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def _number(text: str, name: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise InvalidArgument(f"{name} is a number from 1 to {most}, not {text[:40]!r}.")
    return int(text)
