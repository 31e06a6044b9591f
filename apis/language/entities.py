"""Entities of a document: names, quantities, and which mentions belong together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.language import coreference, document, language, mentions
from sensorium.apis.language.analysis import Analysis, Need, analyze, language_facts
from sensorium.apis.language.coreference import Group
from sensorium.apis.language.document import Offsets
from sensorium.apis.language.mentions import Found
from sensorium.apis.language.salience import salience
from sensorium.apis.language.sentiment import as_json
from sensorium.models.tasks import Sentiment

_V1 = "google.cloud.language.v1.LanguageService.AnalyzeEntities"
_V2 = "google.cloud.language.v2.LanguageService.AnalyzeEntities"
_V1_SENTIMENT = "google.cloud.language.v1.LanguageService.AnalyzeEntitySentiment"
_TEXT = (
    "Angela Merkel visited Paris on March 5, 2024. Merkel loved the Louvre, but the hotel for $420 "
    "was terrible."
)
_NEEDS = Need.ENTITIES | Need.EMBEDDING


@language.rpc(
    _V1,
    example={
        "document": {"type": "PLAIN_TEXT", "content": _TEXT, "language": "en"},
        "encodingType": "UTF16",
    },
)
async def analyze_entities(request: Any, call: Call) -> JSON:
    """Find the people, places, organizations, things and quantities that a text names.

    Names come from the installed engine; PHONE_NUMBER, ADDRESS, DATE, NUMBER and PRICE from rules,
    with their parts in `metadata` (`year`, `value`, `currency`, `area_code`, `street_name` and so
    on). There is no knowledge base behind it: `wikipedia_url` and `mid` are never given.

    Mentions are grouped where names alone make it certain: the same name, a surname after the full
    name, an acronym of a name, a company without its legal form. Pronouns are left alone.
    `salience` tells what the text is about, from how often, how early and how centrally an entity
    is named; all together are at most 1, quantities have none. `beginOffset` counts as in
    analyzeSentiment.
    """
    found, answered = await _answer(request, call, _NEEDS, 1)
    return {"language": found.document.language, "entities": answered}


@language.rpc(
    _V2,
    example={
        "document": {"type": "PLAIN_TEXT", "content": _TEXT, "languageCode": "en"},
        "encodingType": "UTF16",
    },
)
async def analyze_entities_v2(request: Any, call: Call) -> JSON:
    """Find the people, places, organizations, things and quantities that a text names.

    As in v1, without salience. Every mention has a `probability`, for quantities the precision that
    the rules are held to, and the `sentiment` of the clause around it where an engine can tell.
    """
    found, answered = await _answer(request, call, Need.ENTITIES | Need.CLAUSES, 2)
    return {**language_facts(found), "entities": answered}


@language.rpc(
    _V1_SENTIMENT,
    example={
        "document": {"type": "PLAIN_TEXT", "content": _TEXT, "language": "en"},
        "encodingType": "UTF16",
    },
)
async def analyze_entity_sentiment(request: Any, call: Call) -> JSON:
    """Find entities as analyzeEntities does, and tell how the text feels about each.

    A mention has the sentiment of the clause that it stands in, so that "great soup, but a rude
    waiter" likes the one and not the other. An entity has the mean of its mentions' scores and the
    sum of their magnitudes.
    """
    found, answered = await _answer(request, call, _NEEDS | Need.CLAUSES | Need.SENTIMENT, 1)
    return {"language": found.document.language, "entities": answered}


@language.command("entities", _V1)
def entities_of_text(content: bytes) -> JSON:
    """Find the names and quantities of a text."""
    text = content.decode("utf-8", "replace")
    return {"document": {"type": "PLAIN_TEXT", "content": text}, "encodingType": "UTF32"}


async def _answer(
    request: Any, call: Call, needs: Need, version: int
) -> tuple[Analysis, list[JSON]]:
    """Return a document's analysis and its entities."""
    text = await document.read(request.document, call)
    offsets = await asyncio.to_thread(Offsets, text.source, request.encoding_type)
    found = await analyze(text, request.document, call, needs)
    return found, await answer(found, offsets, version)


async def answer(analysis: Analysis, offsets: Offsets, version: int) -> list[JSON]:
    """Return `entities`: of v1 the most salient first, of v2 in the order of the text."""
    found = await mentions.find(analysis)
    return await asyncio.to_thread(_written, found, analysis, offsets, version)


def _written(
    found: Sequence[Found], analysis: Analysis, offsets: Offsets, version: int
) -> list[JSON]:
    """Return entities as JSON."""
    groups = coreference.group(found)
    if version == 2:
        return [_entity(group, offsets, version) for group in groups]
    weights = salience(groups, analysis)
    ranked = sorted(zip(groups, weights, strict=True), key=lambda pair: -pair[1])
    return [{**_entity(group, offsets, version), "salience": weight} for group, weight in ranked]


def _entity(group: Group, offsets: Offsets, version: int) -> JSON:
    """Return an Entity."""
    entity: JSON = {
        "name": group.name,
        "type": group.kind,
        "metadata": group.mentions[0].metadata,
        "mentions": [_mention(one, offsets, version) for one in group.mentions],
    }
    feelings = [one.sentiment for one in group.mentions if one.sentiment is not None]
    if feelings:
        score = sum(one.score for one in feelings) / len(feelings)
        entity["sentiment"] = as_json(Sentiment(score, sum(one.magnitude for one in feelings)))
    return entity


def _mention(found: Found, offsets: Offsets, version: int) -> JSON:
    """Return an EntityMention; a quantity is neither a proper name nor a common noun."""
    kind = "TYPE_UNKNOWN" if found.parts else "PROPER" if found.proper else "COMMON"
    mention: JSON = {"text": offsets.span(found.span), "type": kind}
    if found.sentiment is not None:
        mention["sentiment"] = as_json(found.sentiment)
    if version == 2:
        mention["probability"] = found.confidence
    return mention
