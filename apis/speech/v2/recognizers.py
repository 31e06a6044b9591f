"""Recognizers: configs with names, made, listed, changed, deleted and brought back."""

from __future__ import annotations

import secrets
from typing import Any

from google.protobuf import json_format

from sensorium.apis import paging
from sensorium.apis.core import JSON, Call
from sensorium.apis.operations import Progress, runs, start
from sensorium.apis.speech import speech
from sensorium.apis.speech.v2 import config, names, store
from sensorium.apis.speech.v2.names import Name
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from sensorium.models.errors import InvalidArgument, NotFound

_SERVICE = "google.cloud.speech.v2.Speech"
_PLACE = "projects/demo/locations/global"
_NAME = f"{_PLACE}/recognizers/calls"
_OWN = ("display_name", "model", "language_codes", "default_recognition_config", "annotations")


@speech.rpc(
    f"{_SERVICE}.CreateRecognizer",
    example={
        "parent": _PLACE,
        "recognizerId": "calls",
        "recognizer": {"defaultRecognitionConfig": {"languageCodes": ["en-US"]}},
    },
)
async def create_recognizer(request: Any, call: Call) -> JSON:
    """Begin to make a recognizer: a config under a name; ALREADY_EXISTS.

    Without `recognizerId` a name is made up. With `validateOnly` nothing is made.
    """
    place = names.place(request.parent, "parent")
    identity = request.recognizer_id or f"r{secrets.token_hex(8)}"
    request.recognizer_id = names.checked(identity, "recognizerId")
    _check(request.recognizer)
    await call.database.read(store.absent, Name(place.project, place.location, identity))
    return await start(f"{_SERVICE}.CreateRecognizer", request, call, prefix=place.operations)


@runs(f"{_SERVICE}.CreateRecognizer")
async def make(request: Any, call: Call, progress: Progress) -> JSON:
    """Keep the recognizer."""
    place = names.place(request.parent, "parent")
    name = Name(place.project, place.location, request.recognizer_id)
    await progress.update(resource=name.recognizer, method=f"{_SERVICE}.CreateRecognizer")
    if request.validate_only:
        return {"name": name.recognizer, **_given(request.recognizer)}
    return shown(await call.database.write(store.create, name, _given(request.recognizer)), name)


@speech.rpc(f"{_SERVICE}.GetRecognizer", example={"name": _NAME})
async def get_recognizer(request: Any, call: Call) -> JSON:
    """Return a recognizer; NOT_FOUND."""
    name = names.recognizer(request.name, "name")
    return shown(await call.database.read(store.recognizer, name, True), name)


@speech.rpc(f"{_SERVICE}.ListRecognizers", example={"parent": _PLACE})
async def list_recognizers(request: Any, call: Call) -> JSON:
    """List the recognizers of a location, oldest first; with `showDeleted` all there were."""
    place = names.place(request.parent, "parent")
    page = paging.page(request, f"{place}/recognizers", 5, 100)
    rows = await call.database.read(store.listed, place, page, request.show_deleted)
    return page.answer(
        "recognizers", rows, lambda row: shown(row, Name(place.project, place.location, row.id))
    )


@speech.rpc(
    f"{_SERVICE}.UpdateRecognizer",
    example={"recognizer": {"name": _NAME, "displayName": "Calls"}, "updateMask": "displayName"},
)
async def update_recognizer(request: Any, call: Call) -> JSON:
    """Begin to change what `updateMask` names of a recognizer, or all that is set. NOT_FOUND."""
    name = names.recognizer(request.recognizer.name, "recognizer.name")
    _changed(await call.database.read(store.recognizer, name), request)
    return await start(f"{_SERVICE}.UpdateRecognizer", request, call, prefix=name.operations)


@runs(f"{_SERVICE}.UpdateRecognizer")
async def change(request: Any, call: Call, progress: Progress) -> JSON:
    """Keep what changed."""
    name = names.recognizer(request.recognizer.name, "recognizer.name")
    await progress.update(resource=name.recognizer, method=f"{_SERVICE}.UpdateRecognizer")
    row = await call.database.read(store.recognizer, name)
    fields = _changed(row, request)
    if request.validate_only:
        return shown(row, name) | fields
    return shown(await call.database.write(store.change, name, fields), name)


