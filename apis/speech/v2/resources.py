"""Recognizers, phrase sets and custom classes: made, listed, changed, deleted and brought back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format

from sensorium.apis import paging
from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.speech import speech
from sensorium.apis.speech.v2 import config, names, store
from sensorium.apis.speech.v2.names import Kind, Name
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from sensorium.models.errors import InvalidArgument, NotFound

SERVICE = "google.cloud.speech.v2.Speech"
_PLACE = "projects/demo/locations/global"


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of thing that is kept: what it is called, its fields that users give, an example.

    `check` raises InvalidArgument for one that cannot be.
    """

    message: str
    kind: Kind
    noun: str
    own: tuple[str, ...]
    example: JSON
    check: Callable[[Any], None]

    @property
    def field(self) -> str:
        """Return what requests call one: `recognizer`, `phrase_set`."""
        return self.noun.replace(" ", "_")

    @property
    def json(self) -> str:
        """Return what requests call one in JSON: `recognizer`, `phraseSet`."""
        return f"{self.message[0].lower()}{self.message[1:]}"

    def of(self, request: Any) -> Any:
        """Return the one that a request has."""
        return getattr(request, self.field)

    def shown(self, row: Any, name: Name) -> JSON:
        """Return one as its message has it."""
        return {
            "name": name.full,
            "uid": row.uid,
            **row.fields,
            "state": "DELETED" if row.deleted else "ACTIVE",
            "createTime": row.created,
            "updateTime": row.updated,
            **({"deleteTime": row.deleted} if row.deleted else {}),
        }

    def given(self, one: Any) -> JSON:
        """Return what a user may say of one, as it is kept."""
        told = json_format.MessageToDict(one, descriptor_pool=load().pool)
        return {field: value for field, value in told.items() if field in self.known(one)}

    def known(self, one: Any) -> set[str]:
        """Return the names in JSON of what users give, as far as the message's version has it."""
        fields = one.DESCRIPTOR.fields_by_name
        return {fields[field].json_name for field in self.own if field in fields}

    def changed(self, row: Any, request: Any) -> JSON:
        """Return what one is to be; InvalidArgument for what cannot change."""
        given = self.of(request)
        paths = list(request.update_mask.paths)
        if not paths or "*" in paths:
            paths = [field.name for field, _ in given.ListFields() if field.name in self.own]
        if other := {path for path in paths if path.partition(".")[0] not in self.own}:
            raise InvalidArgument(
                f"{min(other)[:60]!r} of a {self.noun} cannot be updated.", field="updateMask"
            )
        whole: Any = type(given)()
        known = self.known(given)
        decode(whole, {name: value for name, value in row.fields.items() if name in known})
        config.override(whole, given, paths, "updateMask")
        self.check(whole)
        return self.given(whole)


def _check_recognizer(recognizer: Any) -> None:
    """Raise InvalidArgument for a config that cannot be, as far as it goes."""
    whole = recognizer.default_recognition_config
    if whole.ByteSize() and (whole.language_codes or recognizer.language_codes):
        checked = type(whole)()
        checked.CopyFrom(whole)
        checked.language_codes.extend(recognizer.language_codes)
        config.read(checked, "recognizer.defaultRecognitionConfig")


def check_phrases(one: Any) -> None:
    """Raise InvalidArgument for boosts out of range and phrases that are too long or too many."""
    told = [(phrase.value, phrase.boost or one.boost) for phrase in one.phrases]
    config.check_phrases(told, "phraseSet")


def check_items(one: Any) -> None:
    """Raise InvalidArgument for items without a value."""
    if not all(item.value.strip() for item in one.items):
        raise InvalidArgument("An item needs a value.", field="customClass.items")


RECOGNIZERS = Resource(
    "Recognizer",
    "recognizers",
    "recognizer",
    ("display_name", "model", "language_codes", "default_recognition_config", "annotations"),
    {"defaultRecognitionConfig": {"languageCodes": ["en-US"]}},
    _check_recognizer,
)
PHRASE_SETS = Resource(
    "PhraseSet",
    "phraseSets",
    "phrase set",
    ("display_name", "phrases", "boost", "annotations"),
    {"phrases": [{"value": "red shoes"}], "boost": 10},
    check_phrases,
)
CUSTOM_CLASSES = Resource(
    "CustomClass",
    "customClasses",
    "custom class",
    ("display_name", "items", "annotations"),
    {"items": [{"value": "sneaker"}, {"value": "loafer"}]},
    check_items,
)


