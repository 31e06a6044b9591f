"""TEXT_DETECTION and DOCUMENT_TEXT_DETECTION: the text in a picture."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

from sensorium.apis.core import JSON, Call
from sensorium.apis.languages import languages_of
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.fulltext import fields
from sensorium.apis.vision.picture import Picture
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.pages.layout import arrange
from sensorium.models.tasks import Line, Pixels, TextReader

Read = Callable[[Sequence[Pixels]], Awaitable[list[list[Line]]]]
_HINT = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


@annotates("TEXT_DETECTION", "DOCUMENT_TEXT_DETECTION")
async def text(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `textAnnotations` and `fullTextAnnotation`; neither where there is no text.

    The text layer of a PDF page is used where there is one and no engine is named. Confidences
    are in an answer to TEXT_DETECTION alone only if the request enables them, as with Google.
    """
    lines = await read_lines(picture, asked, call)
    height, width = picture.pixels.shape[:2]
    page = await asyncio.to_thread(arrange, lines, width, height)
    if not page.blocks:
        return {}
    languages = await languages_of(page, call)
    document = any(feature.kind == "DOCUMENT_TEXT_DETECTION" for feature in asked.features)
    scored = asked.context.text_detection_params.enable_text_detection_confidence_score
    return await asyncio.to_thread(fields, page, picture, languages, document or scored)


async def read_lines(picture: Picture, asked: Asked, call: Call) -> Sequence[Line]:
    """Return the picture's lines, read once for all features that want the same of them."""
    key = ("lines", asked.engine, tuple(asked.context.language_hints))
    return await picture.once(key, lambda: _lines(picture, asked, call))


async def _lines(picture: Picture, asked: Asked, call: Call) -> Sequence[Line]:
    """Return the picture's lines: its own, or what the engine reads that knows all the hints."""
    hints = _hints(asked)
    engine = asked.engine
    if picture.lines is not None and engine is None:
        return picture.lines
    readers = [
        _reader(engine, hint, f"{asked.field}.languageHints[{i}]", asked, call)
        for i, hint in enumerate(hints)
    ]
    read = readers[0] if readers else _reader(engine, None, None, asked, call)
    (lines,) = await read([picture.pixels])
    return lines


def _reader(
    engine: str | None, language: str | None, field: str | None, asked: Asked, call: Call
) -> Read:
    seconds = call.limits.seconds
    if engine is not None:
        field = f"{asked.features[0].field}.model"
    try:
        return call.models.use(TextReader.read, engine=engine, language=language, timeout=seconds)
    except FailedPrecondition as lacking:
        raise FailedPrecondition(lacking.message, field=field, hint=lacking.hint) from lacking


def _hints(asked: Asked) -> list[str]:
    hints = list(asked.context.language_hints)
    for i, hint in enumerate(hints):
        if not _HINT.fullmatch(hint):
            raise InvalidArgument(
                f"{hint[:40]!r} is no BCP-47 language code.",
                field=f"{asked.field}.languageHints[{i}]",
            )
    return hints
