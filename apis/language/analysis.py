"""One analysis of a document that every method shares: each sentence is encoded once.

A language is analyzed by a TextAnalyzer that speaks it, else by engines for the single tasks that
are needed, else in English through an installed Translator, else refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Flag, auto
from typing import Any

import numpy as np

from sensorium.apis.core import JSON, Call
from sensorium.apis.language import clauses, entity_types
from sensorium.apis.language.document import UNDETERMINED, Document, Span, language_field
from sensorium.apis.language.projection import project
from sensorium.models.errors import FailedPrecondition, Failure, InvalidArgument
from sensorium.models.tasks import (
    EntityRecognizer,
    Mention,
    Sentiment,
    SentimentAnalyzer,
    TextAnalysis,
    TextAnalyzer,
    TextEmbedder,
    Translator,
    Vector,
)

_PIVOT = "en"


class Need(Flag):
    """What a method asks of the analysis.

    CLAUSES are for the sentiment of entities: alone they are welcome, with SENTIMENT they must be.
    """

    ENTITIES = auto()
    SENTIMENT = auto()
    CLAUSES = auto()
    EMBEDDING = auto()
    MODERATION = auto()


_TASKS: dict[Need, tuple[Callable[..., Any], str]] = {
    Need.ENTITIES: (EntityRecognizer.entities, "entity analysis"),
    Need.SENTIMENT: (SentimentAnalyzer.sentiment, "document_sentiment analysis"),
    Need.CLAUSES: (SentimentAnalyzer.sentiment, "entity_sentiment analysis"),
    Need.EMBEDDING: (TextEmbedder.embed, "classification"),
    Need.MODERATION: (TextAnalyzer.analyze, "moderation"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a stretch of text; None for what was not asked."""

    mentions: tuple[Mention, ...] = ()
    sentiment: Sentiment | None = None
    embedding: Vector | None = None
    moderation: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a sentence, from `start` to `end` in it, and how it feels."""

    start: int
    end: int
    sentiment: Sentiment | None


@dataclass(frozen=True, slots=True)
class Analysis:
    """A document with what is known of each of its sentences.

    `clauses` are those of each sentence, empty unless asked for; `supported` is False when it was
    analyzed in translation; `embedder` tells which method and language gave the embeddings.
    """

    document: Document
    spans: list[Span]
    readings: list[Reading]
    clauses: list[list[Clause]]
    supported: bool = True
    embedder: tuple[Callable[..., Any], str] | None = None

    @property
    def embedding(self) -> Vector | None:
        """Return the mean of the sentences' embeddings, longer sentences counting more."""
        vectors = [one.embedding for one in self.readings]
        known = [one for one in vectors if one is not None]
        if not known or len(known) < len(vectors):
            return None
        weights = np.array([min(len(span.text), 300) for span in self.spans], dtype=np.float32)
        mean: Vector = weights @ np.stack(known)
        norm = float(np.linalg.norm(mean))
        return mean / norm if norm else mean


def language_facts(analysis: Analysis) -> JSON:
    """Return what every answer of v2 says of the language."""
    return {"languageCode": analysis.document.language, "languageSupported": analysis.supported}


async def analyze(text: Document, sent: Any, call: Call, needs: Need) -> Analysis:
    """Return the analysis of a document, in one pass of one engine where one can do it all.

    `sent` is the document as requested. Raises InvalidArgument for a language that no installed
    engine speaks, FailedPrecondition where no engine can run at all.
    """
    if text.language == UNDETERMINED:
        raise InvalidArgument(
            "The language of the text cannot be told.", field=language_field(sent), hint="Set it."
        )
    own = entity_types.finder(text.language, call) if needs & Need.ENTITIES else None
    spans = await asyncio.to_thread(text.sentences)
    parts = [
        clauses.split(span.text, text.language) if needs & Need.CLAUSES else [] for span in spans
    ]
    lacking: list[FailedPrecondition] = []
    for way in (_at_once, _one_by_one, _in_english):
        try:
            read = await way(text.language, call, needs)
        except FailedPrecondition as why:
            lacking.append(why)
            continue
        found = await _read(read, text, spans, parts)
        return found if own is None else await _with_own(found, own)
    raise _refusal(text.language, sent, call, needs, lacking)


@dataclass(frozen=True, slots=True)
class _Way:
    """How texts are read: `read` answers a Reading for each."""

    read: Callable[[Sequence[str]], Any]
    supported: bool
    embedder: tuple[Callable[..., Any], str] | None


async def _read(
    way: _Way, text: Document, spans: list[Span], parts: list[list[tuple[int, int]]]
) -> Analysis:
    """Return the analysis of sentences and of the clauses of those that have several."""
    wholes = [span.text for span in spans]
    pieces = [
        span.text[start:end]
        for span, places in zip(spans, parts, strict=True)
        if len(places) > 1
        for start, end in places
    ]
    # a text says some things twice; engines need not
    unique = list(dict.fromkeys([*wholes, *pieces]))
    found = dict(zip(unique, await way.read(unique), strict=True))
    readings = [found[whole] for whole in wholes]
    return Analysis(
        document=text,
        spans=spans,
        readings=readings,
        clauses=[
            [Clause(start, end, _told(found, span, start, end, places)) for start, end in places]
            for span, places in zip(spans, parts, strict=True)
        ],
        supported=way.supported,
        embedder=way.embedder,
    )


