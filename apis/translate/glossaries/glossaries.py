"""Glossaries: made from files of terms, listed, renamed, deleted."""

from __future__ import annotations

import asyncio
from typing import Any

from sensorium.apis import paging
from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.storage import now
from sensorium.apis.translate import translate
from sensorium.apis.translate.glossaries import files, names, store
from sensorium.apis.translate.glossaries.names import Name
from sensorium.models.errors import Failure, InvalidArgument

_SERVICE = "google.cloud.translation.v3.TranslationService"
_PLACE = "projects/demo/locations/us-central1"
_NAME = f"{_PLACE}/glossaries/shop"
_FILE = "glossary.inputConfig.gcsSource.inputUri"


@translate.rpc(
    f"{_SERVICE}.CreateGlossary",
    example={
        "parent": _PLACE,
        "glossary": {
            "name": _NAME,
            "languagePair": {"sourceLanguageCode": "en", "targetLanguageCode": "es"},
            "inputConfig": {"gcsSource": {"inputUri": "gs://examples/shop.csv"}},
        },
    },
)
async def create_glossary(request: Any, call: Call) -> JSON:
    """Begin to make a glossary of a CSV, TSV or TMX file in `gs://`.

    A file for a `languagePair` has two columns and no header; one for a `languageCodesSet` has a
    header of language codes, and its terms stand for each other both ways. At most 100,000 entries.
    ALREADY_EXISTS when there is one of this name.
    """
    place = names.parse(request.parent, "location", "parent")
    name = names.parse(request.glossary.name, "glossary", "glossary.name")
    if str(name) != str(place):
        raise InvalidArgument(
            "The glossary is not of the parent's location.", field="glossary.name"
        )
    _languages(request.glossary)
    _uri(request.glossary)
    await call.database.read(store.absent, name)
    return await start(f"{_SERVICE}.CreateGlossary", request, call, prefix=f"{place}/operations/")


@runs(f"{_SERVICE}.CreateGlossary")
async def make_glossary(request: Any, call: Call, progress: Progress) -> JSON:
    """Read the file and keep its terms."""
    given = request.glossary
    name = names.parse(given.name, "glossary", "glossary.name")
    await progress.update(name=given.name)
    submitted = now()
    languages, pair = _languages(given)
    uri = _uri(given)
    content = await call.sources.read(uri, field=_FILE)
    try:
        terms = await asyncio.to_thread(files.parse, content, uri, languages, pair)
    except Failure as failure:
        raise failure.within(_FILE) from failure
    fields = {
        "display_name": given.display_name,
        "pair": pair,
        "languages": languages,
        "uri": uri,
        "submitted": submitted,
    }
    row = await call.database.write(store.create_glossary, name, fields, terms)
    return shown(row, name)


@translate.rpc(f"{_SERVICE}.GetGlossary", example={"name": _NAME})
async def get_glossary(request: Any, call: Call) -> JSON:
    """Return a glossary with the number of its entries; NOT_FOUND."""
    name = names.parse(request.name, "glossary", "name")
    return shown(await call.database.read(store.glossary, name), name)


@translate.rpc(f"{_SERVICE}.ListGlossaries", example={"parent": _PLACE})
async def list_glossaries(request: Any, call: Call) -> JSON:
    """List the glossaries of a location, oldest first; filters are refused."""
    place = names.parse(request.parent, "location", "parent")
    if request.filter:
        raise InvalidArgument("Glossaries cannot be filtered.", field="filter")
    page = paging.page(request, f"{place}/glossaries", 100, 1000)
    rows = await call.database.read(store.list_glossaries, place, page)
    return page.answer(
        "glossaries", rows, lambda row: shown(row, Name(place.project, place.location, row.id))
    )


@translate.rpc(
    f"{_SERVICE}.UpdateGlossary",
    example={"glossary": {"name": _NAME, "displayName": "Shop"}, "updateMask": "displayName"},
)
async def update_glossary(request: Any, call: Call) -> JSON:
    """Begin to change the display name of a glossary, which is all that can change. NOT_FOUND."""
    name = names.parse(request.glossary.name, "glossary", "glossary.name")
    if other := set(request.update_mask.paths) - {"display_name", "*"}:
        raise InvalidArgument(
            f"{min(other)[:60]!r} of a glossary cannot be updated.",
            field="updateMask",
            hint="Entries have methods of their own; for another file make another glossary.",
        )
    await call.database.read(store.glossary, name)
    return await start(f"{_SERVICE}.UpdateGlossary", request, call, prefix=f"{name}/operations/")


@runs(f"{_SERVICE}.UpdateGlossary")
async def change_glossary(request: Any, call: Call, progress: Progress) -> JSON:
    """Change the display name."""
    name = names.parse(request.glossary.name, "glossary", "glossary.name")
    fields = {"display_name": request.glossary.display_name}
    return shown(await call.database.write(store.update_glossary, name, fields), name)


@translate.rpc(f"{_SERVICE}.DeleteGlossary", example={"name": _NAME})
async def delete_glossary(request: Any, call: Call) -> JSON:
    """Begin to delete a glossary with its entries, for good. NOT_FOUND."""
    name = names.parse(request.name, "glossary", "name")
    await call.database.read(store.glossary, name)
    return await start(f"{_SERVICE}.DeleteGlossary", request, call, prefix=f"{name}/operations/")


@runs(f"{_SERVICE}.DeleteGlossary")
async def drop_glossary(request: Any, call: Call, progress: Progress) -> JSON:
    """Delete the glossary."""
    name = names.parse(request.name, "glossary", "name")
    submitted = now()
    await progress.update(name=request.name)
    await call.database.write(store.delete_glossary, name)
    return {"name": request.name, "submitTime": submitted, "endTime": now()}


def shown(row: Any, name: Name) -> JSON:
    """Return a `Glossary`."""
    codes = (
        {"languagePair": dict(zip(_PAIR, row.languages, strict=True))}
        if row.pair
        else {"languageCodesSet": {"languageCodes": row.languages}}
    )
    return {
        "name": name.glossary,
        "displayName": row.display_name,
        **codes,
        "inputConfig": {"gcsSource": {"inputUri": row.uri}},
        "entryCount": row.size,
        "submitTime": row.submitted,
        "endTime": row.ended,
    }


_PAIR = ("sourceLanguageCode", "targetLanguageCode")


def _languages(given: Any) -> tuple[list[str], bool]:
    """Return the languages of a glossary, and whether it is for one direction."""
    if given.HasField("language_pair"):
        pair = [given.language_pair.source_language_code, given.language_pair.target_language_code]
        if not all(pair) or pair[0] == pair[1]:
            raise InvalidArgument("A pair is of two languages.", field="glossary.languagePair")
        return pair, True
    found = list(given.language_codes_set.language_codes)
    if len(set(found)) < 2 or len(set(found)) < len(found) or not all(found):
        raise InvalidArgument(
            "Set languagePair, or languageCodesSet with two languages or more.", field="glossary"
        )
    return found, False


def _uri(given: Any) -> str:
    uri = str(given.input_config.gcs_source.input_uri)
    if not uri.startswith("gs://"):
        raise InvalidArgument("A gs:// URI of a CSV, TSV or TMX file is needed.", field=_FILE)
    return uri
