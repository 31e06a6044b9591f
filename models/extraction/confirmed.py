"""Values that a model read off a page, where the text confirms them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sensorium.models.extraction.custom import typed
from sensorium.models.extraction.entity import Entity
from sensorium.models.extraction.labels import folded
from sensorium.models.extraction.placed import PlacedText
from sensorium.models.extraction.rows import Part, entity
from sensorium.models.extraction.schema import Property, Schema
from sensorium.models.extraction.values import Sheet
from sensorium.models.tasks.documents import ReadField

_TRUST = 0.9  # of the model's own figure


def confirmed(
    document: PlacedText,
    schema: Schema,
    fields: Sequence[tuple[int, ReadField]],
    language: str = "",
) -> list[Entity]:
    """Return what a model read for the properties of a schema, in the order of the text.

    `fields` are with their pages, from 0. A field is a property's when its path, or the end of it,
    is called so: `total.total_price` is `total_price`. A value that the page's text does not have
    is left out, because a model that writes may make it up.
    """
    sheet = Sheet.of(document, language)
    found: list[Entity] = []
    for wanted in schema.properties:
        taken: set[tuple[int, int]] = set()
        hits = []
        for page, told in fields:
            if _is(wanted, told.name):
                hit = next(_places(sheet, page, told, wanted, taken), None)
                if hit is not None:
                    taken.add((hit.start, hit.end))
                    hits.append(hit)
        hits.sort(key=lambda one: -one.confidence)
        found.extend(hits if wanted.multiple else hits[:1])
    return sorted(found, key=lambda one: (one.start, one.type))


def _is(wanted: Property, path: str) -> bool:
    """Tell whether a path names a property; numbers in it only count."""
    parts = [_plain(part) for part in path.split(".") if not part.isdigit()]
    name = [_plain(part) for part in wanted.name.split("/")]
    return parts[-len(name) :] == name or _plain("_".join(parts)) == _plain(wanted.name)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", folded(name)).strip("_")


def _places(
    sheet: Sheet, page: int, told: ReadField, wanted: Property, taken: set[tuple[int, int]]
) -> Iterator[Entity]:
    """Yield where the page has a value, one line of text each."""
    words = r"\s*".join(re.escape(word) for word in folded(told.text).split())
    pattern = re.compile(rf"(?<!\w){words}(?!\w)")
    for row in sheet.rows:
        if row.page != page:
            continue
        for segment in row.segments:
            for match in pattern.finditer(folded(segment.text)):
                hit = typed(sheet, Part(segment, *match.span()), wanted.value_type)
                if hit is not None:
                    one = entity(wanted.name, [hit[0]], _TRUST * told.confidence, hit[1])
                    if (one.start, one.end) not in taken:
                        yield one
