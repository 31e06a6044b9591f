"""Moderation: how likely a text touches on harmful and sensitive matters."""

from __future__ import annotations

from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.language import document, language
from sensorium.apis.language.analysis import Analysis, Need, analyze, language_facts
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import HAZARDS

_V1 = "google.cloud.language.v1.LanguageService.ModerateText"
_V2 = "google.cloud.language.v2.LanguageService.ModerateText"
_TEXT = "You are a useless idiot. The bank closed my account and I will see them in court."
_WITH_SEVERITY = 2  # ModerateTextRequest.ModelVersion.MODEL_VERSION_2


@language.rpc(_V1, example={"document": {"type": "PLAIN_TEXT", "content": _TEXT, "language": "en"}})
async def moderate_text(request: Any, call: Call) -> JSON:
    """Tell how likely a text touches on each of Google's 16 harmful and sensitive categories.

    `confidence` goes from 0 to 1 and is that of the sentence with the most of it: one insult in a
    long letter is an insult. Topics such as Health or Finance are named as any other; what to do
    about them is up to the caller.
    """
    found = await _analysis(request, call)
    return {"moderationCategories": answer(found)}


@language.rpc(
    _V2, example={"document": {"type": "PLAIN_TEXT", "content": _TEXT, "languageCode": "en"}}
)
async def moderate_text_v2(request: Any, call: Call) -> JSON:
    """Tell how likely a text touches on each of Google's 16 harmful and sensitive categories.

    As in v1. No installed engine rates severity: MODEL_VERSION_2, which promises it, is refused.
    """
    if request.model_version == _WITH_SEVERITY:
        raise FailedPrecondition(
            "No installed engine rates the severity that MODEL_VERSION_2 promises.",
            field="modelVersion",
            hint="Leave it out, or send MODEL_VERSION_1.",
        )
    found = await _analysis(request, call)
    return {**language_facts(found), "moderationCategories": answer(found)}


@language.command("moderate", _V1)
def moderation_of_text(content: bytes) -> JSON:
    """Tell what harmful or sensitive matters a text touches on."""
    return {"document": {"type": "PLAIN_TEXT", "content": content.decode("utf-8", "replace")}}


async def _analysis(request: Any, call: Call) -> Analysis:
    """Return the analysis of a request's document."""
    text = await document.read(request.document, call)
    return await analyze(text, request.document, call, Need.MODERATION)


def answer(analysis: Analysis) -> list[JSON]:
    """Return `moderationCategories`, likeliest first, without those that the engine lacks."""
    found = [one.moderation or {} for one in analysis.readings]
    most = {
        name: max(one[name] for one in found if name in one)
        for name in HAZARDS
        if any(name in one for one in found)
    }
    ranked = sorted(most.items(), key=lambda pair: -pair[1])
    return [{"name": name, "confidence": float(confidence)} for name, confidence in ranked]
