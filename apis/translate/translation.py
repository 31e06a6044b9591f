"""Texts translated: languages told, markup and terms kept in their places."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sensorium.apis.core import Call
from sensorium.apis.translate import routing
from sensorium.apis.translate.detect import identify
from sensorium.apis.translate.routing import Route
from sensorium.models import passages
from sensorium.models.errors import InvalidArgument
from sensorium.models.passages import Passage

Terms = Callable[[Passage], Passage]  # puts the terms of a glossary into a passage


@dataclass(frozen=True, slots=True)
class Job:
    """What to translate from where into what, and whether the texts are HTML.

    `source` is empty where it is to be told from each text.
    """

    source: str
    target: str
    markup: bool
    model: str = ""
    source_field: str = "sourceLanguageCode"
    target_field: str = "targetLanguageCode"


@dataclass(frozen=True, slots=True)
class Translated:
    """A text in the other language, the language it was in, and the way; None for no way needed."""

    text: str
    source: str
    route: Route | None
    detected: bool


async def translated(
    texts: Sequence[str], job: Job, call: Call, terms: Terms | None = None
) -> list[Translated]:
    """Return each text in the target language; texts in that language come back as they are.

    Raises InvalidArgument for a pair that no engine can do, and for a text whose language cannot be
    told.
    """
    if not job.target:
        raise InvalidArgument("Set the language to translate into.", field=job.target_field)
    sources = [job.source] * len(texts) if job.source else await _told(texts, job, call)
    routes = {
        source: None
        if source == job.target or not source
        else await routing.route(source, job.target, call, job.model, job.target_field)
        for source in dict.fromkeys(sources)
    }
    found = [
        Translated(text, source, None, not job.source)
        for text, source in zip(texts, sources, strict=True)
    ]

    async def of(source: str, way: Route) -> None:
        at = [index for index, one in enumerate(sources) if one == source]
        written = await _written([texts[index] for index in at], way, job.markup, call, terms)
        for index, text in zip(at, written, strict=True):
            found[index] = Translated(text, source, way, not job.source)

    await asyncio.gather(*(of(source, way) for source, way in routes.items() if way is not None))
    return found


async def _told(texts: Sequence[str], job: Job, call: Call) -> list[str]:
    """Return the language of each text, "" for one that has no words."""
    shown = await asyncio.to_thread(lambda: [_words(text, job.markup) for text in texts])
    asked = [index for index, text in enumerate(shown) if any(map(str.isalpha, text))]
    found = await identify([shown[index] for index in asked], call)
    told = [""] * len(texts)
    for index, scores in zip(asked, found, strict=True):
        told[index] = scores[0].language
    return told


def _words(text: str, markup: bool) -> str:
    return "\n".join(" ".join(one.parts) for one in _cut(text, markup))


def _cut(text: str, markup: bool) -> list[Passage]:
    return passages.passages(text) if markup else [passages.plain(text)]


async def _written(
    texts: Sequence[str], way: Route, markup: bool, call: Call, terms: Terms | None
) -> list[str]:
    """Return texts translated, passage by passage."""

    def cut() -> list[list[Passage]]:
        found = [_cut(text, markup) for text in texts]
        return [[terms(one) for one in group] for group in found] if terms else found

    groups = await asyncio.to_thread(cut)
    whole = [one for group in groups for one in group]
    answers = iter(await rendered(whole, way, call))
    return ["".join(one.written(next(answers), markup) for one in group) for group in groups]


async def rendered(whole: Sequence[Passage], way: Route, call: Call) -> list[str]:
    """Return the text of passages translated; between its marks where an engine lost some."""
    found = [one.text for one in whole]
    asked = [at for at, one in enumerate(whole) if any(map(str.isalpha, one.text))]
    answers = await way.translate([whole[at].text for at in asked], call)
    lost = []
    for at, answer in zip(asked, answers, strict=True):
        found[at] = answer
        if not whole[at].keeps(answer):
            lost.append(at)
    parts = [(at, part) for at in lost for part in whole[at].parts]
    worded = [index for index, (_, part) in enumerate(parts) if any(map(str.isalpha, part))]
    told = [part for _, part in parts]
    for index, answer in zip(
        worded, await way.translate([told[index].strip() for index in worded], call), strict=True
    ):
        told[index] = told[index].replace(told[index].strip(), answer, 1)
    for at in lost:
        found[at] = whole[at].joined(
            [text for (owner, _), text in zip(parts, told, strict=True) if owner == at]
        )
    return found
