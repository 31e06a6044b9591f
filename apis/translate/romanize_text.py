"""romanizeText: words of other scripts in Latin letters."""

from __future__ import annotations

from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.translate import codes, translate
from sensorium.apis.translate.detect import check_size, identify, parent
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.tasks import Romanizer

_RPC = "google.cloud.translation.v3.TranslationService.RomanizeText"
_TEXTS = 1024


@translate.rpc(
    _RPC,
    example={
        "parent": "projects/p/locations/global",
        "contents": ["Москва"],
        "sourceLanguageCode": "ru",
    },
)
async def romanize_text(request: Any, call: Call) -> JSON:
    """Write up to 1,024 texts of other scripts in Latin letters.

    Without `sourceLanguageCode` the language of each text is told. INVALID_ARGUMENT for a language
    that no engine writes so, such as Japanese, whose signs do not tell how they are read.
    """
    parent(request.parent)
    texts = list(request.contents)
    if not 0 < len(texts) <= _TEXTS:
        raise InvalidArgument(f"1 to {_TEXTS:,} texts, not {len(texts)}.", field="contents")
    check_size(sum(map(len, texts)), "contents", call)
    source = request.source_language_code
    sources = [source] * len(texts)
    if not source:
        sources = [scores[0].language for scores in await identify(texts, call)]
    found = [""] * len(texts)
    for language in dict.fromkeys(sources):
        at = [index for index, one in enumerate(sources) if one == language]
        told = await _romanized([texts[index] for index in at], language, call)
        for index, text in zip(at, told, strict=True):
            found[index] = text
    detected = [{} if source else {"detectedLanguageCode": codes.google(one)} for one in sources]
    return {
        "romanizations": [
            {"romanizedText": text, **more} for text, more in zip(found, detected, strict=True)
        ]
    }


async def _romanized(texts: list[str], language: str, call: Call) -> list[str]:
    if all(text.isascii() for text in texts):  # they are in Latin letters already
        return texts
    code = codes.engine(language)
    try:
        romanize = call.models.use(Romanizer.romanize, language=code, timeout=call.limits.seconds)
        return await romanize(texts, code)
    except FailedPrecondition as lacking:
        raise InvalidArgument(
            f"No installed engine writes {language!r} in Latin letters.",
            field="sourceLanguageCode",
            hint=lacking.hint,
        ) from lacking