@speech.rpc(f"{_SERVICE}.DeleteRecognizer", example={"name": _NAME})
async def delete_recognizer(request: Any, call: Call) -> JSON:
    """Begin to delete a recognizer, which `undelete` brings back.

    NOT_FOUND, unless `allowMissing`.
    """
    name = names.recognizer(request.name, "name")
    if not request.allow_missing:
        await call.database.read(store.recognizer, name)
    return await start(f"{_SERVICE}.DeleteRecognizer", request, call, prefix=name.operations)


@runs(f"{_SERVICE}.DeleteRecognizer")
async def drop(request: Any, call: Call, progress: Progress) -> JSON:
    """Delete the recognizer."""
    return await _mark(request, call, progress, "DeleteRecognizer", deleted=True)


@speech.rpc(f"{_SERVICE}.UndeleteRecognizer", example={"name": _NAME})
async def undelete_recognizer(request: Any, call: Call) -> JSON:
    """Begin to bring a deleted recognizer back. NOT_FOUND."""
    name = names.recognizer(request.name, "name")
    await call.database.read(store.recognizer, name, True)
    return await start(f"{_SERVICE}.UndeleteRecognizer", request, call, prefix=name.operations)


@runs(f"{_SERVICE}.UndeleteRecognizer")
async def restore(request: Any, call: Call, progress: Progress) -> JSON:
    """Bring the recognizer back."""
    return await _mark(request, call, progress, "UndeleteRecognizer", deleted=False)


async def _mark(
    request: Any, call: Call, progress: Progress, method: str, *, deleted: bool
) -> JSON:
    name = names.recognizer(request.name, "name")
    await progress.update(resource=name.recognizer, method=f"{_SERVICE}.{method}")
    try:
        row = await call.database.read(store.recognizer, name, True)
        if not request.validate_only:
            row = await call.database.write(store.mark, name, deleted)
    except NotFound:
        if deleted and request.allow_missing:
            return {"name": name.recognizer}
        raise
    return shown(row, name)


def shown(row: Any, name: Name) -> JSON:
    """Return a `Recognizer`."""
    return {
        "name": name.recognizer,
        "uid": row.uid,
        **row.fields,
        "state": "DELETED" if row.deleted else "ACTIVE",
        "createTime": row.created,
        "updateTime": row.updated,
        **({"deleteTime": row.deleted} if row.deleted else {}),
    }


def _given(recognizer: Any) -> JSON:
    """Return what a user may say of a recognizer, as it is kept."""
    told = json_format.MessageToDict(recognizer, descriptor_pool=load().pool)
    kept = {recognizer.DESCRIPTOR.fields_by_name[field].json_name for field in _OWN}
    return {field: value for field, value in told.items() if field in kept}


def _changed(row: Any, request: Any) -> JSON:
    """Return what a recognizer is to be; InvalidArgument for what cannot change."""
    given = request.recognizer
    paths = list(request.update_mask.paths)
    if not paths or "*" in paths:
        paths = [field.name for field, _ in given.ListFields() if field.name in _OWN]
    if other := {path for path in paths if path.partition(".")[0] not in _OWN}:
        raise InvalidArgument(
            f"{min(other)[:60]!r} of a recognizer cannot be updated.", field="updateMask"
        )
    own: Any = load().message("google.cloud.speech.v2.Recognizer")()
    decode(own, row.fields)
    config.override(own, given, paths, "updateMask")
    _check(own)
    return _given(own)


def _check(recognizer: Any) -> None:
    """Raise InvalidArgument for a config that cannot be, as far as it goes."""
    whole = recognizer.default_recognition_config
    if whole.ByteSize() and (whole.language_codes or recognizer.language_codes):
        checked = type(whole)()
        checked.CopyFrom(whole)
        checked.language_codes.extend(recognizer.language_codes)
        config.read(checked, "recognizer.defaultRecognitionConfig")
