"""Office files and pages in another language, with their layout."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.apis.core import Call
from sensorium.apis.translate import routing
from sensorium.apis.translate.detect import check_size, identify
from sensorium.apis.translate.routing import Route
from sensorium.apis.translate.translation import Job, Terms, rendered, translated
from sensorium.models.errors import FailedPrecondition, Failure, InvalidArgument
from sensorium.models.imaging import fonts
from sensorium.models.media.sniff import DOCX, HTML, PPTX, XLSX, media_type, structured_type
from sensorium.models.passages import Passage, mark
from sensorium.models.tasks import DocumentRewriter, OfficeKind, PageRewriter

_KINDS: dict[str, OfficeKind] = {DOCX: "DOCX", PPTX: "PPTX", XLSX: "XLSX"}
PDF = "application/pdf"
_MARKS = re.compile("[\ue000-\uefff]")
_SAMPLE = 4_000  # characters by which a language is told


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file in another language, the way that was taken, what it was in, and its size.

    `route` is None where nothing was to be done; `characters` are those of the original.
    """

    content: bytes
    route: Route | None
    source: str
    characters: int


def kind(content: bytes, said: str, field: str) -> str:
    """Return the media type of a file; its bytes tell, for a page without a head the request."""
    if media_type(content) == PDF:
        return PDF
    found = structured_type(content) or (said if said == HTML else "")
    if found not in (*_KINDS, HTML):
        raise InvalidArgument("The file is no DOCX, PPTX, XLSX, PDF or HTML.", field=field)
    return found


async def rewritten(
    content: bytes, kind: str, job: Job, call: Call, terms: Terms | None, field: str
) -> Rewritten:
    """Return a file translated; `field` is what failures name."""
    if kind == HTML:
        text = _text(content, field)
        check_size(len(text), field, call)
        (one,) = await translated([text], job, call, terms)
        return Rewritten(one.text.encode(), one.route, one.source, len(text))
    paragraphs = await _paragraphs(content, kind, call, field)
    texts = ["".join(runs) for runs in paragraphs]
    size = sum(map(len, texts))
    check_size(size, field, call)
    source = job.source or await _told(texts, call)
    if source == job.target or not texts:
        return Rewritten(content, None, source, size)
    way = await routing.route(source, job.target, call, job.model, job.target_field)
    new = await _runs(paragraphs, way, call, terms)
    return Rewritten(await _set(content, kind, new, call, field), way, source, size)


async def _paragraphs(content: bytes, kind: str, call: Call, field: str) -> Sequence[Sequence[str]]:
    """Return the paragraphs of a file in their runs; those of a PDF have one."""
    seconds = call.limits.seconds
    try:
        if kind != PDF:
            office = call.models.use(DocumentRewriter.paragraphs, timeout=seconds)
            return await office(content, _KINDS[kind])
        pages = call.models.use(PageRewriter.paragraphs, timeout=seconds)
        found = await pages(content)
    except Failure as failure:
        raise failure.within(field) from failure
    if not found:
        raise FailedPrecondition(
            "The PDF has no text of its own: its pages are pictures.",
            field=field,
            hint="`sensorium call translate.photo` translates the picture of a page.",
        )
    return [(one,) for one in found]


async def _set(
    content: bytes, kind: str, paragraphs: Sequence[Sequence[str]], call: Call, field: str
) -> bytes:
    """Return a file with other paragraphs."""
    seconds = call.limits.seconds
    if kind != PDF:
        office = call.models.use(DocumentRewriter.rewritten, timeout=seconds)
        return await office(content, _KINDS[kind], paragraphs)
    texts = [run for runs in paragraphs for run in runs]
    strange = "".join({char for text in texts for char in text if not _western(char)})
    try:
        font = await asyncio.to_thread(fonts.file, strange + "a") if strange else b""
        write = call.models.use(PageRewriter.rewritten, timeout=seconds)
        return await write(content, texts, font)
    except Failure as failure:
        raise failure.within(field) from failure


def _western(char: str) -> bool:
    """Tell whether the fonts that every PDF reader has know a letter."""
    try:
        return bool(char.encode("cp1252"))
    except UnicodeEncodeError:
        return False


async def _runs(
    paragraphs: Sequence[Sequence[str]], way: Route, call: Call, terms: Terms | None
) -> list[list[str]]:
    """Return the runs of paragraphs translated; where a run ends is a mark in the text."""

    def whole() -> list[Passage]:
        found = [_passage(runs) for runs in paragraphs]
        return [terms(one) for one in found] if terms else found

    passages = await asyncio.to_thread(whole)
    told = await rendered(passages, way, call)
    return [
        _MARKS.split(one.written(text, markup=False))
        for one, text in zip(passages, told, strict=True)
    ]


def _passage(runs: Sequence[str]) -> Passage:
    clean = [_MARKS.sub("\ufffd", run) for run in runs]
    marks = [mark(number) for number in range(len(runs) - 1)]
    text = "".join(part for pair in zip(clean, [*marks, ""], strict=True) for part in pair)
    return Passage(text, tuple(marks))  # a mark stands for itself


def _text(content: bytes, field: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidArgument("The page is not UTF-8.", field=field) from None


async def _told(texts: Sequence[str], call: Call) -> str:
    sample = "\n".join(texts)[:_SAMPLE]
    (scores,) = await identify([sample], call)
    return scores[0].language
