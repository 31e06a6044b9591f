"""LAYOUT_PARSER_PROCESSOR: a document as a tree of blocks, and in chunks for search."""

from __future__ import annotations

import asyncio
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import layouts
from sensorium.apis.documentai.opening import File
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.processing import processes
from sensorium.apis.documentai.reading import Reading
from sensorium.models.errors import FailedPrecondition, Failure
from sensorium.models.layouts import Sheet, chunks, from_pages, selected, sheet
from sensorium.models.media.sniff import DOCX, HTML, PPTX, XLSX
from sensorium.models.tasks import Layout, MarkupReader, SlideReader, WordReader, WorkbookReader

_READERS: dict[str, Any] = {
    DOCX: WordReader.word,
    PPTX: SlideReader.slides,
    XLSX: WorkbookReader.workbook,
    HTML: MarkupReader.html,
    "text/markdown": MarkupReader.markdown,
}
_SIZE = 500  # tokens of a chunk


@processes(
    "LAYOUT_PARSER_PROCESSOR",
    category="GENERAL",
    summary="Layout parser",
    version="pretrained-layout-parser-v1.0",
    also=tuple(_READERS),
)
async def layout_parser(reading: Reading, document: JSON, options: Options, call: Call) -> JSON:
    """Return `documentLayout`, and `chunkedDocument` where a `chunkingConfig` asks for it.

    As with Google, the answer has neither `text` nor `pages`.
    """
    config = options.message.layout_config
    if reading.file is None:
        raise FailedPrecondition(
            "The layout is told from a file; this document has none.",
            field="inlineDocument",
            hint="Send it as rawDocument.",
        )
    if reading.file.kind in _READERS:
        layout = await _structured(reading.file, options, call)
    else:
        layout = await _paged(reading, call)
    numbered = zip(reading.sheets, reading.sizes, strict=True)
    sizes = {one.number: size for one, size in numbered} if config.return_bounding_boxes else {}
    answer: JSON = {name: document[name] for name in ("mimeType", "uri") if name in document}
    answer["documentLayout"] = layouts.shown(layout, sizes)
    if config.HasField("chunking_config"):
        wanted = config.chunking_config
        size, ancestors = wanted.chunk_size or _SIZE, wanted.include_ancestor_headings
        found = await asyncio.to_thread(chunks, layout, size, ancestors)
        answer["chunkedDocument"] = layouts.chunked(found)
    return answer


async def _structured(file: File, options: Options, call: Call) -> Layout:
    """Return the layout that a file says it has, of the pages that the options select."""
    read = call.models.use(_READERS[file.kind], timeout=call.limits.seconds)
    try:
        layout: Layout = await read(file.content)
    except Failure as failure:
        raise failure.within(file.field) from failure
    wanted = options.pages(layout.pages, file.field)
    return layout if len(wanted) == layout.pages else selected(layout, frozenset(wanted))


async def _paged(reading: Reading, call: Call) -> Layout:
    """Return the layout that pages show, one of their pictures in memory at a time."""
    assert reading.file is not None
    found: list[Sheet] = []
    for index, one in enumerate(reading.sheets):
        paper = await reading.paper(index, call)
        assert paper is not None
        found.append(
            await asyncio.to_thread(
                sheet, reading.placed, index, one.number, one.page, paper.image, paper.rules
            )
        )
    return await asyncio.to_thread(from_pages, found, reading.file.total)
