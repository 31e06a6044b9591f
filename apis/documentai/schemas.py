"""What a user wants extracted: a `DocumentSchema` as a flat list of fields, and its composites."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sensorium.models.errors import Failure, InvalidArgument
from sensorium.models.extraction import Entity
from sensorium.models.extraction.entity import enclosing
from sensorium.models.extraction.schema import Property, Schema


@dataclass(frozen=True, slots=True)
class Composite:
    """A field made of other fields: its name, and whether its parts' types begin with it."""

    name: str
    multiple: bool
    prefixed: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """The fields to extract, and the composites that those named `COMPOSITE/PART` belong to."""

    schema: Schema
    composites: tuple[Composite, ...]


def read(message: Any, field: str) -> Wanted:
    """Return what a `DocumentSchema` asks for.

    The entity type with the base type `document` is the root, else the first; a property whose
    `valueType` is the name of another entity type is one of its values, or made of its properties.
    The words that introduce a value are the property's `displayName`, else its name; a display name
    may instead have lines `anchors: A | B` and `regex: ...`. Raises InvalidArgument.
    """
    kinds = list(message.entity_types)
    if not kinds:
        raise InvalidArgument("The schema has no entity type.", field=f"{field}.entityTypes")
    root = next((kind for kind in kinds if "document" in kind.base_types), kinds[0])
    others = {kind.name: kind for kind in kinds if kind is not root and kind.name}
    place = f"{field}.entityTypes[{kinds.index(root)}]"
    properties: list[Property] = []
    composites: list[Composite] = []
    for one in root.properties:
        kind = others.get(one.value_type)
        if kind is None or kind.enum_values.values:
            properties.append(_property(one, kind, place))
            continue
        inner = _property(one, None, place, value_type="string")
        composites.append(
            Composite(one.name, inner.multiple, message.metadata.prefixed_naming_on_properties)
        )
        properties += [
            _within(_property(part, others.get(part.value_type), place), one.name, inner.multiple)
            for part in kind.properties
        ]
    try:
        return Wanted(Schema.of(properties), tuple(composites))
    except Failure as failure:
        raise failure.within(place) from failure


def composed(found: Sequence[Entity], wanted: Wanted) -> list[Entity]:
    """Return what was found with parts put into their composites, in the order of the text.

    A composite that may come more than once starts anew where a part comes for the second time.
    """
    parts = {composite.name: composite for composite in wanted.composites}
    plain = [one for one in found if one.type.partition("/")[0] not in parts]
    for composite in wanted.composites:
        own = [one for one in found if one.type.startswith(f"{composite.name}/")]
        plain += [_joined(composite, group) for group in _groups(own)]
    return sorted(plain, key=lambda one: (one.start, one.type))


def _groups(parts: Sequence[Entity]) -> Iterator[list[Entity]]:
    group: list[Entity] = []
    for part in sorted(parts, key=lambda one: one.start):
        if any(other.type == part.type or other.page != part.page for other in group):
            yield group
            group = []
        group.append(part)
    if group:
        yield group


def _joined(composite: Composite, parts: Sequence[Entity]) -> Entity:
    """Return the entity that parts make."""
    named = parts if composite.prefixed else [_bare(part) for part in parts]
    return Entity(
        composite.name,
        "\n".join(part.mention_text for part in parts),
        tuple(span for part in parts for span in part.spans),
        parts[0].page,
        enclosing([part.box for part in parts]),
        min(part.confidence for part in parts),
        properties=tuple(named),
    )


def _bare(part: Entity) -> Entity:
    return replace(part, type=part.type.partition("/")[2])


def _within(part: Property, composite: str, multiple: bool) -> Property:
    """Return a property as a part of a composite."""
    occurrence = "OPTIONAL_MULTIPLE" if multiple else part.occurrence
    return replace(part, name=f"{composite}/{part.name}", occurrence=occurrence)


def _property(one: Any, values: Any, place: str, value_type: str | None = None) -> Property:
    """Return a property; `values` is the entity type that lists what it may be, if any."""
    occurrence = type(one).OccurrenceType.Name(one.occurrence_type)
    if "/" in one.name:
        raise InvalidArgument(
            f"The name {one.name[:60]!r} has a slash.", field=f"{place}.properties"
        )
    kind = "string" if values is not None else one.value_type if value_type is None else value_type
    try:
        found = Property.described(one.name, kind, occurrence, one.display_name, one.display_name)
    except Failure as failure:
        raise failure.within(f"{place}.properties") from failure
    if values is not None and not found.pattern:
        choices = sorted(values.enum_values.values, key=len, reverse=True)
        pattern = "|".join(re.escape(choice) for choice in choices)
        return replace(found, pattern=rf"(?i)(?<!\w)(?:{pattern})(?!\w)")
    return found
