"""Syntax: tokens, parts of speech and dependencies, from an engine that parses."""

from __future__ import annotations

import asyncio
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.apis.language import document, language, universal
from sensorium.apis.language.document import UNDETERMINED, Document, Offsets, language_field
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.tasks import SyntaxParser

_V1 = "google.cloud.language.v1.LanguageService.AnalyzeSyntax"


@language.rpc(
    _V1,
    example={
        "document": {
            "type": "PLAIN_TEXT",
            "content": "The quick fox jumped over two dogs.",
            "language": "en",
        },
        "encodingType": "UTF16",
    },
)
async def analyze_syntax(request: Any, call: Call) -> JSON:
    """Parse sentences into tokens with part of speech, morphology, lemma and dependency.

    No parser comes with the gateway: without an installed one the answer is FAILED_PRECONDITION and
    says what would make it work. Parsers speak Universal Dependencies; tags, morphology and
    dependency labels are mapped to Google's, and what has no counterpart is UNKNOWN.
    """
    text = await document.read(request.document, call)
    offsets = await asyncio.to_thread(Offsets, text.source, request.encoding_type)
    return {"language": text.language, **await answer(text, offsets, request.document, call)}


async def answer(text: Document, offsets: Offsets, sent: Any, call: Call) -> JSON:
    """Return `sentences` and `tokens`."""
    parse = _parser(text.language, sent, call)
    spans = await asyncio.to_thread(text.sentences)
    parsed = await parse([span.text for span in spans], text.language)
    tokens: list[JSON] = []
    for span, found in zip(spans, parsed, strict=True):
        # a head is counted from the first token of the document
        first = len(tokens)
        for index, token in enumerate(found):
            tokens.append(
                {
                    "text": offsets.span(text.within(span, token.start, token.end)),
                    "partOfSpeech": universal.part_of_speech(token),
                    "dependencyEdge": {
                        "headTokenIndex": first + token.head,
                        "label": universal.label(found, index),
                    },
                    "lemma": token.lemma,
                }
            )
    return {"sentences": [{"text": offsets.span(span)} for span in spans], "tokens": tokens}


def _parser(code: str, sent: Any, call: Call) -> Any:
    """Return what parses a language, or say what is lacking."""
    if code == UNDETERMINED:
        raise InvalidArgument(
            "The language of the text cannot be told.", field=language_field(sent), hint="Set it."
        )
    try:
        call.models.use(SyntaxParser.parse)
    except FailedPrecondition as lacking:
        raise FailedPrecondition(
            f"Nothing here can parse sentences. {lacking.message}",
            hint="Install an engine for SyntaxParser, such as spaCy with a pipeline for the "
            "language; `sensorium engines` lists what could run and why it cannot.",
        ) from lacking
    try:
        return call.models.use(SyntaxParser.parse, language=code)
    except FailedPrecondition as lacking:
        raise InvalidArgument(
            f"The language {code} is not supported for syntax analysis.",
            field=language_field(sent),
            hint=str(lacking),
        ) from lacking
