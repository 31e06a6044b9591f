"""The entries of glossaries, one by one."""

from __future__ import annotations

from typing import Any

from sensorium.apis import paging
from sensorium.apis.core import JSON, Call
from sensorium.apis.translate import codes, translate
from sensorium.apis.translate.glossaries import files, names, store
from sensorium.apis.translate.glossaries.names import Name
from sensorium.models.errors import Failure, InvalidArgument

_SERVICE = "google.cloud.translation.v3.TranslationService"
_PLACE = "projects/demo/locations/us-central1"
_GLOSSARY = f"{_PLACE}/glossaries/shop"
_ENTRY = f"{_GLOSSARY}/glossaryEntries/0123456789abcdef"
_TERMS = {
    "sourceTerm": {"languageCode": "en", "text": "cart"},
    "targetTerm": {"languageCode": "es", "text": "cesta"},
}


@translate.rpc(
    f"{_SERVICE}.CreateGlossaryEntry",
    example={"parent": _GLOSSARY, "glossaryEntry": {"termsPair": _TERMS}},
)
async def create_glossary_entry(request: Any, call: Call) -> JSON:
    """Add an entry to a glossary: a pair of terms, or a set of equivalent ones, as it has them."""
    name = names.parse(request.parent, "glossary", "parent")
    given = request.glossary_entry
    owner = await call.database.read(store.glossary, name)
    terms = _terms(given, owner)
    row = await call.database.write(store.create_entry, name, terms, given.description)
    return _shown(row, name, owner)


@translate.rpc(f"{_SERVICE}.GetGlossaryEntry", example={"name": _ENTRY})
async def get_glossary_entry(request: Any, call: Call) -> JSON:
    """Return an entry of a glossary; NOT_FOUND."""
    name = names.parse(request.name, "entry", "name")
    row = await call.database.read(store.entry, name)
    return _shown(row, name, await call.database.read(store.glossary, name))


@translate.rpc(f"{_SERVICE}.ListGlossaryEntries", example={"parent": _GLOSSARY})
async def list_glossary_entries(request: Any, call: Call) -> JSON:
    """List the entries of a glossary, oldest first."""
    name = names.parse(request.parent, "glossary", "parent")
    page = paging.page(request, name.glossary, 100, 1000)
    owner = await call.database.read(store.glossary, name)
    rows = await call.database.read(store.list_entries, name, page)
    return page.answer("glossaryEntries", rows, lambda row: _shown(row, name, owner))


@translate.rpc(
    f"{_SERVICE}.UpdateGlossaryEntry",
    example={"glossaryEntry": {"name": _ENTRY, "termsPair": _TERMS}},
)
async def update_glossary_entry(request: Any, call: Call) -> JSON:
    """Replace the terms and the description of an entry; NOT_FOUND."""
    given = request.glossary_entry
    name = names.parse(given.name, "entry", "glossaryEntry.name")
    owner = await call.database.read(store.glossary, name)
    fields = {"terms": _terms(given, owner), "description": given.description}
    return _shown(await call.database.write(store.update_entry, name, fields), name, owner)


@translate.rpc(f"{_SERVICE}.DeleteGlossaryEntry", example={"name": _ENTRY})
async def delete_glossary_entry(request: Any, call: Call) -> JSON:
    """Delete an entry; NOT_FOUND."""
    name = names.parse(request.name, "entry", "name")
    await call.database.write(store.delete_entry, name)
    return {}


def _terms(given: Any, owner: Any) -> dict[str, str]:
    """Return the terms of an entry by the glossary's languages."""
    pair = given.terms_pair
    told = [pair.source_term, pair.target_term] if owner.pair else list(given.terms_set.terms)
    known = {codes.engine(code): code for code in owner.languages}
    found: dict[str, str] = {}
    field = "glossaryEntry.termsPair" if owner.pair else "glossaryEntry.termsSet"
    for one in told:
        code = known.get(codes.engine(one.language_code))
        if code is None or code in found:
            raise InvalidArgument(
                f"{one.language_code[:40]!r} is none of the glossary's languages, or comes twice.",
                field=field,
                hint=f"They are {', '.join(owner.languages)}.",
            )
        try:
            found[code] = files.check(one.text, code)
        except Failure as failure:
            raise failure.within(field) from failure
    if len(found) < 2:
        raise InvalidArgument("An entry has a term in two languages or more.", field=field)
    return found


def _shown(row: Any, name: Name, owner: Any) -> JSON:
    """Return a `GlossaryEntry`."""
    terms = [
        {"languageCode": code, "text": row.terms[code]}
        for code in owner.languages
        if code in row.terms
    ]
    told = (
        {"termsPair": {"sourceTerm": terms[0], "targetTerm": terms[1]}}
        if owner.pair
        else {"termsSet": {"terms": terms}}
    )
    return {"name": name.of_entry(row.id), **told, "description": row.description}
