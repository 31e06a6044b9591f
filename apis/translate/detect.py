"""Which language a text is in, for v3 and v2."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.translate import codes, translate
from sensorium.models import html
from sensorium.models.errors import InvalidArgument
from sensorium.models.tasks import LanguageIdentifier, LanguageScore

_V3 = "google.cloud.translation.v3.TranslationService.DetectLanguage"
_V2 = "sensorium.translation.v2.TranslationService.DetectLanguage"
_MODEL = re.compile(r"projects/[^/]+/locations/[^/]+/models/language-detection/default")
_TEXTS = 128  # as in Google's quotas of v2


@translate.rpc(
    _V3,
    example={
        "parent": "projects/p/locations/global",
        "content": "Wo ist der Bahnhof?",
        "mimeType": "text/plain",
    },
)
async def detect_language(request: Any, call: Call) -> JSON:
    """Tell which language a text is in: candidates with their confidence, likeliest first.

    `mimeType` is `text/plain` or, if it is not set, `text/html`. A text that nothing can be told
    of is `und` with confidence 0. Chinese is `zh-CN` in simplified and `zh-TW` in traditional
    writing.
    """
    parent(request.parent)
    if request.model and not _MODEL.fullmatch(request.model):
        raise InvalidArgument(
            f"There is no model {request.model!r} to detect languages with.",
            field="model",
            hint="Leave it empty or name projects/P/locations/L/models/language-detection/default.",
        )
    if request.mime_type not in ("", "text/plain", "text/html"):
        raise InvalidArgument(
            f"The type {request.mime_type!r} is neither text/plain nor text/html.",
            field="mimeType",
        )
    content = request.content
    if not content:
        raise InvalidArgument("Set the text whose language to detect.", field="content")
    check_size(len(content), "content", call)
    if request.mime_type != "text/plain":
        content = await asyncio.to_thread(_shown, content)
    found = (await identify([content], call))[0]
    return {
        "languages": [
            {"languageCode": codes.google(one.language), "confidence": one.confidence}
            for one in found
        ]
    }


@translate.rpc(_V2, example={"q": ["Wo ist der Bahnhof?", "Où est la gare ?"]})
async def detect_language_v2(request: Any, call: Call) -> JSON:
    """Tell which language each of up to 128 texts is in.

    Each text gets a list of one detection, as Google's clients expect; `isReliable` is
    deprecated and always false. A text that nothing can be told of is `und` with confidence 0.
    """
    texts = list(request.q)
    if not texts:
        raise InvalidArgument("Set at least one text.", field="q")
    if len(texts) > _TEXTS:
        raise InvalidArgument(f"{len(texts)} texts, {_TEXTS} are allowed.", field="q")
    check_size(sum(map(len, texts)), "q", call)
    best = [found[0] for found in await identify(texts, call)]
    return {
        "data": {
            "detections": [
                [
                    {
                        "language": codes.google(one.language),
                        "isReliable": False,
                        "confidence": one.confidence,
                    }
                ]
                for one in best
            ]
        }
    }


@translate.command("detect", _V3)
def detect_in_text(content: bytes) -> JSON:
    """Tell which language a text is in."""
    return {
        "parent": "projects/-/locations/global",
        "content": content.decode("utf-8", "replace"),
        "mimeType": "text/plain",
    }


def parent(name: str) -> None:
    """Raise InvalidArgument unless `name` is a project, or a location in one."""
    if not re.fullmatch(r"projects/[^/]+(/locations/[^/]+)?", name):
        raise InvalidArgument(
            f"{name!r} is not of the form projects/P or projects/P/locations/L.", field="parent"
        )


def check_size(size: int, field: str, call: Call) -> None:
    """Raise InvalidArgument for more text than a request may have."""
    limit = call.limits.text_characters
    if size > limit:
        raise InvalidArgument(
            f"The text has {size:,} characters, {limit:,} are allowed.", field=field
        )


def _shown(page: str) -> str:
    """Return the text that a page shows."""
    return "\n".join(block.text for block in html.blocks(page))


async def identify(texts: Sequence[str], call: Call) -> list[list[LanguageScore]]:
    """Return at least one candidate for each text."""
    found = await call.models.use(LanguageIdentifier.identify)(texts)
    nothing = [LanguageScore(codes.UNDETERMINED, 0.0)]
    return [scores or nothing for scores in found]
