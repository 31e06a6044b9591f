"""Pages that were read, as a `Document`: the text, and every layout with its place in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sensorium.apis.core import JSON
from sensorium.apis.documentai import barcodes, geometry
from sensorium.apis.documentai.opening import File
from sensorium.apis.documentai.reading import Reading
from sensorium.apis.documentai.sheets import Sheet
from sensorium.models.extraction import PlacedText, PlacedWord
from sensorium.models.imaging import quality
from sensorium.models.pages.breaks import Token, tokens
from sensorium.models.tasks import Box, LanguageScore, Page, Paragraph, Polygon, Symbol, Word

# White space that ends a token is a space to Document AI, whether or not the line ends with it.
_BREAKS = {
    "SPACE": "SPACE",
    "EOL_SURE_SPACE": "SPACE",
    "LINE_BREAK": "SPACE",
    "HYPHEN": "HYPHEN",
}


def document(file: File, sheets: Sequence[Sheet], symbols: bool) -> tuple[JSON, Reading]:
    """Return the `Document` of a file's pages, and the same for parsers to look things up in."""
    writer = _Writer(symbols)
    pages = [writer.page(sheet) for sheet in sheets]
    text = "".join(writer.parts)
    reading = Reading(
        file,
        tuple(sheets),
        PlacedText(text, tuple(writer.words)),
        [(sheet.page.width, sheet.page.height) for sheet in sheets],
        writer.spans,
    )
    answer: JSON = {"mimeType": file.kind, "text": text, "pages": pages}
    if file.uri:
        answer["uri"] = file.uri
    return answer, reading


def anchor(*spans: tuple[int, int]) -> JSON:
    """Return the `TextAnchor` of stretches of the text, in code points."""
    return {"textSegments": [{"startIndex": start, "endIndex": end} for start, end in spans]}


@dataclass(slots=True)
class _Lists:
    """The elements of a page in the making."""

    blocks: list[JSON] = field(default_factory=list)
    paragraphs: list[JSON] = field(default_factory=list)
    lines: list[JSON] = field(default_factory=list)
    tokens: list[JSON] = field(default_factory=list)
    symbols: list[JSON] = field(default_factory=list)


