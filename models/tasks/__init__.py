"""What an engine can do: one Protocol per task, and the frozen values that tasks exchange.

documents.py  what documents are made of besides text
language.py   texts and their meaning
layouts.py    what documents are made of, as a tree
pictures.py   text in pictures and pages
speech.py     voices
vision.py     what pictures show

A task method whose first argument is a `Sequence` must answer a list of the same length, item by
item: the pool may run items of several callers in one call.
"""

from pkgutil import iter_modules

from sensorium.models.tasks.documents import (
    Barcode,
    BarcodeReader,
    FieldReader,
    LayoutDetector,
    ReadField,
    Region,
    RegionKind,
    TableCell,
    TableRecognizer,
)
from sensorium.models.tasks.language import (
    HAZARDS,
    EntityKind,
    EntityRecognizer,
    LanguageIdentifier,
    LanguageScore,
    Mention,
    OpenEntityRecognizer,
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
from sensorium.models.tasks.layouts import (
    Layout,
    LayoutBlock,
    LayoutCell,
    ListBlock,
    MarkupReader,
    PageSpan,
    SlideReader,
    TableBlock,
    TextBlock,
    WordReader,
    WorkbookReader,
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
    Rule,
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
from sensorium.models.tasks.vision import (
    Box,
    Face,
    FaceDetector,
    ImageEmbedder,
    ImageLabeler,
    ImageMatcher,
    Label,
    ObjectDetector,
    SafetyRater,
    Thing,
)

# the modules whose values a sandboxed engine may answer with
MODULES = tuple(f"{__name__}.{module.name}" for module in iter_modules(__path__))

__all__ = [
    "HAZARDS",
    "MODULES",
    "Barcode",
    "BarcodeReader",
    "Block",
    "Box",
    "DocumentPage",
    "DocumentReader",
    "EntityKind",
    "EntityRecognizer",
    "Face",
    "FaceDetector",
    "FieldReader",
    "Gender",
    "ImageEmbedder",
    "ImageLabeler",
    "ImageMatcher",
    "ImageReader",
    "Label",
    "LanguageIdentifier",
    "LanguageScore",
    "Layout",
    "LayoutBlock",
    "LayoutCell",
    "LayoutDetector",
    "Line",
    "ListBlock",
    "MarkupReader",
    "Mention",
    "ObjectDetector",
    "OpenEntityRecognizer",
    "Page",
    "PageSpan",
    "Paragraph",
    "Pixels",
    "Point",
    "Polygon",
    "Prosody",
    "ReadField",
    "Region",
    "RegionKind",
    "Rule",
    "SafetyRater",
    "Samples",
    "Sentiment",
    "SentimentAnalyzer",
    "SlideReader",
    "Speech",
    "SpeechSynthesizer",
    "Symbol",
    "SyntaxParser",
    "TableBlock",
    "TableCell",
    "TableRecognizer",
    "TextAnalysis",
    "TextAnalyzer",
    "TextBlock",
    "TextEmbedder",
    "TextReader",
    "Thing",
    "Token",
    "Translator",
    "Utterance",
    "Vector",
    "Voice",
    "Word",
    "WordReader",
    "WorkbookReader",
]
