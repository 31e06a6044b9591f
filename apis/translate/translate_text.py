"""translateText, v3 and v2: texts in the languages that installed engines know."""

from __future__ import annotations

import asyncio
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.translate import codes, routing, translate
from sensorium.apis.translate.detect import check_size, parent
from sensorium.apis.translate.glossaries import names, store
from sensorium.apis.translate.glossaries.terms import Terms
from sensorium.apis.translate.translation import Job, Translated, translated
from sensorium.models.errors import FailedPrecondition, InvalidArgument

_V3 = "google.cloud.translation.v3.TranslationService.TranslateText"
_V2 = "sensorium.translation.v2.TranslationService.TranslateText"
_TEXTS, _TEXTS_V2 = 1024, 128
_FORMATS = ("text", "html")
_TYPES = ("text/plain", "text/html")


@translate.rpc(
    _V3,
    example={
        "parent": "projects/p/locations/global",
        "contents": ["The red house is by the sea."],
        "mimeType": "text/plain",
        "sourceLanguageCode": "en",
        "targetLanguageCode": "es",
    },
)
async def translate_text(request: Any, call: Call) -> JSON:
    """Translate up to 1,024 texts: `text/plain`, or `text/html` if `mimeType` is not set.

    Markup stays where it is; elements with `translate="no"` or the class `notranslate` are not
    translated. Without `sourceLanguageCode` the language of each text is told, and
    `detectedLanguageCode` says which. `model` may name an engine (`.../models/NAME`); the response
    says which translated. A pair that no engine can do is INVALID_ARGUMENT with what each side
    could be. With a glossary `glossaryTranslations` are the texts with its terms in their places.
    """
    parent(request.parent)
    texts = list(request.contents)
    _check(texts, _TEXTS, "contents", call)
    if request.transliteration_config.enable_transliteration:
        raise FailedPrecondition(
            "No installed engine reads words of other scripts written in Latin letters.",
            field="transliterationConfig",
        )
    job = Job(
        request.source_language_code,
        request.target_language_code,
        markup(request.mime_type, "mimeType"),
        request.model,
    )
    terms = await glossary_terms(request.glossary_config, job, call)
    answer: JSON = {
        "translations": [
            shown(one, request.model, request.parent) for one in await translated(texts, job, call)
        ]
    }
    if terms is not None:
        used = {"glossaryConfig": {"glossary": request.glossary_config.glossary}}
        answer["glossaryTranslations"] = [
            shown(one, request.model, request.parent) | used
            for one in await translated(texts, job, call, terms)
        ]
    return answer


@translate.rpc(
    _V2,
    example={"q": ["The red house is by the sea."], "source": "en", "target": "es"},
)
async def translate_text_v2(request: Any, call: Call) -> JSON:
    """Translate up to 128 texts, HTML unless `format` is `text`.

    Markup and languages are as in v3. `model` in the response is the engine that translated.
    """
    texts = list(request.q)
    _check(texts, _TEXTS_V2, "q", call)
    if request.format not in ("", *_FORMATS):
        raise InvalidArgument(
            f"The format {request.format[:60]!r} is neither text nor html.", field="format"
        )
    fields = {"source_field": "source", "target_field": "target"}
    job = Job(request.source, request.target, request.format != "text", request.model, **fields)
    return {
        "data": {
            "translations": [
                {
                    "translatedText": one.text,
                    **(
                        {"detectedSourceLanguage": codes.google(one.source)} if one.detected else {}
                    ),
                    **({"model": one.route.model} if one.route else {}),
                }
                for one in await translated(texts, job, call)
            ]
        }
    }


@translate.command("text", _V3)
def translate_into_english(content: bytes) -> JSON:
    """Translate a text into English."""
    return {
        "parent": "projects/-/locations/global",
        "contents": [content.decode("utf-8", "replace")],
        "mimeType": "text/plain",
        "targetLanguageCode": "en",
    }


async def glossary_terms(
    config: Any, job: Job, call: Call, field: str = "glossaryConfig"
) -> Terms | None:
    """Return the terms of the glossary that a request names, None when it names none.

    Raises InvalidArgument when its languages are not those of the request; NotFound.
    """
    if not config.glossary:
        return None
    if config.contextual_translation_enabled:
        raise FailedPrecondition(
            "Terms in context need a language model, and no installed engine is one.",
            field=f"{field}.contextualTranslationEnabled",
        )
    if not job.source:
        raise InvalidArgument("A glossary needs the language of the texts.", field=job.source_field)
    name = names.parse(config.glossary, "glossary", f"{field}.glossary")
    row, entries = await call.database.read(store.terms, name)
    known = {codes.engine(code): code for code in row.languages}
    source, target = known.get(codes.engine(job.source)), known.get(codes.engine(job.target))
    if source is None or target is None or (row.pair and [source, target] != row.languages):
        raise InvalidArgument(
            f"The glossary is not for {job.source!r} into {job.target!r}.",
            field=f"{field}.glossary",
            hint=f"It is for {' and '.join(row.languages)}.",
        )
    how = {"ignore_case": bool(config.ignore_case), "markup": job.markup}
    return await asyncio.to_thread(Terms.of, entries, source, target, **how)


def markup(kind: str, field: str) -> bool:
    """Tell whether texts of a MIME type are HTML, which they are without one; InvalidArgument."""
    if kind not in ("", *_TYPES):
        raise InvalidArgument(
            f"The type {kind[:60]!r} is neither text/plain nor text/html.", field=field
        )
    return kind != "text/plain"


def shown(one: Translated, model: str, place: str) -> JSON:
    """Return a translation as v3 has it."""
    return {
        "translatedText": one.text,
        **({"model": routing.named(model, place, one.route)} if one.route else {}),
        **({"detectedLanguageCode": codes.google(one.source or "und")} if one.detected else {}),
    }


def _check(texts: list[str], most: int, field: str, call: Call) -> None:
    if not texts:
        raise InvalidArgument("Set at least one text.", field=field)
    if len(texts) > most:
        raise InvalidArgument(f"{len(texts)} texts, {most} are allowed.", field=field)
    check_size(sum(map(len, texts)), field, call)
