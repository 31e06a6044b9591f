"""The document of a request: its text, its language, and offsets as the caller counts them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.apis.core import JSON, Call
from sensorium.models import html, sentences
from sensorium.models.errors import InvalidArgument
from sensorium.models.html import Block
from sensorium.models.tasks import LanguageIdentifier

PLAIN_TEXT, HTML = 1, 2  # Document.Type
_LATIN = re.compile(r"[A-Za-z]")
UNDETERMINED = "und"  # BCP-47: nobody can tell

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
# What each EncodingType counts: bytes, or units of two or four bytes.
_CODECS = {1: ("utf-8", 1), 2: ("utf-16-le", 2), 3: ("utf-32-le", 4)}
_STRIDE = 1024


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the document; `start` is the code point of the source that it begins at.

    `at` is where it begins in the text of block number `block`.
    """

    text: str
    start: int
    block: int = 0
    at: int = 0

    @property
    def end(self) -> int:
        """Return where the stretch ends in the text of its block."""
        return self.at + len(self.text)


@dataclass(frozen=True, slots=True)
class Document:
    """A text as the caller sent it and as it reads.

    `source` is the content, `blocks` the readable text in it with places in the source (a plain
    text is one block), `language` a BCP-47 code, `und` when it can neither be told nor was given.
    """

    source: str
    blocks: tuple[Block, ...]
    language: str

    def sentences(self) -> list[Span]:
        """Return the sentences in order; the end of a block ends a sentence."""
        return [
            Span(sentence.text, block.source(sentence.start), number, sentence.start)
            for number, block in enumerate(self.blocks)
            for sentence in sentences.split(block.text, self.language)
        ]

    def within(self, span: Span, start: int, end: int) -> Span:
        """Return the part of a stretch from `start` to `end`, both counted in it."""
        at = span.at + start
        return Span(span.text[start:end], self.blocks[span.block].source(at), span.block, at)


class Offsets:
    """Places in a text counted as an EncodingType counts: NONE answers -1 everywhere."""

    def __init__(self, source: str, encoding: int) -> None:
        if encoding and encoding not in _CODECS:
            raise InvalidArgument(
                f"{encoding} is not an EncodingType: NONE, UTF8, UTF16 or UTF32.",
                field="encodingType",
            )
        self._source = source
        self._codec = _CODECS.get(encoding)
        # Characters of one unit each need no counting.
        self._plain = encoding == 3 or source.isascii()
        self._marks = [0]
        if self._codec and not self._plain:
            for start in range(0, len(source), _STRIDE):
                self._marks.append(self._marks[-1] + self._units(start, start + _STRIDE))

    def at(self, index: int) -> int:
        """Return the offset of code point `index`."""
        if self._codec is None:
            return -1
        if self._plain:
            return index
        stride = index // _STRIDE
        return self._marks[stride] + self._units(stride * _STRIDE, index)

    def span(self, span: Span) -> JSON:
        """Return a TextSpan."""
        return {"content": span.text, "beginOffset": self.at(span.start)}

    def _units(self, start: int, end: int) -> int:
        """Return how many units a stretch of the source takes."""
        assert self._codec is not None
        name, size = self._codec
        return len(self._source[start:end].encode(name)) // size


async def read(document: Any, call: Call) -> Document:
    """Return the document of a request, its language told where none was given.

    Raises InvalidArgument for a document without type, text or sense.
    """
    if document.type_ not in (PLAIN_TEXT, HTML):
        raise InvalidArgument("Set the type: PLAIN_TEXT or HTML.", field="document.type")
    given, field = _language(document)
    if given and not _LANGUAGE.fullmatch(given):
        raise InvalidArgument(f"The language {given!r} is no BCP-47 code.", field=field)
    source, origin = await _source(document, call)
    found = await asyncio.to_thread(_blocks, source, document.type_)
    if not found:
        raise InvalidArgument("There is no text in the document.", field=origin)
    return Document(source, found, given or await _identify(found, call))


def language_field(document: Any) -> str:
    """Return the path of the field that names the language: v2 renamed it."""
    fields = document.DESCRIPTOR.fields_by_name
    return "document.languageCode" if "language_code" in fields else "document.language"


def _language(document: Any) -> tuple[str, str]:
    """Return the language that the request names, in its usual case, and the path of its field."""
    field = language_field(document)
    given = document.language if field == "document.language" else document.language_code
    primary, *rest = given.split("-")
    return "-".join((primary.lower(), *rest)), field


async def _source(document: Any, call: Call) -> tuple[str, str]:
    """Return the content of the document, and the path of the field that it comes from."""
    limit = call.limits.text_characters
    which = document.WhichOneof("source")
    if which is None:
        raise InvalidArgument("Set content or gcsContentUri.", field="document.content")
    if which == "content":
        field, source = "document.content", document.content
    else:
        field = "document.gcsContentUri"
        content = await call.sources.read(document.gcs_content_uri, field=field, limit=4 * limit)
        try:
            source = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidArgument(
                f"The object is no UTF-8 text: byte {error.start} is wrong.", field=field
            ) from error
    if len(source) > limit:
        raise InvalidArgument(
            f"The text has {len(source):,} characters, {limit:,} are allowed.", field=field
        )
    return source, field


def _blocks(source: str, kind: int) -> tuple[Block, ...]:
    """Return the blocks that hold something to read."""
    if kind == HTML:
        found: Sequence[Block] = html.blocks(source)
    else:
        whole = Block()
        whole.add(source, 0)
        found = (whole,)
    return tuple(block for block in found if not sentences.is_blank(block.text))


async def _identify(found: Sequence[Block], call: Call) -> str:
    """Return the likeliest language of a text.

    A few words can leave the identifier undecided. English gets the benefit of the doubt: twice
    its probability, and what is written in Latin letters while nothing at all can be told.
    """
    text = "\n".join(block.text for block in found)
    scores = (await call.models.use(LanguageIdentifier.identify)([text]))[0]
    if not scores:
        return "en" if _LATIN.search(text) else UNDETERMINED
    weighed = [(one.confidence * (2 if one.language == "en" else 1), one) for one in scores]
    return max(weighed, key=lambda pair: pair[0])[1].language