async def _with_own(found: Analysis, own: entity_types.Finder) -> Analysis:
    """Return an analysis with the mentions of the caller's own kinds."""
    mentions = await own([span.text for span in found.spans])
    readings = [
        replace(reading, mentions=entity_types.merged(reading.mentions, more))
        for reading, more in zip(found.readings, mentions, strict=True)
    ]
    return replace(found, readings=readings)


def _told(
    found: dict[str, Reading], span: Span, start: int, end: int, places: list[tuple[int, int]]
) -> Sentiment | None:
    """Return how a clause feels: as its sentence where it is all of it."""
    return found[span.text[start:end] if len(places) > 1 else span.text].sentiment


async def _at_once(language: str, call: Call, needs: Need) -> _Way:
    """Read by a TextAnalyzer."""
    analyze = call.models.use(TextAnalyzer.analyze, language=language)

    async def read(texts: Sequence[str]) -> list[Reading]:
        return [_reading(one) for one in await analyze(texts, language)]

    return _Way(read, True, (TextAnalyzer.analyze, language))


async def _one_by_one(language: str, call: Call, needs: Need) -> _Way:
    """Read by an engine for each task that is needed."""
    if needs & Need.MODERATION:
        raise FailedPrecondition("Only engines for TextAnalyzer moderate.")
    models = call.models
    entities = sentiment = embed = None
    if needs & Need.ENTITIES:
        entities = models.use(EntityRecognizer.entities, language=language)
    if needs & (Need.SENTIMENT | Need.CLAUSES):
        # the entities of v2 can do without
        try:
            sentiment = models.use(SentimentAnalyzer.sentiment, language=language)
        except FailedPrecondition:
            if needs & Need.SENTIMENT:
                raise
    if needs & Need.EMBEDDING:
        # salience can do without, classification cannot
        try:
            embed = models.use(TextEmbedder.embed, language=language)
        except FailedPrecondition:
            if not needs & Need.ENTITIES:
                raise

    async def read(texts: Sequence[str]) -> list[Reading]:
        nothing = [None] * len(texts)
        mentions = await entities(texts, language) if entities else [[] for _ in texts]
        feelings = await sentiment(texts, language) if sentiment else nothing
        vectors = await embed(texts) if embed else nothing
        return [
            Reading(tuple(named), feeling, vector)
            for named, feeling, vector in zip(mentions, feelings, vectors, strict=True)
        ]

    return _Way(read, True, (TextEmbedder.embed, language) if embed else None)


async def _in_english(language: str, call: Call, needs: Need) -> _Way:
    """Read a translation; what it names is looked up in the original."""
    source = language.partition("-")[0]
    if source == _PIVOT:
        raise FailedPrecondition("English is not translated into itself.")
    pairs = await call.models.use(Translator.pairs, language=language)()
    if (source, _PIVOT) not in pairs:
        raise FailedPrecondition(f"No installed engine translates {source} into English.")
    translate = call.models.use(Translator.translate, language=language)
    try:
        english = await _at_once(_PIVOT, call, needs)
    except FailedPrecondition:
        english = await _one_by_one(_PIVOT, call, needs)

    async def read(texts: Sequence[str]) -> list[Reading]:
        translated = await translate(texts, source, _PIVOT)
        found = await english.read(translated)
        return [
            Reading(
                project(one.mentions, there, here), one.sentiment, one.embedding, one.moderation
            )
            for one, there, here in zip(found, translated, texts, strict=True)
        ]

    return _Way(read, False, english.embedder)


def _reading(found: TextAnalysis) -> Reading:
    """Return what an analyzer tells of a sentence."""
    return Reading(found.mentions, found.sentiment, found.embedding, found.moderation)


def _refusal(
    language: str, sent: Any, call: Call, needs: Need, lacking: Sequence[FailedPrecondition]
) -> Failure:
    """Return the refusal of a language in Google's words, or that of a task nobody can do."""
    reasons: list[str] = []
    installed = False
    for need, (method, _) in _TASKS.items():
        if not needs & need:
            continue
        for one in dict.fromkeys((TextAnalyzer.analyze, method)):
            try:
                call.models.use(one)
                installed = True
            except FailedPrecondition:
                pass
            try:
                call.models.use(one, language=language)
            except FailedPrecondition as why:
                reasons.append(str(why))
    if not installed:
        return FailedPrecondition(lacking[0].message, hint=lacking[0].hint)
    task = next(name for need, (_, name) in _TASKS.items() if needs & need)
    if Need.CLAUSES | Need.SENTIMENT in needs:
        task = _TASKS[Need.CLAUSES][1]
    hint = " ".join(dict.fromkeys([*reasons, lacking[-1].message]))
    return InvalidArgument(
        f"The language {language} is not supported for {task}.",
        field=language_field(sent),
        hint=hint,
    )
