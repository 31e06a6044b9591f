"""Sentiment of a document and of each of its sentences."""

from __future__ import annotations

import asyncio
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.language import document, language
from sensorium.apis.language.analysis import Analysis, Need, analyze, language_facts
from sensorium.apis.language.document import Offsets
from sensorium.models.tasks import Sentiment

_V1 = "google.cloud.language.v1.LanguageService.AnalyzeSentiment"
_V2 = "google.cloud.language.v2.LanguageService.AnalyzeSentiment"
_TEXT = "The room was lovely. Breakfast was cold, and nobody apologised."


@language.rpc(
    _V1,
    example={
        "document": {"type": "PLAIN_TEXT", "content": _TEXT, "language": "en"},
        "encodingType": "UTF16",
    },
)
async def analyze_sentiment(request: Any, call: Call) -> JSON:
    """Score how a text feels, as a whole and sentence by sentence.

    A sentence's score goes from -1 to 1, its magnitude from 0 up. The document's score is the mean
    of its sentences' scores and its magnitude the sum of their magnitudes, as Google documents
    the two. `beginOffset` counts in the units of `encodingType` from the start of the content as
    it was sent, markup of an HTML document included; without an encoding type it is -1.

    A language that no installed engine analyzes is INVALID_ARGUMENT, and so is a text whose
    language cannot be told: name it in `document.language`.
    """
    found, answered = await _answer(request, call)
    return {"language": found.document.language, **answered}


@language.rpc(
    _V2,
    example={
        "document": {"type": "PLAIN_TEXT", "content": _TEXT, "languageCode": "en"},
        "encodingType": "UTF16",
    },
)
async def analyze_sentiment_v2(request: Any, call: Call) -> JSON:
    """Score how a text feels, as a whole and sentence by sentence.

    Scores, magnitudes, offsets and refusals are those of v1: a sentence without a score would read
    as a neutral one. `languageSupported` is false for a text that was analyzed in translation.
    """
    found, answered = await _answer(request, call)
    return {**language_facts(found), **answered}


@language.command("sentiment", _V1)
def sentiment_of_text(content: bytes) -> JSON:
    """Score how a text feels, sentence by sentence."""
    text = content.decode("utf-8", "replace")
    return {"document": {"type": "PLAIN_TEXT", "content": text}, "encodingType": "UTF32"}


async def _answer(request: Any, call: Call) -> tuple[Analysis, JSON]:
    """Return a document's analysis, and the sentiment of the whole and of each sentence."""
    text = await document.read(request.document, call)
    offsets = await asyncio.to_thread(Offsets, text.source, request.encoding_type)
    found = await analyze(text, request.document, call, Need.SENTIMENT)
    return found, answer(found, offsets)


def answer(analysis: Analysis, offsets: Offsets) -> JSON:
    """Return `documentSentiment` and `sentences`."""
    feelings = [one.sentiment or Sentiment(0.0, 0.0) for one in analysis.readings]
    score = sum(one.score for one in feelings) / len(feelings)
    sentences = [
        {"text": offsets.span(span), "sentiment": as_json(one)}
        for span, one in zip(analysis.spans, feelings, strict=True)
    ]
    whole = Sentiment(max(-1.0, min(1.0, score)), sum(one.magnitude for one in feelings))
    return {"documentSentiment": as_json(whole), "sentences": sentences}


def as_json(sentiment: Sentiment) -> JSON:
    """Return a Sentiment."""
    return {"score": sentiment.score, "magnitude": sentiment.magnitude}
