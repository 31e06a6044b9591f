"""Texts: which language, what they mean, what they name, how they are built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LanguageScore:
    """A BCP-47 code and how likely it is, 0 to 1."""

    language: str
    confidence: float


class LanguageIdentifier(Protocol):
    """Tell which language a text is in."""

    def identify(self, texts: Sequence[str]) -> list[list[LanguageScore]]:
        """Return candidates for each text, likeliest first; empty when nothing can be told."""
        ...

    def languages(self) -> tuple[str, ...]:
        """Return the codes it can tell apart."""
        ...


class Translator(Protocol):
    """Say in one language what texts say in another."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Return the translation of each text."""
        ...

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return every source and target language that it translates between."""
        ...


class Romanizer(Protocol):
    """Write words of other scripts in Latin letters."""

    def romanize(self, texts: Sequence[str], language: str) -> list[str]:
        """Return each text as it is pronounced, in Latin letters."""
        ...


@dataclass(frozen=True, slots=True)
class Sentiment:
    """Direction, -1 to 1, and strength, 0 upwards, of a feeling."""

    score: float
    magnitude: float


class SentimentAnalyzer(Protocol):
    """Tell how a sentence feels about its matter."""

    def sentiment(self, sentences: Sequence[str], language: str) -> list[Sentiment]:
        """Return the sentiment of each sentence."""
        ...


Vector = NDArray[np.float32]  # unit length
EntityKind = Literal[
    "PERSON", "LOCATION", "ORGANIZATION", "EVENT", "WORK_OF_ART", "CONSUMER_GOOD", "OTHER"
]


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity as a text names it, from `start` to `end` in code points.

    `label` is the caller's own name for its kind, which then is OTHER.
    """

    start: int
    end: int
    kind: EntityKind
    confidence: float
    proper: bool = True
    label: str = ""


class EntityRecognizer(Protocol):
    """Find the entities that a text names."""

    def entities(self, texts: Sequence[str], language: str) -> list[list[Mention]]:
        """Return the mentions of each text in order, not overlapping."""
        ...


class OpenEntityRecognizer(EntityRecognizer, Protocol):
    """Find entities of whatever kinds a caller names, besides the usual ones."""

    def entities_of(
        self, texts: Sequence[str], labels: Sequence[str], language: str
    ) -> list[list[Mention]]:
        """Return the mentions of these kinds in each text, each with its label, as `entities`."""
        ...


class TextEmbedder(Protocol):
    """Turn texts into vectors whose cosine tells how alike they are."""

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector of unit length for each text."""
        ...

    def tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text is read as."""
        ...


# what Google calls the categories of moderation
HAZARDS = (
    "Toxic",
    "Insult",
    "Profanity",
    "Derogatory",
    "Sexual",
    "Death, Harm & Tragedy",
    "Violent",
    "Firearms & Weapons",
    "Public Safety",
    "Health",
    "Religion & Belief",
    "Illicit Drugs",
    "War & Conflict",
    "Politics",
    "Finance",
    "Legal",
)


@dataclass(frozen=True, slots=True)
class TextAnalysis:
    """What one pass of a shared encoder tells of a sentence.

    `moderation` maps names of HAZARDS to probabilities.
    """

    mentions: tuple[Mention, ...]
    sentiment: Sentiment
    embedding: Vector
    moderation: dict[str, float]


class TextAnalyzer(Protocol):
    """Tell entities, sentiment, meaning and hazards of a sentence in one pass."""

    def analyze(self, sentences: Sequence[str], language: str) -> list[TextAnalysis]:
        """Return the analysis of each sentence."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a sentence in Universal Dependencies terms (universaldependencies.org).

    `start` and `end` are code points in the sentence, `head` the index of the token it depends on
    (its own for the root), `features` morphology such as {"Number": "Plur"}.
    """

    start: int
    end: int
    lemma: str
    pos: str
    features: dict[str, str]
    head: int
    relation: str


class SyntaxParser(Protocol):
    """Parse sentences."""

    def parse(self, sentences: Sequence[str], language: str) -> list[list[Token]]:
        """Return the tokens of each sentence."""
        ...
