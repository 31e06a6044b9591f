"""translateDocument: office files, PDF and pages in another language, with their layout."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from sensorium.apis import destinations
from sensorium.apis.core import JSON, Call
from sensorium.apis.translate import codes, documents, routing, translate
from sensorium.apis.translate.detect import parent
from sensorium.apis.translate.translate_text import glossary_terms
from sensorium.apis.translate.translation import Job
from sensorium.models.errors import InvalidArgument
from sensorium.models.media.sniff import HTML

_RPC = "google.cloud.translation.v3.TranslationService.TranslateDocument"
_INPUT = "documentInputConfig"


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
    """Translate a DOCX, PPTX, XLSX, PDF or HTML file and leave its layout as it is.

    Text is translated paragraph by paragraph, and the looks of words stay with their places in it.
    In a PDF it is set anew in a standard font, smaller where it needs more room; a scanned one is
    refused (FAILED_PRECONDITION). With `documentOutputConfig.gcsDestination` the file is
    written there too; with a glossary there is a second one with its terms.
    """
    parent(request.parent)
    content, name = await _content(request.document_input_config, call)
    kind = documents.kind(content, request.document_input_config.mime_type, f"{_INPUT}.content")
    target = request.target_language_code
    job = Job(request.source_language_code, target, kind == HTML, request.model)
    terms = await glossary_terms(request.glossary_config, job, call)
    told = await documents.rewritten(content, kind, job, call, None, f"{_INPUT}.content")
    answer: JSON = {
        "documentTranslation": {
            "byteStreamOutputs": [told.content],
            "mimeType": kind,
            **({} if job.source else {"detectedLanguageCode": codes.google(told.source)}),
        },
        **(
            {"model": routing.named(request.model, request.parent, told.route)}
            if told.route
            else {}
        ),
    }
    await _keep(request, name, target, "translations", told.content, kind, call)
    if terms is not None:
        told = await documents.rewritten(content, kind, job, call, terms, f"{_INPUT}.content")
        await _keep(request, name, target, "glossary_translations", told.content, kind, call)
        answer["glossaryDocumentTranslation"] = {
            "byteStreamOutputs": [told.content],
            "mimeType": kind,
        }
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
