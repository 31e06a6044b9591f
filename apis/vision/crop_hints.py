"""CROP_HINTS: how to cut a picture so that what matters stays."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import findings
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.picture import Picture
from sensorium.apis.vision.text import read_lines
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.imaging import crops
from sensorium.models.imaging.saliency import saliency
from sensorium.models.tasks import Box, Line

T = TypeVar("T")
_MOST_RATIOS = 16
_FACE, _THING, _TEXT = 3.0, 1.0, 1.0  # what a crop should keep, against each other
_TEXT_FEATURES = {"TEXT_DETECTION", "DOCUMENT_TEXT_DETECTION"}


@annotates("CROP_HINTS")
async def crop_hints(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `cropHintsAnnotation`: a crop for each of `aspectRatios`, in their order.

    Without ratios there is one crop of the picture's own shape. What matters is what stands out,
    and above it faces, things and, when its text is read in the same request, text; faces and
    things need engines that are installed, and count only then. `importanceFraction` is the share
    of it in the crop; `models/imaging/crops.py` has the formulas. Sixteen ratios are the most.
    """
    ratios = _ratios(picture, asked)
    focuses = await _focuses(picture, asked, call)
    found = await asyncio.to_thread(_crops, picture, focuses, ratios)
    hints = [
        {
            "boundingPoly": picture.box(crop.box),
            "confidence": crop.confidence,
            "importanceFraction": crop.importance,
        }
        for crop in found
    ]
    return {"cropHintsAnnotation": {"cropHints": hints}}


def _ratios(picture: Picture, asked: Asked) -> list[float]:
    """Return the ratios of width to height that are asked for."""
    ratios = list(asked.context.crop_hints_params.aspect_ratios)
    field = f"{asked.field}.cropHintsParams.aspectRatios"
    if len(ratios) > _MOST_RATIOS:
        raise InvalidArgument(
            f"{len(ratios)} ratios are more than the {_MOST_RATIOS} allowed.", field=field
        )
    for i, ratio in enumerate(ratios):
        if not (math.isfinite(ratio) and 0.01 <= ratio <= 100):
            raise InvalidArgument(
                f"{ratio:g} is no ratio of width to height from 0.01 to 100.", field=f"{field}[{i}]"
            )
    height, width = picture.pixels.shape[:2]
    return ratios or [width / height]


async def _focuses(picture: Picture, asked: Asked, call: Call) -> list[crops.Focus]:
    """Return what installed engines find that a crop should keep."""
    faces, things, lines = await asyncio.gather(
        _if_possible(findings.faces(picture, call)),
        _if_possible(findings.things(picture, call)),
        _if_possible(_text(picture, asked, call)),
    )
    return [
        *(crops.Focus(face.box, _FACE * face.confidence) for face in faces),
        *(crops.Focus(thing.box, _THING * thing.score) for thing in things),
        *(crops.Focus(_around(line), _TEXT * line.confidence / len(lines)) for line in lines),
    ]


async def _text(picture: Picture, asked: Asked, call: Call) -> Sequence[Line]:
    """Return the lines of text, if the same request reads them anyway."""
    if picture.lines is not None:
        return picture.lines
    return await read_lines(picture, asked, call) if asked.beside & _TEXT_FEATURES else ()


async def _if_possible(found: Awaitable[Sequence[T]]) -> Sequence[T]:
    """Return what an engine finds, nothing where none is installed."""
    try:
        return await found
    except FailedPrecondition:
        return ()


def _around(line: Line) -> Box:
    """Return the upright box around a line."""
    xs, ys = [point.x for point in line.polygon], [point.y for point in line.polygon]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _crops(
    picture: Picture, focuses: Sequence[crops.Focus], ratios: Sequence[float]
) -> list[crops.Crop]:
    """Return the crop for each ratio."""
    height, width = picture.pixels.shape[:2]
    weights = crops.importance(saliency(picture.pixels), focuses, (width, height))
    return crops.best(weights, (width, height), ratios)
