"""batchTranslateText: text, TSV and HTML files of a bucket, translated into several languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.translate import batches, translate
from sensorium.apis.translate.detect import parent
from sensorium.apis.translate.translate_text import markup
from sensorium.apis.translate.translation import Job, Terms, translated
from sensorium.models.errors import Failure, InvalidArgument, ResourceExhausted, Unavailable

_RPC = "google.cloud.translation.v3.TranslationService.BatchTranslateText"


@dataclass(frozen=True, slots=True)
class _Input:
    """A file, how its texts are marked up, and the field that named it."""

    uri: str
    kind: str
    field: str

    @property
    def table(self) -> bool:
        """Tell whether it is a table of ids and texts."""
        return self.uri.lower().endswith(".tsv")


@translate.rpc(
    _RPC,
    example={
        "parent": "projects/demo/locations/us-central1",
        "sourceLanguageCode": "en",
        "targetLanguageCodes": ["es"],
        "inputConfigs": [
            {"mimeType": "text/plain", "gcsSource": {"inputUri": "gs://examples/menu.txt"}}
        ],
        "outputConfig": {"gcsDestination": {"outputUriPrefix": "gs://examples/translated/"}},
    },
)
async def batch_translate_text(request: Any, call: Call) -> JSON:
    """Begin to translate files of a bucket, each into up to 10 languages.

    A `.tsv` file has a text in each line, or an id and a text; any other is one text, HTML unless
    `mimeType` is `text/plain`. Each becomes `BUCKET_NAME_LANGUAGE_translations.EXTENSION` under
    `outputUriPrefix`, and with a glossary `..._glossary_translations...` too; what failed is in
    `..._errors...`, and `index.csv` lists all. `models` and `glossaries` are by target language.
    """
    parent(request.parent)
    inputs = _inputs(request)
    if not request.source_language_code:
        raise InvalidArgument("Set the language of the files.", field="sourceLanguageCode")
    await batches.check(
        request, [_job(request, one, inputs[0]) for one in batches.targets(request)], call
    )
    return await start(_RPC, request, call, prefix=f"{request.parent}/operations/")


@runs(_RPC)
async def translate_files(request: Any, call: Call, progress: Progress) -> JSON:
    """Translate the files, one after the other, and write the index."""
    steps = [
        (f"{one.field} {target}", partial(_translate, one, target, request, call))
        for one in _inputs(request)
        for target in request.target_language_codes
    ]
    return await batches.run(request, steps, call, progress)


async def _translate(one: _Input, target: str, request: Any, call: Call) -> JSON:
    """Translate one file into one language; what is wrong with it goes into a file of its own."""
    row = [one.uri, target, "", "", "", ""]
    size = 0
    try:
        content = await call.sources.read(one.uri, field=one.field)
        texts, ids = _texts(content, one)
        size = sum(map(len, texts))
        job = _job(request, target, one)
        row[2] = await _write(one, "translations", texts, ids, job, request, call)
        if terms := await batches.terms(request, job, call):
            row[4] = await _write(
                one, "glossary_translations", texts, ids, job, request, call, terms
            )
    except (ResourceExhausted, Unavailable):
        raise
    except Failure as failure:
        row[3] = await batches.write_failure(request, one.uri, target, failure, call)
    return {"row": row, "total": size, "failed": bool(row[3])}


async def _write(
    one: _Input,
    what: str,
    texts: Sequence[str],
    ids: Sequence[str],
    job: Job,
    request: Any,
    call: Call,
    terms: Terms | None = None,
) -> str:
    """Write a file's translation, and return where."""
    found = [told.text for told in await translated(texts, job, call, terms)]
    rows = zip(ids, texts, found, strict=True)
    content = batches.table(rows, "\t") if one.table else found[0].encode()
    uri = batches.place(request, batches.output(one.uri, job.target, what))
    await call.destinations.write(uri, content, field=batches.OUTPUT, kind=one.kind or "text/html")
    return uri


def _inputs(request: Any) -> list[_Input]:
    for index, config in enumerate(request.input_configs):
        markup(config.mime_type, f"inputConfigs[{index}].mimeType")
    return [
        _Input(uri, config.mime_type, field)
        for (uri, field), config in zip(batches.inputs(request), request.input_configs, strict=True)
    ]


def _job(request: Any, target: str, one: _Input) -> Job:
    source, model = request.source_language_code, request.models.get(target, "")
    return Job(source, target, markup(one.kind, one.field), model)


def _texts(content: bytes, one: _Input) -> tuple[list[str], list[str]]:
    """Return the texts of a file and their ids."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidArgument("The file is not UTF-8 text.", field=one.field) from None
    if not one.table:
        return [text], [""]
    rows = [line.split("\t") for line in text.splitlines() if line.strip()]
    if wide := [row for row in rows if len(row) > 2]:
        raise InvalidArgument(f"A line has {len(wide[0])} columns, not 1 or 2.", field=one.field)
    return [row[-1] for row in rows], [
        row[0] if len(row) == 2 else str(at) for at, row in enumerate(rows)
    ]
