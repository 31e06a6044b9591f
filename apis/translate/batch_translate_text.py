"""batchTranslateText: text, TSV and HTML files of a bucket, translated into several languages."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sensorium.apis import destinations
from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.sources import parse_gs
from sensorium.apis.storage import now
from sensorium.apis.translate import routing, translate
from sensorium.apis.translate.detect import parent
from sensorium.apis.translate.translate_text import glossary_terms, markup
from sensorium.apis.translate.translation import Job, Terms, translated
from sensorium.models.errors import Failure, InvalidArgument, ResourceExhausted, Unavailable

_RPC = "google.cloud.translation.v3.TranslationService.BatchTranslateText"
_OUTPUT = "outputConfig.gcsDestination.outputUriPrefix"
_FILES, _TARGETS = 100, 10
_INDEX = (
    *("input_file", "target_language_code", "translations_file", "errors_file"),
    *("glossary_translations_file", "glossary_errors_file"),
)


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

    def output(self, target: str, what: str) -> str:
        """Return the name of the file for what becomes of it."""
        bucket, name = parse_gs(self.uri)
        stem, dot, extension = f"{bucket}/{name}".rpartition(".")
        return f"{stem.replace('/', '_')}_{target}_{what}{dot}{extension}"


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
    targets = list(request.target_language_codes)
    if not 0 < len(set(targets)) == len(targets) <= _TARGETS:
        raise InvalidArgument(f"1 to {_TARGETS} languages, each once.", field="targetLanguageCodes")
    prefix = request.output_config.gcs_destination.output_uri_prefix
    destinations.prefix(prefix, field=_OUTPUT)
    for target in targets:
        job = _job(request, target, inputs[0])
        await routing.route(job.source, target, call, job.model, "targetLanguageCodes")
        await _terms(request, job, call)
    return await start(_RPC, request, call, prefix=f"{request.parent}/operations/")


@runs(_RPC)
async def translate_files(request: Any, call: Call, progress: Progress) -> JSON:
    """Translate the files, one after the other, and write the index."""
    submitted = now()
    rows: list[list[str]] = []
    counts = {"total_characters": 0, "translated_characters": 0, "failed_characters": 0}
    for one in _inputs(request):
        for target in request.target_language_codes:
            work = partial(_translate, one, target, request, call)
            told = await progress.step(f"{one.field} {target}", work)
            rows.append(told["row"])
            counts["total_characters"] += told["total"]
            counts["failed_characters" if told["failed"] else "translated_characters"] += told[
                "total"
            ]
            await progress.update(**counts)
    await call.destinations.write(
        _place(request, "index.csv"), _table([_INDEX, *rows], ","), field=_OUTPUT, kind="text/csv"
    )
    names = ("totalCharacters", "translatedCharacters", "failedCharacters")
    answer: JSON = dict(zip(names, map(str, counts.values()), strict=True))
    return answer | {"submitTime": submitted, "endTime": now()}


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
        if terms := await _terms(request, job, call):
            row[4] = await _write(
                one, "glossary_translations", texts, ids, job, request, call, terms
            )
    except (ResourceExhausted, Unavailable):
        raise
    except Failure as failure:
        row[3] = _place(request, one.output(target, "errors"))
        message = f"{failure.code.name}: {failure}\n".encode()
        await call.destinations.write(row[3], message, field=_OUTPUT, kind="text/plain")
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
    content = _table(rows, "\t") if one.table else found[0].encode()
    uri = _place(request, one.output(job.target, what))
    await call.destinations.write(uri, content, field=_OUTPUT, kind=one.kind or "text/html")
    return uri


def _inputs(request: Any) -> list[_Input]:
    found = []
    for index, config in enumerate(request.input_configs):
        field = f"inputConfigs[{index}]"
        uri = config.gcs_source.input_uri
        if not uri.startswith("gs://"):
            raise InvalidArgument("A gs:// URI is needed.", field=f"{field}.gcsSource.inputUri")
        markup(config.mime_type, f"{field}.mimeType")
        found.append(_Input(uri, config.mime_type, field))
    if not 0 < len(found) <= _FILES:
        raise InvalidArgument(f"1 to {_FILES} files, not {len(found)}.", field="inputConfigs")
    return found


def _job(request: Any, target: str, one: _Input) -> Job:
    source, model = request.source_language_code, request.models.get(target, "")
    return Job(source, target, markup(one.kind, one.field), model)


async def _terms(request: Any, job: Job, call: Call) -> Terms | None:
    """Return the terms of the glossary for a target, if the request names one."""
    config = request.glossaries.get(job.target)
    field = f"glossaries[{job.target}]"
    return None if config is None else await glossary_terms(config, job, call, field)


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


def _table(rows: Any, delimiter: str) -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return target.getvalue().encode()


def _place(request: Any, name: str) -> str:
    prefix = request.output_config.gcs_destination.output_uri_prefix
    return f"{prefix.rstrip('/')}/{name}"
