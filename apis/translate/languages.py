"""Which languages are served, for v3 and v2: what the installed engines say, and nothing else."""

from __future__ import annotations

import re
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.translate import codes, routing, translate
from sensorium.apis.translate.detect import parent
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.tasks import LanguageIdentifier

_V3 = "google.cloud.translation.v3.TranslationService.GetSupportedLanguages"
_V2 = "sensorium.translation.v2.TranslationService.GetSupportedLanguages"
_TRANSLATION = re.compile(r"projects/[^/]+/locations/[^/]+/models/general/(nmt|base)")


@translate.rpc(_V3, example={"parent": "projects/p/locations/global", "displayLanguageCode": "en"})
async def get_supported_languages(request: Any, call: Call) -> JSON:
    """List the languages that installed engines translate from or into, and those they only detect.

    `supportSource` and `supportTarget` tell what can be translated; a language with neither can be
    detected, no more. With `model` `.../models/general/nmt` only translation is listed.
    `displayName` is filled when `displayLanguageCode` names a language to write it in.
    """
    parent(request.parent)
    if request.model and not _TRANSLATION.fullmatch(request.model):
        raise InvalidArgument(
            f"There is no model {request.model!r} to translate with.",
            field="model",
            hint="Leave it empty or name projects/P/locations/L/models/general/nmt.",
        )
    name = codes.namer(request.display_language_code, field="displayLanguageCode")
    sources, targets = await _translatable(call)
    detected = set() if request.model else await _detectable(call)
    return {
        "languages": [
            {
                "languageCode": code,
                "supportSource": code in sources,
                "supportTarget": code in targets,
                "displayName": name(code),
            }
            for code in sorted(sources | targets | detected)
        ]
    }


@translate.rpc(_V2, example={"target": "en"})
async def get_supported_languages_v2(request: Any, call: Call) -> JSON:
    """List the languages that an installed engine translates from or into.

    v2 cannot say what a language is good for, so that languages which can only be detected are
    left out: without a translation engine the list is empty. `name` is filled when `target` names
    a language to write it in.
    """
    if request.model not in ("", "nmt", "base"):
        raise InvalidArgument(
            f"There is no model {request.model!r}.", field="model", hint="Leave it empty or nmt."
        )
    name = codes.namer(request.target, field="target")
    sources, targets = await _translatable(call)
    languages = [{"language": code, "name": name(code)} for code in sorted(sources | targets)]
    return {"data": {"languages": languages}}


async def _translatable(call: Call) -> tuple[set[str], set[str]]:
    """Return the languages that can be translated from, and those that can be translated into."""
    try:
        found = await routing.pairs(call)
    except FailedPrecondition:
        return set(), set()
    pairs = [pair for known in found.values() for pair in known]
    return {codes.google(source) for source, _ in pairs}, {codes.google(to) for _, to in pairs}


async def _detectable(call: Call) -> set[str]:
    """Return the languages that can be told apart."""
    try:
        found = await call.models.use(LanguageIdentifier.languages)()
    except FailedPrecondition:
        return set()
    return {codes.google(code) for code in found}
