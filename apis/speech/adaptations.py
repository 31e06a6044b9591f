"""Phrase sets and custom classes of v1; they are the same as those of v2."""

from __future__ import annotations

import secrets
from typing import Any

from sensorium.apis import paging
from sensorium.apis.core import JSON, Call
from sensorium.apis.speech import speech
from sensorium.apis.speech.v2 import names, store
from sensorium.apis.speech.v2.names import Name
from sensorium.apis.speech.v2.resources import CUSTOM_CLASSES, PHRASE_SETS, Resource

_SERVICE = "google.cloud.speech.v1.Adaptation"
_PLACE = "projects/demo/locations/global"
_LISTS = {"phraseSets": "ListPhraseSet", "customClasses": "ListCustomClasses"}
_FIELDS = {"phraseSets": ("phrases", "boost"), "customClasses": ("items",)}


def _shown(kind: Resource, row: Any, name: Name) -> JSON:
    fields = _FIELDS[kind.kind]
    return {"name": name.full, **{name: row.fields[name] for name in fields if name in row.fields}}


def _serve_writing(kind: Resource) -> None:
    identity = f"{kind.field}_id"

    async def create(request: Any, call: Call) -> JSON:
        place = names.place(request.parent, "parent", kind.kind)
        told = getattr(request, identity) or f"{kind.field[0]}{secrets.token_hex(8)}"
        name = place.with_id(names.checked(told, f"{kind.json}Id"))
        kind.check(kind.of(request))
        fields = kind.given(kind.of(request))
        return _shown(kind, await call.database.write(store.create, name, fields), name)

    async def update(request: Any, call: Call) -> JSON:
        name = names.parse(kind.of(request).name, f"{kind.json}.name", kind.kind)
        row = await call.database.read(store.resource, name)
        known = kind.known(kind.of(request))
        others = {field: value for field, value in row.fields.items() if field not in known}
        fields = others | kind.changed(row, request)
        return _shown(kind, await call.database.write(store.change, name, fields), name)

    async def delete(request: Any, call: Call) -> JSON:
        await call.database.write(store.drop, names.parse(request.name, "name", kind.kind))
        return {}

    create.__doc__ = f"Make a {kind.noun}, which v2 has too; ALREADY_EXISTS."
    update.__doc__ = f"Change what `updateMask` names of a {kind.noun}, or all that is set."
    delete.__doc__ = f"Delete a {kind.noun} for good; NOT_FOUND."
    made = {"parent": _PLACE, f"{kind.json}Id": "calls", kind.json: kind.example}
    speech.rpc(f"{_SERVICE}.Create{kind.message}", example=made)(create)
    changed = {kind.json: {**_named(kind), **kind.example}}
    speech.rpc(f"{_SERVICE}.Update{kind.message}", example=changed)(update)
    speech.rpc(f"{_SERVICE}.Delete{kind.message}", example=_named(kind))(delete)


def _serve_reading(kind: Resource) -> None:
    async def get(request: Any, call: Call) -> JSON:
        name = names.parse(request.name, "name", kind.kind)
        return _shown(kind, await call.database.read(store.resource, name), name)

    async def list_(request: Any, call: Call) -> JSON:
        place = names.place(request.parent, "parent", kind.kind)
        page = paging.page(request, f"{place}/{kind.kind}", 5, 100)
        rows = await call.database.read(store.listed, place, page, False)
        return page.answer(kind.kind, rows, lambda row: _shown(kind, row, place.with_id(row.id)))

    get.__doc__ = f"Return a {kind.noun}; NOT_FOUND."
    list_.__doc__ = f"List what there is of a kind in a location, oldest first: {kind.kind}."
    speech.rpc(f"{_SERVICE}.Get{kind.message}", example=_named(kind))(get)
    speech.rpc(f"{_SERVICE}.{_LISTS[kind.kind]}", example={"parent": _PLACE})(list_)


def _named(kind: Resource) -> JSON:
    return {"name": f"{_PLACE}/{kind.kind}/calls"}


for _kind in (PHRASE_SETS, CUSTOM_CLASSES):
    _serve_writing(_kind)
    _serve_reading(_kind)
