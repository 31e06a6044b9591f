"""What an engine can do: one Protocol per task, and the frozen values that tasks exchange.

pictures.py   text in pictures and pages
language.py   texts and their meaning
speech.py     voices

A task method whose first argument is a `Sequence` must answer a list of the same length, item by
item: the pool may run items of several callers in one call.
"""

from pkgutil import iter_modules

from sensorium.models.tasks.language import (
    EntityKind,
    EntityRecognizer,
    LanguageIdentifier,
    LanguageScore,
    Mention,
    Sentiment,
    SentimentAnalyzer,
    SyntaxParser,
    TextAnalysis,
    TextAnalyzer,
    TextEmbedder,
    Token,
    Translator,
    Vector,
)
from sensorium.models.tasks.pictures import (
    Block,
    DocumentPage,
    DocumentReader,
    ImageReader,
    Line,
    Page,
    Paragraph,
    Pixels,
    Point,
    Polygon,
    Symbol,
    TextReader,
    Word,
)
from sensorium.models.tasks.speech import (
    Gender,
    Prosody,
    Samples,
    Speech,
    SpeechSynthesizer,
    Utterance,
    Voice,
)

# the modules whose values a sandboxed engine may answer with
MODULES = tuple(f"{__name__}.{module.name}" for module in iter_modules(__path__))

__all__ = [
    "MODULES",
    "Block",
    "DocumentPage",
    "DocumentReader",
    "EntityKind",
    "EntityRecognizer",
    "Gender",
    "ImageReader",
    "LanguageIdentifier",
    "LanguageScore",
    "Line",
    "Mention",
    "Page",
    "Paragraph",
    "Pixels",
    "Point",
    "Polygon",
    "Prosody",
    "Samples",
    "Sentiment",
    "SentimentAnalyzer",
    "Speech",
    "SpeechSynthesizer",
    "Symbol",
    "SyntaxParser",
    "TextAnalysis",
    "TextAnalyzer",
    "TextEmbedder",
    "TextReader",
    "Token",
    "Translator",
    "Utterance",
    "Vector",
    "Voice",
    "Word",
]
