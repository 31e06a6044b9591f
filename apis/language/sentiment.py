"""Sentiment of a document and of each of its sentences."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.language import document, language
from sensorium.apis.language.document import UNDETERMINED, Offsets
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.tasks import Sentiment, SentimentAnalyzer

_V1 = "google.cloud.language.v1.LanguageService.AnalyzeSentiment"
_V2 = "google.cloud.language.v2.LanguageService.AnalyzeSentiment"
_TEXT = "The room was lovely. Breakfast was cold, and nobody apologised."

Analyze = Callable[[Sequence[str], str], Awaitable[list[Sentiment]]]


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
    code, answer = await _answer(request, call)
    return {"language": code, **answer}


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
    as a neutral one.
    """
    code, answer = await _answer(request, call)
    return {"languageCode": code, "languageSupported": True, **answer}


@language.command("sentiment", _V1)
def sentiment_of_text(content: bytes) -> JSON:
    """Score how a text feels, sentence by sentence."""
    text = content.decode("utf-8", "replace")
    return {"document": {"type": "PLAIN_TEXT", "content": text}, "encodingType": "UTF32"}


async def _answer(request: Any, call: Call) -> tuple[str, JSON]:
    """Return a document's language, and the sentiment of the whole and of each sentence."""
    text = await document.read(request.document, call)
    analyze = _analyzer(text.language, request.document, call)
    offsets = await asyncio.to_thread(Offsets, text.source, request.encoding_type)
    spans = await asyncio.to_thread(text.sentences)
    found = await analyze([span.text for span in spans], text.language)
    score = sum(one.score for one in found) / len(found)
    sentences = [
        {"text": offsets.span(span), "sentiment": {"score": one.score, "magnitude": one.magnitude}}
        for span, one in zip(spans, found, strict=True)
    ]
    whole = {
        "score": max(-1.0, min(1.0, score)),
        "magnitude": sum(one.magnitude for one in found),
    }
    return text.language, {"documentSentiment": whole, "sentences": sentences}


def _analyzer(code: str, sent: Any, call: Call) -> Analyze:
    """Return what analyzes sentences of a language, or refuse the language."""
    if code == UNDETERMINED:
        field = document.language_field(sent)
        raise InvalidArgument(
            "The language of the text cannot be told.", field=field, hint="Set it."
        )
    try:
        return call.models.use(SentimentAnalyzer.sentiment, language=code)
    except FailedPrecondition as lacking:
        raise _unsupported(code, sent, lacking) from lacking


def _unsupported(code: str, sent: Any, lacking: FailedPrecondition) -> InvalidArgument:
    """Return the refusal of a language, in Google's words, with what would make it work."""
    return InvalidArgument(
        f"The language {code} is not supported for document_sentiment analysis.",
        field=document.language_field(sent),
        hint=str(lacking),
    )
