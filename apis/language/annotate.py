"""Several analyses of a document at once, from one reading of it."""

from __future__ import annotations

import asyncio
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.language import (
    classify,
    document,
    entities,
    language,
    moderate,
    sentiment,
    syntax,
)
from sensorium.apis.language.analysis import Analysis, Need, analyze, language_facts
from sensorium.apis.language.document import Document, Offsets
from sensorium.models.errors import InvalidArgument

_V1 = "google.cloud.language.v1.LanguageService.AnnotateText"
_V2 = "google.cloud.language.v2.LanguageService.AnnotateText"
_TEXT = (
    "The orchestra of Leipzig played Mahler's fifth symphony on Friday. The strings were wonderful,"
    " but the brass came in late twice, and a ticket for €85 should buy a better evening of music."
)


@language.rpc(
    _V1,
    example={
        "document": {"type": "PLAIN_TEXT", "content": _TEXT, "language": "en"},
        "features": {
            "extractEntities": True,
            "extractDocumentSentiment": True,
            "extractEntitySentiment": True,
            "classifyText": True,
            "moderateText": True,
        },
        "encodingType": "UTF16",
    },
)
async def annotate_text(request: Any, call: Call) -> JSON:
    """Run every analysis that `features` names on one text.

    The text is read and encoded once for all of them; each answers as its own method does, and what
    one of them refuses refuses the whole, as Google does.
    """
    features = request.features
    needs = _needs(features, 1)
    categories = classify.chosen(
        features.classification_model_options, "features.classificationModelOptions"
    )
    text, offsets = await _read(request, call, needs, features.extract_syntax)
    answered: JSON = {"language": text.language}
    if features.extract_syntax:
        answered |= await syntax.answer(text, offsets, request.document, call)
    if needs:
        if features.classify_text:
            classify.refuse_short(text)
        found = await analyze(text, request.document, call, needs)
        answered |= await _answers(found, features, needs, offsets, 1, categories, call)
    return answered


@language.rpc(
    _V2,
    example={
        "document": {"type": "PLAIN_TEXT", "content": _TEXT, "languageCode": "en"},
        "features": {
            "extractEntities": True,
            "extractDocumentSentiment": True,
            "classifyText": True,
            "moderateText": True,
        },
        "encodingType": "UTF16",
    },
)
async def annotate_text_v2(request: Any, call: Call) -> JSON:
    """Run every analysis that `features` names on one text.

    As in v1; entities come with the sentiment of their clauses, categories are those of version 2.
    """
    features = request.features
    needs = _needs(features, 2)
    text, offsets = await _read(request, call, needs, False)
    if features.classify_text:
        classify.refuse_short(text)
    found = await analyze(text, request.document, call, needs)
    answered = await _answers(found, features, needs, offsets, 2, "v2", call)
    return {**language_facts(found), **answered}


def _needs(features: Any, version: int) -> Need:
    """Return what the features ask of the analysis."""
    needs = Need(0)
    feeling = version == 2 or features.extract_entity_sentiment
    if features.extract_entities or (version == 1 and features.extract_entity_sentiment):
        needs |= Need.ENTITIES | (Need.CLAUSES if feeling else Need(0))
        needs |= Need.EMBEDDING if version == 1 else Need(0)
    if features.extract_document_sentiment or (version == 1 and feeling):
        needs |= Need.SENTIMENT
    if features.classify_text:
        needs |= Need.EMBEDDING
    if features.moderate_text:
        needs |= Need.MODERATION
    return needs


async def _read(request: Any, call: Call, needs: Need, more: bool) -> tuple[Document, Offsets]:
    """Return the document and its offsets; refuse a request that asks for nothing."""
    if not needs and not more:
        raise InvalidArgument("Set at least one feature.", field="features")
    text = await document.read(request.document, call)
    return text, await asyncio.to_thread(Offsets, text.source, request.encoding_type)


async def _answers(
    found: Analysis,
    features: Any,
    needs: Need,
    offsets: Offsets,
    version: int,
    categories: str,
    call: Call,
) -> JSON:
    """Return the fields of the answer that the features ask for."""
    answered: JSON = {}
    if features.extract_document_sentiment:
        answered |= sentiment.answer(found, offsets)
    if needs & Need.ENTITIES:
        answered["entities"] = await entities.answer(found, offsets, version)
    if features.classify_text:
        answered["categories"] = await classify.answer(found, categories, call)
    if needs & Need.MODERATION:
        answered["moderationCategories"] = moderate.answer(found)
    return answered
