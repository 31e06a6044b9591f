"""The pages of a file, read: words in reading order, languages, and what else was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sensorium.apis.core import Call
from sensorium.apis.documentai.opening import File
from sensorium.apis.documentai.options import Options
from sensorium.apis.languages import Languages, languages_of
from sensorium.models.errors import FailedPrecondition
from sensorium.models.imaging import quality
from sensorium.models.media import png
from sensorium.models.pages.layout import arrange
from sensorium.models.tasks import (
    Barcode,
    BarcodeReader,
    DocumentPage,
    Line,
    Page,
    Pixels,
    TextReader,
)

Read = Callable[[Sequence[Pixels]], Awaitable[list[list[Line]]]]
_AT_ONCE = 2  # pages in memory as pixels: one is rendered while another is read


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page that was read.

    `number` counts from 1 in the file, `page` is in pixels. `picture` is its PNG, `defects` what is
    wrong with it and `barcodes` those on it, where they were asked for.
    """

    number: int
    page: Page
    languages: Languages
    picture: bytes = b""
    defects: dict[str, float] = field(default_factory=dict)
    barcodes: Sequence[Barcode] = ()


@dataclass(frozen=True, slots=True)
class Extras:
    """What is wanted of pages besides their text."""

    picture: bool = False
    defects: bool = False
    barcodes: bool = False


async def read(file: File, options: Options, extras: Extras, call: Call) -> list[Sheet]:
    """Return the pages that the options select, in the order of the file."""
    numbers = options.pages(file.total, file.field)
    readers = _readers(options, call)
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> Sheet:
        async with slots:
            return await _sheet(file, number, options, readers, extras, call)

    tasks = [asyncio.create_task(one(number)) for number in numbers]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def _sheet(
    file: File, number: int, options: Options, readers: Sequence[Read], extras: Extras, call: Call
) -> Sheet:
    """Return one page, read."""
    paper = await file.page(number, call)
    lines = await _lines(paper, options, readers)
    height, width = paper.image.shape[:2]
    page = await asyncio.to_thread(arrange, lines, width, height)
    return Sheet(
        number,
        page,
        await languages_of(page, call) if page.blocks else Languages(),
        await asyncio.to_thread(png.encode, paper.image) if extras.picture else b"",
        await asyncio.to_thread(quality.defects, paper.image, lines) if extras.defects else {},
        await _barcodes(paper.image, call) if extras.barcodes else (),
    )


async def _lines(paper: DocumentPage, options: Options, readers: Sequence[Read]) -> Sequence[Line]:
    """Return a page's lines: its own where they may be used, or what an engine reads."""
    if paper.lines is not None and options.native:
        return paper.lines
    (lines,) = await readers[0]([paper.image])
    return lines


def _readers(options: Options, call: Call) -> list[Read]:
    """Return an engine for each language hint, or one for any; FailedPrecondition without one."""
    seconds = call.limits.seconds
    found: list[Read] = []
    for i, hint in enumerate(options.hints):
        try:
            found.append(call.models.use(TextReader.read, language=hint, timeout=seconds))
        except FailedPrecondition as lacking:
            raise FailedPrecondition(
                lacking.message, field=options.hint_field(i), hint=lacking.hint
            ) from lacking
    return found or [call.models.use(TextReader.read, timeout=seconds)]


async def _barcodes(image: Pixels, call: Call) -> Sequence[Barcode]:
    """Return the barcodes of a page; none where no engine reads them."""
    try:
        read = call.models.use(BarcodeReader.barcodes, timeout=call.limits.seconds)
    except FailedPrecondition:
        return ()
    (found,) = await read([image])
    return found