def _serve_making(kind: Resource) -> None:
    rpc = f"{SERVICE}.Create{kind.message}"
    identity = f"{kind.field}_id"

    async def create(request: Any, call: Call) -> JSON:
        place = names.place(request.parent, "parent", kind.kind)
        told = getattr(request, identity) or f"{kind.field[0]}{secrets.token_hex(8)}"
        setattr(request, identity, names.checked(told, f"{kind.json}Id"))
        kind.check(kind.of(request))
        await call.database.read(store.absent, place.with_id(told))
        return await start(rpc, request, call, prefix=place.operations)

    async def made(request: Any, call: Call, progress: Progress) -> JSON:
        place = names.place(request.parent, "parent", kind.kind)
        name = place.with_id(getattr(request, identity))
        await progress.update(resource=name.full, method=rpc)
        fields = kind.given(kind.of(request))
        if request.validate_only:
            return {"name": name.full, **fields}
        return kind.shown(await call.database.write(store.create, name, fields), name)

    create.__doc__ = (
        f"Begin to make a {kind.noun} under a name; ALREADY_EXISTS.\n\n"
        f"Without `{kind.json}Id` a name is made up. With `validateOnly` nothing is made."
    )
    example = {"parent": _PLACE, f"{kind.json}Id": "calls", kind.json: kind.example}
    speech.rpc(rpc, example=example)(create)
    runs(rpc)(made)


def _serve_reading(kind: Resource) -> None:
    plural = f"{kind.kind[0].upper()}{kind.kind[1:]}"

    async def get(request: Any, call: Call) -> JSON:
        name = names.parse(request.name, "name", kind.kind)
        return kind.shown(await call.database.read(store.resource, name, True), name)

    async def list_(request: Any, call: Call) -> JSON:
        place = names.place(request.parent, "parent", kind.kind)
        page = paging.page(request, f"{place}/{kind.kind}", 5, 100)
        rows = await call.database.read(store.listed, place, page, request.show_deleted)
        return page.answer(kind.kind, rows, lambda row: kind.shown(row, place.with_id(row.id)))

    get.__doc__ = f"Return a {kind.noun}; NOT_FOUND."
    list_.__doc__ = (
        f"List the {kind.noun.removesuffix('s')}{'es' if kind.noun.endswith('s') else 's'} of a "
        "location, oldest first; with `showDeleted` all there were."
    )
    speech.rpc(f"{SERVICE}.Get{kind.message}", example={"name": _name(kind)})(get)
    speech.rpc(f"{SERVICE}.List{plural}", example={"parent": _PLACE})(list_)


def _serve_changing(kind: Resource) -> None:
    rpc = f"{SERVICE}.Update{kind.message}"

    async def update(request: Any, call: Call) -> JSON:
        name = names.parse(kind.of(request).name, f"{kind.json}.name", kind.kind)
        kind.changed(await call.database.read(store.resource, name), request)
        return await start(rpc, request, call, prefix=name.operations)

    async def changed(request: Any, call: Call, progress: Progress) -> JSON:
        name = names.parse(kind.of(request).name, f"{kind.json}.name", kind.kind)
        await progress.update(resource=name.full, method=rpc)
        row = await call.database.read(store.resource, name)
        fields = kind.changed(row, request)
        if request.validate_only:
            return kind.shown(row, name) | fields
        return kind.shown(await call.database.write(store.change, name, fields), name)

    update.__doc__ = (
        f"Begin to change what `updateMask` names of a {kind.noun}, or all that is set. NOT_FOUND."
    )
    example = {
        kind.json: {"name": _name(kind), "displayName": "Calls"},
        "updateMask": "displayName",
    }
    speech.rpc(rpc, example=example)(update)
    runs(rpc)(changed)


def _serve_deleting(kind: Resource, verb: str, *, deleted: bool) -> None:
    rpc = f"{SERVICE}.{verb}{kind.message}"

    async def mark(request: Any, call: Call) -> JSON:
        name = names.parse(request.name, "name", kind.kind)
        if not (deleted and request.allow_missing):
            await call.database.read(store.resource, name, not deleted)
        return await start(rpc, request, call, prefix=name.operations)

    async def marked(request: Any, call: Call, progress: Progress) -> JSON:
        name = names.parse(request.name, "name", kind.kind)
        await progress.update(resource=name.full, method=rpc)
        try:
            row = await call.database.read(store.resource, name, True)
            if not request.validate_only:
                row = await call.database.write(store.mark, name, deleted)
        except NotFound:
            if deleted and request.allow_missing:
                return {"name": name.full}
            raise
        return kind.shown(row, name)

    mark.__doc__ = (
        f"Begin to delete a {kind.noun}, which `undelete` brings back. NOT_FOUND, unless"
        " `allowMissing`."
        if deleted
        else f"Begin to bring a deleted {kind.noun} back. NOT_FOUND."
    )
    speech.rpc(rpc, example={"name": _name(kind)})(mark)
    runs(rpc)(marked)


def _name(kind: Resource) -> str:
    return f"{_PLACE}/{kind.kind}/calls"


for _kind in (RECOGNIZERS, PHRASE_SETS, CUSTOM_CLASSES):
    _serve_making(_kind)
    _serve_reading(_kind)
    _serve_changing(_kind)
    _serve_deleting(_kind, "Delete", deleted=True)
    _serve_deleting(_kind, "Undelete", deleted=False)