class _Writer:
    """Writes the text from the first page to the last, and every element as it comes by."""

    def __init__(self, symbols: bool) -> None:
        self.parts: list[str] = []
        self.words: list[PlacedWord] = []
        self.spans: list[tuple[int, int]] = []
        self._at = 0
        self._symbols = symbols
        self._size = (0.0, 0.0)

    def page(self, sheet: Sheet) -> JSON:
        """Return a `Document.Page`, its text written."""
        page, start = sheet.page, self._at
        self._size = (page.width, page.height)
        lists, number = _Lists(), 0
        for block in page.blocks:
            begin, found = self._at, []
            for paragraph in block.paragraphs:
                languages = sheet.languages.paragraphs.get(number, ())
                self._paragraph(paragraph, languages, lists)
                found += [word for line in paragraph.lines for word in line.words]
                number += 1
            lists.blocks.append(self._element(begin, block.polygon, found))
        self.spans.append((start, self._at))
        return self._finished(sheet, start, lists)

    def _finished(self, sheet: Sheet, start: int, lists: _Lists) -> JSON:
        """Return the page with all that was found on it."""
        page = sheet.page
        width, height = page.width, page.height
        answer: JSON = {
            "pageNumber": sheet.number,
            "dimension": {"width": width, "height": height, "unit": "pixels"},
            "layout": {
                "textAnchor": anchor((start, self._at)) if self._at > start else {},
                "confidence": _mean(list(_words(page))),
                "boundingPoly": geometry.box(Box(0.0, 0.0, width, height), self._size),
                "orientation": _usual([line["layout"]["orientation"] for line in lists.lines]),
            },
            "detectedLanguages": _languages(sheet.languages.page),
            "blocks": lists.blocks,
            "paragraphs": lists.paragraphs,
            "lines": lists.lines,
            "tokens": lists.tokens,
            "symbols": lists.symbols,
            "detectedBarcodes": [barcodes.shown(one, self._size) for one in sheet.barcodes],
        }
        if sheet.picture:
            answer["image"] = {
                "content": sheet.picture,
                "mimeType": "image/png",
                "width": round(width),
                "height": round(height),
            }
        if sheet.defects:
            answer["imageQualityScores"] = _quality(sheet.defects)
        return answer

    def _paragraph(
        self, paragraph: Paragraph, languages: Sequence[LanguageScore], lists: _Lists
    ) -> None:
        """Write a paragraph; its lines and tokens inherit its likeliest language."""
        begin, found = self._at, iter(tokens(paragraph))
        likeliest = _languages(languages[:1])
        for line in paragraph.lines:
            start = self._at
            for _ in line.words:
                self._token(next(found), likeliest, lists)
            lists.lines.append(self._element(start, line.polygon, line.words, likeliest))
        words = [word for line in paragraph.lines for word in line.words]
        lists.paragraphs.append(
            self._element(begin, paragraph.polygon, words, _languages(languages))
        )

    def _token(self, token: Token, languages: list[JSON], lists: _Lists) -> None:
        """Write a word with the break behind it."""
        start, word = self._at, token.word
        if self._symbols:
            at = start
            for symbol in token.symbols:
                lists.symbols.append(self._symbol(symbol, at, languages))
                at += len(symbol.text)
        index = len(self.spans)
        self.words.append(
            PlacedWord(start, start + len(word.text), index, word.polygon, word.confidence)
        )
        self._write(token.text)
        element = self._element(start, word.polygon, [word], languages)
        if token.after:
            element["detectedBreak"] = {"type": _BREAKS[token.after]}
        lists.tokens.append(element)

    def _symbol(self, symbol: Symbol, at: int, languages: list[JSON]) -> JSON:
        layout = {
            "textAnchor": anchor((at, at + len(symbol.text))),
            "confidence": symbol.confidence,
            "boundingPoly": geometry.poly(symbol.polygon, self._size),
            "orientation": geometry.orientation(symbol.polygon),
        }
        return {"layout": layout, "detectedLanguages": languages}

    def _element(
        self,
        start: int,
        polygon: Polygon,
        words: Sequence[Word],
        languages: list[JSON] | None = None,
    ) -> JSON:
        """Return what ends where the text ends now."""
        layout = {
            "textAnchor": anchor((start, self._at)),
            "confidence": _mean(words),
            "boundingPoly": geometry.poly(polygon, self._size),
            "orientation": geometry.orientation(polygon),
        }
        return {"layout": layout, "detectedLanguages": languages or []}

    def _write(self, text: str) -> None:
        self.parts.append(text)
        self._at += len(text)


def _quality(defects: dict[str, float]) -> JSON:
    """Return `ImageQualityScores`, the likeliest defect first."""
    ordered = sorted(defects.items(), key=lambda item: -item[1])
    return {
        "qualityScore": quality.score(defects),
        "detectedDefects": [
            {"type": f"quality/{name}", "confidence": chance} for name, chance in ordered
        ],
    }


def _words(page: Page) -> Iterator[Word]:
    for block in page.blocks:
        for paragraph in block.paragraphs:
            for line in paragraph.lines:
                yield from line.words


def _mean(words: Sequence[Word]) -> float:
    return sum(word.confidence for word in words) / len(words) if words else 0.0


def _usual(orientations: Sequence[str]) -> str:
    """Return what most lines have."""
    return max(sorted(set(orientations)), key=orientations.count, default="PAGE_UP")


def _languages(found: Sequence[LanguageScore]) -> list[JSON]:
    return [{"languageCode": one.language, "confidence": one.confidence} for one in found]
