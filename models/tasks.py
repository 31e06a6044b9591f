"""What an engine can do: one Protocol per task, and the frozen values that tasks exchange.

A task method whose first argument is a `Sequence` must answer a list of the same length, item by
item: the pool may run items of several callers in one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # height x width x 3, RGB
Samples = NDArray[np.int16]  # mono PCM

# --- text in pictures -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """A place in an image: pixels from the top left corner."""

    x: float
    y: float


Polygon = tuple[Point, ...]  # clockwise in reading direction, from the text's own top left


@dataclass(frozen=True, slots=True)
class Symbol:
    """One character as drawn."""

    text: str
    polygon: Polygon
    confidence: float


@dataclass(frozen=True, slots=True)
class Word:
    """Symbols without a space between them; `space` tells whether one follows on the line."""

    symbols: tuple[Symbol, ...]
    polygon: Polygon
    confidence: float
    space: bool = True

    @property
    def text(self) -> str:
        """Return the characters joined."""
        return "".join(symbol.text for symbol in self.symbols)


@dataclass(frozen=True, slots=True)
class Line:
    """Words that are read one after the other on one baseline."""

    words: tuple[Word, ...]
    polygon: Polygon
    confidence: float


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that continue each other."""

    lines: tuple[Line, ...]
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Block:
    """Paragraphs that stand together, such as a column or a caption."""

    paragraphs: tuple[Paragraph, ...]
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Page:
    """One page in reading order; sizes in the unit of its polygons (pixels, or points of a PDF)."""

    width: float
    height: float
    blocks: tuple[Block, ...]


class TextReader(Protocol):
    """Read the text in pictures (OCR)."""

    def read(self, images: Sequence[Pixels]) -> list[list[Line]]:
        """Return the lines of each picture, in no particular order."""
        ...


class ImageReader(Protocol):
    """Open picture files."""

    def frames(self, content: bytes, max_pixels: int, pages: Sequence[int] = ()) -> list[Pixels]:
        """Return the frames of a picture file upright, as its EXIF orientation says.

        `pages` picks frames of a TIFF or GIF, counted from 1, negative from the end; empty means
        the first. Raises InvalidArgument when the file is none, is truncated, or has a frame of
        more than `max_pixels`; OutOfRange for a frame that is not there.
        """
        ...

    def count(self, content: bytes) -> int:
        """Return the number of frames."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page of a document: its picture, and its own text where the file carries one.

    `lines` are in pixels of `image`; None means that the page has no text layer.
    """

    image: Pixels
    lines: tuple[Line, ...] | None


class DocumentReader(Protocol):
    """Open paged documents (PDF)."""

    def count(self, content: bytes) -> int:
        """Return the number of pages; InvalidArgument when the document cannot be opened."""
        ...

    def page(self, content: bytes, number: int, dpi: int) -> DocumentPage:
        """Return page `number`, counted from 1, rendered at `dpi`."""
        ...


# --- language ---------------------------------------------------------------------------------


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


# --- speech -----------------------------------------------------------------------------------

Gender = Literal["MALE", "FEMALE", "NEUTRAL"]


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that an engine can speak with; `name` is what a request may ask for."""

    name: str
    languages: tuple[str, ...]
    gender: Gender
    sample_rate: int


@dataclass(frozen=True, slots=True)
class Prosody:
    """How to speak: rate as a factor, pitch in semitones, volume in dB."""

    rate: float = 1.0
    pitch: float = 0.0
    volume: float = 0.0


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech with one voice and one manner, then `pause` seconds of silence.

    `phonemes` (IPA) replace the pronunciation of `text`; `mark` names the moment before it;
    `continues` tells that more follows at once, so that the voice does not come to rest.
    """

    text: str
    language: str
    voice: str
    prosody: Prosody = field(default_factory=Prosody)
    pause: float = 0.0
    phonemes: str | None = None
    mark: str | None = None
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """Spoken audio: mono samples, their rate in Hz, and marks as (name, seconds)."""

    samples: Samples
    sample_rate: int
    marks: tuple[tuple[str, float], ...] = ()


class SpeechSynthesizer(Protocol):
    """Speak."""

    def voices(self) -> tuple[Voice, ...]:
        """Return every voice it can speak with."""
        ...

    def synthesize(self, utterances: Sequence[Utterance]) -> list[Speech]:
        """Return the speech of each utterance."""
        ...


# --- meaning ----------------------------------------------------------------------------------

Vector = NDArray[np.float32]  # unit length
EntityKind = Literal[
    "PERSON", "LOCATION", "ORGANIZATION", "EVENT", "WORK_OF_ART", "CONSUMER_GOOD", "OTHER"
]


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity as a text names it, from `start` to `end` in code points."""

    start: int
    end: int
    kind: EntityKind
    confidence: float
    proper: bool = True


class EntityRecognizer(Protocol):
    """Find the entities that a text names."""

    def entities(self, texts: Sequence[str], language: str) -> list[list[Mention]]:
        """Return the mentions of each text in order, not overlapping."""
        ...


class TextEmbedder(Protocol):
    """Turn texts into vectors whose cosine tells how alike they are."""

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector of unit length for each text."""
        ...


@dataclass(frozen=True, slots=True)
class TextAnalysis:
    """What one pass of a shared encoder tells of a sentence.

    `moderation` maps Google's category names to probabilities.
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
