"""A laid-out page as `TextAnnotation` and as `EntityAnnotation`s."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sensorium.apis.core import JSON
from sensorium.apis.languages import Languages
from sensorium.apis.vision.picture import Picture
from sensorium.models.pages.breaks import Token, tokens
from sensorium.models.tasks import LanguageScore, Page, Paragraph, Point, Word

_LIKELY = 0.5


def fields(page: Page, picture: Picture, languages: Languages, scored: bool) -> JSON:
    """Return `textAnnotations` (the whole, then every word) and `fullTextAnnotation`."""
    text, blocks, numbers = "", [], iter(range(sum(1 for _ in _paragraphs(page))))
    for block in page.blocks:
        paragraphs = []
        for paragraph in block.paragraphs:
            number = next(numbers)
            found = tokens(paragraph)
            text += "".join(token.text for token in found)
            paragraphs.append(
                _paragraph(paragraph, found, picture, languages.paragraphs.get(number, ()))
            )
        blocks.append(
            {
                "boundingBox": picture.poly(block.polygon),
                "blockType": "TEXT",
                "paragraphs": paragraphs,
                "confidence": _mean(w.confidence for p in block.paragraphs for w in _words(p)),
                "property": _property(_common(paragraphs)),
            }
        )
    width, height = picture.size
    full: JSON = {
        "pages": [
            {
                "property": _property(languages.page),
                "width": width,
                "height": height,
                "blocks": blocks,
                "confidence": _mean(w.confidence for p in _paragraphs(page) for w in _words(p)),
            }
        ],
        "text": text.rstrip("\n"),
    }
    if not scored:
        _forget(full["pages"], "confidence")
    _prune(full["pages"])
    return {
        "textAnnotations": _entities(page, picture, full["text"], languages.page),
        "fullTextAnnotation": full,
    }


def _entities(
    page: Page, picture: Picture, text: str, languages: Sequence[LanguageScore]
) -> list[JSON]:
    """Return the whole text with its upright bounding box, then every word."""
    corners = [point for block in page.blocks for point in block.polygon]
    xs, ys = [p.x for p in corners], [p.y for p in corners]
    box = tuple(
        Point(x, y)
        for x, y in (
            (min(xs), min(ys)),
            (max(xs), min(ys)),
            (max(xs), max(ys)),
            (min(xs), max(ys)),
        )
    )
    whole: JSON = {"description": text, "boundingPoly": picture.poly(box)}
    if languages and languages[0].confidence >= _LIKELY:
        whole["locale"] = languages[0].language
    words = (word for paragraph in _paragraphs(page) for word in _words(paragraph))
    return [
        whole,
        *({"description": w.text, "boundingPoly": picture.poly(w.polygon)} for w in words),
    ]


def _paragraph(
    paragraph: Paragraph,
    found: Sequence[Token],
    picture: Picture,
    languages: Sequence[LanguageScore],
) -> JSON:
    """Return a `Paragraph`; its words inherit its likeliest language."""
    words: list[JSON] = []
    for token in found:
        symbols: list[JSON] = [
            {
                "text": symbol.text,
                "boundingBox": picture.poly(symbol.polygon),
                "confidence": symbol.confidence,
            }
            for symbol in token.symbols
        ]
        if token.after:
            symbols[-1]["property"] = {"detectedBreak": {"type": token.after}}
        words.append(
            {
                "boundingBox": picture.poly(token.word.polygon),
                "symbols": symbols,
                "confidence": token.word.confidence,
                "property": _property(languages[:1]),
            }
        )
    return {
        "boundingBox": picture.poly(paragraph.polygon),
        "words": words,
        "confidence": _mean(token.word.confidence for token in found),
        "property": _property(languages),
    }


def _paragraphs(page: Page) -> Iterator[Paragraph]:
    for block in page.blocks:
        yield from block.paragraphs


def _words(paragraph: Paragraph) -> Iterator[Word]:
    for line in paragraph.lines:
        yield from line.words


def _property(languages: Sequence[LanguageScore]) -> JSON | None:
    """Return a `TextProperty`, None where no language is known."""
    if not languages:
        return None
    return {
        "detectedLanguages": [
            {"languageCode": one.language, "confidence": one.confidence} for one in languages
        ]
    }


def _common(paragraphs: Sequence[JSON]) -> list[LanguageScore]:
    """Return the likeliest language of each paragraph with its share of the block's words."""
    counts: dict[str, int] = {}
    total = 0
    for paragraph in paragraphs:
        total += len(paragraph["words"])
        if known := paragraph["property"]:
            code = known["detectedLanguages"][0]["languageCode"]
            counts[code] = counts.get(code, 0) + len(paragraph["words"])
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [LanguageScore(code, count / total) for code, count in ordered]


def _mean(values: Iterator[float]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else 0.0


def _forget(value: object, name: str) -> None:
    """Take a score off every element, but leave those of languages."""
    if isinstance(value, list):
        for item in value:
            _forget(item, name)
    elif isinstance(value, dict) and "languageCode" not in value:
        value.pop(name, None)
        for item in value.values():
            _forget(item, name)


def _prune(value: object) -> None:
    """Take off the properties that say nothing."""
    if isinstance(value, list):
        for item in value:
            _prune(item)
    elif isinstance(value, dict):
        if value.get("property", value) is None:
            del value["property"]
        for item in value.values():
            _prune(item)
