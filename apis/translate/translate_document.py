"""translateDocument: office files and pages in another language, with their layout."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from sensorium.apis import destinations
from sensorium.apis.core import JSON, Call
from sensorium.apis.translate import codes, routing, translate
from sensorium.apis.translate.detect import check_size, identify, parent
from sensorium.apis.translate.routing import Route
from sensorium.apis.translate.translate_text import glossary_terms
from sensorium.apis.translate.translation import Job, Terms, rendered, translated
from sensorium.models.errors import FailedPrecondition, Failure, InvalidArgument
from sensorium.models.media.sniff import DOCX, HTML, PPTX, XLSX, media_type, structured_type
from sensorium.models.passages import Passage, mark
from sensorium.models.tasks import DocumentRewriter, OfficeKind

_RPC = "google.cloud.translation.v3.TranslationService.TranslateDocument"
_INPUT = "documentInputConfig"
_KINDS: dict[str, OfficeKind] = {DOCX: "DOCX", PPTX: "PPTX", XLSX: "XLSX"}
_MARKS = re.compile("[\ue000-\uefff]")
_SAMPLE = 4_000  # characters by which a language is told


@translate.rpc(
    _RPC,
    example={
        "parent": "projects/p/locations/us-central1",
        "sourceLanguageCode": "en",
        "targetLanguageCode": "es",
        "documentInputConfig": {
            "content": "PCFET0NUWVBFIGh0bWw+PHA+VGhlIHJlZCBob3VzZTwvcD4=",
            "mimeType": "text/html",
        },
    },
)
async def translate_document(request: Any, call: Call) -> JSON:
    """Translate a DOCX, PPTX, XLSX or HTML file and leave its layout as it is.

    Text is translated paragraph by paragraph, and the looks of words stay with their places in it.
    PDF is refused (FAILED_PRECONDITION). With `documentOutputConfig.gcsDestination` the file is
    written there too; with a glossary there is a second one with its terms.
    """
    parent(request.parent)
    content, name = await _content(request.document_input_config, call)
    kind = _kind(content, request.document_input_config.mime_type)
    target = request.target_language_code
    job = Job(request.source_language_code, target, kind == HTML, request.model)
    terms = await glossary_terms(request.glossary_config, job, call)
    told, way, source = await _translated(content, kind, job, call, None)
    answer: JSON = {
        "documentTranslation": {
            "byteStreamOutputs": [told],
            "mimeType": kind,
            **({} if job.source else {"detectedLanguageCode": codes.google(source)}),
        },
        **({"model": routing.named(request.model, request.parent, way)} if way else {}),
    }
    await _keep(request, name, target, "translations", told, kind, call)
    if terms is not None:
        told, _, _ = await _translated(content, kind, job, call, terms)
        await _keep(request, name, target, "glossary_translations", told, kind, call)
        answer["glossaryDocumentTranslation"] = {"byteStreamOutputs": [told], "mimeType": kind}
        answer["glossaryConfig"] = {"glossary": request.glossary_config.glossary}
    return answer


async def _content(given: Any, call: Call) -> tuple[bytes, str]:
    """Return the file of a request, and the name of its object."""
    if uri := given.gcs_source.input_uri:
        field = f"{_INPUT}.gcsSource.inputUri"
        return await call.sources.read(uri, field=field), uri.removeprefix("gs://")
    if not given.content:
        raise InvalidArgument("Set content or gcsSource.", field=_INPUT)
    return given.content, "document"


def _kind(content: bytes, said: str) -> str:
    """Return the media type of a file; its bytes tell, for a page without a head the request."""
    if media_type(content) == "application/pdf":
        raise FailedPrecondition(
            "PDF files are not translated: no installed engine sets their text anew.",
            field=f"{_INPUT}.content",
            hint="Send the DOCX that it was made from, or the text.",
        )
    kind = structured_type(content) or (said if said == HTML else "")
    if kind not in (*_KINDS, HTML):
        raise InvalidArgument("The file is no DOCX, PPTX, XLSX or HTML.", field=f"{_INPUT}.content")
    return kind


async def _translated(
    content: bytes, kind: str, job: Job, call: Call, terms: Terms | None
) -> tuple[bytes, Route | None, str]:
    """Return a file translated, the way that was taken, and the language that it was in."""
    if kind == HTML:
        text = _text(content)
        check_size(len(text), f"{_INPUT}.content", call)
        (one,) = await translated([text], job, call, terms)
        return one.text.encode(), one.route, one.source
    office, seconds = _KINDS[kind], call.limits.seconds
    try:
        read = call.models.use(DocumentRewriter.paragraphs, timeout=seconds)
        paragraphs = await read(content, office)
    except Failure as failure:
        raise failure.within(f"{_INPUT}.content") from failure
    texts = ["".join(runs) for runs in paragraphs]
    check_size(sum(map(len, texts)), f"{_INPUT}.content", call)
    source = job.source or await _told(texts, call)
    if source == job.target or not texts:
        return content, None, source
    way = await routing.route(source, job.target, call, job.model, job.target_field)
    new = await _runs(paragraphs, way, call, terms)
    write = call.models.use(DocumentRewriter.rewritten, timeout=seconds)
    return await write(content, office, new), way, source


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


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidArgument("The page is not UTF-8.", field=f"{_INPUT}.content") from None


async def _told(texts: Sequence[str], call: Call) -> str:
    sample = "\n".join(texts)[:_SAMPLE]
    (scores,) = await identify([sample], call)
    return scores[0].language


async def _keep(
    request: Any, name: str, target: str, what: str, content: bytes, kind: str, call: Call
) -> None:
    """Write a translated file under the place that a request names, if it names one."""
    prefix = request.document_output_config.gcs_destination.output_uri_prefix
    if not prefix:
        return
    field = "documentOutputConfig.gcsDestination.outputUriPrefix"
    destinations.prefix(prefix, field=field)
    path = PurePosixPath(name)
    file = f"{str(path.with_suffix('')).replace('/', '_')}_{target}_{what}{path.suffix}"
    uri = f"{prefix.rstrip('/')}/{file}"
    await call.destinations.write(uri, content, field=field, kind=kind)
