"""The languages of a page and of its paragraphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sensorium.apis.core import Call
from sensorium.models.errors import FailedPrecondition
from sensorium.models.pages.breaks import tokens
from sensorium.models.tasks import LanguageIdentifier, LanguageScore, Page

_TELLING = 20  # characters from which on a paragraph's language can be told


@dataclass(frozen=True, slots=True)
class Languages:
    """Languages of the page, and of paragraphs by their number on it."""

    page: Sequence[LanguageScore] = ()
    paragraphs: Mapping[int, Sequence[LanguageScore]] = field(default_factory=dict)


async def languages_of(page: Page, call: Call) -> Languages:
    """Return the languages of a page and of its longer paragraphs; none without an engine."""
    whole, paragraphs = _sources(page)
    try:
        identify = call.models.use(LanguageIdentifier.identify)
    except FailedPrecondition:
        return Languages()
    found = await identify([whole, *paragraphs.values()])
    return Languages(found[0], dict(zip(paragraphs, found[1:], strict=True)))


def _sources(page: Page) -> tuple[str, dict[int, str]]:
    """Return the page's text, and that of each paragraph long enough to tell its language."""
    paragraphs = (paragraph for block in page.blocks for paragraph in block.paragraphs)
    texts = ["".join(token.text for token in tokens(paragraph)) for paragraph in paragraphs]
    longer = {i: text for i, text in enumerate(texts) if len(text) >= _TELLING}
    return "".join(texts).strip(), longer
