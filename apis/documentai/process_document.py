"""process: one document in, the same document read and enriched out."""

from __future__ import annotations

from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.documentai import documentai, inline
from sensorium.apis.documentai.masks import Mask
from sensorium.apis.documentai.opening import Given
from sensorium.apis.documentai.options import Options
from sensorium.apis.documentai.pipeline import processed, source
from sensorium.apis.documentai.resolution import resolve
from sensorium.models.errors import InvalidArgument

RPC = "google.cloud.documentai.v1.DocumentProcessorService.ProcessDocument"
# A TIFF page that says "Hello", in base64.
_EXAMPLE = (
    "SUkqAE4AAAAmoHg1f//IazlvkI5Ff////8lnku/Refou3+k36Tf6X6TfH//y4uP//lwv////8k//+3+2l/aXtpfh"
    "irtisRERH/+ACACACQAAAQMAAQAAAGAAAAABAQMAAQAAACAAAAACAQMAAQAAAAEAAAADAQMAAQAAAAQAAAAGAQMA"
    "AQAAAAEAAAARAQQAAQAAAAgAAAAWAQMAAQAAACAAAAAXAQQAAQAAAEYAAAAcAQMAAQAAAAEAAAAAAAAA"
)


@documentai.rpc(
    RPC,
    example={
        "name": "projects/demo/locations/us/processors/ocr",
        "rawDocument": {"content": _EXAMPLE, "mimeType": "image/tiff"},
        "imagelessMode": True,
    },
)
async def process_document(request: Any, call: Call) -> JSON:
    """Process one document: read its text and layout, and what the processor's type adds.

    `name` is a processor, created or always there (`processors/ocr`), or a version of one. The
    document comes as `rawDocument`, as `gcsDocument` or as `inlineDocument` with `content` or a
    gs:// `uri`: a PDF or a picture (TIFF and GIF with all their pages); an inline document that was
    read before, with its `text` and `pages`, is not read again. At most 15 pages, 30 with
    `imagelessMode`; `processOptions` select some. A PDF's own text is used unless an `ocrConfig`
    leaves `enableNativePdfParsing` off. Offsets of text anchors are code points of `text`, places
    are pixels of `dimension` and shares of its sides. Premium features that no engine here has are
    FAILED_PRECONDITION; nobody reviews, so `humanReviewStatus` is SKIPPED.
    """
    by = await resolve(request.name, "name", call)
    mask = Mask(list(request.field_mask.paths), "fieldMask")
    imageless = request.imageless_mode
    options = Options(
        request.process_options,
        images=not imageless and mask.wants("pages", "image"),
        most=call.limits.document_pages * (2 if imageless else 1),
        version=by.version,
    )
    if inline.is_read(request):
        answer = await inline.processed(request.inline_document, by, options, call)
    else:
        answer, _ = await processed(await _given(request, call), by, options, call)
    return {
        "document": mask.applied(answer),
        "humanReviewStatus": {"state": "SKIPPED"},
    }


async def _given(request: Any, call: Call) -> Given:
    """Return the document of a request."""
    kind = request.WhichOneof("source")
    if kind in ("raw_document", "gcs_document"):
        field = "rawDocument" if kind == "raw_document" else "gcsDocument"
        return await source(getattr(request, kind), kind, field, call)
    if kind is None:
        raise InvalidArgument(
            "A document is needed: set rawDocument, gcsDocument or inlineDocument."
        )
    document = request.inline_document
    if document.content:
        return Given(document.content, document.mime_type, "inlineDocument.content")
    if document.uri and not document.text:
        field = "inlineDocument.uri"
        content = await call.sources.read(document.uri, field=field)
        return Given(content, document.mime_type, field, document.uri)
    raise InvalidArgument("The document has no content, uri or text.", field="inlineDocument")
