"""LOGO_DETECTION: brands, by a vocabulary, by the user's own pictures, and by their lettering."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sensorium.apis.core import JSON, Call
from sensorium.apis.vision import findings
from sensorium.apis.vision.features import Asked, annotates
from sensorium.apis.vision.picture import Picture
from sensorium.apis.vision.references import likenesses
from sensorium.apis.vision.vocabulary import vocabulary
from sensorium.models.errors import FailedPrecondition
from sensorium.models.tasks import ImageMatcher, Line, Polygon, TextReader, Word


@dataclass(frozen=True, slots=True)
class _Logo:
    """A brand: how sure, and where if its lettering tells."""

    name: str
    score: float
    polygon: Polygon | None = None


@annotates("LOGO_DETECTION")
async def logos(picture: Picture, asked: Asked, call: Call) -> JSON:
    """Return `logoAnnotations`, likeliest first.

    A brand is a name of the logos vocabulary that an engine which compares pictures with words
    finds likelier than not, one whose reference pictures (`references/logos/NAME/` in the state
    folder) look like this picture, or one that stands in it as text that is more than half of its
    line. The score is then the text's confidence times that share, and the box is the text's, else
    the whole picture's. Without an engine and references lettering alone is tried, and when there
    is none the answer is that nothing here knows logos.
    """
    names = [entry.name for entry in vocabulary("logos", call.state)]
    found: list[_Logo] = []
    lacking: FailedPrecondition | None = None
    try:
        matched = await findings.matches(picture, names, call, asked.engine)
        found += [_Logo(name, score) for name, score in matched if score >= findings.SURE]
    except FailedPrecondition as missing:
        lacking = missing
    try:
        own = await likenesses(picture, "logos", call)
        found += [_Logo(one.name, one.score) for one in own or ()]
    except FailedPrecondition as missing:
        own, lacking = None, lacking or missing
    found += written(await _lines(picture, call), names)
    if lacking is not None and own is None and not found:
        raise asked.lacking(lacking, ImageMatcher) from lacking
    best: dict[str, _Logo] = {}
    for logo in found:
        key = logo.name.casefold()
        known = best.get(key, logo)
        polygon = known.polygon or logo.polygon
        best[key] = _Logo(logo.name, max(known.score, logo.score), polygon)
    told = sorted(best.values(), key=lambda logo: -logo.score)[: asked.most]
    return {
        "logoAnnotations": [
            {
                "description": logo.name,
                "score": logo.score,
                "boundingPoly": picture.poly(logo.polygon)
                if logo.polygon
                else picture.box(picture.whole),
            }
            for logo in told
        ]
    }


async def _lines(picture: Picture, call: Call) -> Sequence[Line]:
    """Return the picture's text; none where nothing reads it."""
    if picture.lines is not None:
        return picture.lines
    try:
        read = call.models.use(TextReader.read, timeout=call.limits.seconds)
    except FailedPrecondition:
        return ()

    async def lines() -> Sequence[Line]:
        (found,) = await read([picture.pixels])
        return found

    return await picture.once(("lines", None, ()), lines)


def written(lines: Iterable[Line], names: Iterable[str]) -> list[_Logo]:
    """Return the names that are more than half of a line of text, each where it is surest."""
    wanted = {_plain(name): name for name in names if _plain(name)}
    longest = max((len(plain.split()) for plain in wanted), default=0)
    found: dict[str, _Logo] = {}
    for line in lines:
        words = [(word, _plain(word.text)) for word in line.words]
        letters = sum(len(plain) for _, plain in words) or 1
        for start in range(len(words)):
            for stop in range(start + 1, min(len(words), start + longest) + 1):
                run = words[start:stop]
                name = wanted.get(" ".join(plain for _, plain in run))
                share = sum(len(plain) for _, plain in run) / letters
                if name is None or share <= findings.SURE:
                    continue
                score = min(word.confidence for word, _ in run) * share
                if score > found.get(name, _Logo(name, findings.SURE)).score:
                    found[name] = _Logo(name, score, _around([word for word, _ in run]))
    return list(found.values())


def _plain(text: str) -> str:
    """Return a text's letters and digits in small, single spaces between words."""
    return " ".join(re.sub(r"[^\w&]+", " ", text.casefold().replace("'", "")).split())


def _around(words: Sequence[Word]) -> Polygon:
    """Return the polygon from the first word's start to the last one's end."""
    first, last = words[0].polygon, words[-1].polygon
    return (first[0], last[1], last[2], first[3])
