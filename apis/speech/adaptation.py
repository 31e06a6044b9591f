"""Phrase sets and custom classes that are kept, put into the configs that name them."""

from __future__ import annotations

import re
from typing import Any

from sensorium.apis.core import Call
from sensorium.apis.speech.v2 import names, store
from sensorium.apis.wire.codec import decode

_KEPT_CLASS = re.compile(r"\$\{(projects/[^{}]+/customClasses/[^{}/]+)\}")


async def fill(config: Any, call: Call, field: str) -> None:
    """Put the phrases and items of what a config of v1 or v2 names in its place.

    Raises NotFound, and InvalidArgument for names of another shape.
    """
    adaptation = config.adaptation
    where = f"{field}.adaptation"
    if hasattr(adaptation, "phrase_set_references"):
        sets = adaptation.phrase_sets
        for name in adaptation.phrase_set_references:
            await _read(name, sets.add(), "phraseSets", f"{where}.phraseSetReferences", call)
        del adaptation.phrase_set_references[:]
    else:
        for one in adaptation.phrase_sets:
            if name := one.phrase_set:
                found = one.inline_phrase_set  # setting it takes the name away
                await _read(name, found, "phraseSets", f"{where}.phraseSets", call)
        sets = [one.inline_phrase_set for one in adaptation.phrase_sets]
    told = {
        name for one in sets for phrase in one.phrases for name in _KEPT_CLASS.findall(phrase.value)
    }
    known = {one.name for one in adaptation.custom_classes}
    for name in sorted(told - known):
        added = adaptation.custom_classes.add()
        await _read(name, added, "customClasses", f"{where}.customClasses", call)
        added.name = name


async def _read(text: str, into: Any, kind: names.Kind, field: str, call: Call) -> None:
    row = await call.database.read(store.resource, names.parse(text, field, kind))
    fields = into.DESCRIPTOR.fields_by_name
    known = {one.json_name for one in fields.values()}
    decode(into, {name: value for name, value in row.fields.items() if name in known})
