"""What the batches of texts and of documents have in common: files, languages, terms, outputs."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from sensorium.apis import destinations
from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress
from sensorium.apis.sources import parse_gs
from sensorium.apis.storage import now
from sensorium.apis.translate import routing
from sensorium.apis.translate.translate_text import glossary_terms
from sensorium.apis.translate.translation import Job, Terms
from sensorium.models.errors import Failure, InvalidArgument

Work = Callable[[], Awaitable[JSON]]

OUTPUT = "outputConfig.gcsDestination.outputUriPrefix"
_INDEX = (
    *("input_file", "target_language_code", "translations_file", "errors_file"),
    *("glossary_translations_file", "glossary_errors_file"),
)
_FILES, _TARGETS = 100, 10


def inputs(request: Any) -> list[tuple[str, str]]:
    """Return the URIs of the files of a request, each with the field that named it."""
    found = []
    for index, config in enumerate(request.input_configs):
        field = f"inputConfigs[{index}]"
        uri = config.gcs_source.input_uri
        if not uri.startswith("gs://"):
            raise InvalidArgument("A gs:// URI is needed.", field=f"{field}.gcsSource.inputUri")
        found.append((uri, field))
    if not 0 < len(found) <= _FILES:
        raise InvalidArgument(f"1 to {_FILES} files, not {len(found)}.", field="inputConfigs")
    return found


def targets(request: Any) -> list[str]:
    """Return the languages to translate into."""
    found = list(request.target_language_codes)
    if not 0 < len(set(found)) == len(found) <= _TARGETS:
        raise InvalidArgument(f"1 to {_TARGETS} languages, each once.", field="targetLanguageCodes")
    return found


async def check(request: Any, jobs: Sequence[Job], call: Call) -> None:
    """Raise what is wrong with a request before anything begins."""
    prefix = request.output_config.gcs_destination.output_uri_prefix
    destinations.prefix(prefix, field=OUTPUT)
    for job in jobs:
        await routing.route(job.source, job.target, call, job.model, "targetLanguageCodes")
        await terms(request, job, call)


async def terms(request: Any, job: Job, call: Call) -> Terms | None:
    """Return the terms of the glossary for a target, if the request names one."""
    config = request.glossaries.get(job.target)
    field = f"glossaries[{job.target}]"
    return None if config is None else await glossary_terms(config, job, call, field)


def output(uri: str, target: str, what: str) -> str:
    """Return the name of the file for what becomes of one."""
    bucket, name = parse_gs(uri)
    stem, dot, extension = f"{bucket}/{name}".rpartition(".")
    return f"{stem.replace('/', '_')}_{target}_{what}{dot}{extension}"


def place(request: Any, name: str) -> str:
    """Return the URI of an output file."""
    prefix = request.output_config.gcs_destination.output_uri_prefix
    return f"{prefix.rstrip('/')}/{name}"


async def run(
    request: Any, steps: Sequence[tuple[str, Work]], call: Call, progress: Progress
) -> JSON:
    """Do named steps one after the other, write the index, and return the answer.

    Each makes a row of the index, and tells how many characters it was and whether it failed.
    """
    submitted = now()
    rows: list[list[str]] = []
    counts = {"total_characters": 0, "translated_characters": 0, "failed_characters": 0}
    for name, work in steps:
        told = await progress.step(name, work)
        rows.append(told["row"])
        counts["total_characters"] += told["total"]
        counts["failed_characters" if told["failed"] else "translated_characters"] += told["total"]
        await progress.update(**counts)
    content = table([_INDEX, *rows], ",")
    await call.destinations.write(
        place(request, "index.csv"), content, field=OUTPUT, kind="text/csv"
    )
    names = ("totalCharacters", "translatedCharacters", "failedCharacters")
    answer: JSON = dict(zip(names, map(str, counts.values()), strict=True))
    return answer | {"submitTime": submitted, "endTime": now()}


def table(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    """Return rows as the content of a CSV or TSV file."""
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return target.getvalue().encode()


async def write_failure(request: Any, uri: str, target: str, failure: Failure, call: Call) -> str:
    """Write why a file failed, and return where."""
    written = place(request, output(uri, target, "errors"))
    message = f"{failure.code.name}: {failure}\n".encode()
    await call.destinations.write(written, message, field=OUTPUT, kind="text/plain")
    return written
