"""translateText, v3 and v2: texts in the languages that installed engines know."""

from __future__ import annotations

from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.translate import codes, routing, translate
from sensorium.apis.translate.detect import check_size, parent
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
    could be.
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
    return {
        "translations": [
            shown(one, request.model, request.parent) for one in await translated(texts, job, call)
        ]
    }


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
