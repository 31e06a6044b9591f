"""Photos whose words are in another language: read, translated, and written anew in their place."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sensorium.agents.compositions import Kit, composition
from sensorium.apis.client import Client
from sensorium.apis.core import JSON
from sensorium.models.errors import InvalidArgument
from sensorium.models.imaging.lettering import Lettering, lettered
from sensorium.models.media import png
from sensorium.models.tasks import ImageReader, Point, Polygon

_READ = "google.cloud.vision.v1.ImageAnnotator.BatchAnnotateImages"
_TELL = "google.cloud.translation.v3.TranslationService.DetectLanguage"
_TRANSLATE = "google.cloud.translation.v3.TranslationService.TranslateText"
_PARENT = "projects/-/locations/global"
_PIXELS = 100_000_000
_BREAKS = {"SPACE": " ", "SURE_SPACE": " ", "EOL_SURE_SPACE": " ", "LINE_BREAK": " "}
_TEXTS = 1024  # that are translated at once


@dataclass(frozen=True, slots=True)
class _Region:
    """A paragraph of a photo and the places of its words."""

    text: str
    words: tuple[Polygon, ...]


@composition("translate.photo")
async def translate_photo(kit: Kit, content: bytes, *, to: str, source: str = "") -> JSON:
    """Translate the words in a photo, and write them in their place.

    `to` is the language to translate into; `source` the one that is shown, which is told from the
    words if it is not given. Returns the photo as PNG (`imageContent`) and its `regions`, each with
    its text, translation and corners. What has no letters stays as it is.
    """
    regions = list(_regions(await _read(kit.client, content, source)))
    worded = [one for one in regions if any(map(str.isalpha, one.text))]
    shown = source or await _language(kit.client, worded)
    told: list[str] = []
    model = ""
    if worded and shown != to:
        told, model = await _translated(kit.client, [one.text for one in worded], shown, to)
    frames = await kit.models.use(ImageReader.frames)(content, _PIXELS)
    new = [
        Lettering(text, one.words)
        for one, text in zip(worded, told, strict=bool(told))
        if text.strip() and text != one.text
    ]
    drawn = await asyncio.to_thread(lambda: png.encode(lettered(frames[0], new)))
    return {
        "imageContent": base64.b64encode(drawn).decode(),
        "sourceLanguageCode": shown,
        "targetLanguageCode": to,
        **({"model": model} if model else {}),
        "regions": [_shown(one, text) for one, text in zip(worded, told, strict=bool(told))],
    }


async def _read(client: Client, content: bytes, source: str) -> JSON:
    """Return the full text annotation of a photo."""
    one = {
        "image": {"content": base64.b64encode(content).decode()},
        "features": [{"type": "DOCUMENT_TEXT_DETECTION"}],
        **({"imageContext": {"languageHints": [source]}} if source else {}),
    }
    (answer,) = (await client.call(_READ, {"requests": [one]}))["responses"]
    if "error" in answer:
        raise InvalidArgument(str(answer["error"].get("message", "The photo cannot be read.")))
    found: JSON = answer.get("fullTextAnnotation", {})
    return found


def _regions(annotation: JSON) -> Iterator[_Region]:
    for page in annotation.get("pages", []):
        for block in page.get("blocks", []):
            for paragraph in block.get("paragraphs", []):
                words = paragraph.get("words", [])
                yield _Region(
                    "".join(_spelled(words)).strip(),
                    tuple(_polygon(word["boundingBox"]["vertices"]) for word in words),
                )


def _spelled(words: Sequence[JSON]) -> Iterator[str]:
    for word in words:
        for symbol in word.get("symbols", []):
            ends = symbol.get("property", {}).get("detectedBreak", {}).get("type", "")
            text = symbol.get("text", "")
            yield "" if ends == "HYPHEN" and text in "-‐" else text
            yield _BREAKS.get(ends, "")


def _polygon(vertices: Sequence[JSON]) -> Polygon:
    return tuple(Point(one.get("x", 0), one.get("y", 0)) for one in vertices)


async def _language(client: Client, regions: Sequence[_Region]) -> str:
    """Return the language that most of a photo is in; empty for a photo without words."""
    if not regions:
        return ""
    text = "\n".join(one.text for one in regions)
    asked = {"parent": _PARENT, "content": text, "mimeType": "text/plain"}
    told = await client.call(_TELL, asked)
    return str(told["languages"][0]["languageCode"])


async def _translated(
    client: Client, texts: Sequence[str], source: str, to: str
) -> tuple[list[str], str]:
    """Return texts in another language, and the model that did it."""
    found: list[str] = []
    model = ""
    for start in range(0, len(texts), _TEXTS):
        asked = {
            "parent": _PARENT,
            "contents": texts[start : start + _TEXTS],
            "mimeType": "text/plain",
            "sourceLanguageCode": source,
            "targetLanguageCode": to,
        }
        told = (await client.call(_TRANSLATE, asked))["translations"]
        found += [one["translatedText"] for one in told]
        model = told[0].get("model", "")
    return found, model


def _shown(one: _Region, translated: str) -> JSON:
    return {
        "text": one.text,
        "translatedText": translated,
        "words": [{"vertices": [{"x": p.x, "y": p.y} for p in word]} for word in one.words],
    }
