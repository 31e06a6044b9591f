"""batchTranslateDocument: office files and pages of a bucket, in several languages."""

from __future__ import annotations

from functools import partial
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.translate import batches, documents, translate
from sensorium.apis.translate.detect import parent
from sensorium.apis.translate.translation import Job, Terms
from sensorium.models.errors import (
    FailedPrecondition,
    Failure,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
)
from sensorium.models.media.sniff import HTML

_RPC = "google.cloud.translation.v3.TranslationService.BatchTranslateDocument"
_PAGES = (".html", ".htm", ".xhtml")


@translate.rpc(
    _RPC,
    example={
        "parent": "projects/demo/locations/us-central1",
        "sourceLanguageCode": "en",
        "targetLanguageCodes": ["es"],
        "inputConfigs": [{"gcsSource": {"inputUri": "gs://examples/menu.docx"}}],
        "outputConfig": {"gcsDestination": {"outputUriPrefix": "gs://examples/translated/"}},
    },
)
async def batch_translate_document(request: Any, call: Call) -> JSON:
    """Begin to translate the documents of a bucket, each into up to 10 languages.

    Each becomes `BUCKET_NAME_LANGUAGE_translations.EXTENSION` under `outputUriPrefix`, and with a
    glossary `..._glossary_translations...` too; what failed is in `..._errors...`, and `index.csv`
    lists all. `models` and `glossaries` are by target language.
    """
    parent(request.parent)
    batches.inputs(request)
    if not request.source_language_code:
        raise InvalidArgument("Set the language of the files.", field="sourceLanguageCode")
    if request.format_conversions:
        raise FailedPrecondition(
            "Files are not converted to another format.", field="formatConversions"
        )
    await batches.check(request, [_job(request, one) for one in batches.targets(request)], call)
    return await start(_RPC, request, call, prefix=f"{request.parent}/operations/")


@runs(_RPC)
async def translate_documents(request: Any, call: Call, progress: Progress) -> JSON:
    """Translate the files, one after the other, and write the index."""
    steps = [
        (f"{field} {target}", partial(_translate, uri, field, target, request, call))
        for uri, field in batches.inputs(request)
        for target in request.target_language_codes
    ]
    return await batches.run(request, steps, call, progress)


async def _translate(uri: str, field: str, target: str, request: Any, call: Call) -> JSON:
    """Translate one file into one language; what is wrong with it goes into a file of its own."""
    row = [uri, target, "", "", "", ""]
    size = 0
    try:
        content = await call.sources.read(uri, field=field)
        said = HTML if uri.lower().endswith(_PAGES) else ""
        kind = documents.kind(content, said, field)
        job = _job(request, target)
        write = partial(_write, uri, field, content, kind, job, request, call)
        row[2], size = await write("translations", None)
        if terms := await batches.terms(request, job, call):
            row[4], _ = await write("glossary_translations", terms)
    except (ResourceExhausted, Unavailable):
        raise
    except Failure as failure:
        row[3] = await batches.write_failure(request, uri, target, failure, call)
    return {"row": row, "total": size, "failed": bool(row[3])}


async def _write(
    uri: str,
    field: str,
    content: bytes,
    kind: str,
    job: Job,
    request: Any,
    call: Call,
    what: str,
    terms: Terms | None,
) -> tuple[str, int]:
    """Write a file's translation, and return where, and how many characters it was."""
    told = await documents.rewritten(content, kind, job, call, terms, field)
    place = batches.place(request, batches.output(uri, job.target, what))
    await call.destinations.write(place, told.content, field=batches.OUTPUT, kind=kind)
    return place, told.characters


def _job(request: Any, target: str) -> Job:
    return Job(request.source_language_code, target, True, request.models.get(target, ""))
